"""Domain transfer: strength, colours, the way back, what is refused, and that all is done once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.checkpoints.checkpoint import load, read_header, save
from i2i_core.checkpoints.model_zoo import LoadedModel, find_models, model_info, open_model
from i2i_core.errors import InputError
from i2i_core.images.files import check_image
from i2i_core.method import Method
from i2i_core.methods.cut import CUT, CUTConfig
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig
from i2i_core.pipelines.domain_transfer import (
    TransferResult,
    blend,
    difference,
    transfer,
    transfer_all,
    usual_short_side,
)
from i2i_core.pipelines.translation import translate
from i2i_core.progress import last_picture, last_result
from tests.helpers import ROWS

SMALL: dict[str, Any] = {"width": 4, "blocks": 1, "discriminator_width": 4, "lowpass": 8}


def picture(seed: int, size: tuple[int, int] = (48, 40)) -> Image.Image:
    random = np.random.default_rng(seed)
    return Image.fromarray(random.integers(0, 256, (size[1], size[0], 3), np.uint8))


def opened(method: Method, path: Path, **header: str) -> LoadedModel:
    method.fitted = True
    save(method, path, **header)
    return open_model(path)


@pytest.fixture
def two_way(tmp_path: Path) -> LoadedModel:
    method = CycleGAN(CycleGANConfig(**SMALL))
    return opened(method, tmp_path / "two.safetensors", about="Noise to fog: for tests")


@pytest.fixture
def one_way(tmp_path: Path) -> LoadedModel:
    return opened(CUT(CUTConfig(**SMALL, nce_layers=(0, 4))), tmp_path / "one.safetensors")


def test_strength_goes_from_the_picture_to_the_translation_and_beyond() -> None:
    one, other = picture(0), picture(1)
    a, b = (np.asarray(p, float) for p in (one, other))
    assert np.array_equal(np.asarray(blend(one, other, 0)), a)
    assert np.array_equal(np.asarray(blend(one, other, 1)), b)
    assert np.abs(np.asarray(blend(one, other, 0.5)) - (a + b) / 2).max() <= 0.5
    assert np.abs(np.asarray(blend(one, other, 2)) - (2 * b - a).clip(0, 255)).max() <= 0.5


def test_kept_colours_are_the_pictures_and_the_light_is_the_translations() -> None:
    # Tones in the middle, where every lightness goes with every colour.
    one, other = (Image.eval(picture(seed), lambda v: 96 + v // 4) for seed in (0, 1))
    kept = np.asarray(blend(one, other, 1, keep_colours=True).convert("YCbCr"), int)
    source, translated = (np.asarray(p.convert("YCbCr"), int) for p in (one, other))
    assert np.abs(kept[..., 0] - translated[..., 0]).max() <= 2
    assert np.abs(kept[..., 1:] - source[..., 1:]).max() <= 2


def test_a_two_way_model_comes_back_and_says_how_far_off(two_way: LoadedModel) -> None:
    source = picture(2)
    *_, last = transfer(source, two_way, back=True)
    assert last.step == last.total == 2
    assert last.result is not None
    assert last.picture is not None
    assert last.result.back is not None
    assert last.picture.size == last.result.back.size == source.size
    assert np.array_equal(np.asarray(last.result.source), np.asarray(source))
    assert last.result.cycle_error == pytest.approx(difference(source, last.result.back))
    assert last.result.cycle_error > 0
    there = last_picture(transfer(source, two_way))
    assert np.array_equal(np.asarray(there), np.asarray(last.picture))
    back = last_picture(transfer(there, two_way, reverse=True))
    assert np.array_equal(np.asarray(back), np.asarray(last.result.back))


def test_the_way_back_starts_from_the_whole_translation_at_any_strength(
    two_way: LoadedModel,
) -> None:
    whole = last_result(transfer(picture(2), two_way, back=True))
    *_, weak = transfer(picture(2), two_way, back=True, strength=0.3, keep_colours=True)
    assert weak.result is not None
    assert weak.result.back is not None
    assert whole.back is not None
    assert weak.result.translation.tobytes() == whole.translation.tobytes()
    assert weak.result.back.tobytes() == whole.back.tobytes()
    assert weak.picture is not None
    assert weak.picture.tobytes() == whole.blended(0.3, keep_colours=True).tobytes()


def test_a_one_way_model_just_translates(one_way: LoadedModel) -> None:
    *_, last = transfer(picture(3), one_way, back=True)
    assert last.result is not None
    assert last.result.back is None
    assert last.result.cycle_error is None
    assert not last.losses
    with pytest.raises(InputError, match="one direction"):
        list(transfer(picture(3), one_way, reverse=True))


def test_strength_and_size_apply(one_way: LoadedModel) -> None:
    source = picture(4, (120, 80))
    assert last_picture(transfer(source, one_way, short_side=40)).size == (60, 40)
    full = last_picture(transfer(source, one_way))
    half = last_picture(transfer(source, one_way, strength=0.5))
    assert np.array_equal(np.asarray(half), np.asarray(blend(source, full, 0.5)))
    assert np.array_equal(np.asarray(source), last_picture(transfer(source, one_way, strength=0)))
    for settings in ({"strength": -1}, {"strength": 3}, {"short_side": 8}, {"seed": -1}):
        with pytest.raises(InputError):
            list(transfer(source, one_way, **settings))
    with pytest.raises(InputError, match="takes no reference"):
        list(transfer(source, one_way, reference=source))


@pytest.mark.parametrize("name", ["cut", "cyclegan", "sincut", "swapping_autoencoder"])
def test_it_is_what_the_model_translates(name: str, tmp_path: Path) -> None:
    """Of every method that learns from collections, for what `translate` may be given."""
    row = ROWS[name]
    model = opened(row.new(), tmp_path / "m.safetensors")
    source = picture(6, (70, 50))
    settings: dict[str, Any] = {"seed": 3}
    if row.kind.capabilities.takes_reference:
        settings["reference"] = picture(7).convert("RGBA")
    result = last_result(transfer(source, model, **settings))
    expected = last_picture(translate(source, model, **settings))
    assert isinstance(result, TransferResult)
    assert result.translation.tobytes() == expected.tobytes()


def test_tiny_pictures_are_enlarged_and_huge_ones_shrunk() -> None:
    assert usual_short_side(picture(0, (9, 12))) == 32
    assert usual_short_side(picture(0, (300, 200))) == 200
    assert usual_short_side(picture(0, (300, 200)), 150) == 150
    assert usual_short_side(Image.new("1", (7000, 5000))) == 1536


def test_many_pictures_come_one_by_one(one_way: LoadedModel) -> None:
    pictures = [picture(seed) for seed in range(3)]
    records = list(transfer_all(pictures, one_way, strength=0.5))
    assert [record.step for record in records] == [1, 2, 3]
    assert {record.total for record in records} == {3}
    for source, record in zip(pictures, records, strict=True):
        alone = last_picture(transfer(source, one_way, strength=0.5))
        assert np.array_equal(np.asarray(alone), np.asarray(record.picture))
        assert record.result is not None
        assert np.array_equal(np.asarray(record.result.source), np.asarray(source))


def test_a_model_of_pairs_is_sent_elsewhere(tmp_path: Path) -> None:
    pairs = opened(ROWS["pix2pix"].new(), tmp_path / "pairs.safetensors")
    drawings = opened(
        CUT(CUTConfig(**SMALL, nce_layers=(0, 4))),
        tmp_path / "drawings.safetensors",
        takes="sketch",
    )
    for model in (pairs, drawings):
        with pytest.raises(InputError, match=f"{model.info.name} learnt from pairs"):
            list(transfer(picture(5), model))


class Calls:
    """Counts the calls of functions, wherever the core has imported them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.count: dict[str, int] = {}

    def of(self, function: Callable[..., Any]) -> None:
        """Count those of `function` from now on."""
        name = function.__name__
        self.count[name] = 0

        def counting(*arguments: Any, **settings: Any) -> Any:
            self.count[name] += 1
            return function(*arguments, **settings)

        for module in [m for n, m in sys.modules.items() if n.startswith("i2i_core")]:
            for attribute, value in list(vars(module).items()):
                if value is function:
                    self.monkeypatch.setattr(module, attribute, counting)


