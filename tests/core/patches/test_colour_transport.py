"""Colours carried over: distributions are reached, order and weights are kept to."""

from __future__ import annotations

import torch

from i2i_core.patches.colour_transport import (
    affine_transport,
    transport_colours,
    transport_values,
)


def colours(count: int, seed: int) -> torch.Tensor:
    """Of two lumps that no affine map makes of one."""
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 3, generator=random) * torch.tensor([0.05, 0.1, 0.02])
    return x + 0.3 + 0.4 * (torch.rand(count, 1, generator=random) < 0.3)


def gap(a: torch.Tensor, b: torch.Tensor) -> float:
    """Of the sorted values along a few directions."""
    random = torch.Generator().manual_seed(9)
    directions = torch.randn(3, 16, generator=random)
    return float(((a @ directions).sort(0).values - (b @ directions).sort(0).values).abs().mean())


def test_values_take_the_other_distribution_and_keep_their_order() -> None:
    a, b = torch.linspace(0, 1, 400), torch.linspace(0, 1, 300).square() * 3 - 1
    result = transport_values(a, b, torch.ones(400), torch.ones(300))
    assert (result.diff() >= -1e-6).all()
    expected = torch.quantile(b, torch.linspace(0, 1, 400))
    assert (result - expected).abs().max() < 0.03


def test_what_weighs_nothing_asks_for_nothing() -> None:
    a, b = torch.linspace(0, 1, 200), torch.cat([torch.full((100,), 0.2), torch.full((100,), 0.9)])
    weights = torch.cat([torch.zeros(100), torch.ones(100)])
    result = transport_values(a, b, torch.ones(200), weights)
    assert (result - 0.9).abs().max() < 0.02


def test_an_affine_map_gives_mean_and_covariance() -> None:
    random = torch.Generator().manual_seed(3)
    a = torch.randn(500, 3, generator=random)
    b = torch.randn(400, 3, generator=random) @ torch.randn(3, 3, generator=random) + 2
    result = affine_transport(a, b, torch.ones(500), torch.ones(400))
    assert torch.allclose(result.mean(0), b.mean(0), atol=1e-3)
    assert torch.allclose(torch.cov(result.T), torch.cov(b.T), atol=0.05)


def test_a_flat_colour_becomes_the_mean() -> None:
    flat, b = torch.full((50, 3), 0.5), colours(80, 1)
    result = affine_transport(flat, b, torch.ones(50), torch.ones(80))
    assert torch.allclose(result, b.mean(0).expand(50, 3), atol=1e-4)


def test_rotations_reach_what_no_affine_map_does() -> None:
    random = torch.Generator().manual_seed(4)
    a, b = torch.rand(600, 3, generator=random), colours(600, 2)
    ones = torch.ones(600)
    affine, full = affine_transport(a, b, ones, ones), transport_colours(a, b, ones, ones)
    assert gap(full, b) < 0.5 * gap(affine, b) < gap(a, b)
    assert torch.equal(full, transport_colours(a, b, ones, ones))
