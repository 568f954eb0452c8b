"""A mountain lake: sky, mountains, forest, water and a flowering meadow, with its label map."""

import numpy as np
from PIL import Image, ImageDraw

from examples.scenes.alps import mountains, sky
from examples.scenes.kit import (
    Array,
    blur,
    develop,
    flat_labels,
    mix,
    noise,
    smoothstep,
    srgb,
    to_linear,
    to_srgb,
)
from examples.scenes.plants import conifer, flowers, grass

LABELS = ("sky", "mountains", "forest", "lake", "meadow")
COLOURS = ((120, 190, 255), (150, 120, 110), (20, 90, 50), (30, 80, 200), (150, 210, 60))
HORIZON, SHORE = 0.475, 0.545  # parts of the picture's height, from the top


def lake(size: int, rng: np.random.Generator) -> tuple[Image.Image, Image.Image]:
    """The landscape and its label map."""
    side = 2 * size
    air = srgb(176, 200, 222)
    canvas = sky(rng, side, HORIZON)
    range_, cover = mountains(rng, side, HORIZON + 0.01, air)
    canvas = np.where(cover[..., None] > 0, range_, canvas)
    cover[int(HORIZON * side) :] = 1
    canvas[int(HORIZON * side) + 6 :] = srgb(104, 128, 128)
    labels = Image.fromarray(cover.astype(np.uint8))
    canvas = _forest(canvas, labels, rng, side)
    index = np.array(labels)

    x = np.linspace(0, 1, side, dtype=np.float32)
    bank = 0.735 + 0.045 * np.sin(x * 4.2 + rng.uniform(-0.4, 0.4)) - 0.05 * (x - 0.5)
    bank = (bank + 0.006 * noise(rng, (2, side), 1.2, 3, 60)[0]) * side
    rows = np.arange(side)[:, None]
    water = (rows >= round(SHORE * side)) & (index != 2)
    index[water] = 3
    index[rows >= bank - side / 200] = 4
    top = round(SHORE * side)
    canvas[top:] = np.where(water[top:, :, None], _water(canvas, rng, side), canvas[top:])
    canvas = _meadow(canvas, bank, rng, side)
    return develop(canvas, rng, 1.0, 0.10), flat_labels(index, COLOURS)


def _forest(canvas: Array, labels: Image.Image, rng: np.random.Generator, side: int) -> Array:
    """Conifers from the hazy far slope down to the shore; they are drawn into `labels` too."""
    picture = Image.fromarray(to_srgb(canvas))
    draws = ImageDraw.Draw(picture), ImageDraw.Draw(labels)
    count = 420
    depth = np.sort(rng.uniform(0, 1, count)) ** 0.8
    clump = noise(rng, (2, side), 1.5, 1, 12)[0]
    draws[0].rectangle([0, (SHORE - 0.035) * side, side, SHORE * side], fill=(38, 54, 44))
    draws[1].rectangle([0, (SHORE - 0.035) * side, side, SHORE * side], fill=2)
    for near in depth:
        x = rng.uniform(-0.02, 1.02) * side
        rise = clump[int(np.clip(x, 0, side - 1))]
        y = (SHORE - 0.055 + 0.055 * near - 0.010 * (1 - near) * rise) * side
        tall = side * (0.040 + 0.030 * near + 0.012 * rise) * rng.uniform(0.6, 1.25)
        dark, light = np.array([20, 38, 32.0]), np.array([66, 92, 50.0])
        if rng.uniform() < 0.07:
            dark, light = np.array([82, 70, 28.0]), np.array([172, 142, 66.0])
        mist = 0.42 * (1 - near)
        dark = dark + (np.array([150, 176, 196]) - dark) * mist
        light = light + (np.array([172, 190, 196]) - light) * mist
        tone = rng.uniform(0.7, 1.3)
        light = light + rng.normal(0, 9) * np.array([1.0, 0.3, -0.3])
        conifer(draws, rng, (x, y), max(tall, 8.0), dark * tone, light * tone, 2)
    return to_linear(np.asarray(picture))


def _water(canvas: Array, rng: np.random.Generator, side: int) -> Array:
    """The rippled reflection of the canvas, for the rows from the shore to the bottom."""
    top = round(SHORE * side)
    rows = np.arange(top, side, dtype=np.float32)[:, None]
    below = rows / side - SHORE
    # Ripples are even on the water, so on the picture they tighten towards the horizon.
    row = np.clip(0.9 * side * (0.02 / (below + 0.035)), 0, side - 1).astype(np.int32)[:, 0]
    wave = noise(rng, (side, side), 1.0, 14, 400, (1.0, 8.0))[row * 2 % side]
    gust = noise(rng, (side, side), 1.4, 2, 60, (1.0, 4.0))[row]
    fine = noise(rng, (side - top, side), 0.5, 40, 500, (2.0, 6.0))
    bend = (0.6 * wave + 0.4 * fine) * (0.002 + 0.06 * below) * side
    mirror = (2 * SHORE - 0.002) * side - rows + bend - 0.10 * below * side
    columns = np.arange(side)[None]
    seen = np.zeros((side - top, side, 3), np.float32)
    for k in range(-2, 2):  # each facet of a ripple mirrors a short upright streak
        source = np.clip(mirror + k * (0.5 + 25 * below) * side / 1024, 0, side - 1)
        seen += canvas[source.astype(np.int32), columns] / 4
    steep = smoothstep(0.0, 0.2, below) * 0.42
    water = mix(seen * srgb(236, 244, 250), srgb(10, 84, 104), steep)
    breeze = smoothstep(0.5, 1.6, gust) * np.exp(-below * 9) * (0.55 + 0.25 * fine)
    glint = smoothstep(1.6, 3.2, wave + 0.8 * fine) * 0.3
    water = mix(water, srgb(196, 214, 228), np.clip(breeze * 0.35 + glint, 0, 1))
    return water * (1 - 0.35 * np.exp(-below * side / 5))[..., None]


