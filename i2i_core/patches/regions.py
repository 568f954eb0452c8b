"""Working on a part of a picture: which box to synthesize, and how it goes back in."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from i2i_core.patches.task import Task


class Box:
    """A rectangle of a picture and, within it, what is to be made anew.

    `rows`, `columns`: slices of the picture; `unknown` (1, 1, h, w): 1 where pixels are made, 0
    where they are kept, in between where the two are blended.
    """

    def __init__(self, rows: slice, columns: slice, unknown: Tensor) -> None:
        self.rows, self.columns, self.unknown = rows, columns, unknown


def changed_box(changed: NDArray[np.bool_], size: int, margin: float = 0.03) -> Box | None:
    """The box around `changed` (H, W) pixels, or None when there are none.

    A band of `margin`·`size` pixels around the change is made anew too, or old borders would
    stay; beyond it the box gives the patches something to fit to.
    """
    if not changed.any():
        return None
    band = max(3, round(margin * size))
    mask = torch.from_numpy(changed).float()[None, None]
    unknown = F.max_pool2d(mask, 2 * band + 1, 1, band)
    unknown = F.avg_pool2d(unknown, 5, 1, 2, count_include_pad=False)
    context = max(20, size // 8) + band
    slices = []
    for axis in (0, 1):
        lines = np.flatnonzero(changed.any(axis=1 - axis))
        first, last = max(0, lines[0] - context), min(changed.shape[axis], lines[-1] + 1 + context)
        slices.append(slice(int(first), int(last)))
    rows, columns = slices
    return Box(rows, columns, unknown[:, :, rows, columns])


def crop_task(task: Task, picture: Tensor, box: Box, valid: Tensor | None = None) -> Task:
    """`task` restricted to `box`: its target is the box, and known pixels of `picture`
    (1, 3, H, W) stay. All of the source may still be used, except where `valid` is 0."""
    return Task(
        source=task.source,
        source_guide=task.source_guide,
        target_guide=task.target_guide[:, :, box.rows, box.columns],
        valid=valid,
        known=picture[:, :, box.rows, box.columns],
        unknown=box.unknown.to(picture),
    )


def paste_result(picture: Tensor, part: Tensor, box: Box) -> Tensor:
    """`part` (1, 3, h, w), of any pyramid level, enlarged and laid into `picture` at `box`."""
    height, width = box.unknown.shape[-2:]
    part = F.interpolate(part, size=(height, width), mode="bilinear", align_corners=False)
    unknown = box.unknown.to(picture)
    out = picture.clone()
    before = picture[:, :, box.rows, box.columns]
    out[:, :, box.rows, box.columns] = before * (1 - unknown) + part * unknown
    return out
