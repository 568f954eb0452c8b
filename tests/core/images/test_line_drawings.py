"""Drawings: traced from photographs, tidied to one pen, roughened, read as distance fields."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from i2i_core.errors import InputError
from i2i_core.images.line_drawings import DETECTORS, field, roughen, tidy, trace

RADIUS = 70


def disc(size: int = 256, noise: float = 0) -> Image.Image:
    """A bright disc on a dark ground."""
    y, x = np.mgrid[:size, :size] * (256 / size)
    values = np.where((x - 128) ** 2 + (y - 128) ** 2 < RADIUS**2, 200, 60).astype(float)
    values += np.random.default_rng(0).normal(0, noise, values.shape) if noise else 0
    return Image.fromarray(np.uint8(values.clip(0, 255))).convert("RGB")


def figure(width: int = 4, ink: object = "black", paper: object = "white", mode: str = "RGB",
           size: int = 256) -> Image.Image:  # fmt: skip
    """A house of straight strokes."""
    picture = Image.new(mode, (size, size), paper)
    pen = ImageDraw.Draw(picture)
    points = [(60, 200), (60, 110), (128, 50), (196, 110), (196, 200), (60, 200)]
    pen.line([(x * size / 256, y * size / 256) for x, y in points], ink, width, "curve")
    return picture


def ink(drawing: Image.Image) -> np.ndarray:
    return np.asarray(drawing.convert("L")) < 128


def apart(one: Image.Image, other: Image.Image) -> float:
    """Mean distance, in pixels, from a line of one drawing to the nearest of the other's."""
    a, b = ink(one), ink(other)
    to_b, to_a = (ndimage.distance_transform_edt(~x) for x in (b, a))
    return float((to_b[a].mean() + to_a[b].mean()) / 2)


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_disc_is_traced_along_its_rim(detector: str) -> None:
    drawing = trace(disc(noise=4), detector, 0.2)
    assert (drawing.mode, drawing.size) == ("L", (256, 256))
    y, x = np.nonzero(ink(drawing))
    distance = np.abs(np.hypot(x - 128, y - 128) - RADIUS)
    assert np.median(distance) < 4
    turned = np.arctan2(y - 128, x - 128)[distance < 6]
    covered = np.histogram(turned, 16, (-np.pi, np.pi))[0] > 0
    assert covered.mean() > 0.8  # nearly all the way round


@pytest.mark.parametrize("detector", DETECTORS)
def test_more_detail_is_more_ink(detector: str) -> None:
    grain = np.random.default_rng(1).normal(0, 1, (256, 256))
    blobs = ndimage.gaussian_filter(grain, 4) + 0.3 * ndimage.gaussian_filter(grain, 1.5)
    photo = Image.fromarray(np.uint8((128 + 300 * blobs).clip(0, 255))).convert("RGB")
    little, much = (ink(trace(photo, detector, detail)).mean() for detail in (0, 1))
    assert 0 < little < much < 0.5


def test_a_plain_photograph_is_blank_paper() -> None:
    for detector in DETECTORS:
        drawing = np.asarray(trace(Image.new("RGB", (64, 64), (90, 90, 90)), detector))
        assert (drawing == 255).mean() > 0.9


def test_lines_in_a_dark_half_are_found_as_well() -> None:
    """Eyes in a black face."""
    values = np.full((256, 256), 20.0)
    values[:, :128] = 220
    for left in (40, 168):
        values[100:140, left : left + 40] *= 0.6
    photo = Image.fromarray(np.uint8(values)).convert("RGB")
    found = ink(trace(photo, "edges", 0.6))
    assert found[95:145, 163:213].sum() > 60


def test_settings_out_of_range_are_named() -> None:
    with pytest.raises(InputError, match="detector"):
        trace(disc(), "pencil")
    with pytest.raises(InputError, match="detail"):
        trace(disc(), detail=1.5)


@pytest.mark.parametrize("width", [1, 3, 9])
def test_any_pen_becomes_the_same(width: int) -> None:
    assert apart(tidy(figure(width)), tidy(figure(4))) < 1.2


def test_chalk_transparency_and_palettes_are_drawings_too() -> None:
    usual = tidy(figure())
    chalk = figure(ink="white", paper=(20, 60, 30))
    clear = figure(ink=(0, 0, 0, 255), paper=(0, 0, 0, 0), mode="RGBA")
    indexed = figure().quantize(4)
    faint = figure(ink=(190, 190, 190))
    for drawing in (chalk, clear, indexed, faint):
        assert apart(tidy(drawing), usual) < 0.5


def test_a_filled_shape_becomes_its_outline() -> None:
    picture = Image.new("L", (256, 256), 255)
    ImageDraw.Draw(picture).ellipse((78, 78, 178, 178), fill=0)
    y, x = np.nonzero(ink(tidy(picture)))
    assert np.abs(np.hypot(x - 128, y - 128) - 50).max() < 4


def test_the_pen_grows_with_the_picture() -> None:
    small, large = (ink(tidy(figure(4 * s, size=256 * s))).sum() for s in (1, 2))
    assert 2.2 < large / small < 5  # twice as long and twice as wide


