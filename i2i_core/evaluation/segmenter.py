"""A small network that reads labels off photographs, for the FCN-score of translations."""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.layers import norm_layer

LEVELS = 5
MAX_CHANNELS = 128


class Segmenter(nn.Module):
    """(N, 3, H, W) in [0, 1] to logits (N, classes, H, W), sides of any size. Fully convolutional
    with skips that are added (Long et al. 2015, section 4.2, without its pretrained VGG): LEVELS
    halvings of two 3×3 convolutions, `width` channels doubling up to MAX_CHANNELS, and as many
    doublings, the last bilinear. At width 32 1.26 million weights."""

    def __init__(self, classes: int, width: int = 32) -> None:
        super().__init__()
        widths = [min(MAX_CHANNELS, width * 2**level) for level in range(LEVELS)]
        self.downs, self.ups, self.skips = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for above, here in zip([3, *widths], widths, strict=False):
            self.downs.append(nn.Sequential(_block(above, here, stride=2), _block(here, here)))
        for here, below in pairwise(widths):
            self.skips.append(nn.Conv2d(below, here, 1))
            self.ups.append(_block(here, here))
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        below, right = -height % 2**LEVELS, -width % 2**LEVELS
        x = F.pad(x * 4 - 2, (0, right, 0, below), mode="replicate")
        padded = x.shape[-2:]
        features = []
        for down in self.downs:
            x = down(x)
            features.append(x)
        x = features.pop()
        for up, skip in zip(reversed(self.ups), reversed(self.skips), strict=True):
            finer = features.pop()
            x = up(finer + F.interpolate(skip(x), scale_factor=2.0, mode="nearest"))
        logits = F.interpolate(self.head(x), size=padded, mode="bilinear", align_corners=False)
        return logits[..., :height, :width]


def _block(channels_in: int, channels_out: int, stride: int = 1) -> nn.Module:
    convolution = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, norm_layer("batch", channels_out), nn.ReLU())
