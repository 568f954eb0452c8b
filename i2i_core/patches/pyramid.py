"""The sizes of a coarse-to-fine pyramid, and a correspondence field carried between them."""

from dataclasses import dataclass

import torch
from torch import Tensor

Size = tuple[int, int]


def pyramid_sizes(size: Size, ratio: float, coarsest: int) -> list[Size]:
    """Sizes (h, w), coarse to fine: `size` shrunk by `ratio` to no less than `coarsest` pixels."""
    sizes = [size]
    while min(sizes[-1]) * ratio >= coarsest:
        height, width = sizes[-1]
        sizes.append((round(height * ratio), round(width * ratio)))
    return sizes[::-1]


@dataclass(frozen=True)
class Field:
    """Which source patch each target patch uses (a nearest-neighbour field): of the one centred on
    target pixel (i·stride, j·stride), `y[i, j]`, `x[i, j]` are the source patch's integer centre,
    `distance[i, j]` is the squared feature distance to it; all (gh, gw)."""

    y: Tensor
    x: Tensor
    distance: Tensor
    stride: int
    target: Size
    source: Size

    def index(self) -> Tensor:
        """Centres as indices into the flattened source, (gh·gw,)."""
        return (self.y * self.source[1] + self.x).flatten()

    def to_level(self, target: Size, source: Size, stride: int) -> "Field":
        """The same correspondences at another level: neighbours in the target stay neighbours."""
        rows, row_offset = self._nearest(0, target, stride)
        columns, column_offset = self._nearest(1, target, stride)
        centres = []
        for axis, offset in enumerate((row_offset[:, None], column_offset)):
            old = (self.y, self.x)[axis][rows][:, columns]
            new = (old + 0.5 + offset) * (source[axis] / self.source[axis]) - 0.5
            centres.append(new.round().long().clamp(0, source[axis] - 1))
        y, x = centres
        distance = torch.zeros_like(y, dtype=torch.float32)
        return Field(y, x, distance, stride, target, source)

    def _nearest(self, axis: int, target: Size, stride: int) -> tuple[Tensor, Tensor]:
        """For each new grid line the nearest old one, and the distance to it in old pixels."""
        new = torch.arange(0, target[axis], stride, device=self.y.device)
        old = (new + 0.5) * (self.target[axis] / target[axis]) - 0.5
        line = (old / self.stride).round().long().clamp(0, self.y.shape[axis] - 1)
        return line, old - line * self.stride
