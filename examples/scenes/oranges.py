"""Oranges lying on oak boards in afternoon sun."""

import numpy as np
from PIL import Image

from examples.scenes.kit import (
    Array,
    blur,
    develop,
    flat_labels,
    lambert,
    mix,
    noise,
    sample,
    smoothstep,
    srgb,
)
from examples.scenes.trace import COLOURS, LABELS, VIEW, Traced, dot, trace

__all__ = ["COLOURS", "LABELS", "oranges"]

SPOTS = (  # x, z (towards the viewer), radius; parts of the side
    (-0.20, -0.30, 0.125),
    (0.07, -0.42, 0.105),
    (0.285, -0.20, 0.14),
    (-0.34, 0.22, 0.10),
    (-0.05, 0.05, 0.15),
    (0.20, 0.36, 0.115),
    (-0.16, 0.52, 0.085),
    (0.385, 0.17, 0.08),
)


def _boards(rng: np.random.Generator, side: int, point: Array) -> tuple[Array, Array]:
    """Sawn oak planks: colour (S, S, 3) and relief (S, S; pixels) at `point` (3, S, S)."""
    shape = (side, side)
    x, z = point[0] + 0.5, point[2] + 0.9
    plank = np.floor(z / 0.235 + 0.3).astype(np.int32)
    across = (z / 0.235 + 0.3) % 1 - 0.5
    shift = rng.uniform(0, side, (16, 2)).astype(np.float32)[plank]
    u, v = x * side + shift[..., 0], z * side + shift[..., 1]
    waver = sample(noise(rng, shape, 2.0, 1, 30, (1.0, 4.0)), v, u)
    fibre = sample(noise(rng, shape, 0.6, 20, 1e9, (1.0, 26.0)), v, u)
    pore = sample(noise(rng, shape, 0.25, 90, 1e9, (1.0, 16.0)), v, u)
    patch = sample(noise(rng, shape, 1.5, 2, 60), v, u)
    # A plank is a slice through the trunk's cone of year rings, some way off its heart.
    heart = rng.uniform(-0.5, 0.5, 16)[plank]
    off = rng.uniform(0.10, 0.5, 16)[plank]
    lean = rng.uniform(-0.5, 0.5, 16)[plank]
    rings = np.sqrt((across - heart) ** 2 + (off + lean * (x - 0.5)) ** 2) + 0.030 * waver
    knots = np.zeros(shape, np.float32)
    for _ in range(6):
        kx, kz = rng.uniform(0.05, 0.95), rng.uniform(0.15, 1.65)
        if abs((kz / 0.235 + 0.3) % 1 - 0.5) > 0.3:
            continue
        size = rng.uniform(0.010, 0.022)
        far = np.sqrt(((x - kx) / 1.5) ** 2 + (z - kz) ** 2) / size
        near = np.exp(-((far / 3.2) ** 2)) * (plank == int(kz / 0.235 + 0.3))
        rings = rings + near * 0.16
        knots = np.maximum(knots, 1 - smoothstep(0.75, 1.2, far + 0.12 * patch))
    phase = (rings * 13 + 0.02 * fibre) % 1
    late = smoothstep(0.25, 0.95, phase) * (1 - smoothstep(0.95, 1.0, phase))
    tone = rng.uniform(0.82, 1.12, 16).astype(np.float32)[plank]
    wood = mix(srgb(206, 168, 122), srgb(152, 104, 62), 0.8 * late + 0.10 * fibre)
    wood = wood * (tone * (1 + 0.07 * fibre + 0.10 * patch))[..., None]
    wood = mix(wood, srgb(110, 70, 42), smoothstep(1.1, 2.4, pore) * 0.55)
    wood = mix(wood, srgb(78, 46, 28), knots * (0.75 + 0.2 * np.sin(phase * 6.3)))
    gap = smoothstep(0.484, 0.496, np.abs(across))
    wood = mix(wood, srgb(30, 20, 14), gap)
    relief = (0.5 * fibre - 0.9 * late - 8 * gap - 1.2 * smoothstep(1.1, 2.4, pore)) * side / 1024
    return wood, relief.astype(np.float32)


