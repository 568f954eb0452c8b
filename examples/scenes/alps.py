"""Sky with clouds, and a mountain range rendered from a height field in true perspective."""

import numpy as np

from examples.scenes.kit import Array, blur, lambert, mix, noise, shadow, smoothstep, srgb

NEAR, FAR, HALF_WIDTH = 2400.0, 9500.0, 5200.0  # metres: the range in front of the camera


def sky(rng: np.random.Generator, side: int, horizon: float) -> Array:
    """Blue sky (side, side, 3), linear light, with lit cumulus and high cirrus."""
    shape = (side, side)
    y = np.linspace(0, 1, side, dtype=np.float32)[:, None] / horizon
    height = np.clip(1 - y, 0, 1) * np.ones(shape, np.float32)
    blue = mix(srgb(206, 222, 232), srgb(116, 168, 218), smoothstep(0.0, 0.45, height))
    blue = mix(blue, srgb(38, 96, 172), smoothstep(0.3, 1.1, height))
    x = np.linspace(0, 1, side, dtype=np.float32)[None]
    blue = mix(blue, srgb(250, 232, 204), np.exp(-height * 5) * (1 - x) * 0.5)

    cirrus = noise(rng, shape, 1.15, 2, 400, (1.0, 5.0)) + 0.6 * noise(rng, shape, 1.5, 2)
    cirrus = smoothstep(0.2, 2.6, cirrus) * smoothstep(0.15, 0.5, height)
    blue = mix(blue, srgb(246, 248, 250), cirrus * 0.5)

    # Cumulus: billowy noise over a few broad masses; the density towards the sun gives the shade.
    billow = noise(rng, shape, 1.75, 3, 400, (1.0, 1.5))
    puffs = np.abs(noise(rng, shape, 1.5, 6, 300, (1.0, 1.3)))
    mass = noise(rng, shape, 2.2, 1, 5, (1.0, 2.0))
    density = 0.5 * billow - 0.42 * puffs + 0.95 * mass + 0.42 - 1.3 * np.abs(height - 0.42)
    cover = smoothstep(0.0, 0.42, density)
    thick = np.sqrt(np.clip(density, 0, 2.2))
    step = side // 40
    soft = blur(thick, side / 200)
    toward = np.roll(soft, (step, step), (0, 1))
    lit = np.clip(0.60 + 0.95 * (soft - toward) - 0.22 * blur(thick, side / 30), 0, 1)
    white = mix(srgb(146, 160, 184), srgb(255, 250, 240) * 0.98, lit)
    return mix(blue, white, cover * 0.97)


