"""From a correspondence field to pixels: overlapping source patches vote, and are counted."""

import torch
import torch.nn.functional as F
from torch import Tensor

from i2i_core.patches.patch_pca import pad
from i2i_core.patches.pyramid import Field, Size


def vote(source: Tensor, field: Field, size: int, weight: Tensor) -> Tensor:
    """The target picture (1, C, H, W), each pixel the mean, by positive `weight` (gh, gw), of what
    the `size` × `size` patches of `source` (1, C, Hs, Ws) that cover it say (Wexler et al. 2007,
    eq. 3). For every pixel to get a vote, the field's stride must be at most `size` // 2 + 1."""
    radius, stride = size // 2, field.stride
    channels = source.shape[1]
    padded = pad(source, radius)
    padded_width = padded.shape[-1]
    # The weight rides along as one more channel, so that one sum gives both mean and divisor.
    pixels = torch.cat([padded, torch.ones_like(padded[:, :1])], 1)[0].flatten(1).T.contiguous()
    corner = (field.y * padded_width + field.x).flatten()
    grid_height, grid_width = grid = field.y.shape
    height, width = grid_height * stride + size, grid_width * stride + size
    total = source.new_zeros(height, width, channels + 1)
    weight = weight.reshape(*grid, 1)
    for dy in range(size):
        for dx in range(size):
            values = pixels.index_select(0, corner + (dy * padded_width + dx)).view(*grid, -1)
            rows = slice(dy, dy + grid_height * stride, stride)
            columns = slice(dx, dx + grid_width * stride, stride)
            total[rows, columns].addcmul_(values, weight)
    total = total[radius : radius + field.target[0], radius : radius + field.target[1]]
    mean = total[..., :channels] / total[..., channels:].clamp_min(1e-8)
    return mean.permute(2, 0, 1)[None]


def confidence(distance: Tensor) -> Tensor:
    """Vote weights 1 / (d + 0.1·median d): near patches decide, far ones only fill in."""
    distance = distance.clamp_min(0)
    return 1 / (distance + 0.1 * distance.median() + 1e-4)


def usage(field: Field, size: int) -> Tensor:
    """How often each source patch's neighbourhood is used, (Hs·Ws,), in units of an even use."""
    height, width = field.source
    index = field.index()
    count = torch.bincount(index, minlength=height * width).to(torch.float32)
    count = F.pad(count.view(1, 1, height, width), (size // 2,) * 4, mode="replicate")
    return F.avg_pool2d(count, size, 1).flatten() * (height * width / index.numel())


def usable(valid: Tensor, level: Size, size: int) -> Tensor:
    """Which source patches lie wholly on valid pixels, (Hs·Ws,) bool; if none, those whose centre
    is valid; if none, all. `valid` (1, 1, H, W) is 1 where the source may be used."""
    invalid = (F.interpolate(1 - valid, size=level, mode="area") > 0.02).float()
    touched = F.max_pool2d(invalid, size, 1, size // 2)
    for candidate in (touched, invalid):
        if bool((candidate == 0).any()):
            return (candidate == 0).flatten()
    return torch.ones_like(invalid, dtype=torch.bool).flatten()
