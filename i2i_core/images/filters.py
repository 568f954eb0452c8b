"""Small image filters on tensors that every part of the core shares: resize, blur, Lab, rank."""

import torch
import torch.nn.functional as F
from torch import Tensor


def resize(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Resample `x` (1, C, H, W) to `size` (height, width): bicubic, antialiased when shrinking."""
    if tuple(x.shape[-2:]) == tuple(size):
        return x
    return F.interpolate(x, size=size, mode="bicubic", antialias=True, align_corners=False)


def resize_long_side(x: Tensor, long_side: int, least: int, multiple: int = 1) -> Tensor:
    """`x` (1, C, H, W) with the longer side of about `long_side` pixels, both of at least `least`
    and multiples of `multiple`, in [0, 1]."""
    scale = long_side / max(x.shape[-2:])
    height, width = (max(least, round(side * scale / multiple) * multiple) for side in x.shape[-2:])
    return resize(x, (height, width)).clamp(0, 1)


def gaussian_blur(x: Tensor, sigma: float) -> Tensor:
    """Blur `x` (1, C, H, W) by a Gaussian of `sigma` pixels; borders are replicated."""
    radius = int(3 * sigma + 1)
    t = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
    kernel = torch.exp(-0.5 * (t / sigma) ** 2)
    kernel = kernel / kernel.sum()
    channels = x.shape[1]
    x = F.pad(x, (radius,) * 4, mode="replicate")
    x = F.conv2d(x, kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
    return F.conv2d(x, kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)


def rgb_to_lab(x: Tensor) -> Tensor:
    """Convert sRGB `x` (1, 3, H, W) in [0, 1] to CIE L*a*b* under D65: L in 0 to 100. Not taken
    from scikit-image, because it must run where the tensor lives."""
    linear = torch.where(x <= 0.04045, x / 12.92, ((x.clamp_min(0) + 0.055) / 1.055) ** 2.4)
    # IEC 61966-2-1, each row divided by the D65 white point.
    matrix = x.new_tensor([
        [0.412453 / 0.95047, 0.357580 / 0.95047, 0.180423 / 0.95047],
        [0.212671, 0.715160, 0.072169],
        [0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883],
    ])  # fmt: skip
    xyz = torch.einsum("ij,bjhw->bihw", matrix, linear)
    f = torch.where(xyz > 0.008856, xyz.clamp_min(1e-6) ** (1 / 3), 7.787 * xyz + 16 / 116)
    fx, fy, fz = f.unbind(1)
    return torch.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], 1)


def rank(x: Tensor) -> Tensor:
    """Every value's rank among all of `x`, scaled to [0, 1]; equal values share their mean rank."""
    _, inverse, counts = torch.unique(x.flatten(), return_inverse=True, return_counts=True)
    mean_rank = counts.cumsum(0).float() - (counts.float() + 1) / 2
    ranks: Tensor = mean_rank[inverse] / max(1, x.numel() - 1)
    return ranks.view_as(x)


def correlation(a: Tensor, b: Tensor) -> float:
    """Pearson's correlation of two tensors of the same shape, in [-1, 1]."""
    a, b = (a - a.mean()).flatten(), (b - b.mean()).flatten()
    return float((a * b).sum() / (a.norm() * b.norm()).clamp_min(1e-9))
