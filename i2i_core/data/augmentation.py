"""Random changes of colour, which leave the structure of pictures as it is."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def recolour(pictures: Tensor) -> Tensor:
    """Pictures (N, 3, H, W) in [−1, 1], each with its hue turned, its saturation, contrast and
    brightness changed and its tones bent, all at random."""
    count, device = len(pictures), pictures.device

    def between(low: float, high: float) -> Tensor:
        return torch.rand(count, 1, 1, 1, device=device) * (high - low) + low

    value = (pictures / 2 + 0.5).clamp(1e-4, 1)
    value = value ** torch.exp2(between(-0.9, 0.9))
    # A turn about the grey axis, as Rodrigues has it: v cos θ + (k × v) sin θ.
    angle = between(-math.pi, math.pi)
    bent = value.mean(1, keepdim=True)
    colour = value - bent
    across = (colour.roll(-1, 1) - colour.roll(1, 1)) / math.sqrt(3)
    turned = (colour * angle.cos() - across * angle.sin()) * between(0, 1.5)
    light = (bent - 0.5) * between(0.6, 1.3) + 0.5 + between(-0.15, 0.15)
    return ((light + turned) * 2 - 1).clamp(-1, 1)
