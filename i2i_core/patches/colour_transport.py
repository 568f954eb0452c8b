"""Colours of one picture carried over to another by optimal transport, in closed form and by
iterative distribution transfer (Pitié et al. 2007)."""

import torch
from torch import Tensor

ROTATIONS = 4  # from an affine start; twice as many come no nearer and keep less arrangement
BINS = 512  # of a marginal distribution
RIDGE = 1e-4  # variance that even a flat colour is given: slopes stay finite


def transport_colours(
    a: Tensor, b: Tensor, weights_a: Tensor, weights_b: Tensor, rotations: int = ROTATIONS
) -> Tensor:
    """The colours `a` (N, 3) moved so that, with their weights (N,), they are distributed as `b`
    (M, 3) with theirs (M,); any units, weights not negative.

    First `affine_transport`, which keeps what lies between colours, then for each of so many
    rotations of the axes the transport of the three marginal distributions (Pitié, Kokaram &
    Dahyot 2007, *Automated colour grading using colour distribution transfer*: iterative
    distribution transfer)."""
    x = affine_transport(a, b, weights_a, weights_b)
    for rotation in _rotations(rotations):
        axes = rotation.to(x)
        turned, wanted = x @ axes, b @ axes
        moved = [
            transport_values(turned[:, k], wanted[:, k], weights_a, weights_b) for k in range(3)
        ]
        x = torch.stack(moved, 1) @ axes.T
    return x


def affine_transport(a: Tensor, b: Tensor, weights_a: Tensor, weights_b: Tensor) -> Tensor:
    """The optimal transport between Gaussians of the mean and covariance of `a` (N, 3) and `b`
    (M, 3), applied to `a`: of all affine maps the one that moves colours least (Pitié & Kokaram
    2007, *The linear Monge-Kantorovitch linear colour mapping for example-based colour transfer*:
    the Monge-Kantorovitch solution)."""
    (mean_a, cov_a), (mean_b, cov_b) = _moments(a, weights_a), _moments(b, weights_b)
    root = _square_root(cov_a)
    inverse = torch.linalg.inv(root)
    slope = inverse @ _square_root(root @ cov_b @ root) @ inverse
    moved: Tensor = (a - mean_a) @ slope.to(a) + mean_b
    return moved


def transport_values(a: Tensor, b: Tensor, weights_a: Tensor, weights_b: Tensor) -> Tensor:
    """The values `a` (N,) by a monotone function that gives them the distribution of `b` (M,): the
    optimal transport on a line. Distributions are counted in BINS between the extremes."""
    low, high = torch.minimum(a.min(), b.min()), torch.maximum(a.max(), b.max())
    scale = (BINS - 1) / (high - low).clamp_min(1e-6)
    place = (a - low) * scale
    share, wanted = _shares(place, weights_a), _shares((b - low) * scale, weights_b)
    above = torch.searchsorted(wanted, share).clamp(1, BINS - 1)
    step = (wanted[above] - wanted[above - 1]).clamp_min(1e-9)
    values = above - 1 + ((share - wanted[above - 1]) / step).clamp(0, 1)
    index, part = _split(place)
    return low + (values[index] * (1 - part) + values[index + 1] * part) / scale


def _shares(places: Tensor, weights: Tensor) -> Tensor:
    """The share (BINS,) of the weight that lies below each bin's middle."""
    index, part = _split(places)
    counts = torch.zeros(BINS, dtype=places.dtype, device=places.device)
    counts.index_add_(0, index, weights * (1 - part))
    counts.index_add_(0, index + 1, weights * part)
    return (counts.cumsum(0) - counts / 2) / counts.sum().clamp_min(1e-12)


def _split(places: Tensor) -> tuple[Tensor, Tensor]:
    """Between which bins places lie: the lower one's number, and the part of the way."""
    index = places.long().clamp(0, BINS - 2)
    return index, places - index


def _moments(x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    share = (weights / weights.sum().clamp_min(1e-12))[:, None]
    mean = (share * x).sum(0)
    covariance = ((x - mean) * share).T @ (x - mean)
    return mean, covariance.double() + RIDGE * torch.eye(3).to(x).double()


def _square_root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
    return root


def _rotations(count: int) -> list[Tensor]:
    """Rotations (3, 3): none, then random ones, always the same."""
    random = torch.Generator().manual_seed(0)
    rotations = [torch.eye(3)]
    for _ in range(count - 1):
        q, r = torch.linalg.qr(torch.randn(3, 3, generator=random))
        rotations.append(q * r.diagonal().sign())
    return rotations[:count]
