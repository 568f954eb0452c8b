"""Semantic analogy: the photograph follows its label map."""

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.errors import InputError
from i2i_core.images.sizes import check_same_shape, fit_long_side
from i2i_core.images.tensors import to_tensor
from i2i_core.methods.semantic_analogy import SemanticAnalogy, SemanticAnalogyConfig
from i2i_core.progress import Progress

Colour = tuple[int, int, int]
LEAF, BRICK = (60, 140, 50), (170, 80, 50)
RED, BLUE, YELLOW = (220, 20, 20), (20, 20, 220), (230, 220, 30)
SIZE = (96, 72)


def picture_of(ids: np.ndarray, colours: tuple[Colour, ...]) -> Image.Image:
    return Image.fromarray(np.array(colours, np.uint8)[ids])


def left_and_right(edge: int = 48, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.broadcast_to(np.arange(size[0]) >= edge, size[::-1]).astype(int)


def photograph() -> Image.Image:
    """Leaves on the left, bricks on the right: each with a grain of its own."""
    pixels = np.array([LEAF, BRICK])[left_and_right()]
    grain = np.random.default_rng(0).integers(-30, 31, (*pixels.shape[:2], 1))
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))


def own_labels() -> Image.Image:
    return picture_of(left_and_right(), (RED, BLUE))


def fitted(long_side: int = 96, keep: bool = False) -> SemanticAnalogy:
    method = SemanticAnalogy(SemanticAnalogyConfig(long_side=long_side, keep=keep))
    list(method.fit([own_labels()], [photograph()]))
    return method


def last(method: SemanticAnalogy, target: Image.Image) -> tuple[np.ndarray, Progress]:
    *_, record = method.render(target)
    return np.asarray(record.picture).astype(float), record


def leafy(pixels: np.ndarray) -> float:
    """The share of pixels that are greener than red."""
    return float((pixels[..., 1] > pixels[..., 0]).mean())


def test_the_stuff_follows_the_labels() -> None:
    ids = np.broadcast_to(np.arange(72)[:, None] >= 36, (72, 96)).astype(int)
    result, _ = last(fitted(), picture_of(1 - ids, (RED, BLUE)))
    assert result.shape == (72, 96, 3)
    assert leafy(result[:31]) < 0.1
    assert leafy(result[41:]) > 0.9
    # It is the photograph's stuff, not its mean colour: the grain is there as well.
    assert result[41:, :, 1].std() > 0.6 * np.asarray(photograph())[:, :48, 1].std()


def test_kept_pixels_are_exactly_those_of_the_photograph() -> None:
    edited = left_and_right()
    edited[10:30, 10:30] = 1
    expected = np.asarray(fit_long_side(photograph(), 80)).astype(float)
    result, _ = last(fitted(80, keep=True), picture_of(edited, (RED, BLUE)))
    assert result.shape == expected.shape
    assert leafy(result[12:22, 12:22]) < 0.1
    far = np.ones(expected.shape[:2], bool)
    far[2:33, 2:33] = False  # the square, 8 to 25 at this size, a band of 3 and its blur
    assert np.array_equal(result[far], expected[far])


def test_without_keep_all_of_the_picture_is_made_anew() -> None:
    edited = left_and_right()
    edited[10:30, 10:30] = 1
    result, _ = last(fitted(), picture_of(edited, (RED, BLUE)))
    assert not np.array_equal(result[40:], np.asarray(photograph())[40:])


def test_an_unchanged_map_returns_the_photograph() -> None:
    result, record = last(fitted(64, keep=True), own_labels())
    assert np.array_equal(result, np.asarray(fit_long_side(photograph(), 64)))
    assert record.step == record.total == 1
    assert "Nothing" in record.note


def test_a_map_of_another_size_but_the_same_shape_will_do() -> None:
    small = picture_of(left_and_right(24, (48, 36)), (RED, BLUE))
    method = SemanticAnalogy(SemanticAnalogyConfig(long_side=96, keep=True))
    list(method.fit([small], [photograph()]))
    large = picture_of(left_and_right(144, (288, 216)), (RED, BLUE))
    result, _ = last(method, large)
    assert np.array_equal(result, np.asarray(photograph()))


