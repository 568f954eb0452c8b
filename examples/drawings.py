"""Starter drawings of the tab "Sketch to photo": python -m examples.drawings

Cats as a visitor might draw them, and building fronts painted in labels, all drawn by code; what
the shipped models make of them is kept beside them in `examples/starters/`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from examples.starters import FOLDER
from i2i_core.checkpoints.model_zoo import SHIPPED, open_model
from i2i_core.labels.palettes import FACADES
from i2i_core.pipelines.translation import translate
from i2i_core.progress import last_picture

SIDE = 512
PEN = 5
CELL = 192  # pixels of a picture in a sample grid
Points = Sequence[tuple[float, float]]


class Drawing(NamedTuple):
    """A stored drawing, the model it is for, what that takes, the seed of the colours that it is
    shown in first, and how it is drawn."""

    name: str
    model: str
    takes: str
    seed: int
    draw: Callable[[], Image.Image]


def curve(points: Points, closed: bool = False) -> list[tuple[float, float]]:
    """A smooth line through points (Catmull & Rom 1974)."""
    knots = np.array(points, float)
    if closed:
        knots = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        knots = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    line = []
    for p0, p1, p2, p3 in zip(knots, knots[1:], knots[2:], knots[3:], strict=False):
        for t in np.linspace(0, 1, 12, endpoint=False):
            line.append(
                0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
                       + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
            )  # fmt: skip
    line.append(knots[-2])
    return [(float(x), float(y)) for x, y in line]


def oval(x: float, y: float, width: float, height: float, turn: float = 0) -> Points:
    """Points around an ellipse of these half axes, turned by `turn` radians."""
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    dx, dy = width * np.cos(angles), height * np.sin(angles)
    c, s = np.cos(turn), np.sin(turn)
    return list(zip(x + c * dx - s * dy, y + s * dx + c * dy, strict=True))


class Paper:
    """White paper to draw on with one pen; `seed` makes the hand unsteady in its own way."""

    def __init__(self, seed: int = 0) -> None:
        self.picture = Image.new("RGB", (SIDE, SIDE), "white")
        self.pen = ImageDraw.Draw(self.picture)
        self.random = np.random.default_rng(seed)

    def line(self, points: Points, closed: bool = False, smooth: bool = True) -> None:
        """One stroke."""
        tremor = 0.5 if closed else 1.2
        shifts = self.random.normal(0, tremor, (len(points), 2))
        shaken = [(x + dx, y + dy) for (x, y), (dx, dy) in zip(points, shifts, strict=True)]
        way = curve(shaken, closed) if smooth else [*shaken, *(shaken[:1] if closed else [])]
        self.pen.line(way, "black", PEN, "curve")

    def both(self, points: Points, middle: float = 256) -> None:
        """A stroke and its mirror image."""
        self.line(points)
        self.line([(2 * middle - x, y) for x, y in points])


def cat(
    seed: int = 0, wide: float = 1.0, ears: float = 1.0, eyes: float = 1.0, slit: bool = True,
    stripes: bool = False, body: bool = True, whiskers: bool = True,
) -> Image.Image:  # fmt: skip
    """A cat's face from the front."""
    p, m = Paper(seed), 256.0

    def x(offset: float) -> float:
        return m + wide * offset

    tip = 190 - 130 * ears
    p.both([(x(-128), 200), (x(-136), 140), (x(-126), tip), (x(-84), tip + 50), (x(-50), 130)])
    p.both([(x(-112), 176), (x(-114), tip + 36), (x(-74), 142)])
    p.line([(x(-50), 130), (m, 122), (x(50), 130)])
    p.both([(x(-128), 200), (x(-140), 260), (x(-122), 322), (x(-70), 376), (m, 396)])
    for side in (-1, 1):
        centre = x(side * 58)
        p.line(oval(centre, 240, 27 * eyes, 20 * eyes, side * 0.2), closed=True)
        if slit:
            p.line(oval(centre, 240, 6 * eyes, 17 * eyes), closed=True)
        else:
            p.line(oval(centre, 240, 15 * eyes, 16 * eyes), closed=True)
    p.line([(m - 20, 304), (m, 300), (m + 20, 304), (m, 326)], closed=True)
    p.both([(m, 326), (m - 4, 344), (m - 24, 354), (m - 46, 346)])
    if whiskers:
        for rise in (-14, 2, 18):
            p.both([(m - 62, 330 + rise / 2), (m - 120, 326 + rise), (m - 176, 330 + 2 * rise)])
    if stripes:
        p.both([(m - 18, 136), (m - 14, 176)])
        p.line([(m, 132), (m, 186)])
        p.both([(x(-128), 270), (x(-92), 280)])
        p.both([(x(-118), 306), (x(-86), 306)])
    if body:
        p.both([(x(-104), 350), (x(-134), 420), (x(-150), 511)])
    return p.picture


