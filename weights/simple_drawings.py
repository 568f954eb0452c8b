"""Cats as a child draws them, from photographs of their faces: an outline, two eyes, a nose, a
mouth, perhaps whiskers; neither shoulders nor ground. A traced photograph is never like that."""

from __future__ import annotations

from typing import Any

import numpy as np
import skimage
from PIL import Image, ImageDraw

from i2i_core.images.line_drawings import roughen, tidy, trace

SIDE = 256  # pixels; faces are aligned and fill the picture, as AFHQ's do
APART = 78.0  # pixels between the eyes of most of them, about HEIGHT from the top
HEIGHT = 126.0
RADII = np.arange(7, 17)  # of irises
Point = tuple[float, float]


def find_eyes(photo: Image.Image) -> tuple[Point, Point]:
    """Where (x, y) the left and the right eye are: the pair of round things, of those about where
    eyes are in most pictures, that lie most alike."""
    grey = np.asarray(photo.convert("L").resize((SIDE, SIDE)), float) / 255
    edges = skimage.feature.canny(grey, 1.5)
    votes = skimage.transform.hough_circle(edges, RADII).max(0)
    left, right = (_candidates(votes, SIDE / 2 + side * APART / 2) for side in (-1, 1))
    best = max(
        ((_alike(one, other), one, other) for one in left for other in right), key=lambda x: x[0]
    )
    (_, (_, *a), (_, *b)) = best
    return (a[0], a[1]), (b[0], b[1])


def _candidates(votes: Any, middle: float, count: int = 12) -> list[tuple[float, float, float]]:
    """(score, x, y) of round things near (`middle`, HEIGHT)."""
    y, x = np.indices(votes.shape)
    near = np.exp(-(((x - middle) / 20) ** 2 + ((y - HEIGHT) / 20) ** 2) / 2)
    score = votes * near
    peaks = skimage.feature.peak_local_max(score, min_distance=4, num_peaks=count)
    return [(float(score[r, c]), float(c), float(r)) for r, c in peaks] or [(0.0, middle, HEIGHT)]


def _alike(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    apart = (other[1] - one[1] - APART) / 24
    tilt = (other[2] - one[2]) / 16
    return one[0] + other[0] - 0.05 * (apart**2 + tilt**2)


def simple_drawing(photo: Image.Image, random: np.random.Generator) -> Image.Image:
    """A drawing (L, ink 0 on paper 255) of a cat's face, by a hand that draws little."""
    photo = photo.convert("RGB").resize((SIDE, SIDE))
    left, right = (np.array(eye) for eye in find_eyes(photo))
    across = right - left
    unit = float(np.hypot(*across)) or APART
    down = np.array((-across[1], across[0])) / unit
    middle = (left + right) / 2
    outline = _outline(photo, middle + 0.3 * unit * down, unit, float(random.uniform(0.1, 0.4)))
    drawing = Image.fromarray(np.uint8(np.where(outline, 0, 255)))
    pen = ImageDraw.Draw(drawing)
    size = unit * random.uniform(0.1, 0.2)
    style = random.integers(0, 4)
    for eye in (left, right):
        _eye(pen, eye, size, int(style))
    nose = middle + unit * random.uniform(0.55, 0.7) * down
    _nose(pen, nose, unit * random.uniform(0.06, 0.14), int(random.integers(0, 3)))
    if random.random() < 0.7:
        _mouth(pen, nose, unit, random)
    if random.random() < 0.4:
        _whiskers(pen, nose, unit, random)
    return roughen(drawing, random) if random.random() < 0.8 else tidy(drawing)


def _outline(photo: Image.Image, centre: Any, unit: float, detail: float) -> Any:
    """What is drawn of head and ears: lines of the photograph outside of the face and near it."""
    lines = np.asarray(trace(photo, "edges", detail)) < 128
    y, x = np.indices(lines.shape)
    reach = np.hypot((x - centre[0]) / (1.05 * unit), (y - centre[1]) / (0.95 * unit))
    ears = np.hypot((x - centre[0]) / (1.5 * unit), (y - centre[1]) / (1.75 * unit)) < 1
    below = y > centre[1]
    kept = lines & (reach > 0.78) & np.where(below, reach < 1.2, ears)
    return skimage.morphology.skeletonize(kept)


def _eye(pen: ImageDraw.ImageDraw, place: Any, size: float, style: int) -> None:
    x, y = place
    wide = size * (1.5 if style >= 2 else 1.0)
    pen.ellipse((x - wide, y - size, x + wide, y + size), outline=0)
    if style % 2:
        pen.ellipse((x - size / 2, y - size * 0.7, x + size / 2, y + size * 0.7), outline=0)


def _nose(pen: ImageDraw.ImageDraw, place: Any, size: float, style: int) -> None:
    x, y = place
    if style == 0:
        pen.polygon([(x - size, y - size / 2), (x + size, y - size / 2), (x, y + size)], outline=0)
    elif style == 1:
        pen.ellipse((x - size, y - 0.7 * size, x + size, y + 0.7 * size), outline=0)
    else:
        pen.line([(x - size, y - size / 2), (x, y + size / 2), (x + size, y - size / 2)], fill=0)


def _mouth(pen: ImageDraw.ImageDraw, nose: Any, unit: float, random: Any) -> None:
    x, y = nose
    wide, high = unit * random.uniform(0.12, 0.25), unit * random.uniform(0.15, 0.25)
    pen.line([(x, y), (x, y + high / 2)], fill=0)
    for side in (-1, 1):
        box = sorted((x, x + side * 2 * wide))
        pen.arc((box[0], y - high / 2, box[1], y + high), 20, 160, fill=0)


def _whiskers(pen: ImageDraw.ImageDraw, nose: Any, unit: float, random: Any) -> None:
    x, y = nose
    count, length = int(random.integers(1, 4)), unit * random.uniform(0.5, 1.0)
    for side in (-1, 1):
        for slope in np.linspace(-0.3, 0.3, count):
            start = (x + side * 0.3 * unit, y + 0.1 * unit)
            pen.line([start, (start[0] + side * length, start[1] + slope * length)], fill=0)
