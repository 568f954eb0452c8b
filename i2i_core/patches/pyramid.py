"""The sizes of a coarse-to-fine pyramid, and a correspondence field carried between them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

Size = tuple[int, int]


def pyramid_sizes(size: Size, ratio: float, coarsest: int) -> list[Size]:
    """Sizes (height, width) from coarse to fine: `size` shrunk by `ratio` while the short side
    stays at least `coarsest` pixels."""
    sizes = [size]
    while min(sizes[-1]) * ratio >= coarsest:
        height, width = sizes[-1]
        sizes.append((round(height * ratio), round(width * ratio)))
    return sizes[::-1]


@dataclass(frozen=True)
class Field:
    """Which source patch each target patch uses (a nearest-neighbour field).

    Target patches sit on a grid: the one at `[i, j]` is centred on pixel (i·stride, j·stride).
    `y`, `x`: integer centres of the source patches, (gh, gw); `distance`: squared feature
    distance to them, (gh, gw).
    """

    y: Tensor
    x: Tensor
    distance: Tensor
    stride: int
    target: Size
    source: Size

    def index(self) -> Tensor:
        """Centres as indices into the flattened source, (gh·gw,)."""
        return (self.y * self.source[1] + self.x).flatten()

    def to_level(self, target: Size, source: Size, stride: int) -> Field:
        """The same correspondences at another level: neighbouring target patches of one old
        patch get neighbouring source patches."""
        y = self._axis(self.y, 0, target, source, stride)
        x = self._axis(self.x, 1, target, source, stride)
        return Field(y, x, torch.zeros_like(y, dtype=torch.float32), stride, target, source)

    def _axis(self, value: Tensor, axis: int, target: Size, source: Size, stride: int) -> Tensor:
        rows, row_offset = self._nearest(0, target, stride)
        columns, column_offset = self._nearest(1, target, stride)
        offset = row_offset[:, None] if axis == 0 else column_offset[None, :]
        scale = source[axis] / self.source[axis]
        centre = (value[rows][:, columns] + 0.5 + offset) * scale - 0.5
        return centre.round().long().clamp(0, source[axis] - 1)

    def _nearest(self, axis: int, target: Size, stride: int) -> tuple[Tensor, Tensor]:
        """For each new grid line: the old grid line nearest to it, and the distance to it in
        pixels of the old level."""
        count = -(-target[axis] // stride)
        new = torch.arange(count, device=self.y.device) * stride
        old = (new + 0.5) * (self.target[axis] / target[axis]) - 0.5
        line = (old / self.stride).round().long().clamp(0, self.y.shape[axis] - 1)
        return line, old - line * self.stride
