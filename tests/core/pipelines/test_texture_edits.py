"""The editor's operations: global moves, regions, clones, arithmetic; and that the rest stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from i2i_core.checkpoints.checkpoint import load, save
from i2i_core.checkpoints.model_zoo import LoadedModel, open_model
from i2i_core.errors import InputError
from i2i_core.methods import swapping_codes
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.methods.swapping_codes import Codes
from i2i_core.pipelines.domain_transfer import difference
from i2i_core.pipelines.structure_masks import middle, place, show_mask, similar, to_mask
from i2i_core.pipelines.texture_edits import (
    add,
    arithmetic,
    begin,
    clone,
    cloned,
    direction_names,
    edit,
    edit_direction,
    moved,
    preview,
    reshaped,
    structure_colours,
)
from i2i_core.pipelines.texture_swap import as_swapper, decode_codes
from tests.helpers import picture

CATS = "swapping_autoencoder.cats"


@pytest.fixture
def model(swapper_model: LoadedModel) -> LoadedModel:
    return swapper_model


def encode(picture: Image.Image, model: LoadedModel) -> Codes:
    return swapping_codes.encode(as_swapper(model), picture)


def halves() -> Image.Image:
    """Left smooth and dark, right bright and rough."""
    pixels = np.random.default_rng(0).integers(150, 256, (64, 64, 3)).astype(np.uint8)
    pixels[:, :32] = 40
    return Image.fromarray(pixels)


def test_every_direction_has_a_name(model: LoadedModel) -> None:
    names = direction_names(model)
    assert [name.split(".")[0] for name in names] == [str(n) for n in range(1, len(names) + 1)]
    assert any(" – " in name for name in names)


def test_a_global_edit_moves_the_texture_and_nothing_else(model: LoadedModel) -> None:
    codes = encode(picture(64, 64), model)
    there = moved(codes, model, [2.0, -1.0])
    assert np.array_equal(there.structure, codes.structure)
    assert difference(decode_codes(there, model), decode_codes(codes, model)) > 0.5
    back = moved(codes, model, [0.0] * 8)
    assert np.allclose(back.texture, codes.texture, atol=1e-6)
    with pytest.raises(InputError, match="amount"):
        moved(codes, model, [9.0])
    with pytest.raises(InputError, match="at most"):
        moved(codes, model, [0.0] * 9)


def test_the_picture_keeps_its_detail_unless_told_otherwise(model: LoadedModel) -> None:
    before = begin(picture(64, 64), model)
    assert difference(before.picture, picture(64, 64)) == 0
    codes = moved(before.codes, model, [2.0])
    detailed, plain = (edit(before, codes, model, keep=keep) for keep in (1, 0))
    assert difference(plain.picture, decode_codes(codes, model)) == 0
    same = edit(before, before.codes, model)
    assert difference(same.picture, before.picture) <= 0.5
    # Each has what the edit changes; only one has what the network cannot rebuild.
    lost = np.asarray(before.picture, float) - np.asarray(decode_codes(before.codes, model), float)
    gap = np.asarray(detailed.picture, float) - np.asarray(plain.picture, float)
    inside = (np.asarray(detailed.picture) > 0) & (np.asarray(detailed.picture) < 255)
    assert np.abs(gap - lost)[inside].max() <= 1.5


def test_a_click_chooses_what_is_alike_and_hangs_together(model: LoadedModel) -> None:
    codes = encode(halves(), model)
    point = (0.25, 0.5)
    sizes = [int(similar(codes, point, tolerance).sum()) for tolerance in (0, 0.02, 0.2, 1)]
    assert sizes == sorted(sizes)
    assert sizes[0] >= 1
    assert sizes[-1] == codes.structure[0].size
    chosen = similar(codes, point, 0.02)
    assert chosen[place(codes, point)]
    # The dark half is one region, the other one is none of it.
    assert chosen[2:-2, 1:6].mean() > 0.9
    assert chosen[:, 10:].mean() < 0.1
    with pytest.raises(InputError, match="point"):
        similar(codes, (1.5, 0.5))


@pytest.mark.parametrize("point", [(0.0, 0.0), (1.0, 1.0), (0.5, 0.99)])
def test_every_point_of_the_picture_has_a_place(
    model: LoadedModel, point: tuple[float, float]
) -> None:
    codes = encode(picture(90, 65), model)
    row, column = place(codes, point)
    assert 0 <= row < codes.structure.shape[1]
    assert 0 <= column < codes.structure.shape[2]


def test_what_is_painted_is_the_mask(model: LoadedModel) -> None:
    codes = encode(picture(64, 64), model)
    layer = Image.new("RGBA", (640, 640))
    ImageDraw.Draw(layer).rectangle((320, 0, 640, 640), fill="#ff3366")
    mask = to_mask(codes, layer)
    assert mask[:, 8:].all()
    assert not mask[:, :8].any()
    x, y = middle(codes, mask)
    assert x == pytest.approx(0.75, abs=0.05)
    assert y == pytest.approx(0.5, abs=0.05)
    grey = Image.new("L", (64, 64))
    grey.paste(255, (32, 0, 64, 64))
    assert np.array_equal(to_mask(codes, grey), mask)
    grey_mask = np.asarray(show_mask(codes, mask, soft=False))
    assert np.array_equal(grey_mask, np.asarray(grey))


@pytest.mark.parametrize("name", ["small", CATS])
def test_a_region_edit_leaves_the_rest_alone(name: str, model: LoadedModel) -> None:
    model = model if name == "small" else open_model(name)
    before = begin(picture(256, 256), model)
    mask = np.zeros(before.codes.structure.shape[1:], bool)
    rows = len(mask)
    mask[rows // 4 : rows // 2, rows // 4 : rows // 2] = True
    codes = reshaped(before.codes, model, mask, [3.0, -2.0])
    after = edit(before, codes, model, mask)
    change = np.abs(np.asarray(after.picture, float) - np.asarray(before.picture, float)).mean(2)
    inside = np.asarray(show_mask(before.codes, mask, soft=False)) > 0
    assert change[inside].mean() > 1
    assert change[~inside].mean() < 2  # grey levels, on average
    far = np.asarray(show_mask(before.codes, mask)) == 0
    assert change[far].max() == 0


def test_cloning_copies_structure_from_elsewhere(model: LoadedModel) -> None:
    codes, other = (encode(picture(64, 64, seed), model) for seed in (0, 1))
    mask = np.zeros((16, 16), bool)
    mask[4:8, 4:8] = True
    copy = cloned(codes, mask, other, point=(0.75, 0.75), start=(0.25, 0.25))
    assert np.array_equal(copy.structure[:, 4:8, 4:8], other.structure[:, 12:16, 12:16])
    assert np.array_equal(copy.structure[:, ~mask], codes.structure[:, ~mask])
    assert np.array_equal(copy.texture, codes.texture)
    # What would come from beyond the border stays.
    half = cloned(codes, mask, other, point=(0.9, 0.25), start=(0.25, 0.25))
    assert np.array_equal(half.structure[:, 4:8, 7], codes.structure[:, 4:8, 7])
    assert not np.array_equal(half.structure[:, 4:8, 4], codes.structure[:, 4:8, 4])
    corner = np.zeros((16, 16), bool)
    corner[15, 15] = True
    with pytest.raises(InputError, match="outside the picture"):
        cloned(codes, corner, other, point=(0.9, 0.9), start=(0.1, 0.1))
    with pytest.raises(InputError, match="another model"):
        cloned(codes, mask, replace(other, structure=other.structure[:2]), (0.5, 0.5), (0.5, 0.5))


def test_arithmetic_adds_what_one_gallery_has_and_another_lacks(model: LoadedModel) -> None:
    codes = encode(picture(64, 64), model)
    plus, minus = [picture(64, 64, s) for s in (1, 2)], [picture(64, 64, 3)]
    means = [np.mean([encode(p, model).texture for p in side], 0) for side in (plus, minus)]
    result = arithmetic(codes, model, plus, minus, 0.5)
    expected = codes.texture + 0.5 * (means[0] - means[1])
    assert np.allclose(result.texture, expected, atol=1e-4)
    assert np.allclose(arithmetic(codes, model, plus, plus, 3).texture, codes.texture, atol=1e-5)
    assert not np.allclose(arithmetic(codes, model, plus, []).texture, codes.texture, atol=1e-3)
    with pytest.raises(InputError, match="more of"):
        arithmetic(codes, model, [], minus)
    with pytest.raises(InputError, match="gain"):
        arithmetic(codes, model, plus, minus, 100)


def test_structure_shows_as_colours(model: LoadedModel) -> None:
    codes = encode(halves(), model)
    colours = structure_colours(codes, model)
    assert colours.size == codes.size
    pixels = np.asarray(colours, float)
    left, right = pixels[8:-8, 4:24].reshape(-1, 3), pixels[8:-8, 40:60].reshape(-1, 3)
    assert np.abs(left.mean(0) - right.mean(0)).max() > 30
    assert left.std(0).mean() < right.std(0).mean()  # one is smooth, the other rough


def test_a_model_without_directions_says_so(model: LoadedModel, tmp_path: Path) -> None:
    method = load(model.info.path)
    assert isinstance(method, SwappingAutoencoder)
    for buffer in method.statistics.directions.buffers():
        buffer.zero_()
    save(method, tmp_path / "unsurveyed.safetensors")
    model = open_model(tmp_path / "unsurveyed.safetensors")
    codes = encode(picture(64, 64), model)
    assert direction_names(model) == []
    with pytest.raises(InputError, match="teach it"):
        moved(codes, model, [1.0])
    with pytest.raises(InputError, match="less of"):
        arithmetic(codes, model, [picture(64, 64)], [])
    assert structure_colours(codes, model).size == codes.size  # of this picture's own


def test_the_editor_builds_edit_upon_edit(model: LoadedModel) -> None:
    first = begin(picture(64, 64), model)
    assert first.colours.size == first.picture.size == first.codes.size
    assert difference(first.colours, structure_colours(first.codes, model)) == 0
    warm = preview(first, model, [2.0])
    mask = np.zeros((16, 16), bool)
    mask[:, 8:] = True
    both = preview(warm, model, [0.0], mask, [2.0])
    at_once = preview(first, model, [2.0], mask, [2.0])
    assert difference(both.picture, at_once.picture) < 0.01
    assert difference(both.colours, structure_colours(both.codes, model)) == 0
    assert difference(both.colours, first.colours) > 0
    nothing = preview(first, model, [0.0], None, [0.0])
    assert difference(nothing.picture, picture(64, 64)) == 0
    with pytest.raises(InputError, match="region first"):
        preview(first, model, [], None, [1.0])
    with pytest.raises(InputError, match="Paint first"):
        clone(first, model, np.zeros((16, 16), bool), (0.5, 0.5))
    for source in (None, picture(80, 64, seed=1)):
        copy = clone(first, model, mask, (0.2, 0.5), source)
        left, before = (np.asarray(edited.picture)[:, :24] for edited in (copy, first))
        assert np.array_equal(left, before)
        assert difference(copy.picture, first.picture) > 0


def test_galleries_are_added_to_a_picture(model: LoadedModel) -> None:
    first = begin(picture(64, 64), model)
    plus, minus = [picture(64, 64, 1)], [picture(64, 64, 2)]
    codes = arithmetic(first.codes, model, plus, minus, 2.0)
    result = add(first, model, plus, minus, 2.0, keep=0.5)
    assert difference(result.picture, edit(first, codes, model, keep=0.5).picture) == 0
    assert difference(result.picture, first.picture) > 0


def test_one_direction_by_number(model: LoadedModel) -> None:
    result = edit_direction(picture(64, 64), model, 2, 1.5)
    first = begin(picture(64, 64), model)
    expected = edit(first, moved(first.codes, model, [0, 1.5]), model)
    assert difference(result, expected.picture) == 0
    for number in (0, 9):
        with pytest.raises(InputError, match="from 1 to 8"):
            edit_direction(picture(64, 64), model, number, 1)


def test_a_picture_of_any_mode_is_begun_with(model: LoadedModel) -> None:
    grey = begin(picture(80, 64).convert("L"), model)
    assert (grey.picture.mode, grey.picture.size) == ("RGB", (80, 64))
    assert min(begin(picture(64, 64), model, 96).picture.size) == 96
