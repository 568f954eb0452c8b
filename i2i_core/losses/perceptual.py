"""Perceptual loss: distance of deep features (Johnson et al. 2016; Wang et al. 2018)."""

from collections.abc import Sequence

import torch
from torch import Tensor


def perceptual(result: Sequence[Tensor], target: Sequence[Tensor]) -> Tensor:
    """Mean over layers of the L1 distance of features (N, C, H, W), each layer in units of its mean
    size in the target (Wang et al. 2018 weigh by hand), which is detached."""
    pairs = zip(result, [feature.detach() for feature in target], strict=True)
    terms = [(a - b).abs().mean() / b.abs().mean().clamp_min(1e-6) for a, b in pairs]
    return torch.stack(terms).mean()
