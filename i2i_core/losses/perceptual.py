"""Perceptual loss: distance of deep features (Johnson et al. 2016; Wang et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def perceptual(result: Sequence[Tensor], target: Sequence[Tensor]) -> Tensor:
    """Mean over layers of the L1 distance of features, each layer in units of its mean size in the
    target (Wang et al. 2018, section 3.3, weighs layers by hand instead). The target is detached.
    Features (N, C, H, W) of one shape, layer by layer."""
    terms = [
        (a - b.detach()).abs().mean() / b.detach().abs().mean().clamp_min(1e-6)
        for a, b in zip(result, target, strict=True)
    ]
    return torch.stack(terms).mean()