def _peel(rng: np.random.Generator, side: int, seen: Traced, balls: Array) -> tuple[Array, Array]:
    """Colour (S, S, 3) and dimples (S, S) of the fruits' skin, turned differently on each."""
    shape = (side, side)
    turned = np.zeros_like(seen.normal)
    for number in range(len(balls)):
        mine = seen.owner == number
        axes = np.linalg.qr(rng.normal(size=(3, 3)))[0].astype(np.float32)
        turned[:, mine] = axes @ seen.normal[:, mine]
    owner = np.maximum(seen.owner, 0)
    on_fruit = seen.owner >= 0
    wide = balls[:, 2][owner] / 0.12
    # Longitude and latitude, in pixels of the noise; longitude shrinks towards the poles.
    round_ = np.arctan2(turned[1], turned[0])
    north = np.arcsin(np.clip(turned[2], -1, 1))
    u, v = round_ * np.cos(north) * 0.127 * side * wide, north * 0.254 * side * wide
    pits = blur(np.minimum(noise(rng, shape, 0.0, 110, 190), 0.2), 1.0)
    pits = np.where(on_fruit, sample(pits, v, u), 0).astype(np.float32)
    blotch = sample(noise(rng, shape, 1.6, 2, 60), v + owner * 97, u)
    hue = rng.uniform(0, 1, len(balls)).astype(np.float32)[owner]
    peel = mix(srgb(236, 122, 10), srgb(224, 74, 6), np.clip(hue + 0.12 * blotch, 0, 1))
    peel = peel * (1 + 0.10 * pits + 0.05 * blotch)[..., None]
    # The green star where the stalk was.
    star = turned[2] + 0.007 * np.sin(5 * round_)
    peel = mix(peel, srgb(150, 140, 40), smoothstep(0.94, 0.995, star) * 0.4)
    return mix(peel, srgb(84, 80, 34), smoothstep(0.986, 0.994, star)), pits


def oranges(size: int, rng: np.random.Generator) -> tuple[Image.Image, Image.Image]:
    """Oranges of several sizes on boards, and the label map of fruit and ground."""
    side = 2 * size
    balls = np.array(SPOTS, np.float32)
    balls += rng.normal(0, 0.008, balls.shape).astype(np.float32)
    sun = np.array([-0.66, 0.66, 0.18], np.float32)
    sun /= np.linalg.norm(sun)
    seen = trace(side, balls, sun, 0.10)
    board, relief = _boards(rng, side, seen.point)
    peel, pits = _peel(rng, side, seen, balls)
    fruit = seen.owner >= 0

    slope_down, slope_across = np.gradient(pits * np.float32(side / 1024))
    bent = seen.normal.copy()
    bent[0] -= slope_across * 0.6
    bent[1] += slope_down * 0.5
    bent /= np.sqrt(dot(bent, bent))
    grain = lambert(relief, (-0.8, -0.3, 0.7)) / 0.65
    direct = seen.sun * np.where(fruit, np.maximum(dot(bent, sun), 0), grain * sun[1])
    up = 0.5 + 0.5 * bent[1]
    fill = seen.sky * up
    half = (sun + VIEW) / np.linalg.norm(sun + VIEW)
    shine = np.maximum(dot(bent, half), 0) ** 12
    rim = (1 - np.maximum(dot(seen.normal, VIEW), 0)) ** 4 * fill
    gloss = (shine**5 * 0.5 + shine * 0.10) * seen.sun + rim * 0.25
    scattered = smoothstep(-0.45, 0.6, dot(seen.normal, sun)) * 0.10
    bounce = np.where(fruit, (1 - up) * 0.4, 0)
    # Light off a fruit's sunny flank warms the boards beside it.
    warm = blur(np.where(fruit, direct, 0).astype(np.float32), side / 28)

    lit = (
        direct[..., None] * srgb(255, 236, 204) * 2.5
        + fill[..., None] * srgb(168, 190, 222) * 0.62
        + bounce[..., None] * srgb(232, 178, 120)
        + np.where(fruit, scattered, 0)[..., None]
        + np.where(fruit, 0, warm)[..., None] * srgb(240, 120, 20) * 0.5
    )
    lit *= np.where(fruit[..., None], peel, board)
    lit += (gloss * fruit)[..., None] * srgb(255, 246, 228)
    lit *= (1 + 0.22 * seen.point[2])[..., None]
    return develop(lit, rng, 0.95), flat_labels(fruit.astype(np.uint8), COLOURS)
