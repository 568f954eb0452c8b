"""Sizes of pictures."""

from __future__ import annotations

import pytest
from PIL import Image

from i2i_core.images.sizes import fit_short_side


@pytest.mark.parametrize(
    ("size", "side", "expected"),
    [
        ((40, 30), 15, (20, 15)),
        ((30, 40), 60, (60, 80)),
        ((30, 30), 30, (30, 30)),
        ((100, 33), 11, (33, 11)),
        ((1000, 333), 16, (48, 16)),
        ((333, 1001), 286, (286, 860)),
    ],
)
def test_fit_short_side(size: tuple[int, int], side: int, expected: tuple[int, int]) -> None:
    assert fit_short_side(Image.new("RGB", size), side).size == expected
