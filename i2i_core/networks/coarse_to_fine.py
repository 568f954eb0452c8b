"""A generator in two stages, one for the layout and one for the detail (after Wang et al. 2018)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.colour_code import ColourCode
from i2i_core.networks.layers import InstanceNorm, Noise, blur, initialise
from i2i_core.networks.unet import UNet, UpConv


class CoarseToFine(nn.Module):
    """(N, in, H, W) in [−1, 1] to (N, out, H, W) in [−1, 1]; H and W multiples of 2^(depth + 1).

    As pix2pixHD's generator (Wang et al. 2018, section 3.2) it is a global network that works at
    half the size, and an enhancer that adds what is seen at full size only; the global one is
    trained alone first, with `coarse`. Different from theirs: the global network is a U-Net, which
    thinks at small sizes and so is fast on a CPU, and the enhancer's result is added to the
    enlarged coarse picture, so that its training starts from that and not from noise.

    A `code` (N, code) of `ColourCode` says which of the possible translations is wanted; `noise`
    is what their texture is made of where the source says nothing.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 32,
        depth: int = 5,
        fine_width: int = 24,
        widest: int = 8,
        code: int = 0,
        noise: bool = False,
    ) -> None:
        super().__init__()
        self.colours = ColourCode(code) if code else None
        self.coarse = UNet(
            in_channels,
            out_channels,
            width,
            depth,
            norm="instance",
            dropout=False,
            widest=widest,
            antialias=True,
            code=code,
            noise=noise,
        )
        wide, narrow = fine_width, max(1, fine_width // 2)
        seen = wide + 4 * in_channels + out_channels
        self.widen = UpConv(2 * width, wide, bias=False)
        self.refine = nn.ModuleList([_conv(seen, wide), _conv(wide, wide)])
        self.enlarge = UpConv(wide, narrow, bias=True)
        self.whole = _conv(narrow + in_channels, narrow)
        self.last = nn.Conv2d(narrow, out_channels, 3, padding=1, padding_mode="reflect")
        self.norm = InstanceNorm(wide)
        self.noises = nn.ModuleList([Noise(wide), Noise(wide), Noise(narrow)] if noise else [])
        initialise(self)

    def forward(self, x: Tensor, code: Tensor | None = None, coarse: bool = False) -> Tensor:
        """The translation; with `coarse` the global network's alone, (N, out, H/2, W/2)."""
        features = self.coarse.features(F.avg_pool2d(x, 2), code)
        picture = self.coarse.finish(features)
        if coarse:
            return picture.tanh()
        # At half the size: where the strokes lie to the pixel, and what the layout has become.
        h = F.leaky_relu(self.norm(blur(self.widen(F.relu(features)))), 0.2)
        h = torch.cat([h, F.pixel_unshuffle(x, 2), picture.tanh()], 1)
        for number, layer in enumerate(self.refine):
            h = self.norm(layer(h))
            h = F.leaky_relu(self.noises[number](h) if self.noises else h, 0.2)
        # At full size a little is enough, and more would be slow.
        h = blur(self.enlarge(h))
        h = self.noises[-1](h) if self.noises else h
        h = torch.cat([F.leaky_relu(h, 0.2), x], 1)
        # What alternates from pixel to pixel in the coarse picture is left behind.
        larger = F.interpolate(blur(picture), scale_factor=2, mode="bilinear", align_corners=False)
        result: Tensor = (larger + self.last(F.leaky_relu(self.whole(h), 0.2))).tanh()
        return result


def _conv(channels_in: int, channels_out: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 3, padding=1, padding_mode="reflect")