def test_what_is_erased_does_not_come_back() -> None:
    y, x = np.mgrid[:72, :96]
    disc = np.hypot(x - 40, y - 36) <= 12
    grain = np.random.default_rng(0).integers(-30, 31, (72, 96, 1))
    photo = Image.fromarray((np.array([LEAF, BRICK])[disc.astype(int)] + grain).astype(np.uint8))
    method = SemanticAnalogy(SemanticAnalogyConfig(long_side=96, keep=True))
    list(method.fit([picture_of(disc.astype(int), (RED, BLUE))], [photo]))
    result, _ = last(method, Image.new("RGB", SIZE, RED))
    assert leafy(result) > 0.99


def test_the_photographs_own_map_must_have_its_shape() -> None:
    tall = picture_of(left_and_right(24, (48, 60)), (RED, BLUE))
    with pytest.raises(InputError, match="same shape"):
        list(SemanticAnalogy().fit([tall], [photograph()]))
    with pytest.raises(InputError, match="The mask is 48 × 60 pixels and its picture 96 × 72"):
        check_same_shape(tall.size, photograph().size, "mask")


@pytest.mark.parametrize("keep", [False, True])
def test_the_map_wanted_may_have_any_shape(keep: bool) -> None:
    tall = picture_of(left_and_right(16, (32, 64)), (BLUE, RED))
    result, _ = last(fitted(96, keep), tall)
    assert result.shape == (96, 48, 3)
    assert leafy(result[:, :20]) < 0.05
    assert leafy(result[:, 28:]) > 0.95


def test_labels_that_the_photograph_lacks_are_filled_and_named() -> None:
    ids = left_and_right()
    ids[20:40, 60:80] = 2  # in the middle of the bricks
    result, record = last(fitted(), picture_of(ids, (RED, BLUE, YELLOW)))
    assert record.note.startswith("6% of the map has labels that the photograph lacks")
    assert leafy(result[22:38, 62:78]) < 0.05
    plain = next(fitted().render(own_labels()))
    assert "lacks" not in plain.note


def test_with_keep_a_strange_label_leaves_the_photograph_alone() -> None:
    ids = left_and_right()
    ids[20:40, 20:80] = 2
    result, _ = last(fitted(keep=True), picture_of(ids, (RED, BLUE, YELLOW)))
    assert np.array_equal(result, np.asarray(photograph()))


def test_blurred_edges_of_a_colour_map_are_no_labels() -> None:
    y, x = np.mgrid[:288, :384]
    disc = (np.hypot(x - 180, y - 140) < 100).astype(int)
    smooth = picture_of(disc, (RED, BLUE)).resize(SIZE, Image.Resampling.LANCZOS)
    assert len(smooth.getcolors(10**6) or ()) > 10
    result, record = last(fitted(), smooth)
    assert "lacks" not in record.note
    y, x = np.mgrid[:72, :96]
    apart = np.hypot(x - 45, y - 35)
    assert leafy(result[apart < 20]) < 0.05
    assert leafy(result[apart > 30]) > 0.95


def test_grey_ids_work_as_colours_do() -> None:
    method = SemanticAnalogy(SemanticAnalogyConfig(long_side=96))
    own, wanted = (
        Image.fromarray(ids.astype(np.uint8)) for ids in (left_and_right(), 1 - left_and_right())
    )
    list(method.fit([own], [photograph()]))
    result, _ = last(method, wanted)
    assert leafy(result[:, :44]) < 0.05
    assert leafy(result[:, 52:]) > 0.95


@pytest.mark.parametrize("long_side", [63, 1025])
def test_the_size_has_limits(long_side: int) -> None:
    with pytest.raises(InputError, match="64 to 1024"):
        SemanticAnalogyConfig(long_side=long_side)


def test_tensors_are_translated_as_pictures_are() -> None:
    method, target = fitted(), picture_of(1 - left_and_right(), (RED, BLUE))
    result, _ = last(method, target)
    tensor = to_tensor(target)
    assert torch.allclose(method(tensor), to_tensor(Image.fromarray(result.astype(np.uint8))))
