"""Object removal: what is masked goes, what is not stays, and the hole looks like the rest."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from i2i_core.errors import InputError
from i2i_core.images.masks import read_mask
from i2i_core.pipelines.object_removal import remove_object
from i2i_core.progress import last_picture

SIZE = (96, 72)
RED = (210, 30, 30)
CENTRE, RADIUS = (46, 36), 9


def apart() -> np.ndarray:
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    return np.hypot(x - CENTRE[0], y - CENTRE[1])


def meadow(seed: int = 0) -> np.ndarray:
    """Green with a coarse grain: (H, W, 3)."""
    coarse = np.random.default_rng(seed).integers(-40, 41, (SIZE[1] // 2, SIZE[0] // 2, 1))
    grain = np.kron(coarse, np.ones((2, 2, 1)))
    return (np.array((90, 150, 60)) + grain).clip(0, 255).astype(np.uint8)


def photograph() -> Image.Image:
    """A meadow with a red disc on it."""
    return Image.fromarray(np.where(apart()[..., None] <= RADIUS, np.uint8(RED), meadow()))


def mask(radius: float = RADIUS + 2) -> Image.Image:
    return Image.fromarray(((apart() <= radius) * 255).astype(np.uint8))


def removed(mask: Image.Image, **settings: int) -> np.ndarray:
    return np.asarray(last_picture(remove_object(photograph(), mask, **settings))).astype(float)


def reds(pixels: np.ndarray) -> int:
    return int((pixels[..., 0] > pixels[..., 1]).sum())


def test_the_object_goes_and_the_rest_stays() -> None:
    photo = photograph()
    before = photo.tobytes()
    records = list(remove_object(photo, mask()))
    assert [record.step for record in records] == list(range(1, records[-1].total + 1))
    assert all(record.picture is not None for record in records)
    assert photo.tobytes() == before
    result = np.asarray(records[-1].picture).astype(float)
    assert result.shape == (SIZE[1], SIZE[0], 3)
    assert reds(np.asarray(photo)) > 200
    assert reds(result) == 0
    beyond = apart() > RADIUS + 2 + 4  # two pixels, also across corners
    assert np.array_equal(result[beyond], np.asarray(photo)[beyond])


def test_the_hole_looks_like_what_surrounds_it() -> None:
    result = removed(mask())
    hole, around = result[apart() <= RADIUS], meadow()[apart() > RADIUS + 4].astype(float)
    assert np.abs(hole.mean(0) - around.mean(0)).max() < 15
    assert 0.5 < hole[:, 1].std() / around[:, 1].std() < 1.5


def test_the_same_seed_fills_the_same_way() -> None:
    first, same = (removed(mask(), long_side=64, seed=1) for _ in range(2))
    assert np.array_equal(first, same)


def test_a_small_working_size_leaves_the_photograph_its_own() -> None:
    result = removed(mask(), long_side=64)
    assert result.shape == (SIZE[1], SIZE[0], 3)
    assert reds(result[apart() <= RADIUS]) == 0
    beyond = apart() > RADIUS + 2 + 4
    assert np.array_equal(result[beyond], np.asarray(photograph())[beyond])


@pytest.mark.parametrize("size", [-5, 0, 1])
def test_a_size_that_nothing_can_be_worked_at_is_refused(size: int) -> None:
    with pytest.raises(InputError, match="choose"):
        removed(mask(), long_side=size)


def test_what_is_opaque_is_masked_whatever_its_colour() -> None:
    drawn = Image.new("RGBA", SIZE)
    around = (*(v - RADIUS - 2 for v in CENTRE), *(v + RADIUS + 2 for v in CENTRE))
    ImageDraw.Draw(drawn).ellipse(around, fill=(0, 0, 0, 255))
    assert reds(removed(drawn, long_side=64)) == 0


def test_a_mask_of_another_size_but_the_same_shape_will_do() -> None:
    assert (
        reds(removed(mask(RADIUS + 4).resize((48, 36), Image.Resampling.NEAREST), long_side=64))
        == 0
    )


@pytest.mark.parametrize("box", [(16, 25, 80, 25), (48, 4, 48, 68)], ids=["row", "column"])
def test_a_line_of_one_pixel_can_go(box: tuple[int, int, int, int]) -> None:
    photo, line = Image.fromarray(meadow()), Image.new("L", SIZE)
    ImageDraw.Draw(photo).line(box, RED)
    ImageDraw.Draw(line).line(box, 255)
    assert reds(np.asarray(photo)) > 60
    assert reds(np.asarray(last_picture(remove_object(photo, line, long_side=64)))) == 0


def test_an_object_at_the_corner_can_go() -> None:
    pixels, corner = meadow(), np.zeros(SIZE[::-1], np.uint8)
    pixels[:14, :14], corner[:16, :16] = RED, 255
    work = remove_object(Image.fromarray(pixels), Image.fromarray(corner), long_side=64)
    assert reds(np.asarray(last_picture(work))) == 0


@pytest.mark.parametrize(
    ("drawn", "remedy"),
    [
        (Image.new("L", SIZE), "empty"),
        (Image.new("RGBA", SIZE), "empty"),
        (Image.new("L", SIZE, 255), "leave some"),
        (Image.new("RGBA", SIZE, (0, 0, 0, 255)), None),
        (Image.new("L", (72, 96), 255), "same shape"),
    ],
    ids=["empty", "transparent", "full", "black", "other shape"],
)
def test_masks_that_leave_nothing_to_do_say_so(drawn: Image.Image, remedy: str | None) -> None:
    with pytest.raises(InputError, match=remedy):
        list(remove_object(photograph(), drawn))


def test_masks_are_read_by_opacity_else_by_brightness() -> None:
    drawn = Image.new("LA", (4, 1), (0, 255))
    drawn.putpixel((1, 0), (255, 255))
    assert read_mask(drawn, (4, 1)).tolist() == [[False, True, False, False]]
    drawn.putpixel((2, 0), (255, 0))  # now it has transparency
    assert read_mask(drawn, (4, 1)).tolist() == [[True, True, False, True]]
    assert read_mask(drawn, (8, 2)).shape == (2, 8)
