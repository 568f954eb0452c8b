"""Augmentation: pictures in other colours, random crops and windows of them."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def recolour(pictures: Tensor) -> Tensor:
    """Pictures (N, 3, H, W) in [−1, 1], each in other tones and colours, changed at random."""

    def between(low: float, high: float) -> Tensor:
        return torch.rand(len(pictures), 1, 1, 1, device=pictures.device) * (high - low) + low

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


def random_crops(pictures: Tensor, count: int, size: int, least: float, most: float) -> Tensor:
    """`count` crops (N, `count`, 3, `size`, `size`) of each picture (N, 3, H, W): each side
    a share of the picture's, drawn from [`least`, `most`], half of them mirrored."""
    number, device = len(pictures), pictures.device
    side = torch.rand(number, count, 1, 1, 2, device=device) * (most - least) + least
    centre = (torch.rand(number, count, 1, 1, 2, device=device) * 2 - 1) * (1 - side)
    mirror = (torch.rand(number, count, 1, 1, device=device) < 0.5).float() * 2 - 1
    line = (torch.arange(size, device=device) * 2 + 1) / size - 1
    across = mirror * line  # (N, count, 1, size)
    grid = torch.stack(torch.broadcast_tensors(across, line[:, None]), -1)
    # One below the other, for a picture is then read once for all of its crops.
    places = (grid * side + centre).flatten(1, 2)
    crops = F.grid_sample(pictures.float(), places, align_corners=False)
    return crops.view(number, 3, count, size, size).transpose(1, 2)


def random_windows(pictures: Tensor, size: int) -> Tensor:
    """A random square of `size` pixels of each of `pictures` (N, C, H, H)."""
    if size == pictures.shape[-1]:
        return pictures
    places = torch.randint(pictures.shape[-1] - size + 1, (len(pictures), 2)).tolist()
    windows = [p[:, y : y + size, x : x + size] for p, (y, x) in zip(pictures, places, strict=True)]
    return torch.stack(windows)
