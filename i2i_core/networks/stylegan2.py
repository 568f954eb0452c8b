"""StyleGAN2's blocks and discriminator (Karras et al. 2020), and SinCUT's generator. In plain
PyTorch: weights scaled at run time, blurred resampling, residual blocks, demodulation."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.resnet import Translation

Taps = tuple[int, ...]  # of a blur, across and down
SMOOTH: Taps = (1, 3, 3, 1)


def blur(
    x: Tensor, padding: Taps, gain: float = 1.0, taps: Taps = SMOOTH, mode: str = "constant"
) -> Tensor:
    """Blur (N, C, H, W) by `taps`² after adding `padding` (before, after) a side: zeros, or, in
    mode "reflect", the picture mirrored. With a single tap nothing but the padding is done."""
    if any(padding):
        x = F.pad(x, (*padding, *padding), mode=mode)
    if len(taps) == 1:
        return x
    line = torch.tensor(taps, dtype=torch.float32)
    kernel = gain * torch.outer(line, line) / line.sum() ** 2
    return F.conv2d(x, kernel.to(x).expand(x.shape[1], 1, -1, -1), groups=x.shape[1])


class ScaledConv(nn.Module):
    """Convolution with weights from N(0, 1), scaled to unit gain when used (Karras et al. 2018,
    section 4.1); with `down`, blurred by `taps` and strided. If `active`, then bias, leaky ReLU 0.2
    and a gain of √2; else a bias if `bias`. `padding`: "zero", "reflect" or "none"."""

    def __init__(
        self, channels_in: int, channels_out: int, size: int, down: bool = False,
        active: bool = True, *, bias: bool = False, padding: str = "zero", taps: Taps = SMOOTH,
    ) -> None:  # fmt: skip
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels_out, channels_in, size, size))
        self.bias = nn.Parameter(torch.zeros(channels_out)) if active or bias else None
        self.scale = 1 / math.sqrt(channels_in * size**2)
        self.down, self.active, self.taps = down, active, taps if down else (1,)
        # What blur and convolution eat, but for the halving.
        margin = size - 1 + (len(taps) - 2 if down else 0)
        self.margin = (0, 0) if padding == "none" else ((margin + 1) // 2, margin // 2)
        self.mode = "reflect" if padding == "reflect" else "constant"

    def forward(self, x: Tensor) -> Tensor:
        gain = math.sqrt(2) if self.active else 1.0  # on weights it costs nothing
        weight = self.weight * (gain * self.scale)
        bias = None if self.bias is None else gain * self.bias
        padding = self.margin[0]
        if self.down or self.mode == "reflect":
            x, padding = blur(x, self.margin, taps=self.taps, mode=self.mode), 0
        x = F.conv2d(x, weight, bias, stride=2 if self.down else 1, padding=padding)
        return F.leaky_relu(x, 0.2) if self.active else x


class ScaledLinear(nn.Module):
    """A linear layer scaled likewise, biases first `start`; `active`: √2 times leaky ReLU 0.2."""

    def __init__(self, inputs: int, outputs: int, active: bool = False, start: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.full((outputs,), start))
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        x = F.linear(x, self.weight / math.sqrt(self.weight.shape[1]))
        return activate(x, self.bias) if self.active else x + self.bias


class ResBlock(nn.Module):
    """Two convolutions and a skip connection, added and divided by √2; `down` halves the size.
    `options`: `padding` (not of the skip, always zeros) and `taps` of `ScaledConv`."""

    def __init__(self, inputs: int, outputs: int, down: bool = True, **options: Any) -> None:
        super().__init__()
        self.conv1 = ScaledConv(inputs, inputs, 3, **options)
        self.conv2 = ScaledConv(inputs, outputs, 3, down, **options)
        self.skip: nn.Module = nn.Identity()
        if down or inputs != outputs:
            options["padding"] = "zero"
            self.skip = ScaledConv(inputs, outputs, 1, down, active=False, **options)

    def forward(self, x: Tensor) -> Tensor:
        return (self.conv2(self.conv1(x)) + self.skip(x)) / math.sqrt(2)  # type: ignore[no-any-return]


class DemodulatedUp(nn.Module):
    """Doubling convolution with weights normalised for each output channel (Karras et al. 2020,
    eq. 3, without a style), blur, noise with a learnt strength (0 at first), activation."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels_out, channels_in, 3, 3))
        self.noise = nn.Parameter(torch.zeros(1))
        self.bias = nn.Parameter(torch.zeros(channels_out))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight / math.sqrt(self.weight[0].numel())
        weight = weight * torch.rsqrt(weight.square().sum((1, 2, 3), keepdim=True) + 1e-8)
        x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        x = blur(x, (1, 1), gain=4.0)  # of four pixels three were zeros
        noise = torch.randn(len(x), 1, *x.shape[-2:], device=x.device, dtype=x.dtype)
        return activate(x + self.noise * noise, self.bias)


