"""From correspondences to pixels: voting, counting and what may be used."""

import pytest
import torch

from i2i_core.patches.pyramid import Field
from i2i_core.patches.vote import confidence, usable, usage, vote


def identity(height: int, width: int, stride: int = 1) -> Field:
    y, x = torch.meshgrid(
        torch.arange(0, height, stride), torch.arange(0, width, stride), indexing="ij"
    )
    return Field(y, x, torch.zeros(y.shape), stride, (height, width), (height, width))


def constant(y: int, x: int, target: tuple[int, int], source: tuple[int, int]) -> Field:
    grid = torch.zeros(target, dtype=torch.long)
    return Field(grid + y, grid + x, torch.zeros(target), 1, target, source)


@pytest.mark.parametrize(("stride", "size"), [(1, 3), (2, 3), (1, 7), (2, 7), (4, 7)])
@pytest.mark.parametrize("shape", [(20, 31), (13, 8), (3, 3)])
def test_the_identity_gives_the_source_back(stride, size, shape):
    random = torch.Generator().manual_seed(0)
    source = torch.rand(1, 3, *shape, generator=random)
    field = identity(*shape, stride)
    weight = torch.rand(field.y.shape, generator=random) + 0.1
    torch.testing.assert_close(vote(source, field, size, weight), source)


def test_a_shifted_field_shifts_the_picture():
    source = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(0))
    field = identity(12, 16)
    field = Field(field.y, (field.x + 4).clamp(max=15), field.distance, 1, (12, 16), (12, 16))
    moved = vote(source, field, 3, torch.ones(12, 16))
    torch.testing.assert_close(moved[..., :10], source[..., 4:14])


def test_weights_decide():
    source = torch.zeros(1, 1, 10, 20)
    source[..., 10:] = 1
    field = constant(5, 4, (9, 9), (10, 20))
    field.x[4, 4] = 15  # one patch of ones in the middle of a target of zeros
    even = vote(source, field, 3, torch.ones(9, 9))[0, 0]
    assert float(even[4, 4]) == pytest.approx(1 / 9)
    assert float(even[0, 0]) == 0
    weight = torch.ones(9, 9)
    weight[4, 4] = 8
    assert float(vote(source, field, 3, weight)[0, 0, 4, 4]) == pytest.approx(0.5)
    weight[4, 4] = 1e6
    torch.testing.assert_close(
        vote(source, field, 3, weight)[0, 0, 3:6, 3:6], torch.ones(3, 3), atol=1e-4, rtol=0
    )


def test_confidence_by_hand():
    found = confidence(torch.tensor([0.0, 1.0, 3.0]))
    torch.testing.assert_close(found, 1 / torch.tensor([0.1, 1.1, 3.1]), atol=0, rtol=2e-3)
    assert confidence(torch.zeros(4)).isfinite().all()


@pytest.mark.parametrize("stride", [1, 2])
def test_usage_is_relative_to_an_even_use(stride):
    used = usage(identity(16, 20, stride), 5).view(16, 20)
    inner = used[4:-4, 4:-4]
    if stride == 1:
        torch.testing.assert_close(used, torch.ones(16, 20))
    assert float(inner.mean()) == pytest.approx(1, abs=0.1)
    single = usage(constant(8, 9, (16, 20), (16, 20)), 5).view(16, 20)
    assert float(single[8, 9]) == pytest.approx(320 / 25)  # all uses, spread over 5 x 5
    assert float(single[0, 0]) == 0


def test_patches_that_touch_an_invalid_pixel_are_not_usable():
    valid = torch.ones(1, 1, 12, 16)
    valid[..., 6, 7] = 0
    allowed = usable(valid, (12, 16), 5).view(12, 16)
    expected = torch.ones(12, 16, dtype=torch.bool)
    expected[4:9, 5:10] = False
    assert torch.equal(allowed, expected)
    coarse = usable(valid, (6, 8), 3).view(6, 8)
    expected = torch.ones(6, 8, dtype=torch.bool)
    expected[2:5, 2:5] = False  # the invalid pixel lies in row 3, column 3
    assert torch.equal(coarse, expected)


def test_usable_falls_back_to_the_centre_and_then_to_everything():
    valid = torch.zeros(1, 1, 9, 9)
    valid[..., 4, 4] = 1
    centre = usable(valid, (9, 9), 7)
    assert centre.nonzero().tolist() == [[40]]
    assert usable(torch.zeros(1, 1, 9, 9), (9, 9), 7).all()
