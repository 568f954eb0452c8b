"""Strokes spread to the picture's own edges."""

import numpy as np
import pytest
import torch

from i2i_core.patches.scribbles import SIDE, spread_scribbles

UNLABELLED = 255


def two_halves(height: int = 60, width: int = 80, edge: int = 50) -> torch.Tensor:
    picture = torch.full((1, 3, height, width), 0.2)
    picture[..., edge:] = 0.8
    grain = torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))
    return (picture + 0.03 * grain).clamp(0, 1)


def strokes(height: int = 60, width: int = 80, left: int = 0, right: int = 1) -> np.ndarray:
    drawn = np.full((height, width), UNLABELLED, np.uint8)
    drawn[height // 3 : height // 2, width // 8] = left
    drawn[height // 2 : 2 * height // 3, -width // 8] = right
    return drawn


@pytest.mark.parametrize(("left", "right"), [(0, 1), (3, 1), (0, 254)])
def test_labels_spread_to_the_edge_and_keep_their_ids(left, right):
    ids = spread_scribbles(two_halves(), strokes(left=left, right=right))
    assert ids.dtype == np.uint8
    assert ids.shape == (60, 80)
    assert (ids[:, :48] == left).mean() > 0.99  # the edge is nowhere near the middle
    assert (ids[:, 52:] == right).mean() > 0.99


def test_strokes_of_another_scale_and_a_large_picture():
    ids = spread_scribbles(two_halves(180, 240, 150), strokes(60, 80))
    assert ids.shape == (96, SIDE)
    assert (ids[:, :78] == 0).mean() > 0.99
    assert (ids[:, 82:] == 1).mean() > 0.99


def test_what_is_drawn_stays():
    drawn = strokes()
    drawn[10:20, 60:64] = 0  # against the picture
    ids = spread_scribbles(two_halves(), drawn)
    kept = drawn != UNLABELLED
    np.testing.assert_array_equal(ids[kept], drawn[kept])


def test_three_labels():
    picture = torch.cat([torch.full((1, 3, 40, 20), v) for v in (0.1, 0.5, 0.9)], 3)
    drawn = np.full((40, 60), UNLABELLED, np.uint8)
    drawn[20, 5], drawn[20, 30], drawn[20, 55] = 2, 0, 1
    ids = spread_scribbles(picture, drawn)
    np.testing.assert_array_equal(ids, np.repeat([2, 0, 1], 20)[None].repeat(40, 0))
