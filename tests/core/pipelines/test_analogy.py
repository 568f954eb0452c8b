"""The calls of the applications: moving and resizing what a photograph shows."""

import numpy as np
import pytest
from PIL import Image

from i2i_core.errors import InputError
from i2i_core.labels.maps import PALETTE, decode, encode
from i2i_core.pipelines.analogy import (
    layout_maps,
    move_region,
    resize_region,
    semantic_analogy,
    structural_analogy,
)
from i2i_core.progress import last_picture

SIZE = (128, 96)
CENTRE, RADIUS = (40, 48), 14


def disc(centre: tuple[int, int] = CENTRE, radius: float = RADIUS) -> np.ndarray:
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    return np.hypot(x - centre[0], y - centre[1]) <= radius


def photograph() -> Image.Image:
    """An orange disc before sky, sea and a dark shore, all grainy."""
    bands = np.repeat([(120, 170, 235), (40, 80, 140), (15, 30, 60)], (24, 50, 22), axis=0)
    pixels = np.where(disc()[..., None], (230, 130, 30), bands[:, None])
    grain = np.random.default_rng(0).integers(-20, 21, (*SIZE[::-1], 1))
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))


def labels() -> Image.Image:
    return encode(disc().astype(np.uint8))


def orange(picture: Image.Image) -> np.ndarray:
    pixels = np.asarray(picture).astype(int)
    return np.asarray(pixels[..., 0] > pixels[..., 2])


@pytest.mark.parametrize("with_labels", [True, False], ids=["given labels", "found labels"])
def test_a_region_moves(with_labels: bool) -> None:
    work = move_region(
        photograph(), CENTRE, (48, 4), labels() if with_labels else None, long_side=128
    )
    result = orange(last_picture(work))
    moved = (CENTRE[0] + 48, CENTRE[1] + 4)
    assert result[disc(moved, RADIUS - 3)].mean() > 0.95
    assert result[disc(CENTRE, RADIUS)].mean() < 0.05


@pytest.mark.parametrize(("pixels", "inside", "outside"), [(10, 20, 28), (-7, 4, 11)])
def test_a_region_grows_or_shrinks(pixels: float, inside: float, outside: float) -> None:
    work = resize_region(photograph(), CENTRE, pixels, labels(), long_side=128)
    result = orange(last_picture(work))
    assert result[disc(CENTRE, inside)].mean() > 0.95
    assert result[~disc(CENTRE, outside)].mean() < 0.02


def test_what_lies_far_away_is_kept() -> None:
    photo = photograph()
    result = np.asarray(last_picture(resize_region(photo, CENTRE, -4, labels(), long_side=128)))
    assert np.array_equal(result[:, 80:], np.asarray(photo)[:, 80:])


def test_clicks_and_moves_outside_the_picture_are_refused() -> None:
    with pytest.raises(InputError, match="outside"):
        move_region(photograph(), (128, 10), (1, 1), labels())
    with pytest.raises(InputError, match="leave the picture"):
        move_region(photograph(), CENTRE, (500, 0), labels())


def test_a_region_may_shrink_away() -> None:
    result = orange(last_picture(resize_region(photograph(), CENTRE, -40, labels(), long_side=128)))
    assert result.mean() < 0.005


def test_pictures_of_any_mode_are_taken() -> None:
    photo = photograph()
    work = structural_analogy(
        photo.convert("L"), photo.convert("RGBA"), correspondence="lightness", long_side=64
    )
    assert last_picture(work).size == (64, 48)
    palette = labels().convert("P", palette=Image.Palette.ADAPTIVE)
    result = last_picture(semantic_analogy(photo.convert("P"), palette, labels(), long_side=64))
    assert result.size == (64, 48)


def test_reverse_exchanges_the_roles() -> None:
    tall = photograph().rotate(90, expand=True)
    work = structural_analogy(
        photograph(), tall, correspondence="lightness", long_side=64, reverse=True
    )
    assert last_picture(work).size == (48, 64)


def test_pictures_too_small_are_refused() -> None:
    speck = Image.new("RGB", (1, 1))
    with pytest.raises(InputError, match="appearance picture is 1 × 1"):
        list(structural_analogy(photograph(), speck))
    with pytest.raises(InputError, match="photograph is 1 × 1"):
        list(semantic_analogy(speck, labels(), labels()))


def test_another_photograph_says_what_lies_where() -> None:
    """The orange disc goes where the other photograph has a disc, and leaves where it was."""
    other = np.asarray(photograph())[:, ::-1] * 0.8
    layout = Image.fromarray(other.astype(np.uint8))
    result = last_picture(semantic_analogy(photograph(), layout=layout, classes=4, long_side=128))
    assert orange(result)[disc((SIZE[0] - 1 - CENTRE[0], 48), RADIUS - 4)].mean() > 0.9
    assert orange(result)[disc(CENTRE, RADIUS)].mean() < 0.1


def test_what_only_the_layout_shows_takes_a_label_of_the_photograph() -> None:
    small = photograph().crop((0, 0, 128, 60)), photograph()
    labels_of_photo, wanted = (decode(m, PALETTE).ids for m in layout_maps(*small, 4))
    assert labels_of_photo.shape == (60, 128)
    assert wanted.shape == SIZE[::-1]
    assert set(np.unique(wanted)) <= set(np.unique(labels_of_photo))


def test_maps_and_a_layout_exclude_each_other() -> None:
    photo = photograph()
    for given in ({}, {"labels": labels()}, {"layout": photo, "target": labels()}):
        with pytest.raises(InputError, match="label map and a target"):
            list(semantic_analogy(photo, **given))
    with pytest.raises(InputError, match="without keep"):
        list(semantic_analogy(photo, layout=photo, keep=True))
    with pytest.raises(InputError, match="2 to 8"):
        list(semantic_analogy(photo, layout=photo, classes=9))
