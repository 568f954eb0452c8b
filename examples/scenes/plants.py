"""Grass, flowers and conifers, painted stroke by stroke onto 8-bit pictures."""

import numpy as np
from PIL import Image, ImageDraw

from examples.scenes.kit import Array


def _bytes(colours: Array) -> list[tuple[int, ...]]:
    """Rows (N, 3) of 0..255 as the tuples of integers that ImageDraw takes."""
    return [tuple(row) for row in np.clip(colours, 0, 255).astype(int).tolist()]


def grass(
    picture: Image.Image,
    rng: np.random.Generator,
    feet: Array,
    tall: Array,
    wide: Array,
    root: Array,
    tip: Array,
    lean: float = 0.35,
) -> None:
    """Paint bent blades over the picture, those further up first.

    feet (N, 2): x, y of the roots; tall, wide (N,): pixels; root, tip (N, 3): sRGB 0..255.
    """
    order = np.argsort(feet[:, 1])
    feet, tall, wide = feet[order], tall[order], wide[order]
    bend = rng.normal(0.08, lean, len(feet)) * tall
    middle = feet + np.stack([bend * 0.3, -tall * 0.58], 1)
    end = feet + np.stack([bend, -tall], 1)
    half = np.stack([wide / 2, np.zeros_like(wide)], 1)
    low = np.concatenate([feet - half, feet + half, middle + half * 0.8, middle - half * 0.8], 1)
    top = np.concatenate([middle - half * 0.8, middle + half * 0.8, end], 1)
    dark, light = _bytes(root[order]), _bytes(tip[order])
    draw = ImageDraw.Draw(picture)
    for quad, point, shade, lit in zip(low.tolist(), top.tolist(), dark, light, strict=True):
        draw.polygon(quad, fill=shade)
        draw.polygon(point, fill=lit)


def flowers(
    picture: Image.Image, rng: np.random.Generator, feet: Array, radius: Array, petals: Array
) -> None:
    """Paint flower heads at feet (N, 2), radius (N,) pixels, petals (N, 3) sRGB, further first."""
    draw = ImageDraw.Draw(picture)
    for k in np.argsort(feet[:, 1]):
        (x, y), r = feet[k], radius[k]
        turn, count = rng.uniform(0, 6), int(rng.integers(5, 8))
        for angle in turn + np.arange(count) * 2 * np.pi / count:
            # Petals at the top catch the light; the head is tipped towards the viewer.
            px, py = x + np.cos(angle) * r * 0.62, y + np.sin(angle) * r * 0.42
            shade = 0.88 - 0.22 * np.sin(angle) - 0.12 * np.cos(angle)
            fill = tuple(int(min(255, c * shade)) for c in petals[k])
            draw.ellipse([px - r * 0.5, py - r * 0.36, px + r * 0.5, py + r * 0.36], fill=fill)
        heart = (222, 168, 32) if petals[k].min() > 150 else (60, 44, 26)
        draw.ellipse([x - r * 0.3, y - r * 0.24, x + r * 0.3, y + r * 0.2], fill=heart)


def conifer(
    draws: tuple[ImageDraw.ImageDraw, ImageDraw.ImageDraw],
    rng: np.random.Generator,
    foot: tuple[float, float],
    tall: float,
    dark: Array,
    light: Array,
    mark: int,
) -> None:
    """Paint one conifer, lit from the left, into the picture and (as `mark`) into the label map.

    foot: x, y of the trunk's foot; tall: pixels; dark, light (3,): sRGB of shade and light.
    """
    paint, label = draws
    x, y = foot
    tiers = max(5, int(tall / 5.5))
    spread = tall * rng.uniform(0.15, 0.26)
    for part in np.linspace(0.02, 1, tiers) ** 0.9:
        # Lower tiers first would hide the tips of the upper ones: go down and overlap.
        level = y - tall * (1 - part * 0.95)
        left, right = spread * part * rng.uniform(0.65, 1.2, 2)
        drop = tall / tiers * rng.uniform(0.9, 1.7)
        shape = [
            (x, level - drop),
            (x + right * 0.5, level + drop * 0.15),
            (x + right, level + drop * 0.8),
            (x + right * 0.4, level + drop * 0.55),
            (x, level + drop * 0.8),
            (x - left * 0.5, level + drop * 0.5),
            (x - left, level + drop * 0.85),
            (x - left * 0.55, level + drop * 0.05),
        ]
        tone = rng.uniform(0.75, 1.15)
        paint.polygon(shape, fill=tuple((dark * tone).astype(int).tolist()))
        label.polygon(shape, fill=mark)
        sunny = [shape[0], (x + right * 0.08, level + drop * 0.1), shape[5], shape[6], shape[7]]
        tone = rng.uniform(0.7, 1.2)
        paint.polygon(sunny, fill=tuple((light * tone).astype(int).tolist()))
