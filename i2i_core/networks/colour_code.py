"""A few numbers that say which colours a picture has where, found by principal components."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FLAT = 1e-2  # deviation along a direction, from −1 to 1, below which pictures do not differ in it
TILES = 4  # a picture's colours are the means of TILES × TILES tiles


class ColourCode(nn.Module):
    """Pictures (N, 3 or 1, H, W) in [−1, 1] to codes (N, size): the first `size` principal
    components of their 4×4 thumbnails, scaled to a variance of 1. A sketch leaves open which
    colours it stands for; told them, a translator need not learn their mean, which is mud, and who
    asks for a picture can choose, or draw, a code.

    Nothing here is learnt by descent; `measure` must have seen pictures first.
    """

    mean: Tensor
    basis: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        values = 3 * TILES * TILES
        self.size = size
        self.register_buffer("mean", torch.zeros(values))
        self.register_buffer("basis", torch.zeros(values, size))

    def forward(self, pictures: Tensor) -> Tensor:
        return (_thumbnails(pictures) - self.mean) @ self.basis

    @torch.no_grad()
    def measure(self, pictures: Iterable[Tensor]) -> None:
        """Find the components from pictures (1, 3 or 1, H, W) in [−1, 1], of any sizes; none leave
        it as it is. Where they do not differ, other pictures' differences say nothing either."""
        thumbnails = [_thumbnails(picture) for picture in pictures]
        if not thumbnails:
            return
        seen = torch.cat(thumbnails).double()
        mean = seen.mean(0)
        _, spread, directions = torch.linalg.svd(seen - mean, full_matrices=False)
        kept = min(self.size, len(spread))
        deviation = spread[:kept] / max(1, len(seen) - 1) ** 0.5
        self.mean.copy_(mean)
        self.basis.zero_()
        scaled = directions[:kept].T / deviation.clamp_min(FLAT)
        self.basis[:, :kept] = scaled * (deviation > FLAT)

    def draw(self, seed: int) -> Tensor:
        """A code (1, size) for `seed`: 0 is the mean of all pictures, the others are drawn from a
        normal distribution whose far ends are cut off."""
        if seed == 0:
            return torch.zeros_like(self.basis[:1])
        random = torch.Generator().manual_seed(seed)
        drawn = torch.randn(1, self.size, generator=random).clamp(-1.5, 1.5)
        return drawn.to(self.basis.device)


def _thumbnails(pictures: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(pictures, TILES).expand(-1, 3, -1, -1).flatten(1)
