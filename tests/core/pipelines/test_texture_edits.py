"""The editor's operations: global moves, regions, clones, arithmetic; and that the rest stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from i2i_core.checkpoints.checkpoint import load, save
from i2i_core.errors import InputError
from i2i_core.method import Progress
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.pipelines import texture_editor as editor
from i2i_core.pipelines.domain_transfer import difference
from i2i_core.pipelines.texture_codes import decode, encode
from i2i_core.pipelines.texture_edits import (
    Edited,
    arithmetic,
    begin,
    cloned,
    direction_names,
    edit,
    middle,
    moved,
    place,
    reshaped,
    show_mask,
    similar,
    structure_colours,
    to_mask,
)
from tests.core.pipelines.test_texture_codes import picture

CATS = "swapping_autoencoder.cats"


def halves() -> Image.Image:
    """Left smooth and dark, right bright and rough."""
    pixels = np.random.default_rng(0).integers(150, 256, (64, 64, 3)).astype(np.uint8)
    pixels[:, :32] = 40
    return Image.fromarray(pixels)


def test_every_direction_has_a_name(swapper: str) -> None:
    names = direction_names(swapper)
    assert [name.split(".")[0] for name in names] == [str(n) for n in range(1, len(names) + 1)]
    assert any(" – " in name for name in names)


def test_a_global_edit_moves_the_texture_and_nothing_else(swapper: str) -> None:
    codes = encode(picture(64, 64), swapper)
    there = moved(codes, swapper, [2.0, -1.0])
    assert np.array_equal(there.structure, codes.structure)
    assert difference(decode(there, swapper), decode(codes, swapper)) > 0.5
    back = moved(codes, swapper, [0.0] * 8)
    assert np.allclose(back.texture, codes.texture, atol=1e-6)
    with pytest.raises(InputError, match="amount"):
        moved(codes, swapper, [9.0])
    with pytest.raises(InputError, match="at most"):
        moved(codes, swapper, [0.0] * 9)


def test_the_picture_keeps_its_detail_unless_told_otherwise(swapper: str) -> None:
    before = begin(picture(64, 64), swapper)
    assert difference(before.picture, picture(64, 64)) == 0
    codes = moved(before.codes, swapper, [2.0])
    kept, made = (edit(before, codes, swapper, keep=keep) for keep in (1, 0))
    assert difference(made.picture, decode(codes, swapper)) == 0
    same = edit(before, before.codes, swapper)
    assert difference(same.picture, before.picture) <= 0.5
    # Each has what the edit changes; only one has what the network cannot rebuild.
    own = np.asarray(before.picture, float) - np.asarray(decode(before.codes, swapper), float)
    gap = np.asarray(kept.picture, float) - np.asarray(made.picture, float)
    inside = (np.asarray(kept.picture) > 0) & (np.asarray(kept.picture) < 255)
    assert np.abs(gap - own)[inside].max() <= 1.5


def test_a_click_chooses_what_is_alike_and_hangs_together(swapper: str) -> None:
    codes = encode(halves(), swapper)
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
def test_every_point_of_the_picture_has_a_place(swapper: str, point: tuple[float, float]) -> None:
    codes = encode(picture(90, 65), swapper)
    row, column = place(codes, point)
    assert 0 <= row < codes.structure.shape[1]
    assert 0 <= column < codes.structure.shape[2]


def test_what_is_painted_is_the_mask(swapper: str) -> None:
    codes = encode(picture(64, 64), swapper)
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
    shown = np.asarray(show_mask(codes, mask, soft=False))
    assert np.array_equal(shown, np.asarray(grey))


@pytest.mark.parametrize("model", ["small", CATS])
def test_a_region_edit_leaves_the_rest_alone(model: str, swapper: str) -> None:
    path = swapper if model == "small" else CATS
    before = begin(picture(256, 256), path)
    mask = np.zeros(before.codes.structure.shape[1:], bool)
    rows = len(mask)
    mask[rows // 4 : rows // 2, rows // 4 : rows // 2] = True
    codes = reshaped(before.codes, path, mask, [3.0, -2.0])
    after = edit(before, codes, path, mask)
    change = np.abs(np.asarray(after.picture, float) - np.asarray(before.picture, float)).mean(2)
    inside = np.asarray(show_mask(before.codes, mask, soft=False)) > 0
    assert change[inside].mean() > 1
    assert change[~inside].mean() < 2  # grey levels, on average
    far = np.asarray(show_mask(before.codes, mask)) == 0
    assert change[far].max() == 0


def test_cloning_copies_structure_from_elsewhere(swapper: str) -> None:
    codes, other = (encode(picture(64, 64, seed), swapper) for seed in (0, 1))
    mask = np.zeros((16, 16), bool)
    mask[4:8, 4:8] = True
    made = cloned(codes, mask, other, point=(0.75, 0.75), start=(0.25, 0.25))
    assert np.array_equal(made.structure[:, 4:8, 4:8], other.structure[:, 12:16, 12:16])
    assert np.array_equal(made.structure[:, ~mask], codes.structure[:, ~mask])
    assert np.array_equal(made.texture, codes.texture)
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


def test_arithmetic_adds_what_one_gallery_has_and_another_lacks(swapper: str) -> None:
    codes = encode(picture(64, 64), swapper)
    plus, minus = [picture(64, 64, s) for s in (1, 2)], [picture(64, 64, 3)]
    means = [np.mean([encode(p, swapper).texture for p in side], 0) for side in (plus, minus)]
    made = arithmetic(codes, swapper, plus, minus, 0.5)
    expected = codes.texture + 0.5 * (means[0] - means[1])
    assert np.allclose(made.texture, expected, atol=1e-4)
    assert np.allclose(arithmetic(codes, swapper, plus, plus, 3).texture, codes.texture, atol=1e-5)
    assert not np.allclose(arithmetic(codes, swapper, plus, []).texture, codes.texture, atol=1e-3)
    with pytest.raises(InputError, match="more of"):
        arithmetic(codes, swapper, [], minus)
    with pytest.raises(InputError, match="gain"):
        arithmetic(codes, swapper, plus, minus, 100)


def test_structure_shows_as_colours(swapper: str) -> None:
    codes = encode(halves(), swapper)
    shown = structure_colours(codes, swapper)
    assert shown.size == codes.size
    pixels = np.asarray(shown, float)
    left, right = pixels[8:-8, 4:24].reshape(-1, 3), pixels[8:-8, 40:60].reshape(-1, 3)
    assert np.abs(left.mean(0) - right.mean(0)).max() > 30
    assert left.std(0).mean() < right.std(0).mean()  # one is smooth, the other rough


def test_a_model_without_directions_says_so(swapper: str, tmp_path: object) -> None:
    method = load(swapper)
    assert isinstance(method, SwappingAutoencoder)
    for buffer in method.directions.buffers():
        buffer.zero_()
    path = f"{tmp_path}/unsurveyed.safetensors"
    save(method, path)
    codes = encode(picture(64, 64), path)
    assert direction_names(path) == []
    with pytest.raises(InputError, match="teach it"):
        moved(codes, path, [1.0])
    with pytest.raises(InputError, match="less of"):
        arithmetic(codes, path, [picture(64, 64)], [])
    assert structure_colours(codes, path).size == codes.size  # of this picture's own


def last(work: object) -> Progress:
    *_, record = work  # type: ignore[misc]
    return record


def test_the_editor_builds_edit_upon_edit(swapper: str) -> None:
    first = last(editor.opened(picture(64, 64), swapper))
    assert isinstance(first.found, Edited)
    assert set(first.extras) == {editor.COLOURS}
    warm = last(editor.previewed(first.found, swapper, [2.0]))
    mask = np.zeros((16, 16), bool)
    mask[:, 8:] = True
    assert isinstance(warm.found, Edited)
    both = last(editor.previewed(warm.found, swapper, [0.0], mask, [2.0]))
    at_once = last(editor.previewed(first.found, swapper, [2.0], mask, [2.0]))
    assert both.picture is not None
    assert at_once.picture is not None
    assert difference(both.picture, at_once.picture) < 0.01
    nothing = last(editor.previewed(first.found, swapper, [0.0], None, [0.0]))
    assert nothing.picture is not None
    assert difference(nothing.picture, picture(64, 64)) == 0
    with pytest.raises(InputError, match="region first"):
        last(editor.previewed(first.found, swapper, [], None, [1.0]))
    with pytest.raises(InputError, match="Paint first"):
        last(editor.cloned(first.found, swapper, np.zeros((16, 16), bool), (0.5, 0.5)))
    clone = last(editor.cloned(first.found, swapper, mask, (0.2, 0.5)))
    assert clone.picture is not None
    left = np.asarray(clone.picture)[:, :24], np.asarray(first.found.picture)[:, :24]
    assert np.array_equal(*left)


def test_one_direction_by_number(swapper: str) -> None:
    made = last(editor.edited(picture(64, 64), swapper, 2, 1.5))
    begun = begin(picture(64, 64), swapper)
    expected = edit(begun, moved(begun.codes, swapper, [0, 1.5]), swapper)
    assert made.picture is not None
    assert difference(made.picture, expected.picture) == 0
    with pytest.raises(InputError, match="from 1 to 8"):
        last(editor.edited(picture(64, 64), swapper, 9, 1))
