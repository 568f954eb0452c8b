"""Where a fit starts: recipes by title, presets composed, and going on from what a model knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from i2i_core.checkpoints.checkpoint import save
from i2i_core.checkpoints.model_zoo import LoadedModel, find_models, open_model
from i2i_core.errors import InputError
from i2i_core.finetuning.run import Pace, run_fit
from i2i_core.finetuning.starts import Recipe, recipes, start_fit
from i2i_core.method import Method, Task
from i2i_core.methods import METHODS
from i2i_core.methods.cut import CUT
from i2i_core.methods.cyclegan import CycleGAN
from i2i_core.methods.sincut import SinCUT
from tests.helpers import ROWS, Row, fitted

Open = Callable[[Method], LoadedModel]
STEPWISE = [name for name, row in ROWS.items() if row.stepwise]


@pytest.fixture
def reopened(tmp_path: Path) -> Open:
    """A method as a model's file gives it."""

    def reopen(method: Method) -> LoadedModel:
        save(method, tmp_path / "known.safetensors")
        return open_model(tmp_path / "known.safetensors")

    return reopen


def same_weights(one: Any, other: Any) -> bool:
    first, second = one.state_dict(), other.state_dict()
    return set(first) == set(second) and all(torch.equal(v, second[k]) for k, v in first.items())


@pytest.mark.parametrize(
    ("task", "titles"),
    [
        ("pairs", {"pix2pix", "pix2pixHD"}),
        ("domains", {"CUT", "FastCUT", "CycleGAN"}),
        ("single pair", {"SinCUT"}),
        ("textures", {"swapping autoencoder"}),
        ("analogy", set()),  # nothing to teach
    ],
)
def test_what_can_be_taught_stands_under_its_title(task: Task, titles: set[str]) -> None:
    by_title = recipes(task)
    assert set(by_title) == titles
    for title, recipe in by_title.items():
        assert recipe.kind is METHODS[recipe.method]
        assert recipe.kind.capabilities.task == task
        kind = recipe.kind
        assert recipe.variant == ("" if title == kind.title else kind.variants[title])


def test_every_method_that_learns_by_steps_can_be_taught() -> None:
    taught = {r.method for task in get_args(Task) for r in recipes(task).values()}
    assert taught == set(STEPWISE)


def test_a_variant_is_its_preset_over_the_one_for_minutes() -> None:
    assert recipes("domains")["FastCUT"] == Recipe("cut", "fastcut")
    plain, fast = (vars(recipes("domains")[t].start(None).config) for t in ("CUT", "FastCUT"))
    different = {name: value for name, value in fast.items() if value != plain[name]}
    assert different == {
        "nce_weight": 10.0, "flip_equivariance": True, "decay_start": 0.75, "epochs": 200,
    }  # fmt: skip
    assert not fast["nce_identity"]
    assert fast == vars(CUT.from_preset("laptop", "fastcut").config)


def test_settings_overrule_presets_and_these_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    presets = {"paper": {}, "laptop": {"width": 4, "steps": 7}, "extra": {"width": 6, "blocks": 1}}
    monkeypatch.setattr(CycleGAN, "presets", presets)
    method = Recipe("cyclegan").start(None, "extra", blocks=2)
    assert (method.config.width, method.config.blocks, method.config.steps) == (6, 2, 7)
    with pytest.raises(InputError, match=r'no preset "magic"\. Choose one of: paper, laptop'):
        Recipe("cyclegan").start(None, "magic")
    with pytest.raises(InputError, match='CycleGAN has no setting "magic"'):
        Recipe("cyclegan").start(None, magic=1)


