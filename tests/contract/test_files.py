"""What every method promises of its files: the same pictures, and fits that go on."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from i2i_core.checkpoints.checkpoint import (
    load,
    load_training,
    read_header,
    save,
    save_training,
)
from i2i_core.checkpoints.model_zoo import model_info
from i2i_core.errors import InputError
from i2i_core.methods import METHODS
from tests.contract.conftest import Case
from tests.helpers import Row, fitted


def test_a_model_is_one_file_that_gives_the_same_pictures(case: Case, tmp_path: Path) -> None:
    method, row = case.method, case.row
    save(method, tmp_path / "model.safetensors", about="Rock to sand.")
    again = load(tmp_path / "model.safetensors")
    assert type(again) is type(method)
    assert again.config == method.config
    assert again.capabilities == method.capabilities
    for reverse in {False, method.capabilities.two_way}:
        source = row.b[0] if reverse else row.source
        first, second = (
            np.asarray(m.translate(source, reverse=reverse), np.int16) for m in (method, again)
        )
        # Not to the bit: a fit may have left its weights in another order in memory.
        assert np.abs(first - second).max() <= 1
    header = read_header(tmp_path / "model.safetensors")
    assert METHODS[header["method"]] is type(method)
    assert header["about"] == "Rock to sand."
    assert sorted(tmp_path.iterdir()) == [tmp_path / "model.safetensors"]


def test_a_files_header_holds_what_the_model_can_do(case: Case, tmp_path: Path) -> None:
    save(case.method, tmp_path / "model.safetensors", takes="sketch")
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        header = file.metadata()
    assert json.loads(header["capabilities"]) == json.loads(
        json.dumps(asdict(case.method.capabilities))
    )
    info = model_info(tmp_path / "model.safetensors")
    assert info.capabilities == case.method.capabilities
    assert info.method_title == case.method.title
    assert info.takes == "sketch"


def test_what_further_fits_need_is_in_the_file_of_every_method_that_learns_by_steps(
    case: Case, tmp_path: Path
) -> None:
    method = case.method
    assert method.has_training_networks == case.row.stepwise
    save(method, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert again.has_training_networks == case.row.stepwise
    assert set(again.training_networks()) == set(method.training_networks())
    assert bool(method.training_networks()) == case.row.stepwise
    for name, network in method.training_networks().items():
        found = again.training_networks()[name].state_dict()
        assert any(value.any() for value in found.values())
        for key, value in network.state_dict().items():
            assert torch.equal(value, found[key]), f"{name}.{key}"


def test_another_fit_begins_with_all_that_a_model_has_learnt(
    stepwise_case: Case, tmp_path: Path
) -> None:
    save(stepwise_case.method, tmp_path / "model.safetensors")
    again = stepwise_case.row.new(**stepwise_case.changes, seed=5)
    again.init_from(load(tmp_path / "model.safetensors"))
    assert again.fitted
    assert again.has_training_networks
    for name, value in stepwise_case.method.inference_state_dict().items():
        assert torch.equal(value, again.inference_state_dict()[name]), name
    for name, network in stepwise_case.method.training_networks().items():
        for key, value in network.state_dict().items():
            assert torch.equal(value, again.training_networks()[name].state_dict()[key]), key
    records = list(again.fit(stepwise_case.row.a, stepwise_case.row.b))
    assert [record.step for record in records] == [1, 2, 3, 4]


def test_what_learns_is_in_the_file_and_nothing_twice(stepwise_case: Case) -> None:
    """Without a moving average each weight belongs to what translates or to what further fits need;
    with one, that takes the place of what it is the average of."""
    method = stepwise_case.row.new(**{**stepwise_case.changes, "ema": 0.0})
    networks = [ema.network for ema in method.inference_networks().values()]
    networks += method.training_networks().values()
    weights = [id(weight) for network in networks for weight in network.parameters()]
    assert len(set(weights)) == len(weights)
    assert set(weights) == {id(weight) for weight in method.parameters()}
    optimised = [
        id(weight)
        for optimizer in method.fit_state.optimizers.values()  # type: ignore[union-attr]
        for weight in optimizer.parameters
    ]
    assert sorted(optimised) == sorted(weights)


def test_a_generator_alone_has_nothing_made_up_for_it(stepwise_case: Case, tmp_path: Path) -> None:
    bare = stepwise_case.row.new(**stepwise_case.changes)
    bare.load_inference_state_dict(stepwise_case.method.inference_state_dict())
    assert not bare.has_training_networks
    save(bare, tmp_path / "bare.safetensors")
    save(stepwise_case.method, tmp_path / "whole.safetensors")
    assert not load(tmp_path / "bare.safetensors").has_training_networks
    sizes = [(tmp_path / f"{name}.safetensors").stat().st_size for name in ("bare", "whole")]
    assert sizes[0] < sizes[1]


def test_half_precision_halves_the_file_and_hardly_changes_the_picture(
    row: Row, tmp_path: Path
) -> None:
    method = fitted(row)
    save(method, tmp_path / "whole.safetensors")
    save(method, tmp_path / "half.safetensors", half=True)
    whole, half = (load(tmp_path / f"{name}.safetensors") for name in ("whole", "half"))
    first, second = (np.asarray(m.translate(row.source), np.int16) for m in (whole, half))
    assert np.abs(first - second).mean() < 1
    if row.stepwise:
        sizes = [(tmp_path / f"{n}.safetensors").stat().st_size for n in ("half", "whole")]
        assert sizes[0] < 0.7 * sizes[1]


def test_a_model_that_learnt_nothing_is_not_saved(row: Row, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"[Ff]it"):
        save(row.new(), tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())


def test_going_on_from_a_file_is_as_never_having_stopped(row: Row, tmp_path: Path) -> None:
    if not row.stepwise:
        with pytest.raises(InputError, match="one go"):
            save_training(fitted(row), tmp_path / "m.training.safetensors")
        return
    whole = row.new()
    expected = [record.losses for record in whole.fit(row.a, row.b)]

    first = row.new()
    fitting = first.fit(row.a, row.b)
    seen = [next(fitting).losses for _ in range(2)]
    fitting.close()
    save_training(first, tmp_path / "m.training.safetensors")
    torch.rand(7)  # what happens in between must not matter
    second = load_training(tmp_path / "m.training.safetensors")
    for record in second.fit(row.a, row.b):
        second.translate(row.source)  # nor must looking at results
        seen.append(record.losses)

    assert seen == expected
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name]), name
    assert whole.fit_state is not None
    assert second.fit_state is not None
    state, again = whole.fit_state.tensors(), second.fit_state.tensors()
    assert set(state) == set(again)
    assert all(torch.equal(tensor, again[name]) for name, tensor in state.items())


def test_more_steps_can_be_given_afterwards(stepwise_row: Row, tmp_path: Path) -> None:
    save_training(fitted(stepwise_row), tmp_path / "m.training.safetensors")
    longer = load_training(tmp_path / "m.training.safetensors", steps=6)
    assert [record.step for record in longer.fit(stepwise_row.a, stepwise_row.b)] == [5, 6]
