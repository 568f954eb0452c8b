"""Tests of label maps: decoding, encoding, matching, resizing and filling."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image
from skimage import data

from i2i_core.errors import InputError
from i2i_core.labels.maps import (
    PALETTE,
    UNLABELLED,
    decode,
    decode_together,
    encode,
    fill_unlabelled,
    resize,
)

CYAN, GREEN, ORANGE, PURPLE, BLUE = (
    (0, 253, 255),
    (0, 249, 0),
    (255, 147, 0),
    (148, 33, 146),
    (4, 51, 255),
)
COLOURS = (CYAN, GREEN, ORANGE, PURPLE, BLUE)


def landscape(height: int = 160, width: int = 240) -> np.ndarray:
    """Five regions with slanted, wavy and round borders: sky, hills, field, ground and a lake."""
    y, x = np.mgrid[:height, :width] / np.array([height, width]).reshape(2, 1, 1)
    ids = np.zeros((height, width), np.uint8)
    ids[y > 0.35 + 0.1 * np.sin(9 * x)] = 3
    ids[y > 0.55 + 0.05 * np.sin(14 * x)] = 1
    ids[y > 0.8 - 0.1 * x] = 2
    ids[(x - 0.5) ** 2 + 2 * (y - 0.6) ** 2 < 0.02] = 4
    return ids


def antialiased(colours=COLOURS, size=(160, 240), factor: int = 4) -> Image.Image:
    large = encode(landscape(size[0] * factor, size[1] * factor), colours)
    return large.resize((size[1], size[0]), Image.Resampling.BOX)


def by_majority(large: np.ndarray, factor: int = 4) -> np.ndarray:
    """The id that covers most of each factor x factor block."""
    blocks = large.reshape(large.shape[0] // factor, factor, -1, factor)
    return np.stack([(blocks == i).sum((1, 3)) for i in range(6)]).argmax(0).astype(np.uint8)


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def in_order(label_map, colours) -> np.ndarray:
    """The ids renumbered as in `colours`, each found colour matching its nearest."""
    table = np.full(256, UNLABELLED, np.uint8)
    for i, colour in enumerate(label_map.colours):
        table[i] = np.linalg.norm(np.subtract(colours, colour), axis=1).argmin()
    return table[label_map.ids]


def triple_bands(ids: np.ndarray) -> int:
    """How many pixels sit alone between two other labels, above and below or left and right."""
    middle = ids[1:-1, 1:-1]
    a, b = ids[:-2, 1:-1], ids[2:, 1:-1]
    c, d = ids[1:-1, :-2], ids[1:-1, 2:]
    vertical = (a != middle) & (b != middle) & (a != b)
    return int((vertical | ((c != middle) & (d != middle) & (c != d))).sum())


def test_palette_is_far_apart():
    distances = [np.linalg.norm(np.subtract(a, b)) for a, b in itertools.combinations(PALETTE, 2)]
    assert len(set(PALETTE)) == 12
    assert min(distances) > 80


def test_encode_and_decode_are_inverse():
    ids = landscape()
    ids[:20, :30] = UNLABELLED
    image = encode(ids)
    assert image.mode == "RGB"
    np.testing.assert_array_equal(decode(image, PALETTE).ids, ids)
    found = decode(image)
    np.testing.assert_array_equal(in_order(found, PALETTE), ids)
    assert set(found.colours) == set(PALETTE[:5])


def test_encode_refuses_a_label_without_a_colour():
    with pytest.raises(InputError, match="only 2 colours"):
        encode(np.array([[0, 2]], np.uint8), PALETTE[:2])


def test_antialiased_map():
    found = decode(antialiased())
    assert set(found.colours) == set(COLOURS)
    ids = in_order(found, COLOURS)
    assert (ids == by_majority(landscape(640, 960))).mean() >= 0.995
    assert triple_bands(ids) <= 12  # where three regions really meet


@pytest.mark.parametrize("quality", [75, 90])
@pytest.mark.parametrize("size", [(160, 240), (48, 72)])
def test_jpeg_map(quality, size):
    found = decode(jpeg(antialiased(size=size), quality))
    assert len(found.colours) == 5
    truth = by_majority(landscape(size[0] * 4, size[1] * 4))
    assert (in_order(found, COLOURS) == truth).mean() >= (0.995 if size[0] == 160 else 0.965)


@pytest.mark.parametrize("blur", [1, 4])
def test_no_phantom_label_on_an_edge_whose_mixture_is_a_label(blur):
    # Half blue and half green is exactly the teal of the square in the corner.
    truth = np.zeros((120, 120), np.uint8)
    truth[:, 60:] = 1
    truth[90:, :30] = 2
    colours = ((0, 0, 254), (0, 254, 0), (0, 127, 127))
    large = encode(np.kron(truth, np.ones((3, 3), np.uint8)), colours)
    image = large.resize((120 // blur, 120 // blur), Image.Resampling.BOX)
    image = image.resize((120, 120), Image.Resampling.BILINEAR)
    ids = in_order(decode(image), colours)
    assert not (ids[:80] == 2).any()
    assert (ids == truth).mean() >= 0.99
    with_palette = decode(image, colours).ids
    assert not (with_palette[:80] == 2).any()


def test_thin_true_lines_survive():
    truth = np.zeros((80, 80), np.uint8)
    truth[40:, :] = 1
    truth[:, 20:22] = 2
    colours = (CYAN, GREEN, (120, 0, 60))
    np.testing.assert_array_equal(in_order(decode(encode(truth, colours)), colours), truth)
    truth[60:70, 50:60] = 2
    noisy = jpeg(encode(truth, colours), 95)
    assert (in_order(decode(noisy), colours)[:, 20:22] == 2).mean() > 0.9


def test_transparent_pixels_are_unlabelled():
    image = antialiased().convert("RGBA")
    alpha = np.full((160, 240), 255, np.uint8)
    alpha[:10] = 0
    image.putalpha(Image.fromarray(alpha))
    ids = decode(image).ids
    assert (ids[:10] == UNLABELLED).all()
    assert not (ids[10:] == UNLABELLED).any()
    image.putalpha(0)
    with pytest.raises(InputError, match="transparent"):
        decode(image)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_ids(dtype):
    values = np.array([0, 16, 64, 72, 166], dtype)[landscape()]
    values[:12] = 255
    found = decode(Image.fromarray(values))
    assert found.grey_ids
    assert found.colours == tuple((v, v, v) for v in (0, 16, 64, 72, 166))
    assert (found.ids[:12] == UNLABELLED).all()
    np.testing.assert_array_equal(found.ids[12:], landscape()[12:])


def test_painted_greys_are_regions():
    values = np.array([0, 128, 255, 128, 0], np.uint8)[landscape()]
    for image in (Image.fromarray(values), Image.fromarray(values).convert("RGB")):
        found = decode(image)
        assert len(found.colours) == 3
        assert not (found.ids == UNLABELLED).any()
    small = Image.fromarray(values).resize((120, 80), Image.Resampling.BOX)
    assert len(decode(small).colours) == 3  # its in-between greys are no labels
    assert len(decode(Image.fromarray(values > 100)).colours) == 2


def test_palette_mode():
    image = Image.fromarray(landscape()).convert("P")
    image.putpalette([channel for colour in COLOURS for channel in colour])
    np.testing.assert_array_equal(in_order(decode(image), COLOURS), landscape())


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "camera"])
def test_photographs_are_refused(name):
    with pytest.raises(InputError, match="photograph"):
        decode(Image.fromarray(getattr(data, name)()))


def test_too_many_labels_are_counted():
    ids = np.kron(np.arange(16, dtype=np.uint8).reshape(4, 4), np.ones((9, 9), np.uint8))
    with pytest.raises(InputError, match="16 labels or more, but at most 12"):
        decode(Image.fromarray(ids))
    assert len(decode(Image.fromarray(ids), max_labels=16).colours) == 16


def test_maps_decoded_together_share_their_ids():
    source = antialiased()
    changed = landscape(640, 960)[:, ::-1].copy()
    changed[:200, :200] = 5
    other = encode(changed, (*COLOURS, (250, 20, 120))).resize((240, 160), Image.Resampling.BOX)
    first, second = decode_together(source, jpeg(other, 90))
    assert first.colours == second.colours
    truth = by_majority(changed)
    truth[truth == 5] = UNLABELLED
    assert (in_order(second, COLOURS) == truth).mean() >= 0.99
    assert (second.ids[:48, :48] == UNLABELLED).all()


def test_grey_ids_decoded_together_match_exactly():
    source = Image.fromarray(np.array([3, 4, 9, 4, 3], np.uint8)[landscape()])
    other = Image.fromarray(np.array([3, 9, 10, 255, 9], np.uint8)[landscape()])
    first, second = decode_together(source, other)
    expected = np.array([0, 2, UNLABELLED, UNLABELLED, 2], np.uint8)[landscape()]
    np.testing.assert_array_equal(second.ids, expected)
    assert second.colours == first.colours
    with pytest.raises(InputError, match="one kind"):
        decode_together(source, antialiased())


def near_colours() -> Image.Image:
    """Ten flat colours; the last two are near, and small as eyes: one of them in the other."""
    colours = [(25 * i, 255 - 25 * i, 40 * (i % 3)) for i in range(8)] + [
        (0, 60, 100),
        (0, 80, 100),
    ]
    ids = np.kron(np.arange(8).reshape(2, 4), np.ones((30, 30), np.intp))
    ids[10:14, 10:14] = 8
    ids[11:13, 11:13] = 9
    ids[40:42, 40:42] = 9
    return Image.fromarray(np.asarray(colours, np.uint8)[ids])


def test_an_exact_palette_is_never_merged() -> None:
    image = near_colours()
    found = decode(image)
    assert {*found.colours} == {colour for _, colour in image.getcolors()}
    assert np.array_equal(np.asarray(encode(found.ids, found.colours)), np.asarray(image))


@pytest.mark.parametrize("border", [1, 5])
def test_index_255_of_a_palette_is_unlabelled(border: int) -> None:
    indices = np.zeros((60, 80), np.uint8)
    indices[20:50, 20:60] = 15
    edge = np.zeros_like(indices, np.bool_)
    edge[20:50, 20:60] = True
    edge[20 + border : 50 - border, 20 + border : 60 - border] = False
    indices[edge] = 255
    image = Image.fromarray(indices).convert("P")
    colours = [0, 0, 0, *[v for i in range(1, 255) for v in (i, 128, 7)], 224, 224, 192]
    image.putpalette(colours)
    found = decode(image)
    assert {*found.colours} == {(0, 0, 0), (15, 128, 7)}
    assert np.array_equal(found.ids == UNLABELLED, edge)
    wide = Image.fromarray(np.where(indices == 15, 50, indices).astype(np.uint8))
    if border > 2:  # a thinner line of white is an edge
        assert np.array_equal(decode(wide).ids == UNLABELLED, edge)


def test_resize_takes_the_nearest_centre():
    ids = np.array([[0, 1, 2]], np.uint8)
    np.testing.assert_array_equal(resize(ids, (6, 2)), [[0, 0, 1, 1, 2, 2]] * 2)
    np.testing.assert_array_equal(resize(ids, (1, 1)), [[1]])


def test_fill_unlabelled_takes_the_nearest_label():
    ids = np.array([[4, 255, 255, 255, 255, 7]], np.uint8)
    np.testing.assert_array_equal(fill_unlabelled(ids), [[4, 4, 4, 7, 7, 7]])
    with pytest.raises(InputError, match="no labelled pixel"):
        fill_unlabelled(np.full((2, 2), 255, np.uint8))