@pytest.mark.parametrize("name", STEPWISE)
def test_going_on_keeps_sizes_and_all_that_was_learnt(name: str, reopened: Open) -> None:
    row: Row = ROWS[name]
    model = reopened(fitted(row, seed=3))  # so that nothing is alike by chance
    method = start_fit(row.kind, {"steps": 2}, model)
    assert vars(method.config) == {**vars(model.method.config), "steps": 2}
    assert method.fitted
    assert method.has_training_networks
    for part, network in model.method.training_networks().items():
        assert same_weights(method.training_networks()[part], network), part
    tensors = method.inference_state_dict()
    for part, value in model.method.inference_state_dict().items():
        assert torch.equal(tensors[part], value), part
    # It begins to count anew, and the model is left as it was.
    before = {key: value.clone() for key, value in model.method.state_dict().items()}
    records = list(run_fit(method, row.a, row.b, None, pace=Pace(record=0)))
    assert [record.step for record in records] == [1, 2]
    after = model.method.state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    assert "discriminators" not in records[0].note


@pytest.mark.parametrize("name", STEPWISE)
def test_a_recipe_goes_on_with_its_method_from_a_model(name: str, reopened: Open) -> None:
    row: Row = ROWS[name]
    model = reopened(fitted(row))
    method = Recipe(name).start(model, steps=9)
    changes = {**row.kind.presets.get("finetune", {}), "steps": 9}
    assert vars(method.config) == {**vars(model.method.config), **changes}


def test_a_variant_goes_on_from_its_method(reopened: Open) -> None:
    model = reopened(fitted(ROWS["cut"]))
    method = recipes("domains")["FastCUT"].start(model)
    assert method.config.nce_weight == 10
    assert method.config.width == model.method.config.width
    assert same_weights(method.training_networks()["projection"], model.method.projection)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["pix2pix", "pix2pixhd", "cyclegan", "cut", "sincut"])
def test_without_discriminators_new_ones_begin_and_the_note_says_so(
    name: str, reopened: Open
) -> None:
    row: Row = ROWS[name]
    imported = fitted(row)
    imported.fit_state = row.new().fit_state  # as if it had never been fitted here
    model = reopened(imported)
    assert not model.method.has_training_networks
    method = Recipe(name).start(model, steps=3)
    records = list(run_fit(method, row.a, row.b, None, pace=Pace(record=0)))
    sentence = "known comes without discriminators of this kind: new ones begin to learn."
    assert all(sentence in record.note for record in records[:-1])


def test_what_cannot_be_gone_on_from_is_said(reopened: Open) -> None:
    model = reopened(fitted(ROWS["cut"]))
    with pytest.raises(
        InputError,
        match="known is a model of CUT: choose one that was made by CycleGAN, or start from",
    ):
        Recipe("cyclegan").start(model)
    with pytest.raises(InputError, match="known has networks of other sizes than these settings"):
        Recipe("cut").start(model, width=8)
    with pytest.raises(InputError, match="known has networks of other sizes than these settings"):
        start_fit(CUT, {"in_channels": 1, "nce_identity": False, "lowpass": 0}, model)
    with pytest.raises(InputError, match="crop_size"):
        Recipe("cut").start(model, crop_size=30)


def test_a_generator_of_one_direction_is_no_start(reopened: Open) -> None:
    method = ROWS["cyclegan"].new(both=False)
    method.fitted = True
    with pytest.raises(InputError, match="import both directions together"):
        Recipe("cyclegan").start(reopened(method))


def test_a_textures_model_without_discriminators_is_not_taught_here(reopened: Open) -> None:
    method = ROWS["swapping_autoencoder"].new()
    method.fitted = True
    with pytest.raises(InputError, match="without its discriminators"):
        Recipe("swapping_autoencoder").start(reopened(method))


@pytest.mark.parametrize("name", [m.name for m in find_models()])
def test_every_shipped_model_can_be_gone_on_from(name: str) -> None:
    model = open_model(name)
    method = Recipe(model.info.method).start(model, steps=5)
    assert method.fit_state is not None
    assert method.has_training_networks == model.method.has_training_networks
    if method.has_training_networks:
        for part, network in model.method.training_networks().items():
            assert same_weights(method.training_networks()[part], network), part
    else:
        assert "without discriminators of this kind" in method.fit_state.notes


def test_a_method_without_a_finetune_preset_keeps_the_models_settings(reopened: Open) -> None:
    assert "finetune" not in SinCUT.presets
    model = reopened(fitted(ROWS["sincut"]))
    assert Recipe("sincut").start(model).config == model.method.config
