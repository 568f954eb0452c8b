"""A spiral of pebbles: stones heaped into one height field, then lit."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from examples.scenes.kit import (
    Array,
    develop,
    hollow,
    lambert,
    mix,
    noise,
    sample,
    shadow,
    smoothstep,
    srgb,
)


def heap(
    side: int, stones: Array, wobble: Array, roundness: float, edge: float
) -> tuple[Array, NDArray[np.int32]]:
    """Pile stones up: the highest surface (H, W) in pixels and whose it is (-1: the ground).

    stones: (N, 7) rows x, y, half-axes a and b, angle (radians), foot height, own height.
    wobble: (2, H, W) noise that bends outlines. roundness: superellipse power, 2 an ellipse.
    edge: how flat the top is, 2 a dome.
    """
    relief = np.zeros((side, side), np.float32)
    owner = np.full((side, side), -1, np.int32)
    for number, (x, y, a, b, angle, foot, tall) in enumerate(stones):
        reach = int(max(a, b) * 1.25) + 2
        top, left = max(int(y) - reach, 0), max(int(x) - reach, 0)
        bottom, right = min(int(y) + reach, side), min(int(x) + reach, side)
        if top >= bottom or left >= right:
            continue
        # A different part of the wobble for each stone, so that neighbours do not bend alike.
        dy, dx = (number * 37) % (side - 2 * reach - 1), (number * 91) % (side - 2 * reach - 1)
        part = wobble[:, dy : dy + bottom - top, dx : dx + right - left]
        down = np.arange(top, bottom, dtype=np.float32)[:, None] - y
        across = np.arange(left, right, dtype=np.float32)[None] - x
        cos, sin = np.cos(angle), np.sin(angle)
        u = np.abs((across * cos + down * sin) / a + 0.10 * part[0])
        v = np.abs((down * cos - across * sin) / b + 0.10 * part[1])
        inside = 1 - (u**roundness + v**roundness) ** (edge / roundness)
        height = foot + tall * np.sqrt(np.maximum(inside, 0))
        wins = (inside > 0) & (height > relief[top:bottom, left:right])
        relief[top:bottom, left:right][wins] = height[wins]
        owner[top:bottom, left:right][wins] = number
    return relief, owner


def _relaxed(
    rng: np.random.Generator, count: int, spacing: Array, rounds: int = 7
) -> tuple[Array, Array]:
    """Points whose density follows 1/spacing^2, evened out by Lloyd's relaxation (1982).

    Returns centres (N, 2) as x, y and cells (N, 3): half-axes and angle, in units of the grid.
    """
    from scipy.spatial import cKDTree

    side = spacing.shape[0]
    weight = (1 / spacing**2).ravel()
    y, x = np.divmod(np.arange(side * side), side)
    grid = np.stack([x, y], 1) + rng.uniform(-0.5, 0.5, (side * side, 2))
    points = grid[rng.choice(side * side, count, p=weight / weight.sum())]
    points += rng.uniform(-0.5, 0.5, points.shape)

    def total(values: Array, owner: NDArray[np.int64]) -> Array:
        return np.bincount(owner, values, minlength=count).astype(float)

    for _ in range(rounds):
        owner = cKDTree(points).query(grid)[1]
        mass = total(weight, owner) + 1e-12
        points = np.stack([total(weight * grid[:, k], owner) / mass for k in (0, 1)], 1)
    owner = cKDTree(points).query(grid)[1]
    area = total(np.ones(len(grid)), owner) + 1e-9
    off = grid - points[owner]
    xx, yy = total(off[:, 0] ** 2, owner) / area, total(off[:, 1] ** 2, owner) / area
    xy = total(off[:, 0] * off[:, 1], owner) / area
    root = np.hypot((xx - yy) / 2, xy)
    # The ellipse with the cell's second moments has half-axes of twice their square roots.
    long = 2 * np.sqrt((xx + yy) / 2 + root + 0.05)
    short = 2 * np.sqrt(np.maximum((xx + yy) / 2 - root, 0) + 0.05)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    return points.astype(np.float32), np.stack([long, short, angle], 1).astype(np.float32)


def pebbles(size: int, rng: np.random.Generator) -> Image.Image:
    """A spiral of pale pebbles laid among dark ones, on a beach."""
    side = 2 * size
    unit = side / 1024
    coarse = 200
    y, x = np.mgrid[-1 : 1 : coarse * 1j, -1 : 1 : coarse * 1j]
    radius = np.hypot(x, y)
    spacing = (0.55 + 0.75 * radius) * (1 + 0.14 * noise(rng, (coarse, coarse), 1.5, 3))
    points, cells = _relaxed(rng, 820, np.clip(spacing, 0.45, 2.0).astype(np.float32))
    scale = side / coarse
    centre = points / coarse * 2 - 1
    count = len(points)

    # Which stones belong to the spiral: Archimedes' spiral, about two turns.
    radius, turn = np.hypot(*centre.T), np.arctan2(centre[:, 1], centre[:, 0])
    phase = (radius / 0.45 - (turn + 2.4) / (2 * np.pi)) % 1
    arm = (phase < 0.48) & (radius < 1.12)

    small = 900
    under = np.zeros((small, 7), np.float32)
    under[:, :2] = rng.uniform(0, side, (small, 2))
    under[:, 2] = rng.uniform(8, 17, small) * unit
    under[:, 3] = under[:, 2] * rng.uniform(0.6, 1, small)
    under[:, 4], under[:, 5] = rng.uniform(0, np.pi, small), rng.uniform(0, 5, small) * unit
    under[:, 6] = under[:, 3] * 0.7
    upper = np.zeros((count, 7), np.float32)
    upper[:, :2] = points * scale
    upper[:, 2:4] = cells[:, :2] * scale * rng.uniform(0.95, 1.10, (count, 1))
    upper[:, 4] = cells[:, 2] + rng.normal(0, 0.15, count)
    upper[:, 5] = rng.uniform(5, 13, count) * unit
    upper[:, 6] = upper[:, 3] * rng.uniform(0.55, 0.8, count)
    wobble = np.stack([noise(rng, (side, side), 3, 8 + k, 40) for k in (0, 1)])
    relief, owner = heap(side, np.concatenate([under, upper]), wobble, 2.35, 2.3)

    slate = srgb(58, 62, 70), srgb(84, 82, 80), srgb(60, 50, 46), srgb(44, 52, 58), srgb(82, 72, 64)
    chalk = srgb(202, 194, 180), srgb(186, 168, 144), srgb(212, 206, 196), srgb(194, 176, 164)
    paint = np.array(slate)[rng.integers(0, 5, small + count + 1)]
    paint[small:-1][arm] = np.array(chalk)[rng.integers(0, 4, arm.sum())]
    paint[:small] *= 0.6
    paint *= rng.uniform(0.72, 1.2, (small + count + 1, 1)) * (
        1 + rng.normal(0, 0.03, (small + count + 1, 3))
    )
    paint[-1] = srgb(40, 36, 32)
    jump = rng.integers(0, side, (small + count + 1, 2))
    albedo = _veined(rng, side, paint.astype(np.float32)[owner], owner, jump)

    light = (-0.75, -0.62, 0.75)
    relief += noise(rng, (side, side), 0.9, 60) * 0.10 * unit
    sun = lambert(relief, light) * shadow(relief, light, int(60 * unit), 5 * unit)
    sky = hollow(relief, (4 * unit, 14 * unit)) ** 1.3
    gloss = lambert(relief, (-0.42, -0.36, 1.0)) ** 38 * sky * (0.35 + 0.65 * sun)
    lit = albedo * (
        sun[..., None] * srgb(255, 243, 222) * 2.0 + sky[..., None] * srgb(150, 170, 200) * 0.85
    )
    lit += gloss[..., None] * srgb(255, 250, 240) * 0.13
    return develop(lit, rng, 0.95)


def _veined(
    rng: np.random.Generator,
    side: int,
    albedo: Array,
    owner: NDArray[np.int32],
    jump: NDArray[np.int64],
) -> Array:
    """Stone colour (S, S, 3) with mottling, bedding, quartz veins and speckle.

    owner (S, S): the stone of each pixel; jump (N, 2): where in the noise each stone reads.
    """
    y, x = np.mgrid[:side, :side]
    y, x = y + jump[owner, 0], x + jump[owner, 1]
    # Every other stone is read with its axes swapped, so bands do not all run one way.
    swap = owner % 2 == 0
    y, x = np.where(swap, x, y), np.where(swap, y, x)
    shape = (side, side)
    mottle = sample(noise(rng, shape, 1.2, 10), y, x)
    bands = sample(noise(rng, shape, 1.0, 12, 1e9, (1.0, 9.0)), y, x)
    vein = np.abs(sample(noise(rng, shape, 1.9, 3), y, x))
    speck = sample(noise(rng, shape, 0.1, 90), y, x)
    banded, veiny = (owner % 3 == 0), (owner % 5 < 2)
    tone = 1 + 0.13 * mottle + 0.10 * speck + np.where(banded, 0.16, 0.03) * bands
    albedo = albedo * np.clip(tone, 0.45, 1.7)[..., None]
    line = (1 - smoothstep(0.015, 0.06, vein)) * veiny * (0.5 + 0.5 * np.clip(mottle, -1, 1))
    return mix(albedo, srgb(225, 218, 205), np.clip(line, 0, 1) * 0.55)
