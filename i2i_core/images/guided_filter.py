"""The guided filter (He et al. 2013): a picture made locally affine in another, and so given that
one's outlines."""

import torch
import torch.nn.functional as F
from torch import Tensor

from i2i_core.images.filters import resize


def guided_filter(guide: Tensor, x: Tensor, radius: int, epsilon: float) -> Tensor:
    """`x` (1, C, h, w) as, within windows of `radius` pixels of it to each side, affine functions
    of `guide` (1, 1 or 3, H, W): (1, C, H, W), of values that may leave the range of `x`.

    Where the guide varies by less than `epsilon`, a variance, the result tends to the window's
    mean. He et al. 2013 (*Guided image filtering*, section 3), for a guide of several channels. The
    functions are found at the size of `x` and applied at that of the guide, as in He & Sun 2015
    (*Fast guided filter*, section 2)."""
    small = resize(guide, x.shape[-2:])
    slopes, offset = _affine(small - 0.5, x, radius, epsilon)
    slopes, offset = (
        F.interpolate(v, guide.shape[-2:], mode="bilinear", align_corners=False)
        for v in (slopes.flatten(1, 2), offset)
    )
    slopes = slopes.unflatten(1, (x.shape[1], guide.shape[1]))
    filtered: Tensor = (slopes * (guide - 0.5)[:, None]).sum(2) + offset
    return filtered


def _affine(guide: Tensor, x: Tensor, radius: int, epsilon: float) -> tuple[Tensor, Tensor]:
    """Slopes (1, C, G, H, W) and offsets (1, C, H, W), each the mean over all windows that a pixel
    is in."""
    channels = guide.shape[1]
    mean_g, mean_x = box_mean(guide, radius), box_mean(x, radius)
    squares = (guide[:, :, None] * guide[:, None]).flatten(1, 2)
    covariance = box_mean(squares, radius).unflatten(1, (channels, channels))
    covariance = covariance - mean_g[:, :, None] * mean_g[:, None]
    covariance = covariance + epsilon * torch.eye(channels).to(x)[None, :, :, None, None]
    products = box_mean((x[:, :, None] * guide[:, None]).flatten(1, 2), radius)
    cross = products.unflatten(1, (x.shape[1], channels)) - mean_x[:, :, None] * mean_g[:, None]
    # Pixels first: a system of G equations each.
    systems, right = covariance[0].permute(2, 3, 0, 1), cross[0].permute(2, 3, 1, 0)
    slopes = torch.linalg.solve(systems, right).permute(3, 2, 0, 1)[None]
    offset = mean_x - (slopes * mean_g[:, None]).sum(2)
    mean_slopes = box_mean(slopes.flatten(1, 2), radius).unflatten(1, slopes.shape[1:3])
    return mean_slopes, box_mean(offset, radius)


def box_mean(x: Tensor, radius: int) -> Tensor:
    """The mean of `x` (1, C, H, W) over squares of 2 `radius` + 1 pixels, of those inside."""
    for dim in (-1, -2):
        x = _line_mean(x, radius, dim)
    return x


def _line_mean(x: Tensor, radius: int, dim: int) -> Tensor:
    """The mean along one dimension by running sums: its cost does not depend on `radius`."""
    size = x.shape[dim]
    sums = F.pad(x.movedim(dim, -1).cumsum(-1), (1, 0))
    place = torch.arange(size, device=x.device)
    high, low = (place + radius + 1).clamp(max=size), (place - radius).clamp(min=0)
    return ((sums[..., high] - sums[..., low]) / (high - low)).movedim(-1, dim)
