"""Paving in fans and cracked earth: two grounds whose lines can become one another's."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from examples.scenes.kit import (
    Array,
    blur,
    develop,
    hollow,
    lambert,
    mix,
    noise,
    shadow,
    smoothstep,
    srgb,
)
from examples.scenes.stones import heap


def _fan_stones(rng: np.random.Generator, side: int) -> Array:
    """Stones (N, 7) for `heap`, laid in rings about the feet of overlapping fans.

    The fans are discs that overlap like fish scales: a stone stays where no disc further down
    covers it. The last column holds the ring's number instead of a height.
    """
    fan, rings = side / 3.0, 8
    pitch = fan / 2 / rings * 1.13
    rows = int(side / (fan / 2)) + 4
    feet = np.array(
        [
            (x * fan + (row % 2) * fan / 2 - fan * 0.35, row * fan / 2 + fan * 0.1)
            for row in range(rows)
            for x in range(-1, 5)
        ]
    )
    feet += rng.normal(0, 0.10, feet.shape) * pitch
    stones = []
    for foot_x, foot_y in feet:
        lower = feet[feet[:, 1] > foot_y + fan / 4]
        for ring in range(rings):
            radius = (ring + 0.62) * pitch
            count = max(4, round(2 * np.pi * radius / pitch * 0.98))
            turns = 2 * np.pi * (np.arange(count) + rng.uniform() + rng.normal(0, 0.05, count))
            for turn in turns / count:
                x = foot_x + radius * np.cos(turn) + rng.normal(0, 0.04) * pitch
                y = foot_y - radius * np.sin(turn) + rng.normal(0, 0.04) * pitch
                outside = not (-40 < x < side + 40 and -40 < y < side + 40)
                covered = np.hypot(*(lower - (x, y)).T) < (rings + 0.12) * pitch
                if outside or covered.any():
                    continue
                long = np.pi * radius / count * rng.uniform(0.84, 0.96)
                high = pitch * rng.uniform(0.43, 0.48)
                stones.append([x, y, long, high, np.pi / 2 - turn, rng.uniform(3, 8), ring])
    return np.array(stones, np.float32)


def mosaic(size: int, rng: np.random.Generator) -> Image.Image:
    """Old granite setts laid in overlapping fans, seen from above in low sun."""
    side = 2 * size
    unit = side / 1024
    shape = (side, side)
    stones = _fan_stones(rng, side)
    course = stones[:, 6].astype(int)
    stones[:, 5] *= unit
    stones[:, 6] = rng.uniform(9, 13, len(stones)) * unit
    wobble = np.stack([noise(rng, shape, 2.2, 14 + k, 90) for k in (0, 1)])
    relief, owner = heap(side, stones, wobble, 4.5, 5.0)

    granite = np.array(
        [srgb(128, 124, 120), srgb(148, 138, 126), srgb(112, 112, 118), srgb(158, 150, 142)]
    )
    red = np.array([srgb(134, 98, 84), srgb(118, 86, 78), srgb(150, 116, 98)])
    dark = np.array([srgb(70, 72, 80), srgb(82, 80, 82), srgb(60, 64, 72)])
    count = len(stones)
    paint = granite[rng.integers(0, 4, count)]
    outer, inner = course >= 7, course <= 1
    paint[outer] = dark[rng.integers(0, 3, outer.sum())]
    paint[inner] = red[rng.integers(0, 3, inner.sum())]
    ring = course == 4
    paint[ring] = red[rng.integers(0, 3, ring.sum())]
    paint = paint * rng.uniform(0.75, 1.25, (count, 1)) * (1 + rng.normal(0, 0.03, (count, 3)))

    speck, mottle = noise(rng, shape, 0.2, 120), noise(rng, shape, 1.3, 5)
    crystal = smoothstep(1.3, 2.2, noise(rng, shape, 0.1, 100, 300))
    is_stone = owner >= 0
    sand = srgb(96, 82, 64) * (1 + 0.18 * speck + 0.15 * mottle)[..., None]
    moss = smoothstep(0.3, 1.4, noise(rng, shape, 1.4, 3, 120))
    sand = mix(sand, srgb(70, 84, 34) * (1 + 0.3 * speck)[..., None], moss * 0.8)
    tone = 1 + 0.12 * speck + 0.09 * mottle - 0.35 * crystal
    albedo = np.where(is_stone[..., None], paint.astype(np.float32)[owner] * tone[..., None], sand)
    relief += (noise(rng, shape, 1.0, 40) * 0.35 + speck * 0.15) * unit
    relief += np.where(is_stone, 0, 2.5 * unit + 0.5 * unit * mottle)

    light = (-0.8, -0.5, 0.62)
    sun = lambert(relief, light) * shadow(relief, light, int(26 * unit), 3 * unit)
    sky = hollow(relief, (3 * unit, 9 * unit)) ** 1.5
    worn = lambert(relief, (-0.5, -0.3, 1.0)) ** 30 * sky
    lit = np.maximum(albedo, 0.01) * (
        sun[..., None] * srgb(255, 238, 210) * 2.3 + sky[..., None] * srgb(150, 172, 205) * 0.9
    )
    lit += worn[..., None] * 0.05 * is_stone[..., None]
    return develop(lit.astype(np.float32), rng, 0.9)


def _cells(
    rng: np.random.Generator, side: int, across: int, warp: tuple[Array, Array]
) -> tuple[Array, NDArray[np.int32]]:
    """Voronoi cells on a jittered lattice: distance to the border (H, W; in cells) and the owner.

    warp: how far, in cells, the picture is bent before the cells are measured, which is what
    makes borders wander as cracks do.
    """
    step = side / across
    rows = np.arange(-1, across + 1)
    y, x = np.meshgrid(rows + 0.5, rows + 0.5, indexing="ij")
    x = x + (np.arange(len(rows)) % 2)[:, None] * 0.5 - 0.25
    seeds = np.stack([x, y], -1).reshape(-1, 2) + rng.uniform(-0.36, 0.36, (x.size, 2))
    first = np.full((side, side), 9, np.float32)
    second = first.copy()
    owner = np.zeros((side, side), np.int32)
    reach = int(step * 1.9)
    pixel = (np.arange(side, dtype=np.float32) + 0.5) / step
    for number, (seed_x, seed_y) in enumerate(seeds.astype(np.float32)):
        top, left = max(int(seed_y * step) - reach, 0), max(int(seed_x * step) - reach, 0)
        bottom = min(int(seed_y * step) + reach, side)
        right = min(int(seed_x * step) + reach, side)
        if top >= bottom or left >= right:
            continue
        window = np.s_[top:bottom, left:right]
        far = np.sqrt(
            (pixel[None, left:right] + warp[0][window] - seed_x) ** 2
            + (pixel[top:bottom, None] + warp[1][window] - seed_y) ** 2
        )
        nearest = far < first[window]
        second[window] = np.where(nearest, first[window], np.minimum(second[window], far))
        owner[window] = np.where(nearest, number, owner[window])
        first[window] = np.minimum(first[window], far)
    return (second - first) * 0.5, owner


def cracked(size: int, rng: np.random.Generator) -> Image.Image:
    """The dried bed of a lake: curling plates, deep cracks and hairlines, in low warm sun."""
    side = 2 * size
    unit = side / 1024
    shape = (side, side)
    bend = [noise(rng, shape, 2.1, 5, 150) for _ in range(2)]
    wide = noise(rng, shape, 2.0, 1, 8)
    border, plate = _cells(rng, side, 5, (bend[0] * 0.09, bend[1] * 0.09))
    second, part = _cells(rng, side, 11, (bend[1] * 0.13, bend[0] * 0.13))
    third, _ = _cells(rng, side, 30, (bend[0] * 0.25, bend[1] * 0.25))
    border, second, third = border * side / 5, second * side / 11, third * side / 30

    gap = np.maximum(6.5 + 2.0 * wide, 2) * unit
    thin = (
        np.where(
            rng.uniform(size=plate.max() + 1)[plate] < 0.8, np.clip(1.6 + 0.9 * wide, -2, 4), -2
        )
        * unit
    )
    hair = (0.9 + 0.9 * noise(rng, shape, 1.5, 3, 30)) * unit
    tilt = rng.normal(0, 1.0, (part.max() + 1, 2)).astype(np.float32)[part]
    edge = np.minimum(border - gap, second - thin)
    cut = smoothstep(-2.2 * unit, 1.2 * unit, edge)
    curl = np.exp(-np.maximum(edge, 0) / (14 * unit)) * 11 * unit
    speck, clod = noise(rng, shape, 0.35, 60), noise(rng, shape, 1.35, 6)
    level = rng.uniform(0, 9, plate.max() + 1).astype(np.float32)[plate] * unit
    relief = (26 * unit + level + curl) * cut
    relief += (1.4 * clod + 0.28 * speck) * unit * (0.4 + 0.6 * cut)
    relief -= smoothstep(0, 1, hair - third) * 2.6 * unit * cut
    relief += cut * (tilt[..., 0] * bend[0] + tilt[..., 1] * bend[1]) * 0.5 * unit
    relief = relief.astype(np.float32)

    tint = (1 + rng.normal(0, 0.09, part.max() + 1)).astype(np.float32)[part]
    albedo = mix(srgb(178, 142, 108), srgb(206, 178, 146), np.clip(0.5 + 0.3 * clod, 0, 1))
    albedo = mix(albedo, srgb(150, 108, 78), np.clip(0.25 * noise(rng, shape, 1.4, 2), 0, 0.6))
    albedo = albedo * (tint * (1 + 0.10 * speck))[..., None]
    albedo = mix(albedo, srgb(216, 196, 170), np.clip(curl / (11 * unit) - 0.35, 0, 1) * 0.5)
    albedo = mix(srgb(104, 86, 72), albedo, cut)

    light = (-0.8, -0.55, 0.5)
    sun = lambert(relief, light) * shadow(relief, light, int(50 * unit), 3 * unit, 16)
    sky = hollow(relief, (4 * unit, 12 * unit))
    bounce = blur(sun, 10 * unit) * sky
    lit = albedo * (
        sun[..., None] * srgb(255, 228, 190) * 2.1
        + sky[..., None] * srgb(140, 165, 205) * 0.7
        + bounce[..., None] * srgb(214, 160, 120) * 0.35
    )
    return develop(lit.astype(np.float32), rng, 0.85)