def test_a_picture_is_checked_and_a_model_opened_once(
    two_way: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "other.safetensors"  # a file that has not been opened before
    path.write_bytes(two_way.info.path.read_bytes())
    calls = Calls(monkeypatch)
    for function in (check_image, read_header, load):
        calls.of(function)
    model = open_model(model_info(path))
    assert calls.count == {"check_image": 0, "read_header": 1, "load": 1}
    *_, last = transfer(picture(8).convert("RGBA"), model, back=True)
    assert last.result is not None
    assert last.result.back is not None
    assert calls.count == {"check_image": 1, "read_header": 1, "load": 1}
    list(transfer(picture(8), open_model(path)))  # another entry
    assert calls.count == {"check_image": 2, "read_header": 1, "load": 1}
    list(translate(picture(8), open_model(model_info(path))))
    assert calls.count == {"check_image": 3, "read_header": 1, "load": 1}


def test_a_picture_that_is_translated_back_goes_through_the_network_twice(
    two_way: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[bool, torch.Size]] = []
    forward = CycleGAN.forward

    def noting(self: CycleGAN, source: torch.Tensor, *rest: Any, **settings: Any) -> torch.Tensor:
        sizes.append((settings["reverse"], source.shape))
        return forward(self, source, *rest, **settings)

    monkeypatch.setattr(CycleGAN, "forward", noting)
    list(transfer(picture(9, (64, 48)), two_way, back=True, reverse=True))
    assert [reverse for reverse, _ in sizes] == [True, False]
    assert {shape for _, shape in sizes} == {(1, 3, 48, 64)}


@pytest.mark.parametrize(
    "name", ["cut.monet", "cyclegan.monet", "cut.yosemite-winter", "cut.yosemite-summer"]
)
def test_shipped_models_are_small_and_change_what_they_are_given(name: str) -> None:
    (model,) = [model for model in find_models() if model.name == name]
    assert model.bytes < 10_000_000
    assert " to " in model.about
    source = Image.open(Path(__file__).parents[3] / "examples" / "starters" / "lake.jpg")
    made = last_picture(transfer(source, open_model(model), short_side=128))
    assert 4 < difference(source.resize((128, 128)), made) < 80
