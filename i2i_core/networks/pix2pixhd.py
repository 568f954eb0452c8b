"""A generator in two stages, one for the layout and one for the detail (after Wang et al. 2018)."""

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.layers import InstanceNorm, Noise, blur, initialise
from i2i_core.networks.unet import UNet, UpConv

FLAT = 1e-2  # deviation along a direction, from −1 to 1, below which pictures do not differ in it
TILES = 4  # a picture's colours are the means of TILES × TILES tiles


class Pix2PixHDGenerator(nn.Module):
    """(N, in, H, W) in [−1, 1] to (N, out, H, W) in [−1, 1]; H and W multiples of 2^(depth + 1).

    As in pix2pixHD (Wang et al. 2018, section 3.2) a global network works at half the size, trained
    alone first, with `coarse`, and an enhancer adds what is seen at full size only. Here the global
    network is a U-Net, which is fast on a CPU, and the enhancer's result is added to the enlarged
    coarse picture, from which its training starts. A `code` (N, code) of `ColourCode` says which of
    the possible translations is wanted, to every layer, and with `paint_code` as a thumbnail beside
    the source, which is learnt sooner; `noise` is for texture where the source says nothing."""

    def __init__(
        self, in_channels: int = 3, out_channels: int = 3, width: int = 32, depth: int = 5,
        fine_width: int = 24, max_multiple: int = 8, code: int = 0, noise: bool = False,
        paint_code: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.paint_code = paint_code and code > 0
        self.colours = ColourCode(code) if code else None
        options: dict[str, Any] = {"norm": "instance", "dropout": False, "antialias": True}
        options |= {"max_multiple": max_multiple, "code": code, "noise": noise}
        self.coarse = UNet(in_channels + 3 * self.paint_code, out_channels, width, depth, **options)
        wide, narrow = fine_width, max(1, fine_width // 2)
        self.widen = UpConv(2 * width, wide, bias=False)
        inputs = wide + 4 * in_channels + out_channels
        self.refine = nn.ModuleList([_conv(inputs, wide), _conv(wide, wide)])
        self.enlarge = UpConv(wide, narrow, bias=True)
        self.whole = _conv(narrow + in_channels, narrow)
        self.last = _conv(narrow, out_channels)
        self.norm = InstanceNorm(wide)
        self.noises = nn.ModuleList([Noise(wide), Noise(wide), Noise(narrow)] if noise else [])
        initialise(self)
        if self.paint_code:
            # With the small weights of pix2pix, which no norms make good for in the outermost
            # layers, it would take thousands of steps until colours come through.
            for layer in (self.coarse.downs[0], self.coarse.ups[0]):
                initialise(layer, "xavier", 1.0)

    def forward(self, x: Tensor, code: Tensor | None = None, coarse: bool = False) -> Tensor:
        """The translation; with `coarse` the global network's alone, (N, out, H/2, W/2)."""
        small = F.avg_pool2d(x, 2)
        if self.paint_code and self.colours is not None and code is not None:
            painted = F.interpolate(self.colours.paint(code), small.shape[-2:], mode="bilinear")
            small = torch.cat([small, painted], 1)
        features = self.coarse.features(small, code)
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
        return torch.tanh(larger + self.last(F.leaky_relu(self.whole(h), 0.2)))


def _conv(channels_in: int, channels_out: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 3, padding=1, padding_mode="reflect")


class ColourCode(nn.Module):
    """Pictures (N, 3 or 1, H, W) in [−1, 1] to codes (N, size): the first `size` principal
    components of their 4×4 thumbnails, scaled to a variance of 1. A sketch leaves its colours open;
    told them, a translator need not learn their mean, which is mud. All zeros until `measure`."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.mean = nn.Buffer(torch.zeros(3 * TILES**2))
        self.basis = nn.Buffer(torch.zeros(3 * TILES**2, size))

    def forward(self, pictures: Tensor) -> Tensor:
        return (_thumbnails(pictures) - self.mean) @ self.basis

    @torch.no_grad()
    def measure(self, pictures: Iterable[Tensor]) -> None:
        """Find the components from pictures (1, 3 or 1, H, W) in [−1, 1], of any sizes; none leave
        it as it is. Where they do not differ, other pictures' differences say nothing either."""
        thumbnails = [_thumbnails(picture) for picture in pictures]
        if not thumbnails:
            return
        values = torch.cat(thumbnails).double()
        self.mean.copy_(values.mean(0))
        _, spread, directions = torch.linalg.svd(values - values.mean(0), full_matrices=False)
        deviation = spread[: self.size] / max(1, len(values) - 1) ** 0.5
        scaled = directions[: self.size].T / deviation.clamp_min(FLAT)
        self.basis.zero_()
        self.basis[:, : len(deviation)] = scaled * (deviation > FLAT)

    def paint(self, code: Tensor) -> Tensor:
        """The thumbnails (N, 3, 4, 4) that codes (N, size) stand for."""
        length = self.basis.square().sum(0).clamp_min(1e-9)
        thumbnails = self.mean + code @ (self.basis / length).T
        return thumbnails.view(-1, 3, TILES, TILES)

    def draw(self, seed: int) -> Tensor:
        """A code (1, size): for `seed` 0 the mean, else drawn, normal with its far ends cut off."""
        if seed == 0:
            return torch.zeros_like(self.basis[:1])
        random = torch.Generator().manual_seed(seed)
        code = torch.randn(1, self.size, generator=random).clamp(-1.5, 1.5)
        return code.to(self.basis.device)


def _thumbnails(pictures: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(pictures, TILES).expand(-1, 3, -1, -1).flatten(1)