def front(
    floors: int, columns: int, *, shop: bool = False, balconies: bool = False,
    cornice: bool = True, roof: int = 60, blinds: bool = False,
) -> Image.Image:  # fmt: skip
    """A building front in the facade labels."""
    picture = Image.new("RGB", (SIDE, SIDE), FACADES["background"])
    box = ImageDraw.Draw(picture).rectangle
    left, right, bottom = 36, SIDE - 36, SIDE - 12
    box((left, roof, right, bottom), FACADES["wall"])
    height, width = (bottom - roof - 20) / floors, (right - left - 24) / columns
    for row in range(floors):
        top = roof + 20 + row * height
        ground = row == floors - 1
        if row:
            box((left, top - 6, right, top + 2), FACADES["molding"])
        if ground and shop:
            box((left + 8, top + 14, right - 8, bottom), FACADES["shop"])
            box((244, top + 30, 290, bottom), FACADES["door"])
            continue
        for column in range(columns):
            x = left + 12 + (column + 0.5) * width
            w, y0, y1 = width * 0.24, top + height * 0.22, top + height * 0.78
            if ground and column == columns // 2:
                box((x - w, y0, x + w, bottom), FACADES["door"])
                continue
            box((x - w, y0, x + w, y1), FACADES["window"])
            box((x - w - 5, y0 - 12, x + w + 5, y0 - 3), FACADES["cornice"])
            box((x - w - 3, y1 + 2, x + w + 3, y1 + 8), FACADES["sill"])
            if blinds and (row + column) % 2:
                box((x - w, y0, x + w, y0 + (y1 - y0) / 2), FACADES["blind"])
            if balconies and not ground and column % 2:
                box((x - w - 12, y1 - 14, x + w + 12, y1 + 12), FACADES["balcony"])
    if cornice:
        box((left - 10, roof - 6, right + 10, roof + 14), FACADES["cornice"])
    return picture


CATS, FRONTS = ("pix2pix.cats", "sketch"), ("pix2pix.facades", "labels:facades")
# The first stands on the page when it opens.
DRAWINGS = (
    Drawing("cat", *CATS, 4, lambda: cat(1)),
    Drawing("kitten", *CATS, 1, lambda: cat(2, 0.94, 1.1, 1.25, slit=False)),
    Drawing("tabby", *CATS, 5, lambda: cat(3, 1.05, 0.95, stripes=True)),
    Drawing("tomcat", *CATS, 2, lambda: cat(4, 1.14, 0.85, 0.9, whiskers=False)),
    Drawing("townhouse", *FRONTS, 1, lambda: front(4, 4, balconies=True)),
    Drawing("shop", *FRONTS, 5, lambda: front(4, 5, shop=True)),
    Drawing("palace", *FRONTS, 4, lambda: front(3, 7, roof=110)),
    Drawing("shutters", *FRONTS, 3, lambda: front(5, 4, blinds=True)),
)


def sheet(model: str, sources: Sequence[Image.Image], seeds: Sequence[int]) -> Image.Image:
    """A model's sample grid: the sources, and under them what it makes of them with each seed."""
    loaded = open_model(model)
    rows = [list(sources)]
    for seed in seeds:
        rows.append([last_picture(translate(source, loaded, seed=seed)) for source in sources])
    grid = Image.new("RGB", (len(sources) * CELL, len(rows) * CELL), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            grid.paste(picture.convert("RGB").resize((CELL, CELL)), (x * CELL, y * CELL))
    return grid


def main() -> None:
    """Draw, translate and keep everything, and the models' sample grids; half a minute."""
    FOLDER.mkdir(exist_ok=True)
    for name, model, _, seed, draw in DRAWINGS:
        drawing = draw()
        drawing.save(FOLDER / f"{name}_drawing.png", optimize=True)
        photo = last_picture(translate(drawing, open_model(model), seed=seed))
        photo = photo.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        photo.save(FOLDER / f"{name}_photo.jpg", quality=90)
    for model, _ in (CATS, FRONTS):
        drawings = [drawing.draw() for drawing in DRAWINGS if drawing.model == model]
        sheet(model, drawings, range(6)).save(SHIPPED / f"{model}.jpg", quality=88)
    photos = [Image.open(FOLDER / f"{d.name}_photo.jpg") for d in DRAWINGS if d.model == FRONTS[0]]
    reader = "pix2pix.facades-to-labels"
    sheet(reader, photos, [0]).save(SHIPPED / f"{reader}.jpg", quality=88)


if __name__ == "__main__":
    main()
