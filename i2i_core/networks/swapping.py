"""The swapping autoencoder's networks (Park et al. 2020, section 3 and appendix B): an encoder to
structure and texture, a generator modulated by the texture, a patch co-occurrence discriminator.

Where paper and code disagree, these follow the code, whose published weights fit."""

import math
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.stylegan2 import ResBlock, ScaledConv, ScaledLinear, blur, doubled_widths

Sizes = tuple[int, ...]  # channels of one layer after the other


def unit(code: Tensor) -> Tensor:
    """Codes scaled to length one along dimension 1."""
    return code * torch.rsqrt(code.square().sum(1, keepdim=True) + 1e-8)


class Encoder(nn.Module):
    """Pictures (N, 3, H, W) in [−1, 1] to structure (N, `structure`, H/2ⁿ, W/2ⁿ) and texture
    (N, `texture`), both of length one over the channels. 30.58 million weights. `widths`: channels
    at full size and after each of the n halvings; `texture_widths`: after each of the further,
    unpadded ones that the texture takes before its mean over all places."""

    def __init__(self, widths: Sizes, texture_widths: Sizes, structure: int, texture: int) -> None:
        super().__init__()
        last, texture_steps = widths[-1], (widths[-1], *texture_widths)
        self.from_rgb = ScaledConv(3, widths[0], 1)
        options: dict[str, Any] = {"padding": "reflect", "taps": (1, 2, 1)}
        self.down = nn.Sequential(*[ResBlock(a, b, **options) for a, b in pairwise(widths)])
        self.to_structure = nn.Sequential(
            ScaledConv(last, last, 1), ScaledConv(last, structure, 1, active=False, bias=True)
        )
        options = {"down": True, "padding": "none", "taps": (1,)}
        halvings = [ScaledConv(a, b, 3, **options) for a, b in pairwise(texture_steps)]
        self.texture_down = nn.Sequential(*halvings)
        self.to_texture: nn.Module = ScaledLinear(texture_steps[-1], texture)

    def trunk(self, x: Tensor) -> Tensor:
        """What both codes are read from."""
        return self.down(self.from_rgb(x))  # type: ignore[no-any-return]

    def structure(self, x: Tensor) -> Tensor:
        """The structure code alone."""
        return self._structure(self.trunk(x))

    def texture(self, x: Tensor) -> Tensor:
        """The texture code alone."""
        return self._texture(self.trunk(x))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(x)
        return self._structure(features), self._texture(features)

    def _structure(self, features: Tensor) -> Tensor:
        return unit(self.to_structure(features))

    def _texture(self, features: Tensor) -> Tensor:
        return unit(self.to_texture(self.texture_down(features).mean((2, 3))))


class ModulatedConv(nn.Module):
    """Convolution modulated by a texture code (N, `texture`); with `up`, transposed, then blurred.
    The code's linear image multiplies the input's channels. With `demodulate` it is scaled to a
    root mean square of one, and the weights for each output channel whatever the code is: the
    official code's "new demodulation". With `joint`, too, their product is normalised instead
    (Karras et al. 2020, eq. 1–3). `gain` multiplies the result."""

    def __init__(
        self, channels_in: int, channels_out: int, size: int, texture: int, up: bool = False,
        demodulate: bool = True, joint: bool = False, gain: float = 1.0,
    ) -> None:  # fmt: skip
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
    """A modulated 3×3 convolution, noise with a learnt strength (0 at first), activation. `options`
    (`up`, `joint`) are those of `ModulatedConv`."""

    def __init__(
        self, inputs: int, outputs: int, texture: int, noise: bool = True, **options: Any
    ) -> None:
        super().__init__()
        # The activation's gain of √2 is put on the weights, where it costs nothing.
        self.conv = ModulatedConv(inputs, outputs, 3, texture, gain=math.sqrt(2), **options)
        self.noise = nn.Parameter(torch.zeros(1)) if noise else None
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, texture: Tensor) -> Tensor:
        x = self.conv(x, texture)
        added = self.bias.view(1, -1, 1, 1)
        if self.noise is not None:
            added = added + self.noise * torch.randn(len(x), 1, *x.shape[-2:], device=x.device)
        return F.leaky_relu(x + (math.sqrt(2) * added).to(x), 0.2)


class StyledBlock(nn.Module):
    """Two styled convolutions beside a skip connection, added and divided by √2. With `up` they
    double the size, and the skip's convolution is activated and then resized."""

    joint = False  # the demodulation of `ModulatedConv`; with it the skip is never activated

    def __init__(
        self, inputs: int, outputs: int, texture: int, up: bool, noise: bool = True
    ) -> None:
        super().__init__()
        self.conv1 = StyledConv(inputs, outputs, texture, noise, up=up, joint=self.joint)
        self.conv2 = StyledConv(outputs, outputs, texture, noise, joint=self.joint)
        self.skip: nn.Module = nn.Identity()
        if inputs != outputs or (up and self.joint):
            self.skip = ScaledConv(inputs, outputs, 1, active=up and not self.joint)
        self.up = up

    def forward(self, x: Tensor, texture: Tensor) -> Tensor:
        skip = self.enlarge(self.skip(x)) if self.up else self.skip(x)
        x = self.conv2(self.conv1(x, texture), texture)
        return (x + skip) / math.sqrt(2)

    def enlarge(self, skip: Tensor) -> Tensor:
        """What passed the skip connection, at double size."""
        return F.interpolate(skip, scale_factor=2, mode="bilinear", align_corners=False)


