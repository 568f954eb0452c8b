"""The ResNet generator of CycleGAN (Zhu et al. 2017, appendix 7.2) and CUT's anti-aliased one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.layers import BlurDown, BlurUp, initialise, norm_layer
from i2i_core.networks.winograd import Conv3x3, pays


class ResNet(nn.Module):
    """(N, in, H, W) in [−1, 1] to (N, out, H, W) in [−1, 1]; H and W multiples of 4.

    Two halvings, `blocks` residual blocks (9; 6 for pictures of 128 pixels) with 4·`width`
    channels, two doublings. With `antialias`, CUT's: halved and doubled by fixed blurs (Zhang 2019)
    instead of by strides. 11.378 million weights either way at the published numbers.

    With `tone` (not in the papers) it adds to the input's tones: the mean colours of its squares of
    so many pixels, smoothly joined. Instance normalisation forgets how bright a picture is, and to
    learn that it should be kept takes longer than anything else. With tones given, all that is
    left to make is detail, which is where brushwork is; given the whole input, it would stay at it.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        blocks: int = 9,
        norm: str = "instance",
        dropout: bool = False,
        antialias: bool = False,
        init: str = "normal",
        tone: int = 0,
    ) -> None:
        super().__init__()
        self.tone = tone
        bias = norm != "batch"

        def normed(channels: int) -> list[nn.Module]:
            return [norm_layer(norm, channels), nn.ReLU(inplace=True)]

        def down(channels: int) -> list[nn.Module]:
            if antialias:
                conv = nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=bias)
                return [conv, *normed(2 * channels), BlurDown()]
            conv = nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1, bias=bias)
            return [conv, *normed(2 * channels)]

        def up(channels: int) -> list[nn.Module]:
            half = channels // 2
            if antialias:
                return [BlurUp(), nn.Conv2d(channels, half, 3, padding=1, bias=bias), *normed(half)]
            conv = nn.ConvTranspose2d(channels, half, 3, 2, 1, output_padding=1, bias=bias)
            return [conv, *normed(half)]

        head = [nn.ReflectionPad2d(3), nn.Conv2d(in_channels, width, 7, bias=bias), *normed(width)]
        trunk = [ResidualBlock(4 * width, norm, dropout, bias) for _ in range(blocks)]
        tail = [nn.ReflectionPad2d(3), nn.Conv2d(width, out_channels, 7), nn.Tanh()]
        encoder = [*head, *down(width), *down(2 * width), *trunk]
        self.model = nn.Sequential(*encoder, *up(4 * width), *up(2 * width), *tail)
        self.encoder_length = len(encoder)
        # Head, tail and a bit for halving and doubling; a block sees two of four pixels each way.
        self.reach = 24 + 8 * blocks + 2 * tone
        initialise(self, init)

    def forward(
        self, x: Tensor, layers: Sequence[int] = ()
    ) -> Tensor | tuple[Tensor, list[Tensor]]:
        """The translation; if `layers` are asked for, also what those gave on the way."""
        features = self.encode(x, layers, whole=True)
        result = features.pop()
        if self.tone:
            result = result + tones(x, self.tone)
        return (result, features) if layers else result

    def encode(self, x: Tensor, layers: Sequence[int], whole: bool = False) -> list[Tensor]:
        """What the layers of these numbers give; nothing beyond the last one is computed, unless
        `whole`, when the translation comes last."""
        channels_first = x.is_contiguous()
        found: list[Tensor] = []
        end = len(self.model) if whole else max(layers) + 1
        for number, layer in enumerate(list(self.model)[:end]):
            if number == self.encoder_length and channels_first:
                x = x.contiguous()  # the residual blocks may have turned it
            wanted = isinstance(layer, nn.ReLU) and bool(found) and found[-1] is x
            x = layer(x.clone() if wanted else x)  # in place it would overwrite what is asked for
            if number in layers:
                found.append(x)
        return [*found, x] if whole else found


def tones(x: Tensor, side: int) -> Tensor:
    """The mean colours of squares of `side` pixels of (N, C, H, W), joined bilinearly."""
    means = F.avg_pool2d(x, side, ceil_mode=True, count_include_pad=False)
    large = F.interpolate(means, scale_factor=float(side), mode="bilinear", align_corners=False)
    return large[..., : x.shape[-2], : x.shape[-1]]


class ResidualBlock(nn.Module):
    """x plus two 3×3 convolutions of x, reflected at the borders (N, C, H, W)."""

    def __init__(self, channels: int, norm: str, dropout: bool, bias: bool = True) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            Conv3x3(channels, channels, bias),
            norm_layer(norm, channels),
            nn.ReLU(inplace=True),
            *([nn.Dropout(0.5)] if dropout else []),
            nn.ReflectionPad2d(1),
            Conv3x3(channels, channels, bias),
            norm_layer(norm, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        if pays(x, self.first.weight, x.shape[-2], x.shape[-1]):
            x = x.contiguous(memory_format=torch.channels_last)
        change: Tensor = self.conv_block(x)
        return x + change

    @property
    def first(self) -> Conv3x3:
        """The first convolution."""
        convolution = self.conv_block[1]
        assert isinstance(convolution, Conv3x3)
        return convolution