def _terrain(rng: np.random.Generator, grid: int) -> tuple[Array, Array]:
    """Height field (grid, grid), metres, row 0 nearest; and its lit colours (grid, grid, 3)."""
    shape = (grid, grid)
    away = np.linspace(0, 1, grid, dtype=np.float32)[:, None]
    side = np.linspace(-1, 1, grid, dtype=np.float32)[None]
    # Ridged multifractal (Musgrave 1994): sharp crests, and detail only where it is already high.
    ridge, weight = np.zeros(shape, np.float32), np.ones(shape, np.float32)
    for octave in range(7):
        low = 2.2 * 2**octave
        crest = (1 - np.minimum(np.abs(noise(rng, shape, 0.5, low, 2 * low)) * 0.7, 1)) ** 2
        ridge += crest * weight * 0.56**octave
        weight = np.clip(crest * (0.35 + weight) * 1.5, 0, 1)
    peaks = np.zeros(shape, np.float32)
    for x, z, tall, wide in (
        (-0.34, 0.52, 1.0, 0.21),
        (0.02, 0.72, 0.62, 0.20),
        (0.36, 0.62, 0.86, 0.19),
        (-0.75, 0.75, 0.85, 0.3),
        (0.85, 0.8, 0.9, 0.3),
    ):
        x, z = x + rng.normal(0, 0.04), z + rng.normal(0, 0.03)
        far = np.sqrt(((side - x) / wide) ** 2 + ((away - z) / wide / 1.1) ** 2)
        peaks = np.maximum(peaks, tall * np.exp(-(far**1.3)))
    rise = smoothstep(0.02, 0.6, away)
    land = rise * (120 + 600 * ridge * (0.34 + peaks) + 880 * peaks)
    land = (land + 60 * smoothstep(0, 0.2, away)).astype(np.float32)

    cell = (FAR - NEAR) / grid
    relief = land / cell
    light = (-0.9, -0.12, 0.46)
    up = lambert(relief, (0.0, 0.0, 1.0))
    sun = lambert(relief, light, 1.25) * shadow(relief, light, grid // 7, 5, 20)
    speck, strata = noise(rng, shape, 0.6, 30), noise(rng, shape, 1.0, 6)
    rock = mix(srgb(104, 98, 94), srgb(142, 130, 116), np.clip(0.5 + 0.35 * strata, 0, 1))
    rock = rock * (1 + 0.16 * speck + 0.10 * np.sin(land / 26 + 2 * strata))[..., None]
    meadow = mix(srgb(96, 112, 58), srgb(128, 126, 74), np.clip(0.5 + 0.4 * strata, 0, 1))
    green = smoothstep(0.55, 0.8, up) * (1 - smoothstep(650, 1150, land + 140 * strata))
    ground = mix(rock, meadow, green)
    wood = smoothstep(0.0, 0.6, noise(rng, shape, 0.9, 8) + (620 - land) / 240)
    ground = mix(ground, srgb(36, 56, 38) * (1 + 0.35 * speck)[..., None], wood)
    snow = smoothstep(-0.25, 0.25, (land - 1040) / 420 + 1.5 * (up - 0.66) + 0.22 * strata)
    ground = mix(ground, srgb(246, 248, 252), snow)
    lit = ground * (
        sun[..., None] * srgb(255, 236, 206) * 2.1
        + (0.35 + 0.65 * up[..., None]) ** 1.5 * srgb(132, 166, 218) * 0.5
    )
    return land, lit.astype(np.float32)


def mountains(
    rng: np.random.Generator, side: int, horizon: float, air: Array
) -> tuple[Array, Array]:
    """The range seen by a pinhole camera: picture (side, side, 3) and coverage (side, side) 0..1.

    horizon: its height in the picture, 0 top to 1; air (3,): the colour far slopes fade into.
    """
    from scipy.ndimage import map_coordinates

    grid = 640
    land, lit = _terrain(rng, grid)
    steps = 480
    depth = np.geomspace(NEAR, FAR * 0.99, steps).astype(np.float32)
    column = (np.arange(side, dtype=np.float32) - side / 2) / side
    row_at = (depth - NEAR) / (FAR - NEAR) * (grid - 1)
    column_at = (column[None] * depth[:, None] / HALF_WIDTH + 1) / 2 * (grid - 1)
    where = np.stack([np.broadcast_to(row_at[:, None], column_at.shape), column_at])
    # Screen height over the horizon of every terrain point; a running maximum hides what is behind.
    rise = (map_coordinates(land, where, order=1) - 90) / depth[:, None] * side * 1.05
    skyline = np.maximum.accumulate(rise, 0) + np.arange(steps)[:, None] * 1e-5
    rows = np.arange(int(side * horizon) + 1)
    wanted = (side * horizon - rows).astype(np.float32)
    step_at = np.empty((len(rows), side), np.float32)
    for x in range(side):
        step_at[:, x] = np.interp(wanted, skyline[:, x], np.arange(steps), right=steps)
    picture, cover = np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.float32)
    cover[: len(rows)] = step_at < steps
    step_at = np.minimum(step_at, steps - 1.001)
    z = np.interp(step_at, np.arange(steps), depth)
    where = np.stack(
        [
            (z - NEAR) / (FAR - NEAR) * (grid - 1),
            (column[None] * z / HALF_WIDTH + 1) / 2 * (grid - 1),
        ]
    )
    for k in range(3):
        picture[: len(rows), :, k] = map_coordinates(lit[..., k], where, order=1)
    low = np.clip(1 - wanted / (side * 0.16), 0, 1)[:, None]
    haze = np.clip(1 - np.exp(-(z - 1500) / 15000) + 0.28 * low**2, 0, 0.9)
    picture[: len(rows)] = mix(picture[: len(rows)], air, haze)
    return picture, cover