def activate(x: Tensor, bias: Tensor) -> Tensor:
    """Bias, leaky ReLU 0.2, gain √2; channels are dimension 1."""
    return F.leaky_relu(x + bias.to(x).view(1, -1, *[1] * (x.ndim - 2)), 0.2) * math.sqrt(2)


class SinCUTGenerator(nn.Module):
    """(N, 3, H, W) in [−1, 1] to the same size; H and W even. One halving to 2·`width` channels,
    `blocks` residual blocks, one doubling; the leaky ReLU at the end, as in the paper's code, does
    not bound the result from above. 3.07 million weights at `width` 80."""

    def __init__(self, width: int = 80, blocks: int = 6) -> None:
        super().__init__()
        self.width = width
        wide, half = 2 * width, blocks // 2
        self.encoder = nn.Sequential(
            nn.Identity(),  # number 0 is the picture itself
            ScaledConv(3, width, 1),
            ResBlock(width, wide),
            *[ResBlock(wide, wide, down=False) for _ in range(half)],
        )
        rest = [ResBlock(wide, wide, down=False) for _ in range(blocks - half)]
        self.decoder = nn.Sequential(*rest, DemodulatedUp(wide, width), ScaledConv(width, 3, 1))

    def forward(self, x: Tensor, layers: Sequence[int] = ()) -> Translation:
        """The translation; if `layers` are asked for, also what those of the encoder gave."""
        last = len(self.encoder) - 1
        outputs = self.encode(x, (*layers, last))
        result: Tensor = self.decoder(outputs[-1])
        if not layers:
            return result
        return result, outputs if last in layers else outputs[:-1]

    def layer_channels(self, layers: Sequence[int]) -> list[int]:
        """The channels of what `encode` gives."""
        widths = (3, self.width, *[2 * self.width] * (len(self.encoder) - 2))
        return [widths[number] for number in sorted(set(layers))]

    def encode(self, x: Tensor, layers: Sequence[int]) -> list[Tensor]:
        """What the encoder's layers of these numbers give."""
        outputs = []
        for number, layer in enumerate(list(self.encoder)[: max(layers) + 1]):
            x = layer(x)
            if number in layers:
                outputs.append(x)
        return outputs


def doubled_widths(size: int, width: int, widest: int) -> list[int]:
    """Channels from `size` pixels a side down to 4: `width`, doubled up to `widest`."""
    return [min(widest, width * 2**level) for level in range(int(math.log2(size)) - 1)]


class StyleGAN2Discriminator(nn.Module):
    """(N, 3, `size`, `size`) to logits (N, 1): halved by residual blocks to 4×4, then two linear
    layers; without the minibatch's deviation, as in SinCUT's and the swapping autoencoder's code.
    For `width` and `widest` see `doubled_widths`. 5.89 million weights as in SinCUT."""

    def __init__(self, size: int = 64, width: int = 32, widest: int = 384) -> None:
        super().__init__()
        widths = doubled_widths(size, width, widest)
        blocks = [ResBlock(a, b) for a, b in itertools.pairwise(widths)]
        self.convs = nn.Sequential(ScaledConv(3, widths[0], 1), *blocks)
        last = widths[-1]
        self.final_conv = ScaledConv(last, last, 3)
        linear = ScaledLinear(last * 16, last, active=True)
        self.final_linear = nn.Sequential(linear, ScaledLinear(last, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.final_linear(self.final_conv(self.convs(x)).flatten(1))  # type: ignore[no-any-return]