@pytest.mark.parametrize("colour", ["white", "black", (250, 250, 245)])
def test_an_empty_paper_is_said_to_be_empty(colour: object) -> None:
    with pytest.raises(InputError, match="Nothing is drawn"):
        tidy(Image.new("RGB", (80, 80), colour))


def test_another_hand_draws_nearly_the_same() -> None:
    drawing = tidy(figure())
    made = [roughen(drawing, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])
    for seed in range(12):
        rough = roughen(drawing, np.random.default_rng(seed))
        assert ink(rough).any()
        to_line = ndimage.distance_transform_edt(~ink(drawing))
        assert to_line[ink(rough)].mean() < 12


@pytest.mark.parametrize("size", [(16, 16), (40, 17), (300, 90)])
def test_small_and_narrow_pictures(size: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    photo = Image.fromarray(random.integers(0, 255, (size[1], size[0], 3), np.uint8))
    for detector in DETECTORS:
        assert trace(photo, detector).size == size
    picture = Image.new("L", size, 255)
    ImageDraw.Draw(picture).line((2, 2, 12, 12), 0, 2)
    assert tidy(picture).size == size
    assert roughen(picture, random).size == size
    assert field(tidy(picture)).size == size


def test_a_field_tells_how_far_the_next_line_is() -> None:
    picture = Image.new("L", (256, 256), 255)
    ImageDraw.Draw(picture).line((128, 0, 128, 255), 0, 2)
    row = np.asarray(field(tidy(picture)), int)[128]
    assert row[128] < 30
    assert row[124] < row[110] < row[60] < row[5]
    assert abs(row[100] - row[156]) < 6
    blank = np.asarray(field(Image.new("L", (64, 64), 255)))
    assert (blank == 255).all()


@pytest.mark.parametrize("detector", DETECTORS)
def test_the_plain_inside_and_outside_of_a_disc_stay_blank(detector: str) -> None:
    y, x = np.nonzero(ink(trace(disc(noise=4), detector, 0.2)))
    assert (np.abs(np.hypot(x - 128, y - 128) - RADIUS) < 12).all()


@pytest.mark.parametrize(("times", "width"), [(1, 2.4), (2, 4.0), (4, 7.2)])
def test_a_line_is_as_wide_as_the_pen_at_that_size(times: int, width: float) -> None:
    """1.6 pixels at 256, 3.2 at 512, and 0.8 of the soft edge."""
    side = 256 * times
    picture = Image.new("L", (side, side), 255)
    ImageDraw.Draw(picture).line((side // 2, 0, side // 2, side), 0, 1)
    row = np.asarray(tidy(picture), float)[side // 2]
    assert (1 - row / 255).sum() == pytest.approx(width, abs=0.02)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_a_drawing_may_come_in_any_mode(mode: str) -> None:
    drawing = Image.new("L", (64, 64), 255)
    ImageDraw.Draw(drawing).line((8, 10, 50, 54), 0, 2)
    given = drawing.convert(mode)
    assert apart(tidy(given), tidy(drawing)) < 0.5
    for detector in DETECTORS:
        assert (trace(given, detector).mode, trace(given, detector).size) == ("L", (64, 64))
    assert roughen(given, np.random.default_rng(0)).mode == "L"
    assert given.mode == mode


def test_transparent_palettes_are_paper(tmp_path: Path) -> None:
    clear = figure(ink=(0, 0, 0, 255), paper=(0, 0, 0, 0), mode="RGBA")
    inmemory = clear.quantize(4)
    inmemory.save(tmp_path / "drawing.png")
    with Image.open(tmp_path / "drawing.png") as stored:
        for drawing in (inmemory, stored):
            assert drawing.mode == "P"
            assert apart(tidy(drawing), tidy(figure())) < 0.5


@pytest.mark.parametrize("place", [(2, 2, 10, 2), (250, 250, 254, 254), (1, 100, 1, 120)])
def test_a_short_line_at_the_border_is_never_moved_off_the_paper(
    place: tuple[int, int, int, int],
) -> None:
    picture = Image.new("L", (256, 256), 255)
    ImageDraw.Draw(picture).line(place, 0, 2)
    for seed in range(12):  # some of which used to leave an empty paper
        assert ink(roughen(picture, np.random.default_rng(seed))).any(), seed


def test_another_hand_keeps_most_of_the_figure_where_it_was() -> None:
    drawing = tidy(figure())
    before = drawing.tobytes()
    far = [apart(drawing, roughen(drawing, np.random.default_rng(seed))) for seed in range(8)]
    assert 0.2 < np.mean(far) < 4
    assert drawing.tobytes() == before


def test_a_large_photograph_is_traced_small_and_enlarged() -> None:
    large, small = (trace(disc(size)) for size in (1600, 800))
    assert large.size == (1600, 1600)
    ink = [
        np.asarray(drawing.resize((100, 100), Image.Resampling.BOX)) for drawing in (large, small)
    ]
    assert np.abs(ink[0].astype(int) - ink[1]).mean() < 6
