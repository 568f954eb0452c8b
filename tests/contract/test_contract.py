"""What every method promises, checked over all of METHODS: add one row for a new method."""

from collections.abc import Iterator
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.checkpoints.checkpoint import build
from i2i_core.errors import InputError
from i2i_core.images.tensors import to_tensor, with_channels
from i2i_core.method import training_mode
from i2i_core.methods import METHODS
from i2i_core.progress import Progress, last_picture
from tests.contract.conftest import CONTRACT, Case
from tests.helpers import Row, fitted


def check_records(work: Iterator[Progress]) -> list[Progress]:
    """Every record is plain, and they count up to the end; returns them."""
    records = list(work)
    steps = [record.step for record in records]
    assert steps == sorted(set(steps))
    assert steps[0] >= 1
    assert records[-1].step == records[-1].total
    for record in records:
        assert all(type(value) is float for value in record.losses.values())
        assert record.picture is None or isinstance(record.picture, Image.Image)
        assert isinstance(record.note, str)
        check_plain(record.result)
    return records


def check_plain(value: Any) -> None:
    """Torch stays inside: words, numbers, pictures, and what is made of them."""
    if is_dataclass(value):
        value = [getattr(value, each.name) for each in fields(value)]
    if isinstance(value, (list, tuple)):
        for part in value:
            check_plain(part)
        return
    assert value is None or isinstance(value, (str, int, float, Image.Image)), type(value)


def test_every_method_has_a_row_and_a_title_of_its_own() -> None:
    assert set(CONTRACT) == set(METHODS)
    for name, row in CONTRACT.items():
        assert type(row.new()) is METHODS[name]
    titles = [kind.title for kind in METHODS.values()]
    titles += [title for kind in METHODS.values() for title in kind.variants]
    assert len(set(titles)) == len(titles)


def test_a_config_can_be_left_out(row: Row) -> None:
    assert isinstance(row.kind().config, row.kind.Config)


def test_fit_and_render_yield_plain_records_up_to_a_picture(row: Row) -> None:
    method = row.new()
    check_records(method.fit(row.a, row.b))
    picture = check_records(method.render(row.source))[-1].picture
    assert picture is not None
    assert picture.mode == "RGB"
    assert picture.size == row.source.size


def test_translate_works_between_the_steps_and_after(row: Row) -> None:
    method = row.new()
    sizes = [method.translate(row.source).size for _ in method.fit(row.a, row.b)]
    assert sizes
    assert {*sizes, method.translate(row.source).size} == {row.source.size}


def test_stopping_early_leaves_a_method_that_translates(row: Row) -> None:
    method = row.new()
    fitting = method.fit(row.a, row.b)
    next(fitting)
    fitting.close()
    rendering = method.render(row.source)
    next(rendering)
    rendering.close()
    assert method.translate(row.source).size == row.source.size


def test_the_same_seed_gives_the_same_picture_and_leaves_the_given_ones_alone(row: Row) -> None:
    given = [*row.a, *row.b]
    before = [picture.tobytes() for picture in given]
    first = fitted(row).translate(row.source)
    again = last_picture(fitted(row).render(row.source))  # which is what translate waits for
    assert np.array_equal(np.asarray(first), np.asarray(again))
    assert [picture.tobytes() for picture in given] == before


def test_translating_before_learning_says_so(row: Row) -> None:
    method = row.new()
    with pytest.raises(InputError, match=r"[Ff]it"):
        method.translate(row.source)
    with pytest.raises(InputError, match=r"[Ff]it"):
        method(torch.zeros(1, 3, 32, 64))


def test_a_pair_is_exactly_two_pictures(pair_row: Row) -> None:
    method, (a,), (b,) = pair_row.new(), pair_row.a, pair_row.b
    for sides in (([a, a], [b]), ([a], [b, b]), ([], [b]), ([a], [])):
        with pytest.raises(InputError, match="one"):
            list(method.fit(*sides))


def test_forward_takes_and_returns_tensors(row: Row) -> None:
    source = to_tensor(row.source)
    result = fitted(row)(source)
    assert result.shape == source.shape
    assert 0 <= float(result.min()) <= float(result.max()) <= 1


def test_stopping_and_going_on_with_the_same_object_is_the_same(stepwise_row: Row) -> None:
    whole, halved = stepwise_row.new(), stepwise_row.new()
    expected = [record.losses for record in whole.fit(stepwise_row.a, stepwise_row.b)]
    fitting = halved.fit(stepwise_row.a, stepwise_row.b)
    seen = [next(fitting).losses, next(fitting).losses]
    fitting.close()
    seen += [record.losses for record in halved.fit(stepwise_row.a, stepwise_row.b)]
    assert seen == expected
    with pytest.raises(InputError, match="more steps"):
        next(halved.fit(stepwise_row.a, stepwise_row.b))


