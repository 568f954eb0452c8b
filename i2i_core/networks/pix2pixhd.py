"""A generator in two stages, one for the layout and one for the detail (after Wang et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.layers import InstanceNorm, Noise, blur, initialise
from i2i_core.networks.unet import UNet, UpConv


class Pix2PixHDGenerator(nn.Module):
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
        max_multiple: int = 8,
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
            max_multiple=max_multiple,
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


FLAT = 1e-2  # deviation along a direction, from −1 to 1, below which pictures do not differ in it
TILES = 4  # a picture's colours are the means of TILES × TILES tiles


class ColourCode(nn.Module):
    """Pictures (N, 3 or 1, H, W) in [−1, 1] to codes (N, size): the first `size` principal
    components of their 4×4 thumbnails, scaled to a variance of 1. A sketch leaves open which
    colours it stands for; told them, a translator need not learn their mean, which is mud, and who
    asks for a picture can choose, or draw, a code.

    Nothing here is learnt by descent; `measure` must have seen pictures first.
    """

    mean: Tensor
    basis: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        values = 3 * TILES * TILES
        self.size = size
        self.register_buffer("mean", torch.zeros(values))
        self.register_buffer("basis", torch.zeros(values, size))

    def forward(self, pictures: Tensor) -> Tensor:
        return (_thumbnails(pictures) - self.mean) @ self.basis

    @torch.no_grad()
    def measure(self, pictures: Iterable[Tensor]) -> None:
        """Find the components from pictures (1, 3 or 1, H, W) in [−1, 1], of any sizes; none leave
        it as it is. Where they do not differ, other pictures' differences say nothing either."""
        thumbnails = [_thumbnails(picture) for picture in pictures]
        if not thumbnails:
            return
        seen = torch.cat(thumbnails).double()
        mean = seen.mean(0)
        _, spread, directions = torch.linalg.svd(seen - mean, full_matrices=False)
        kept = min(self.size, len(spread))
        deviation = spread[:kept] / max(1, len(seen) - 1) ** 0.5
        self.mean.copy_(mean)
        self.basis.zero_()
        scaled = directions[:kept].T / deviation.clamp_min(FLAT)
        self.basis[:, :kept] = scaled * (deviation > FLAT)

    def draw(self, seed: int) -> Tensor:
        """A code (1, size) for `seed`: 0 is the mean of all pictures, the others are drawn from a
        normal distribution whose far ends are cut off."""
        if seed == 0:
            return torch.zeros_like(self.basis[:1])
        random = torch.Generator().manual_seed(seed)
        drawn = torch.randn(1, self.size, generator=random).clamp(-1.5, 1.5)
        return drawn.to(self.basis.device)


def _thumbnails(pictures: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(pictures, TILES).expand(-1, 3, -1, -1).flatten(1)
