"""Differentiable augmentation (Zhao et al. 2020) of what a discriminator judges, real or made: with
few pictures it would otherwise learn them by heart."""

import torch
import torch.nn.functional as F
from torch import Tensor

SHIFT = 1 / 8  # at most, of a side
HOLE = 1 / 2  # the side of what is cut out


class DifferentiableAugmentation:
    """Colour, translation and cutout (section 4), drawn once for a batch shaped like `like`
    (N, C, H, W): what it is applied to is augmented alike, and gradients pass."""

    def __init__(self, like: Tensor) -> None:
        count, _, *size = like.shape
        device = like.device

        def between(low: float, high: float) -> Tensor:
            return torch.rand(count, 1, 1, 1, device=device) * (high - low) + low

        self.brightness, self.saturation = between(-0.5, 0.5), between(0, 2)
        self.contrast = between(0.5, 1.5)
        self.most = [round(SHIFT * side) for side in size]
        draws = [torch.randint(2 * most + 1, (count,)).tolist() for most in self.most]
        self.shifts = [*zip(*draws, strict=True)]
        rows, columns = (torch.arange(side, device=device) + 0.5 for side in size)
        y, x = (between(0, side) for side in size)
        inside = (rows[:, None] - y).abs() < HOLE / 2 * size[0]
        self.kept = ~(inside & ((columns - x).abs() < HOLE / 2 * size[1]))

    def colour(self, pictures: Tensor) -> Tensor:
        """Pictures (N, C, H, W) in [−1, 1] in another light, in about the same range."""
        pictures = pictures + self.brightness
        grey = pictures.mean(1, keepdim=True)
        pictures = (pictures - grey) * self.saturation + grey
        mean = pictures.mean((1, 2, 3), keepdim=True)
        return (pictures - mean) * self.contrast + mean

    def move(self, maps: Tensor) -> Tensor:
        """Maps or pictures (N, C, H, W), shifted, with zeros where nothing is left."""
        height, width = maps.shape[-2:]
        down, across = self.most
        padded = F.pad(maps, (across, across, down, down))
        parts = [
            each[:, y : y + height, x : x + width]
            for each, (y, x) in zip(padded, self.shifts, strict=True)
        ]
        return torch.stack(parts) * self.kept
