"""The pyramid's sizes, and correspondences carried from level to level."""

from itertools import pairwise

import pytest
import torch

from i2i_core.patches.pyramid import Field, pyramid_sizes


def identity(height: int, width: int, stride: int = 1) -> Field:
    y, x = torch.meshgrid(
        torch.arange(0, height, stride), torch.arange(0, width, stride), indexing="ij"
    )
    return Field(y, x, torch.zeros(y.shape), stride, (height, width), (height, width))


def test_sizes_by_hand():
    assert pyramid_sizes((100, 60), 0.5, 15) == [(25, 15), (50, 30), (100, 60)]
    assert pyramid_sizes((10, 400), 0.7, 24) == [(10, 400)]


@pytest.mark.parametrize("size", [(256, 256), (171, 256), (512, 90), (24, 24), (8, 8)])
def test_sizes_grow_from_the_coarsest_to_the_whole(size):
    sizes = pyramid_sizes(size, 0.7, 24)
    assert sizes[-1] == size
    assert min(sizes[0]) >= min(24, *size)
    for (h, w), (height, width) in pairwise(sizes):
        assert h < height
        assert w < width
        assert abs(h / w - height / width) < 0.1 * height / width


@pytest.mark.parametrize(
    ("old", "new"), [((20, 30), (40, 60)), ((24, 35), (34, 50)), ((40, 60), (20, 30))]
)
@pytest.mark.parametrize(("old_stride", "new_stride"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_the_identity_stays_the_identity(old, new, old_stride, new_stride):
    field = identity(*old, old_stride).to_level(new, new, new_stride)
    expected = identity(*new, new_stride)
    assert field.y.shape == expected.y.shape
    assert (field.stride, field.target, field.source) == (new_stride, new, new)
    assert (field.y - expected.y).abs().max() <= 1
    assert (field.x - expected.x).abs().max() <= 1


def test_a_shift_is_scaled_with_the_source():
    field = identity(20, 30)
    shifted = Field(field.y, field.x + 12, field.distance, 1, (20, 30), (20, 60))
    finer = shifted.to_level((40, 60), (40, 120), 1)
    assert torch.equal(finer.x, torch.arange(60).expand(40, 60) + 24)
    assert torch.equal(finer.y, torch.arange(40)[:, None].expand(40, 60))


def test_centres_stay_inside_another_source():
    random = torch.Generator().manual_seed(0)
    y, x = (torch.randint(0, side, (10, 12), generator=random) for side in (25, 15))
    field = Field(y, x, torch.zeros(10, 12), 1, (10, 12), (25, 15)).to_level((17, 19), (31, 22), 1)
    assert 0 <= int(field.y.min()) <= int(field.y.max()) < 31
    assert 0 <= int(field.x.min()) <= int(field.x.max()) < 22


def test_index_counts_row_by_row():
    y, x = torch.tensor([[0, 1]]), torch.tensor([[3, 2]])
    assert Field(y, x, torch.zeros(1, 2), 1, (1, 2), (4, 5)).index().tolist() == [3, 7]
