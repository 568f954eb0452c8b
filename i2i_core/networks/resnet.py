"""The ResNet generator of CycleGAN (Zhu et al. 2017, appendix 7.2) and CUT's anti-aliased one."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.layers import BlurDown, initialise, leaky_convs, norm_layer
from i2i_core.networks.winograd import Conv3x3, pays

Translation = Tensor | tuple[Tensor, list[Tensor]]  # the latter where layers are asked for


class ResNet(nn.Module):
    """(N, in, H, W) in [−1, 1] to (N, out, H, W) in [−1, 1]; H and W multiples of 4. Two halvings,
    `blocks` residual blocks (9; 6 for pictures of 128 pixels) with 4·`width` channels, two
    doublings; with `antialias`, CUT's, by fixed blurs (Zhang 2019). 11.378 million weights.

    With `lowpass` (not in the papers) pictures are taken apart as in a Laplacian pyramid (Liang et
    al. 2021, LPTN): `LowFrequencyNet` translates the smoothed colours, one for every square of so
    many pixels, and these layers give the detail, for norms forget how light and how colourful a
    picture is. Given more than low frequencies, a generator would rather keep them than paint."""

    def __init__(
        self, in_channels: int = 3, out_channels: int = 3, width: int = 64, blocks: int = 9,
        norm: str = "instance", dropout: bool = False, antialias: bool = False,
        init: str = "normal", lowpass: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_channels = in_channels
        bias = norm != "batch"

        def normed(channels: int) -> list[nn.Module]:
            return [norm_layer(norm, channels), nn.ReLU(inplace=True)]

        def down(channels: int) -> list[nn.Module]:
            conv = nn.Conv2d(channels, 2 * channels, 3, 1 if antialias else 2, 1, bias=bias)
            return [conv, *normed(2 * channels), *([BlurDown()] if antialias else [])]

        def up(channels: int) -> list[nn.Module]:
            half = channels // 2
            if antialias:  # bilinear is the filter [1, 3, 3, 1]², borders replicated
                double = nn.Upsample(scale_factor=2, mode="bilinear")
                return [double, nn.Conv2d(channels, half, 3, padding=1, bias=bias), *normed(half)]
            conv = nn.ConvTranspose2d(channels, half, 3, 2, 1, output_padding=1, bias=bias)
            return [conv, *normed(half)]

        head = [nn.ReflectionPad2d(3), nn.Conv2d(in_channels, width, 7, bias=bias), *normed(width)]
        trunk = [ResidualBlock(4 * width, norm, dropout, bias) for _ in range(blocks)]
        tail = [nn.ReflectionPad2d(3), nn.Conv2d(width, out_channels, 7)]
        tail += [] if lowpass else [nn.Tanh()]
        encoder = [*head, *down(width), *down(2 * width), *trunk]
        self.model = nn.Sequential(*encoder, *up(4 * width), *up(2 * width), *tail)
        self.encoder_length = len(encoder)
        # Head, tail and a bit for halving and doubling; a block sees two of four pixels each way.
        self.reach = 24 + 8 * blocks + 6 * lowpass
        initialise(self, init)
        self.lowpass = LowFrequencyNet(in_channels, width, lowpass) if lowpass else None

    def forward(self, x: Tensor, layers: Sequence[int] = ()) -> Translation:
        """The translation; if `layers` are asked for, also what those gave on the way."""
        features = self.encode(x, layers, whole=True)
        result = features.pop()
        if self.lowpass is not None:
            result = torch.tanh(result + self.lowpass(x))
        return (result, features) if layers else result

    def layer_channels(self, layers: Sequence[int]) -> list[int]:
        """The channels of what `encode` gives, without a pass through the network."""
        channels, of_layer = self.in_channels, []
        for layer in self.model:
            channels = getattr(layer, "out_channels", channels)  # convolutions have others
            of_layer.append(channels)
        return [of_layer[number] for number in sorted(set(layers))]

    def encode(self, x: Tensor, layers: Sequence[int], whole: bool = False) -> list[Tensor]:
        """What these layers give; unless `whole` (the translation comes last), nothing beyond."""
        channels_first = x.is_contiguous()
        outputs: list[Tensor] = []
        end = len(self.model) if whole else max(layers) + 1
        for number, layer in enumerate(list(self.model)[:end]):
            if number == self.encoder_length and channels_first:
                x = x.contiguous()  # the residual blocks may have turned it
            # In place a ReLU would overwrite what is asked for.
            overwrites = isinstance(layer, nn.ReLU) and bool(outputs) and outputs[-1] is x
            x = layer(x.clone() if overwrites else x)
            if number in layers:
                outputs.append(x)
        return [*outputs, x] if whole else outputs


class LowFrequencyNet(nn.Module):
    """Smoothed colours of (N, C, H, W) in [−1, 1], translated: atanh of what they should be, so
    that detail can be added before a tanh. At first they stay what they are. A colour stands for a
    square of `side` pixels, seen with four squares each way."""

    CLIP = 0.97  # atanh of 1 is infinite

    def __init__(self, channels: int, width: int, side: int) -> None:
        super().__init__()
        self.side = side
        widths = (channels, width, 2 * width, 2 * width, channels)
        self.model = nn.Sequential(*leaky_convs(widths, (1, 1, 1, 1)))
        for parameter in self.model[-1].parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        side = self.side
        # Squares of twice the side overlap, and the spline is smooth: no grid shows.
        tones = F.avg_pool2d(x, 2 * side, side, side // 2, ceil_mode=True, count_include_pad=False)
        tones = tones.clamp(-self.CLIP, self.CLIP).atanh() + self.model(tones)
        large = F.interpolate(tones, scale_factor=float(side), mode="bicubic", align_corners=False)
        return large[..., : x.shape[-2], : x.shape[-1]]


class ResidualBlock(nn.Module):
    """x plus two 3×3 convolutions of x, reflected at the borders (N, C, H, W)."""

    def __init__(self, channels: int, norm: str, dropout: bool, bias: bool = True) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1), Conv3x3(channels, channels, bias), norm_layer(norm, channels),
            nn.ReLU(inplace=True), *([nn.Dropout(0.5)] if dropout else []),
            nn.ReflectionPad2d(1), Conv3x3(channels, channels, bias), norm_layer(norm, channels),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        if pays(x, self.conv_block.get_parameter("1.weight"), *x.shape[-2:]):
            x = x.contiguous(memory_format=torch.channels_last)
        return x + self.conv_block(x)  # type: ignore[no-any-return]
