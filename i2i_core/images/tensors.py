"""Pictures as tensors and back: sizes that networks take, channels, value ranges."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from i2i_core.images.filters import resize


def to_tensor(image: Image.Image) -> Tensor:
    """PIL image to (1, 3, H, W) float32 in [0, 1]."""
    pixels = np.array(image.convert("RGB"), dtype=np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].contiguous()


def fit_multiple(picture: Tensor, multiple: int) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """`picture` (1, C, H, W) with sides that are multiples of `multiple`, and the function that
    takes a result of that size back to (…, H, W). A few pixels are added by repeating the border;
    where that would be more than an eighth of a side the picture is scaled instead."""
    height, width = picture.shape[-2:]
    extra_h, extra_w = -height % multiple, -width % multiple
    if not extra_h and not extra_w:
        return picture, lambda result: result
    if extra_h <= height / 8 and extra_w <= width / 8:
        padded = F.pad(picture, (0, extra_w, 0, extra_h), mode="replicate")
        return padded, lambda result: result[..., :height, :width]
    near_h, near_w = (max(1, round(side / multiple)) * multiple for side in (height, width))
    scaled = resize(picture, (near_h, near_w)).clamp(0, 1)
    return scaled, lambda result: resize(result, (height, width)).clamp(0, 1)


def with_channels(picture: Tensor, channels: int) -> Tensor:
    """An RGB `picture` (N, 3, H, W) as it is, or for 1 channel its luma (ITU-R BT.601)."""
    if channels == 3:
        return picture
    weights = picture.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    return (picture * weights).sum(1, keepdim=True)


def to_image(picture: Tensor) -> Image.Image:
    """(1, 3, H, W) or (1, 1, H, W) in [0, 1] to an RGB PIL image; values outside are clipped."""
    if picture.shape[1] == 1:
        picture = picture.expand(-1, 3, -1, -1)
    pixels = (picture[0].detach().clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy())
