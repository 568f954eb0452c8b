"""Tests of the editing of label maps: picking, growing, shrinking and moving regions."""

import numpy as np
import pytest

from i2i_core.errors import InputError
from i2i_core.labels.edits import grow, move, region_at, shrink


def scene() -> np.ndarray:
    """Sky (0) over ground (1), with two separate discs of label 2 in the sky."""
    y, x = np.mgrid[:60, :80]
    ids = np.where(y < 40, 0, 1).astype(np.uint8)
    ids[(x - 20) ** 2 + (y - 20) ** 2 <= 64] = 2
    ids[(x - 60) ** 2 + (y - 20) ** 2 <= 64] = 2
    return ids


def test_region_at_is_one_connected_component():
    ids = scene()
    mask = region_at(ids, 20, 20)
    assert mask.dtype == np.bool_
    assert mask[:, :40].sum() == (ids[:, :40] == 2).sum()
    assert not mask[:, 40:].any()
    with pytest.raises(InputError, match="outside"):
        region_at(ids, 80, 0)


def test_grow_and_shrink_change_the_radius():
    ids = scene()
    y, x = np.mgrid[:60, :80]
    distance = np.hypot(x - 20, y - 20)
    left = x < 40
    mask = region_at(ids, 20, 20)
    grown = grow(ids, mask, 4)
    assert (grown[(distance <= 11) & left] == 2).all()
    assert (grown[(distance > 12.5) & left & (y < 40)] == 0).all()
    shrunk = shrink(ids, mask, 4)
    assert (shrunk[distance < 4] == 2).all()
    assert (shrunk[(distance > 5) & left & (y < 40)] == 0).all()
    for changed in (grown, shrunk):
        np.testing.assert_array_equal(changed[:, 40:], ids[:, 40:])
    np.testing.assert_array_equal(grow(ids, mask, 0), ids)
    assert not (shrink(ids, mask, 50)[:, :40] == 2).any()


def test_the_border_of_the_picture_is_no_edge():
    ids = scene()
    shrunk = shrink(ids, region_at(ids, 0, 59), 5)
    np.testing.assert_array_equal(shrunk[45:], ids[45:])
    assert (shrunk[40:45] == 0).all()


def test_move_fills_the_freed_place_with_other_labels():
    ids = scene()
    mask = region_at(ids, 20, 20)
    moved = move(ids, mask, 3, 25)
    np.testing.assert_array_equal(moved[25:60, 3:40] == 2, mask[0:35, 0:37])
    assert (moved[:30, :40] == 0).all()
    clipped = move(ids, mask, -20, 0)
    assert clipped[20, 0] == 2
    assert (clipped[:, :40] == 2).sum() < mask.sum()
    with pytest.raises(InputError, match="leave the picture"):
        move(ids, mask, 500, 0)


def test_mistakes_are_explained():
    ids = scene()
    with pytest.raises(InputError, match="No region"):
        grow(ids, np.zeros(ids.shape, np.bool_), 1)
    with pytest.raises(InputError, match="negative"):
        shrink(ids, region_at(ids, 0, 0), -1)
    flat = np.zeros((5, 5), np.uint8)
    with pytest.raises(InputError, match="only one label"):
        shrink(flat, flat == 0, 1)
