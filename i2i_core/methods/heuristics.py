"""Translations by rule, T(x): they make pseudo-pairs for unpaired methods to be drawn towards.

A variant, off by default: the loss ‖T(x) − G(x)‖₁ with a weight of its own. Ginger et al. 2019 mix
pairs into the data instead (`ImplicitPairs`); this says by a rule what they say by examples."""

from collections.abc import Callable

import torch
from torch import Tensor


def colour_transfer(source: Tensor, target: Tensor) -> Tensor:
    """`source` (N, 3, H, W) in [−1, 1] with each channel's mean and deviation of `target` (Reinhard
    et al. 2001, in RGB)."""
    mean, spread = source.mean((2, 3), keepdim=True), source.std((2, 3), keepdim=True)
    wanted_mean = target.mean((2, 3), keepdim=True)
    wanted_spread = target.std((2, 3), keepdim=True)
    return ((source - mean) * (wanted_spread / (spread + 1e-4)) + wanted_mean).clamp(-1, 1)


def lightness(source: Tensor, _target: Tensor) -> Tensor:
    """`source` in grey: for targets without colour, such as drawings."""
    weights = torch.tensor([0.299, 0.587, 0.114]).to(source).view(1, 3, 1, 1)
    return (source * weights).sum(1, keepdim=True).expand_as(source)


HEURISTICS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "colour transfer": colour_transfer,
    "lightness": lightness,
}
