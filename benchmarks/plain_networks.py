"""The published networks, written the plain way: a reference for imports and for measurements.

Nothing is shared with the core's networks, so that agreement with them means something, and nothing
is clever: this is what a straightforward reading of the papers does. Tensors are named as in the
files that the papers' authors published.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def plain_norm(kind: str, channels: int, track: bool = False) -> nn.Module:
    """ "batch", "instance" or "none". `track`: instance normalisation gathers statistics that it
    does not use in training, as it did before torch 0.4.1: old files hold them."""
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    if kind == "instance":
        return nn.InstanceNorm2d(channels, affine=False, track_running_stats=track)
    return nn.Identity()


class PlainUNet(nn.Module):
    """pix2pix's generator (Isola et al. 2017): (N, in, H, W) in [−1, 1] to (N, out, H, W) in
    [−1, 1], sides multiples of 2^`depth`. `dropout` is the share that is dropped in the inner
    levels from the fifth on."""

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        depth: int = 8,
        norm: str = "batch",
        dropout: float = 0.5,
        track: bool = False,
    ) -> None:
        super().__init__()
        widths = [min(2**level, 8) * width for level in range(depth)]
        block: UNetLevel | None = None
        for level in range(depth - 1, 0, -1):
            share = dropout if 4 <= level < depth - 1 else 0.0
            block = UNetLevel(widths[level - 1], widths[level], block, norm, share, track)
        assert block is not None
        self.model = OutermostLevel(in_channels, out_channels, width, block, norm)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class OutermostLevel(nn.Module):
    """The first halving and the last doubling of a U-Net."""

    def __init__(
        self, in_channels: int, out_channels: int, width: int, inside: nn.Module, norm: str
    ) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(in_channels, width, 4, 2, 1, bias=norm == "instance"),
            inside,
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(2 * width, out_channels, 4, 2, 1),
            nn.Tanh(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class UNetLevel(nn.Module):
    """One level with all that lies `inside` it: (N, outer, H, W) to (N, 2·outer, H, W), the input
    and what was made of it. Without anything inside it is the innermost level."""

    def __init__(
        self,
        outer: int,
        inner: int,
        inside: nn.Module | None,
        norm: str,
        dropout: float,
        track: bool,
    ) -> None:
        super().__init__()
        bias = norm == "instance"
        # In place: the input that is passed on becomes leaky too, which the next ReLU undoes.
        layers: list[nn.Module] = [
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(outer, inner, 4, 2, 1, bias=bias),
        ]
        if inside is not None:
            layers += [plain_norm(norm, inner, track), inside]
        below = inner if inside is None else 2 * inner
        layers += [
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(below, outer, 4, 2, 1, bias=bias),
            plain_norm(norm, outer, track),
        ]
        if dropout:
            layers += [nn.Dropout(dropout)]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.model(x)], 1)


class PlainResNet(nn.Module):
    """The generator of CycleGAN (Zhu et al. 2017) or, with `antialias`, of CUT (Park et al. 2020):
    (N, in, H, W) in [−1, 1] to (N, out, H, W) in [−1, 1], sides multiples of 4."""

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        blocks: int = 9,
        norm: str = "instance",
        dropout: bool = False,
        antialias: bool = False,
        track: bool = False,
    ) -> None:
        super().__init__()
        bias = norm == "instance"
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(3),
            nn.Conv2d(in_channels, width, 7, bias=bias),
            plain_norm(norm, width, track),
            nn.ReLU(inplace=True),
        ]
        for before in (width, 2 * width):
            after, stride = 2 * before, 1 if antialias else 2
            layers += [
                nn.Conv2d(before, after, 3, stride, 1, bias=bias),
                plain_norm(norm, after, track),
                nn.ReLU(inplace=True),
            ]
            if antialias:
                layers += [Downsample(after)]
        layers += [PlainResidualBlock(4 * width, norm, dropout, track) for _ in range(blocks)]
        for before in (4 * width, 2 * width):
            after = before // 2
            if antialias:
                layers += [Upsample(before), nn.Conv2d(before, after, 3, 1, 1, bias=bias)]
            else:
                layers += [nn.ConvTranspose2d(before, after, 3, 2, 1, 1, bias=bias)]
            layers += [plain_norm(norm, after, track), nn.ReLU(inplace=True)]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, out_channels, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class PlainResidualBlock(nn.Module):
    """Two 3×3 convolutions, added to their input."""

    def __init__(self, channels: int, norm: str, dropout: bool, track: bool) -> None:
        super().__init__()
        bias = norm == "instance"
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            plain_norm(norm, channels, track),
            nn.ReLU(inplace=True),
            *([nn.Dropout(0.5)] if dropout else []),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            plain_norm(norm, channels, track),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


class Downsample(nn.Module):
    """Half size: blurred by [1, 2, 1]², borders reflected, then every second pixel (Zhang 2019)."""

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 2.0, 1.0])
        self.register_buffer("filt", (torch.outer(taps, taps) / 16).repeat(channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(x, self.filt, stride=2, groups=x.shape[1])


class Upsample(nn.Module):
    """Double size: zeros between the pixels, blurred by [1, 3, 3, 1]², borders replicated."""

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
        # Of four pixels three are zeros: hence the four.
        self.register_buffer("filt", (4 * torch.outer(taps, taps) / 64).repeat(channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (1, 1, 1, 1), mode="replicate")
        x = F.conv_transpose2d(x, self.filt, stride=2, padding=2, groups=x.shape[1])
        return x[:, :, 1:-1, 1:-1]


class PlainPatchGAN(nn.Module):
    """The discriminator of all three: (N, C, H, W) to logits (N, 1, h, w), one for each patch."""

    def __init__(
        self,
        in_channels: int = 3,
        width: int = 64,
        layers: int = 3,
        norm: str = "instance",
        antialias: bool = False,
        track: bool = False,
    ) -> None:
        super().__init__()
        bias = norm == "instance"
        stride = 1 if antialias else 2
        model: list[nn.Module] = [nn.Conv2d(in_channels, width, 4, stride, 1)]
        model += [nn.LeakyReLU(0.2, inplace=True)]
        model += [Downsample(width)] if antialias else []
        before = width
        for layer in range(1, layers + 1):
            after, last = width * min(2**layer, 8), layer == layers
            model += [nn.Conv2d(before, after, 4, 1 if last else stride, 1, bias=bias)]
            model += [plain_norm(norm, after, track), nn.LeakyReLU(0.2, inplace=True)]
            model += [Downsample(after)] if antialias and not last else []
            before = after
        self.model = nn.Sequential(*model, nn.Conv2d(before, 1, 4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)
