"""The swapping autoencoder's networks (Park et al. 2020, section 3 and appendix B): an encoder to
structure and texture, a generator modulated by the texture, a patch co-occurrence discriminator.

Where paper and code disagree, these follow the code, whose published weights fit.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.stylegan2 import ResBlock, ScaledConv, ScaledLinear, blur

SHARP = (1, 2, 1)  # the encoder's blur


def unit(code: Tensor) -> Tensor:
    """Codes scaled to length one along dimension 1."""
    return code * torch.rsqrt(code.square().sum(1, keepdim=True) + 1e-8)


class Encoder(nn.Module):
    """Pictures (N, 3, H, W) in [−1, 1] to structure (N, `structure`, H/2ⁿ, W/2ⁿ) and texture
    (N, `texture`), both of length one over the channels. 30.58 million weights.

    `widths`: channels at full size and after each of the n halvings; `texture_widths`: after each
    of the further, unpadded ones that the texture takes before its mean over all places.
    """

    def __init__(
        self,
        widths: Sequence[int] = (32, 64, 128, 256, 512),
        texture_widths: Sequence[int] = (1024, 2048),
        structure: int = 8,
        texture: int = 2048,
    ) -> None:
        super().__init__()
        last = widths[-1]
        self.from_rgb = ScaledConv(3, widths[0], 1)
        self.down = nn.Sequential(
            *[ResBlock(a, b, padding="reflect", taps=SHARP) for a, b in itertools.pairwise(widths)]
        )
        self.to_structure = nn.Sequential(
            ScaledConv(last, last, 1), ScaledConv(last, structure, 1, active=False, bias=True)
        )
        self.texture_down = nn.Sequential(
            *[
                ScaledConv(a, b, 3, down=True, padding="none", taps=(1,))
                for a, b in itertools.pairwise((last, *texture_widths))
            ]
        )
        self.to_texture = ScaledLinear((last, *texture_widths)[-1], texture)

    def trunk(self, x: Tensor) -> Tensor:
        """What both codes are read from."""
        return self.down(self.from_rgb(x))  # type: ignore[no-any-return]

    def structure(self, x: Tensor) -> Tensor:
        """The structure code alone."""
        return unit(self.to_structure(self.trunk(x)))

    def texture(self, x: Tensor) -> Tensor:
        """The texture code alone."""
        return self._texture(self.trunk(x))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(x)
        return unit(self.to_structure(features)), self._texture(features)

    def _texture(self, features: Tensor) -> Tensor:
        return unit(self.to_texture(self.texture_down(features).mean((2, 3))))


class ModulatedConv(nn.Module):
    """Convolution modulated by a texture code (N, `texture`); with `up`, transposed, then blurred.

    The code's linear image, scaled to a root mean square of one, multiplies the input's channels,
    and the weights are normalised for each output channel whatever the code is. Not `demodulate`:
    neither is normalised. That is the official code's "new demodulation"; Karras et al. 2020, eq.
    1–3, normalise the product (`joint`). `gain` multiplies the result."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        size: int,
        texture: int,
        up: bool = False,
        demodulate: bool = True,
        joint: bool = False,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels_out, channels_in, size, size))
        self.modulation = ScaledLinear(texture, channels_in, start=1.0)
        self.up, self.demodulate, self.joint, self.gain = up, demodulate, joint, gain

    def forward(self, x: Tensor, texture: Tensor) -> Tensor:
        style = self.modulation(texture)
        weight = self.weight * (self.gain / math.sqrt(self.weight[0].numel()))
        norm: Tensor | None = None
        if self.demodulate and self.joint:
            energy = weight.square().sum((2, 3)) / self.gain**2
            norm = torch.rsqrt(style.square() @ energy.T + 1e-8)
        elif self.demodulate:
            style = style * torch.rsqrt(style.square().mean(1, keepdim=True) + 1e-8)
            energy = weight.square().sum((1, 2, 3), keepdim=True) / self.gain**2
            weight = weight * torch.rsqrt(energy + 1e-8)
        x = x * style.to(x)[:, :, None, None]
        if self.up:
            x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
            x = blur(x, (1, 1), gain=4.0)  # of four pixels three were zeros
        else:
            x = F.conv2d(x, weight, padding=weight.shape[-1] // 2)
        return x if norm is None else x * norm.to(x)[:, :, None, None]


class StyledConv(nn.Module):
    """A modulated 3×3 convolution, noise with a learnt strength (0 at first), activation."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        texture: int,
        up: bool = False,
        noise: bool = True,
        joint: bool = False,
    ) -> None:
        super().__init__()
        # The activation's gain of √2 is put on the weights, where it costs nothing.
        self.conv = ModulatedConv(
            channels_in, channels_out, 3, texture, up, joint=joint, gain=math.sqrt(2)
        )
        self.noise = nn.Parameter(torch.zeros(1)) if noise else None
        self.bias = nn.Parameter(torch.zeros(channels_out))

    def forward(self, x: Tensor, texture: Tensor) -> Tensor:
        x = self.conv(x, texture)
        added = self.bias.view(1, -1, 1, 1)
        if self.noise is not None:
            added = added + self.noise * torch.randn(len(x), 1, *x.shape[-2:], device=x.device)
        return F.leaky_relu(x + (math.sqrt(2) * added).to(x), 0.2)


class StyledBlock(nn.Module):
    """Two styled convolutions beside a skip connection, added and divided by √2. With `up` they
    double the size, and the skip's convolution is activated and then resized."""

    def __init__(
        self, channels_in: int, channels_out: int, texture: int, up: bool, noise: bool = True
    ) -> None:
        super().__init__()
        self.conv1 = StyledConv(channels_in, channels_out, texture, up, noise)
        self.conv2 = StyledConv(channels_out, channels_out, texture, False, noise)
        self.skip: nn.Module = nn.Identity()
        if channels_in != channels_out:
            self.skip = ScaledConv(channels_in, channels_out, 1, active=up)
        self.up = up

    def forward(self, x: Tensor, texture: Tensor) -> Tensor:
        skip = self.skip(x)
        if self.up:
            skip = F.interpolate(skip, scale_factor=2, mode="bilinear", align_corners=False)
        x = self.conv2(self.conv1(x, texture), texture)
        return (x + skip) / math.sqrt(2)  # type: ignore[no-any-return]


class Generator(nn.Module):
    """Structure (N, `structure`, h, w) and texture (N, `texture`) to pictures (N, 3, 2ⁿh, 2ⁿw).
    25.06 million weights.

    `head_widths`: channels of each residual block at the structure's size; `up_widths`: of each of
    the n doubling ones. `gain` multiplies the texture code: of length one it moves the modulation
    slowly at first. `noise`: in the doubling blocks. `bounded`: a tanh at the end, which the
    published networks lack. The structure's scale begins at one, in the official code at zero.
    """

    def __init__(
        self,
        structure: int = 8,
        texture: int = 2048,
        head_widths: Sequence[int] = (256, 512),
        up_widths: Sequence[int] = (512, 512, 256, 128),
        gain: float = 1.0,
        noise: bool = True,
        bounded: bool = False,
    ) -> None:
        super().__init__()
        self.scale = ScaledLinear(texture, structure, start=1.0)
        self.shift = ScaledLinear(texture, structure)
        heads = itertools.pairwise((structure, *head_widths))
        ups = itertools.pairwise(((structure, *head_widths)[-1], *up_widths))
        self.heads = nn.ModuleList([StyledBlock(a, b, texture, False) for a, b in heads])
        self.ups = nn.ModuleList([StyledBlock(a, b, texture, True, noise) for a, b in ups])
        self.to_rgb = ModulatedConv(up_widths[-1], 3, 1, texture, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(3))
        self.gain, self.bounded = gain, bounded

    def forward(self, structure: Tensor, texture: Tensor) -> Tensor:
        texture = self.gain * unit(texture)
        x: Tensor
        scale, shift = (layer(texture)[:, :, None, None] for layer in (self.scale, self.shift))
        x = unit(structure) * scale + shift
        for block in (*self.heads, *self.ups):
            x = block(x, texture)
        x = self.to_rgb(x, texture) + self.bias.view(1, 3, 1, 1)
        return x.tanh() if self.bounded else x


class Autoencoder(nn.Module):
    """Encoder and generator as they learn together."""

    encoder: Encoder
    generator: Generator

    def __init__(self, encoder: nn.Module, generator: nn.Module) -> None:
        super().__init__()
        self.encoder, self.generator = encoder, generator  # type: ignore[assignment]

    def forward(
        self, pictures: Tensor, textured: Tensor | None = None, swap: bool = True
    ) -> tuple[Tensor, Tensor]:
        """Pictures (2N, 3, H, W) rebuilt, and each with the structure of the one N further on; not
        to `swap`, the former twice. With `textured` (2N, 3, any, any) the textures are read from
        those."""
        if textured is None:
            structure, texture = self.encoder(pictures)
        else:
            structure, texture = self.encoder.structure(pictures), self.encoder.texture(textured)
        rebuilt = self.generator(structure, texture)
        if not swap:
            return rebuilt, rebuilt
        other = structure.roll(len(structure) // 2, 0)
        return rebuilt, self.generator(other, texture)


class PatchDiscriminator(nn.Module):
    """Whether patches are of the picture that others are of: `features` of crops (N, P, 3, s, s),
    then `judge` two of them. 24.5 million weights.

    `width` channels at s pixels, doubled with each halving to 4×4, at most `widest`; twice as many
    there, then 2×2 features; four linear layers of `linear`, `linear` and `linear`/2 channels.
    """

    def __init__(
        self, size: int = 128, width: int = 32, widest: int = 384, linear: int = 2048
    ) -> None:
        super().__init__()
        halvings = int(math.log2(size)) - 2
        widths = [min(widest, width * 2**level) for level in range(halvings + 1)]
        last = widths[-1]
        self.convs = nn.Sequential(
            ScaledConv(3, widths[0], 3),
            *[ResBlock(a, b) for a, b in itertools.pairwise(widths)],
            ResBlock(last, 2 * last, down=False),
            ScaledConv(2 * last, last, 3, padding="none"),
        )
        self.pair = nn.Sequential(
            ScaledLinear(2 * 4 * last, linear, active=True),
            ScaledLinear(linear, linear, active=True),
            ScaledLinear(linear, linear // 2, active=True),
            ScaledLinear(linear // 2, 1),
        )

    def features(self, crops: Tensor, together: bool = False) -> Tensor:
        """Of crops (N, P, 3, s, s), features (N, P, C); with `together` each picture's mean, P
        times."""
        number, patches = crops.shape[:2]
        found: Tensor = self.convs(crops.flatten(0, 1)).flatten(1).view(number, patches, -1)
        return found.mean(1, keepdim=True).expand(-1, patches, -1) if together else found

    def judge(self, reference: Tensor, features: Tensor) -> Tensor:
        """Logits (N·P, 1): do `features` belong to the picture of `reference`?"""
        return self.pair(torch.cat([reference, features], 2).flatten(0, 1))  # type: ignore[no-any-return]

    def forward(self, reference: Tensor, crops: Tensor) -> Tensor:
        """Of crops (N, P, 3, s, s) of the reference and of what is judged, the logits."""
        return self.judge(self.features(reference, together=True), self.features(crops))
