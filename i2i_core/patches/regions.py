"""Working on a part of a picture: which box to synthesize, and how it goes back in."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from i2i_core.patches.task import Task


@dataclass(frozen=True)
class Box:
    """A rectangle of a picture, and what is made anew within: `unknown` (1, 1, h, w), 1 where
    pixels are made, 0 where they are kept, in between where the two are blended."""

    rows: slice
    columns: slice
    unknown: Tensor

    def cut(self, picture: Tensor) -> Tensor:
        """What of `picture` (1, C, H, W) lies in the box, (1, C, h, w), as a view."""
        return picture[:, :, self.rows, self.columns]


def changed_box(changed: NDArray[np.bool_], size: int, margin: float = 0.03) -> Box | None:
    """The box around `changed` (H, W) pixels, or None for none. A band of `margin`·`size` pixels
    around them is made anew too, or old borders would stay; to what lies beyond patches fit."""
    if not changed.any():
        return None
    band = max(3, round(margin * size))
    mask = torch.from_numpy(changed).float()[None, None]
    unknown = F.max_pool2d(mask, 2 * band + 1, 1, band)
    unknown = F.avg_pool2d(unknown, 5, 1, 2, count_include_pad=False)
    context = max(20, size // 8) + band
    rows, columns = (
        slice(max(0, int(lines.min()) - context), min(side, int(lines.max()) + 1 + context))
        for lines, side in zip(np.nonzero(changed), changed.shape, strict=True)
    )
    return Box(rows, columns, unknown[:, :, rows, columns])


def crop_task(task: Task, picture: Tensor, box: Box, valid: Tensor | None = None) -> Task:
    """`task` restricted to `box`: its target is the box, and known pixels of `picture`
    (1, 3, H, W) stay. All of the source may still be used, except where `valid` is 0."""
    guides = task.source_guide, box.cut(task.target_guide)
    return Task(task.source, *guides, valid, box.cut(picture), box.unknown.to(picture))


def paste_result(picture: Tensor, part: Tensor, box: Box) -> Tensor:
    """`part` (1, 3, h, w), of any pyramid level, enlarged and laid into `picture` at `box`."""
    unknown = box.unknown.to(picture)
    part = F.interpolate(part, size=unknown.shape[-2:], mode="bilinear", align_corners=False)
    result = picture.clone()
    box.cut(result).copy_(box.cut(picture) * (1 - unknown) + part * unknown)
    return result
