"""Label maps and photographs of them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

SIDE = 64
COLOURS = ((0, 0, 222), (0, 220, 60), (250, 160, 0))


def drawn(seed: int) -> tuple[Image.Image, Image.Image]:
    """A label map of a ground and two rectangles, and its photograph: three textures."""
    random = np.random.default_rng(seed)
    ids = np.zeros((SIDE, SIDE), np.intp)
    for label in (1, 2):
        y, x = random.integers(0, SIDE // 2, 2)
        ids[y : y + SIDE // 2, x : x + SIDE // 2] = label
    rows, columns = np.indices(ids.shape)
    waves = np.stack([np.sin(rows), np.sin(columns), np.sin((rows + columns) / 3)])
    tones = np.array([[90, 120, 60], [150, 130, 120], [110, 100, 160]])
    wave = np.take_along_axis(waves, ids[None], 0)[0]
    photo = tones[ids] + 40 * wave[..., None] + random.normal(0, 8, (SIDE, SIDE, 3))
    return (
        Image.fromarray(np.array(COLOURS, np.uint8)[ids]),
        Image.fromarray(photo.clip(0, 255).astype(np.uint8)),
    )


@pytest.fixture(scope="module")
def pairs() -> tuple[list[Image.Image], list[Image.Image]]:
    maps, photos = zip(*(drawn(seed) for seed in range(12)), strict=True)
    return list(maps), list(photos)
