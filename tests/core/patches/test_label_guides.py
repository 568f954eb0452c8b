"""The channels of a label guide, computed by hand on tiny maps."""

import numpy as np
import torch

from i2i_core.patches.label_guides import (
    POSITION_WEIGHT,
    RELATIVE_WEIGHTS,
    label_guide,
    position,
    relative_coordinates,
    signed_distances,
)

ROW = np.array([[0, 0, 1, 1, 1]], np.uint8)


def test_signed_distances_by_hand():
    found = signed_distances(ROW, 3, 2.0)[0, :, 0]
    expected = [[1, 0.5, -0.5, -1, -1], [-1, -0.5, 0.5, 1, 1], [-1, -1, -1, -1, -1]]
    assert found.tolist() == expected
    assert signed_distances(np.zeros((2, 2), np.uint8), 1, 2.0).tolist() == [[[[1, 1], [1, 1]]]]


def test_distances_are_euclidean():
    ids = np.zeros((5, 5), np.uint8)
    ids[2, 2] = 1
    inside = signed_distances(ids, 2, 100.0)[0, 1] * 100
    assert float(inside[2, 2]) == 1
    assert float(inside[2, 0]) == -2
    torch.testing.assert_close(inside[0, 0], torch.tensor(-(8**0.5)))


def test_relative_coordinates_by_hand():
    y, x = relative_coordinates(ROW, 2)[0, :, 0]
    assert not y.any()
    torch.testing.assert_close(x, torch.tensor([-0.5, 0.5, -2 / 3, 0, 2 / 3]))
    # Ranks, not a bounding box: the long lower row of an L holds two thirds of its pixels.
    corner = np.array([[1, 0], [1, 0], [1, 1]], np.uint8)
    rows = relative_coordinates(corner, 2)[0, 0]
    torch.testing.assert_close(rows[:, 0], torch.tensor([-0.75, -0.25, 0.5]))
    torch.testing.assert_close(rows[:2, 1], torch.tensor([-0.5, 0.5]))


def test_the_place_in_a_region_does_not_depend_on_where_and_how_large_it_is():
    small, large = np.zeros((40, 40), np.uint8), np.zeros((60, 50), np.uint8)
    small[4:14, 2:22] = 1
    large[20:50, 8:48] = 1
    one = relative_coordinates(small, 2)[0][:, 4:14, 2:22]
    other = relative_coordinates(large, 2)[0][:, 20:50, 8:48]
    other = torch.nn.functional.adaptive_avg_pool2d(other, (10, 20))
    torch.testing.assert_close(one, other)


def test_position_spans_the_picture():
    y, x = position(3, 5)[0]
    assert y[:, 0].tolist() == [-1, 0, 1]
    assert x[0].tolist() == [-1, -0.5, 0, 0.5, 1]
    assert position(1, 1).isfinite().all()


def test_the_guide_puts_them_side_by_side():
    guide = label_guide(ROW, 3, 2.0)
    assert guide.shape == (1, 7, 1, 5)
    torch.testing.assert_close(guide[:, :3], signed_distances(ROW, 3, 2.0))
    torch.testing.assert_close(guide[:, 3:5], POSITION_WEIGHT * position(1, 5))
    weights = torch.tensor(RELATIVE_WEIGHTS).view(1, 2, 1, 1)
    torch.testing.assert_close(guide[:, 5:], weights * relative_coordinates(ROW, 3))
