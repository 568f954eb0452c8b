"""Masks as people make them: what is painted in each, and what is no mask."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from skimage import data

from i2i_core.errors import InputError
from i2i_core.images.masks import read_mask

SIZE = (96, 72)
BOX = (30, 20, 55, 44)  # of pixels inside


def hole() -> np.ndarray:
    painted = np.zeros(SIZE[::-1], np.bool_)
    painted[BOX[1] : BOX[3], BOX[0] : BOX[2]] = True
    return painted


def painted(ground: object, colour: object, mode: str) -> Image.Image:
    image = Image.new(mode, SIZE, ground)
    image.paste(colour, BOX)
    return image


def photograph() -> Image.Image:
    return Image.fromarray(data.chelsea()).resize(SIZE)


def palette(*colours: tuple[int, int, int]) -> Image.Image:
    image = painted(0, 1, "P")
    image.putpalette([channel for colour in colours for channel in colour])
    return image


def jpeg(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return Image.open(buffer)


@pytest.mark.parametrize(
    "mask",
    [
        painted(0, 255, "L"),
        painted(0, 1, "L"),
        painted(0, 1, "1"),
        painted(0, 1, "I;16"),
        painted(0, 65535, "I;16"),
        painted(0, 1, "I"),
        painted(0.0, 1.0, "F"),
        painted("black", "red", "RGB"),
        painted("black", (0, 0, 128), "RGB"),
        painted("white", "red", "RGB"),
        painted(200, 120, "L"),
        painted((0, 0, 0, 0), (0, 0, 0, 255), "RGBA"),
        palette((0, 0, 0), (128, 0, 0)),
        palette((0, 0, 0), (0, 0, 0)),
        palette((9, 9, 9), (255, 255, 255)),
    ],
)
def test_of_two_values_the_painted_one_goes(mask: Image.Image) -> None:
    assert np.array_equal(read_mask(mask, SIZE), hole())


@pytest.mark.parametrize("colour", ["white", "red"])
def test_soft_edges_and_jpeg_go_to_the_nearer_value(colour: str) -> None:
    mask = painted("black", colour, "RGB")
    for noisy in (jpeg(mask), mask.filter(ImageFilter.GaussianBlur(1.5))):
        assert (read_mask(noisy, SIZE) != hole()).mean() < 0.02


def test_numbers_of_objects_are_painted() -> None:
    ids = hole().astype(np.uint8)
    ids[20:30] *= 2
    ids[20:24] += hole()[20:24]
    assert np.array_equal(read_mask(Image.fromarray(ids), SIZE), hole())


def test_a_photograph_with_its_hole_painted_white() -> None:
    mask = photograph()
    mask.paste("white", BOX)
    assert (read_mask(mask, SIZE) != hole()).mean() < 0.01
    assert (read_mask(jpeg(mask), SIZE) != hole()).mean() < 0.05


def test_a_photograph_with_its_hole_cut_out() -> None:
    mask = photograph().convert("RGBA")
    ImageDraw.Draw(mask).rectangle((*BOX[:2], BOX[2] - 1, BOX[3] - 1), (0, 0, 0, 0))
    assert np.array_equal(read_mask(mask, SIZE), hole())


def test_other_pictures_are_no_masks() -> None:
    speckled = photograph()
    for x in range(4, 90, 12):
        speckled.paste("white", (x, 10, x + 6, 16))  # many white spots are not plainly one hole
    for mask in (photograph(), photograph().convert("L"), speckled):
        with pytest.raises(InputError, match=r"values of a photograph\. Paint what should go"):
            read_mask(mask, SIZE)
