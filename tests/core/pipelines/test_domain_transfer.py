"""Domain transfer: strength, colours, the way back, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2i_core.checkpoints.checkpoint import save
from i2i_core.checkpoints.model_zoo import LoadedModel, find_models, open_model
from i2i_core.errors import InputError
from i2i_core.methods.cut import CUT, CUTConfig
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig
from i2i_core.methods.pix2pix import Pix2Pix, Pix2PixConfig
from i2i_core.pipelines.domain_transfer import (
    blend,
    difference,
    transfer,
    transfer_all,
    usual_short_side,
)
from i2i_core.progress import last_picture

SMALL = {"width": 4, "blocks": 1, "discriminator_width": 4, "lowpass": 8}


def picture(seed: int, size: tuple[int, int] = (48, 40)) -> Image.Image:
    random = np.random.default_rng(seed)
    return Image.fromarray(random.integers(0, 256, (size[1], size[0], 3), np.uint8))


@pytest.fixture
def two_way(tmp_path: Path) -> LoadedModel:
    method = CycleGAN(CycleGANConfig(**SMALL))
    method.fitted = True
    save(method, tmp_path / "two.safetensors", about="Noise to fog: for tests")
    return open_model(tmp_path / "two.safetensors")


@pytest.fixture
def one_way(tmp_path: Path) -> LoadedModel:
    method = CUT(CUTConfig(**SMALL, nce_layers=(0, 4)))
    method.fitted = True
    save(method, tmp_path / "one.safetensors")
    return open_model(tmp_path / "one.safetensors")


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
    assert last.step == last.total
    assert last.picture is not None
    assert last.result is not None
    assert last.result.back is not None
    assert last.picture.size == last.result.back.size == source.size
    assert last.result.cycle_error == pytest.approx(difference(source, last.result.back))
    assert last.result.cycle_error > 0
    there = last_picture(transfer(source, two_way))
    assert np.array_equal(np.asarray(there), np.asarray(last.picture))
    back = last_picture(transfer(there, two_way, reverse=True))
    assert np.array_equal(np.asarray(back), np.asarray(last.result.back))


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
    for settings in ({"strength": -1}, {"strength": 3}, {"short_side": 8}):
        with pytest.raises(InputError):
            list(transfer(source, one_way, **settings))


def test_tiny_pictures_are_enlarged_and_huge_ones_shrunk() -> None:
    assert usual_short_side(picture(0, (9, 12))) == 32
    assert usual_short_side(picture(0, (300, 200))) == 200
    assert usual_short_side(picture(0, (300, 200)), 150) == 150
    assert usual_short_side(Image.new("1", (7000, 5000))) == 1536


def test_many_pictures_come_one_by_one(one_way: LoadedModel) -> None:
    pictures = [picture(seed) for seed in range(3)]
    records = list(transfer_all(pictures, one_way, strength=0.5))
    assert [record.step for record in records] == [1, 2, 3]
    for source, record in zip(pictures, records, strict=True):
        alone = last_picture(transfer(source, one_way, strength=0.5))
        assert np.array_equal(np.asarray(alone), np.asarray(record.picture))


def test_a_model_of_pairs_is_sent_elsewhere(tmp_path: Path) -> None:
    method = Pix2Pix(Pix2PixConfig(width=4, depth=5, crop_size=32, load_size=32))
    method.fitted = True
    save(method, tmp_path / "pairs.safetensors")
    with pytest.raises(InputError, match="learnt from pairs"):
        list(transfer(picture(5), open_model(tmp_path / "pairs.safetensors")))
    with pytest.raises(InputError, match="There is no model"):
        open_model(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    "name", ["cut.monet", "cyclegan.monet", "cut.yosemite-winter", "cut.yosemite-summer"]
)
def test_shipped_models_are_small_and_change_what_they_are_given(name: str) -> None:
    (model,) = [model for model in find_models() if model.name == name]
    assert model.bytes < 10_000_000
    assert " to " in model.about
    source = Image.open(Path(__file__).parents[3] / "examples" / "starters" / "lake.jpg")
    made = last_picture(transfer(source, open_model(name), short_side=128))
    assert 4 < difference(source.resize((128, 128)), made) < 80
