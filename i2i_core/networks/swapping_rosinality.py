"""The swapping autoencoder's networks as rosinality's repository has them, for its weights: codes
of any length, StyleGAN2's own demodulation, other residual blocks and another skip."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from torch import Tensor, nn

from i2i_core.networks.stylegan2 import ScaledConv, blur
from i2i_core.networks.swapping import StyledConv


class WideningBlock(nn.Module):
    """A residual block whose first convolution widens, where the paper's second one does; half the
    size."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv1 = ScaledConv(channels_in, channels_out, 3, padding="reflect")
        self.conv2 = ScaledConv(channels_out, channels_out, 3, down=True)
        self.skip = ScaledConv(channels_in, channels_out, 1, down=True, active=False)

    def forward(self, x: Tensor) -> Tensor:
        return (self.conv2(self.conv1(x)) + self.skip(x)) / math.sqrt(2)  # type: ignore[no-any-return]


class RosinalityEncoder(nn.Module):
    """As `Encoder`, with the same arguments, but for the differences named above. 32.9 million
    weights."""

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
        self.down = nn.Sequential(*[WideningBlock(a, b) for a, b in itertools.pairwise(widths)])
        self.to_structure = nn.Sequential(ScaledConv(last, last, 1), ScaledConv(last, structure, 1))
        self.texture_down = nn.Sequential(
            *[
                ScaledConv(a, b, 3, down=True)
                for a, b in itertools.pairwise((last, *texture_widths))
            ]
        )
        self.to_texture = ScaledConv((last, *texture_widths)[-1], texture, 1)

    def trunk(self, x: Tensor) -> Tensor:
        """What both codes are read from."""
        return self.down(self.from_rgb(x))  # type: ignore[no-any-return]

    def structure(self, x: Tensor) -> Tensor:
        """The structure code alone."""
        return self.to_structure(self.trunk(x))  # type: ignore[no-any-return]

    def texture(self, x: Tensor) -> Tensor:
        """The texture code alone."""
        return self._texture(self.trunk(x))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(x)
        return self.to_structure(features), self._texture(features)

    def _texture(self, features: Tensor) -> Tensor:
        mean = self.texture_down(features).mean((2, 3), keepdim=True)
        return self.to_texture(mean).flatten(1)  # type: ignore[no-any-return]


class RosinalityBlock(nn.Module):
    """Two styled convolutions beside a skip connection; with `up` both double the size."""

    def __init__(self, channels_in: int, channels_out: int, texture: int, up: bool) -> None:
        super().__init__()
        self.conv1 = StyledConv(channels_in, channels_out, texture, up, joint=True)
        self.conv2 = StyledConv(channels_out, channels_out, texture, joint=True)
        self.skip: nn.Module = nn.Identity()
        if up or channels_in != channels_out:
            self.skip = ScaledConv(channels_in, channels_out, 1, active=False)
        self.up = up

    def forward(self, x: Tensor, texture: Tensor) -> Tensor:
        skip = self.skip(x)
        if self.up:
            # Zeros between the pixels, then the blur, whose gain the repository leaves at one.
            wide = skip.new_zeros(*skip.shape[:2], 2 * skip.shape[2] - 1, 2 * skip.shape[3] - 1)
            wide[:, :, ::2, ::2] = skip
            skip = blur(wide, (2, 2))
        x = self.conv2(self.conv1(x, texture), texture)
        return (x + skip) / math.sqrt(2)  # type: ignore[no-any-return]


class RosinalityGenerator(nn.Module):
    """As `Generator`, with its first arguments. 30.8 million weights."""

    def __init__(
        self,
        structure: int = 8,
        texture: int = 2048,
        head_widths: Sequence[int] = (128, 256, 384, 512),
        up_widths: Sequence[int] = (512, 512, 256, 128),
    ) -> None:
        super().__init__()
        heads = itertools.pairwise((structure, *head_widths))
        ups = itertools.pairwise(((structure, *head_widths)[-1], *up_widths))
        self.heads = nn.ModuleList([RosinalityBlock(a, b, texture, False) for a, b in heads])
        self.ups = nn.ModuleList([RosinalityBlock(a, b, texture, True) for a, b in ups])
        self.to_rgb = ScaledConv(up_widths[-1], 3, 1, active=False, bias=True)

    def forward(self, structure: Tensor, texture: Tensor) -> Tensor:
        x = structure
        for block in (*self.heads, *self.ups):
            x = block(x, texture)
        return self.to_rgb(x)  # type: ignore[no-any-return]
