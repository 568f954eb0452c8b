"""Discriminators that judge patches (Isola et al. 2017, section 3.2.2), plain and anti-aliased."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.layers import BlurDown, initialise, norm_layer


class PatchGAN(nn.Module):
    """(N, C, H, W) to logits (N, 1, h, w), one for each patch: of 70×70 pixels at 3 `layers`, of
    16×16 at 1, of 142×142 at 4. Of 256 pixels at 3 layers come 30×30 logits.

    `width` channels, doubled with every layer up to `max_multiple`·`width`. `antialias` is CUT's:
    convolved at full resolution, then blurred and halved. 2.77 million weights at the published
    numbers. Layers are numbered as in the papers' code.

    With `lowpass` (not in the papers) logits get a second channel: what a small network without
    norms says of the mean colours of squares of so many pixels. Instance normalisation hides from
    the first one how light and how colourful a picture is.
    """

    def __init__(
        self,
        in_channels: int = 3,
        width: int = 64,
        layers: int = 3,
        norm: str = "instance",
        antialias: bool = False,
        init: str = "normal",
        max_multiple: int = 8,
        lowpass: int = 0,
    ) -> None:
        super().__init__()
        bias = norm != "batch"
        modules: list[nn.Module] = []
        before = in_channels
        for layer in range(layers + 1):
            channels = width * min(2**layer, max_multiple)
            halving = layer < layers
            stride = 2 if halving and not antialias else 1
            modules += [nn.Conv2d(before, channels, 4, stride, 1, bias=bias or layer == 0)]
            modules += [norm_layer(norm, channels)] if layer else []
            modules += [nn.LeakyReLU(0.2, inplace=True)]
            modules += [BlurDown()] if halving and antialias else []
            before = channels
        self.model = nn.Sequential(*modules, nn.Conv2d(before, 1, 4, 1, 1))
        initialise(self, init)
        # With PyTorch's own beginnings: without norms those of the papers would die away.
        self.lowpass = _low_frequency_layers(in_channels, width, lowpass) if lowpass else None

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.model(x)
        if self.lowpass is None:
            return logits
        low_logits = F.interpolate(self.lowpass(x), logits.shape[-2:])
        return torch.cat([logits, low_logits], 1)

    def features(self, x: Tensor) -> list[Tensor]:
        """What every layer gives, from the first to the logits, which come last."""
        found: list[Tensor] = []
        for layer in self.model:
            x = layer(x)
            if isinstance(layer, nn.LeakyReLU):
                found.append(x)
        return [*found, x]


def _low_frequency_layers(in_channels: int, width: int, side: int) -> nn.Sequential:
    """Logits of what is seen in squares of `side` pixels: of 13×13 of them each."""
    return nn.Sequential(
        nn.AvgPool2d(side, ceil_mode=True, count_include_pad=False),
        nn.Conv2d(in_channels, width, 3, padding=1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(width, 2 * width, 3, padding=1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(2 * width, 2 * width, 3, stride=2, padding=1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(2 * width, 1, 3, padding=1),
    )


class PixelGAN(nn.Module):
    """(N, C, H, W) to logits (N, 1, H, W): each pixel is judged alone (1×1 convolutions)."""

    def __init__(
        self, in_channels: int = 3, width: int = 64, norm: str = "instance", init: str = "normal"
    ) -> None:
        super().__init__()
        bias = norm != "batch"
        self.net = nn.Sequential(
            nn.Conv2d(in_channels, width, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(width, 2 * width, 1, bias=bias),
            norm_layer(norm, 2 * width),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(2 * width, 1, 1, bias=bias),
        )
        initialise(self, init)

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)  # type: ignore[no-any-return]
