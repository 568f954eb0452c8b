"""The guided filter: affine in its guide, sharp at its edges, smooth where it is flat."""

from __future__ import annotations

import pytest
import torch

from i2i_core.images.guided_filter import box_mean, guided_filter


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def test_a_mean_over_squares_counts_what_is_inside() -> None:
    x = noise(1, 2, 7, 9)
    means = box_mean(x, 2)
    assert means.shape == x.shape
    assert torch.allclose(means[0, :, 3, 4], x[0, :, 1:6, 2:7].mean((1, 2)), atol=1e-6)
    assert torch.allclose(means[0, :, 0, 0], x[0, :, :3, :3].mean((1, 2)), atol=1e-6)
    assert torch.allclose(box_mean(torch.ones(1, 1, 5, 5), 9), torch.ones(1, 1, 5, 5))


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_affine_in_the_guide_stays(channels: int) -> None:
    guide = noise(1, channels, 24, 20)
    x = torch.cat([0.2 + guide.mean(1, keepdim=True), 1 - 2 * guide[:, :1]], 1)
    assert (guided_filter(guide, x, 4, 1e-6) - x).abs().max() < 1e-3


def test_noise_goes_and_the_edge_of_the_guide_stays() -> None:
    guide = torch.zeros(1, 3, 32, 32)
    guide[..., 16:] = 1
    x = guide[:, :1] + 0.2 * (noise(1, 1, 32, 32) - 0.5)
    result = guided_filter(guide, x, 6, 1e-3)
    assert result[..., :16].std() < 0.3 * x[..., :16].std()
    assert (result[..., 15].mean(), result[..., 16].mean()) == pytest.approx((0, 1), abs=0.05)


def test_a_small_image_is_brought_to_the_outlines_of_a_large_guide() -> None:
    guide = torch.zeros(1, 3, 64, 64)
    guide[..., 30:] = 1
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 8:] = 1
    result = guided_filter(guide, mask, 3, 1e-4)
    assert result.shape == (1, 1, 64, 64)
    assert result[..., 20:28].max() < 0.2
    assert result[..., 31:40].min() > 0.8