def _meadow(canvas: Array, bank: Array, rng: np.random.Generator, side: int) -> Array:
    """The near bank: soil, thousands of grass blades and drifts of flowers."""
    unit = side / 1024
    rows = np.arange(side, dtype=np.float32)[:, None]
    shape = (side, side)
    patch, fine = noise(rng, shape, 1.4, 3, 60), noise(rng, shape, 0.6, 30)
    near = np.clip((rows - bank) / (0.28 * side), 0, 1)
    soil = mix(srgb(74, 92, 40), srgb(40, 58, 22), near) * (1 + 0.2 * patch + 0.2 * fine)[..., None]
    wet = np.exp(-np.maximum(rows - bank, 0) / (4 * unit))
    soil = mix(soil, srgb(52, 44, 32), wet)
    shade = 1 - 0.55 * np.exp(-np.maximum(bank - rows, 0) / (7 * unit)) * (rows < bank)
    canvas = np.where((rows > bank)[..., None], soil, canvas * shade[..., None])
    picture = Image.fromarray(to_srgb(canvas))

    count = 10500
    x = rng.uniform(-10, side + 10, count)
    column = np.clip(x, 0, side - 1).astype(int)
    part = rng.uniform(0, 1, count) ** 1.45
    y = bank[column] + part * (side * 1.04 - bank[column]) + 2 * unit
    tuft = patch[np.clip(y, 0, side - 1).astype(int), column]
    tall = (5 + 46 * part**1.1) * unit * np.exp(rng.normal(0.1 * tuft, 0.28))
    wide = (1.5 + 2.4 * part) * unit
    hue = np.clip(0.5 + 0.28 * tuft + rng.normal(0, 0.2, count), 0, 1)[:, None]
    tip = np.array([84, 120, 52]) * (1 - hue) + np.array([172, 180, 92]) * hue
    straw = rng.uniform(size=(count, 1)) < 0.07
    tip = np.where(straw, [206, 186, 120], tip) * rng.uniform(0.75, 1.15, (count, 1))
    root = tip * np.array([0.42, 0.50, 0.45]) * (1.15 - 0.35 * part[:, None])
    feet = np.stack([x, y], 1)

    drift = noise(rng, shape, 1.6, 2, 20, (1.0, 2.0))
    kinds = np.array([[250, 246, 236], [246, 206, 48], [214, 62, 44], [140, 104, 206]])
    heads = 1900
    fx = rng.uniform(0, side, heads)
    fpart = rng.uniform(0.03, 1, heads) ** 1.3
    fcolumn = fx.astype(int)
    fy = bank[fcolumn] + fpart * (side - bank[fcolumn])
    here = drift[np.clip(fy, 0, side - 1).astype(int), fcolumn]
    keep = rng.uniform(size=heads) < smoothstep(-0.6, 1.3, here) ** 1.5
    kind = (np.clip(here * 1.1 + rng.normal(0, 0.55, heads) + 0.6, 0, 3.9)).astype(int)
    radius = (1.6 + 6.5 * fpart) * unit * rng.uniform(0.7, 1.2, heads)
    # Grass and flowers from the shore forwards in bands, so that near grass overlaps far flowers.
    for low, high in zip(np.linspace(0, 1, 9)[:-1], np.linspace(0, 1, 9)[1:], strict=True):
        high = high + (high == 1)
        g, f = (part >= low) & (part < high), keep & (fpart >= low) & (fpart < high)
        grass(picture, rng, feet[g], tall[g], wide[g], root[g], tip[g])
        heads_at = np.stack([fx, fy - (4 + 26 * fpart) * unit], 1)
        flowers(picture, rng, heads_at[f], radius[f], kinds[kind[f]])
    lit = to_linear(np.asarray(picture))
    cloud = 1 - 0.28 * smoothstep(0.2, 1.4, blur(patch, 30 * unit) * 2) * (rows > bank)
    lit *= cloud[..., None]
    # The 8-bit picture clips the sky's brightest clouds: above the bank, keep the canvas.
    return np.where((rows > bank - 60 * unit)[..., None], lit, canvas)