class Generator(nn.Module):
    """Structure (N, `structure`, h, w) and texture (N, `texture`) to pictures (N, 3, 2ⁿh, 2ⁿw).
    25.06 million weights. `head_widths`: channels of each residual block at the structure's size;
    `up_widths`: of each of the n doubling ones, which have `noise`. Not published: `gain`, times
    the texture code, `bounded`, a tanh at the end, and that the structure's scale begins at one."""

    def __init__(
        self, structure: int, texture: int, head_widths: Sizes, up_widths: Sizes, gain: float = 1.0,
        noise: bool = True, bounded: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.scale = ScaledLinear(texture, structure, start=1.0)
        self.shift = ScaledLinear(texture, structure)
        heads, ups = pairwise((structure, *head_widths)), pairwise((head_widths[-1], *up_widths))
        self.heads = nn.ModuleList([StyledBlock(a, b, texture, False) for a, b in heads])
        self.ups = nn.ModuleList([StyledBlock(a, b, texture, True, noise) for a, b in ups])
        self.to_rgb = ModulatedConv(up_widths[-1], 3, 1, texture, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(3))
        self.gain, self.bounded = gain, bounded

    def forward(self, structure: Tensor, texture: Tensor) -> Tensor:
        texture = self.gain * unit(texture)
        scale, shift = (layer(texture)[:, :, None, None] for layer in (self.scale, self.shift))
        x: Tensor = unit(structure) * scale + shift
        for block in (*self.heads, *self.ups):
            x = block(x, texture)
        x = self.to_rgb(x, texture) + self.bias.view(1, 3, 1, 1)
        return x.tanh() if self.bounded else x


class Autoencoder(nn.Module):
    """Encoder and generator as they learn together."""

    def __init__(self, encoder: Encoder, generator: nn.Module) -> None:
        super().__init__()
        self.encoder, self.generator = encoder, generator

    def encode(self, pictures: Tensor, textured: Tensor) -> tuple[Tensor, Tensor]:
        """The structure of `pictures`, and the texture of `textured`, which may be the same."""
        if textured is pictures:
            return self.encoder(pictures)  # type: ignore[no-any-return]
        return self.encoder.structure(pictures), self.encoder.texture(textured)

    def forward(
        self, pictures: Tensor, textured: Tensor | None = None, swap: bool = True
    ) -> tuple[Tensor, Tensor]:
        """Pictures (2N, 3, H, W) rebuilt, and each with the structure of the one N further on (the
        former twice if not `swap`); textures come from `textured` (2N, 3, any, any) if given."""
        structure, texture = self.encode(pictures, pictures if textured is None else textured)
        rebuilt = self.generator(structure, texture)
        if not swap:
            return rebuilt, rebuilt
        return rebuilt, self.generator(structure.roll(len(structure) // 2, 0), texture)


class PatchDiscriminator(nn.Module):
    """Whether patches are of the picture that others are of: `features` of crops (N, P, 3, s, s),
    then `judge` two of them. 24.5 million weights. For `width` and `widest` see `doubled_widths`;
    there follow 2×2 features and layers of `linear`, `linear`, `linear`/2 and 1 channels."""

    def __init__(self, size: int, width: int, widest: int, linear: int) -> None:
        super().__init__()
        widths = doubled_widths(size, width, widest)
        last = widths[-1]
        self.convs = nn.Sequential(
            ScaledConv(3, widths[0], 3),
            *[ResBlock(a, b) for a, b in pairwise(widths)],
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
        """Features (N, P, C) of crops (N, P, 3, s, s), `together`: each picture's mean, P times."""
        features: Tensor = self.convs(crops.flatten(0, 1)).flatten(1).unflatten(0, crops.shape[:2])
        return features.mean(1, keepdim=True).expand_as(features) if together else features

    def judge(self, reference: Tensor, features: Tensor) -> Tensor:
        """Logits (N·P, 1): do `features` belong to the picture of `reference`?"""
        return self.pair(torch.cat([reference, features], 2).flatten(0, 1))  # type: ignore[no-any-return]

    def forward(self, reference: Tensor, crops: Tensor) -> Tensor:
        """Of crops (N, P, 3, s, s) of the reference and of what is judged, the logits."""
        return self.judge(self.features(reference, together=True), self.features(crops))