def test_a_fit_leaves_the_random_numbers_of_others_alone(row: Row) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    method = fitted(row)
    method.translate(row.source)
    assert torch.equal(torch.rand(3), expected)


def test_presets_and_settings_make_a_model_and_unknown_ones_are_named(row: Row) -> None:
    name = next(name for name, kind in METHODS.items() if kind is row.kind)
    assert row.kind.presets["paper"] == {}
    for preset, settings in row.kind.presets.items():
        config = row.kind.from_preset(preset).config
        assert {key: getattr(config, key) for key in settings} == settings
    for preset in row.kind.variants.values():
        assert preset in row.kind.presets
    settings = asdict(row.new().config)
    assert type(build(name, settings)) is row.kind
    assert build(name, settings).config == row.new().config
    with pytest.raises(InputError, match="magic"):
        build(name, {"magic": 1})
    with pytest.raises(InputError, match="magic"):
        row.kind.from_preset("magic")


def test_later_presets_overrule_earlier_ones_and_changes_all_of_them(row: Row) -> None:
    first, *others = row.kind.presets
    for preset in others:
        for key, value in row.kind.presets[preset].items():
            assert row.kind.preset_settings(first, preset)[key] == value
            changed = row.kind.preset_settings(preset, **{key: "changed"})
            assert changed == {**row.kind.presets[preset], key: "changed"}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("learning_rate", 1e-3), ("beta1", 0.9), ("beta2", 0.5), ("decay_start", 0.0),
        ("flip", False), ("load_size", 64), ("seed", 1), ("ema", 0.0), ("batch", 3),
    ],
)  # fmt: skip
def test_settings_that_fits_share_make_a_difference(
    plain_stepwise_case: Case, setting: str, value: float
) -> None:
    usual = plain_stepwise_case.method.inference_state_dict()
    other = fitted(plain_stepwise_case.row, **{setting: value}).inference_state_dict()
    assert any(not torch.equal(tensor, other[name]) for name, tensor in usual.items())


# Modes


def test_a_translation_leaves_every_part_in_the_mode_that_it_was_in(case: Case) -> None:
    for training in (True, False):
        case.method.train(training)
        modules = list(case.method.modules())
        for module in modules[1::3]:
            module.training = not training
        before = [module.training for module in modules]
        case.method.translate(case.row.source)
        assert [module.training for module in modules] == before
    case.method.train()


def test_a_translation_that_fails_leaves_the_modes_as_well(
    stepwise_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:

    def broken(*_: Any, **__: Any) -> None:
        raise MemoryError

    before = [module.training for module in stepwise_case.method.modules()]
    with monkeypatch.context() as patch:
        patch.setattr(stepwise_case.method, "forward", broken)
        with pytest.raises(MemoryError):
            stepwise_case.method.translate(stepwise_case.row.source)
    assert [module.training for module in stepwise_case.method.modules()] == before


def test_a_translation_is_the_same_in_whatever_mode_the_method_is(case: Case) -> None:
    trained = case.method.train().translate(case.row.source)
    evaluated = case.method.eval().translate(case.row.source)
    case.method.train()
    assert trained.tobytes() == evaluated.tobytes()


def test_networks_translate_in_the_mode_that_the_method_asks_for_and_forward_in_its_own(
    case: Case,
) -> None:
    modes: list[bool] = []
    networks = [ema.network for ema in case.method.inference_networks().values()]
    parts = [part for network in networks for part in network.modules() if not [*part.children()]]
    hooks = [
        part.register_forward_pre_hook(lambda part, *_: modes.append(part.training))
        for part in parts
    ]
    source = with_channels(to_tensor(case.row.source), case.method.capabilities.channels[0])
    for training in (True, False):
        modes.clear()
        case.method.train(training).translate(case.row.source)
        assert set(modes) <= {case.method.infers_in_training_mode}
        assert bool(modes) == bool(parts)
        modes.clear()
        with torch.no_grad():
            case.method(source)
        assert set(modes) <= {training}
        assert bool(modes) == bool(parts)
    case.method.train()
    for hook in hooks:
        hook.remove()


def test_a_mode_of_a_network_is_restored_part_by_part() -> None:
    network = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Linear(1, 1).eval())
    with training_mode(network, False):
        assert not any(module.training for module in network.modules())
    assert [module.training for module in network.modules()] == [True, True, False]
