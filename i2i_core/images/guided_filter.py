"""Guided filter: a soft mask whose edges follow those of a photograph (He et al. 2013)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def guided_filter(
    mask: Tensor, guide: Tensor, radius: int, epsilon: float = 1e-4, work_side: int = 512
) -> Tensor:
    """`mask` (1, 1, h, w) filtered along the edges of `guide` (1, 3, H, W), both in [0, 1]; the
    result (1, 1, H, W) has the guide's size and may leave [0, 1] a little.

    Guided filter with a colour guide (He et al. 2013, equations 19 to 21); `radius` is that of its
    window, in pixels of a guide whose longer side is `work_side`: the linear coefficients are
    computed there and enlarged, as in the fast guided filter (He & Sun 2015). The smaller
    `epsilon`, a variance, the fainter edges count."""
    size = guide.shape[-2:]
    scale = min(1.0, work_side / max(size))
    small = [max(1, round(side * scale)) for side in size]
    image = F.interpolate(guide, size=small, mode="area")
    target = F.interpolate(mask, size=small, mode="bilinear", align_corners=False)
    mean, mean_target = box_mean(image, radius), box_mean(target, radius)
    products = (image[:, :, None] * image[:, None]).flatten(1, 2)
    covariance = box_mean(products, radius) - (mean[:, :, None] * mean[:, None]).flatten(1, 2)
    matrix = covariance.view(3, 3, -1).permute(2, 0, 1) + epsilon * torch.eye(3).to(image)
    cross = box_mean(image * target, radius) - mean * mean_target
    slope = torch.linalg.solve(matrix, cross.view(3, -1).T)
    a = slope.T.reshape(1, 3, *small)
    b = mean_target - (a * mean).sum(1, keepdim=True)
    lines = F.interpolate(
        box_mean(torch.cat([a, b], 1), radius), size=size, mode="bilinear", align_corners=False
    )
    return (lines[:, :3] * guide).sum(1, keepdim=True) + lines[:, 3:]


def box_mean(x: Tensor, radius: int) -> Tensor:
    """Mean of `x` (1, C, H, W) over a window of 2 `radius` + 1 pixels, within the picture."""
    size = 2 * radius + 1
    for kernel in ((size, 1), (1, size)):
        padding = (kernel[0] // 2, kernel[1] // 2)
        x = F.avg_pool2d(x, kernel, 1, padding, count_include_pad=False)
    return x
