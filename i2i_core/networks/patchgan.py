"""Discriminators that judge patches (Isola et al. 2017, section 3.2.2), plain and anti-aliased."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.layers import BlurDown, initialise, leaky_convs, norm_layer


class PatchGAN(nn.Module):
    """(N, C, H, W) to logits (N, 1, h, w), one for each patch: of 70×70 pixels at 3 `layers`, of
    16×16 at 1, of 142×142 at 4. 2.77 million weights. Layers are numbered as in the papers' code.

    `width` channels, doubled with every layer up to `max_multiple`·`width`. `antialias` is CUT's:
    convolved at full resolution, then blurred and halved. With `lowpass` (not in the papers) logits
    get a second channel: what a small network says of the mean colours of squares of so many
    pixels, for norms hide how light and how colourful a picture is."""

    def __init__(
        self, in_channels: int = 3, width: int = 64, layers: int = 3, norm: str = "instance",
        antialias: bool = False, init: str = "normal", max_multiple: int = 8, lowpass: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        bias = norm != "batch"
        modules: list[nn.Module] = []
        before = in_channels
        for layer in range(layers + 1):
            channels = width * min(2**layer, max_multiple)
            halving = layer < layers
            stride = 2 if halving and not antialias else 1
            modules.append(nn.Conv2d(before, channels, 4, stride, 1, bias=bias or layer == 0))
            modules += [norm_layer(norm, channels)] if layer else []
            modules.append(nn.LeakyReLU(0.2, inplace=True))
            modules += [BlurDown()] if halving and antialias else []
            before = channels
        self.model = nn.Sequential(*modules, nn.Conv2d(before, 1, 4, 1, 1))
        initialise(self, init)
        self.lowpass: nn.Sequential | None = None
        if lowpass:
            # PyTorch's own beginning, or without norms it would die away. A logit sees 13² squares.
            means = nn.AvgPool2d(lowpass, ceil_mode=True, count_include_pad=False)
            widths = (in_channels, width, 2 * width, 2 * width, 1)
            self.lowpass = nn.Sequential(means, *leaky_convs(widths, (1, 1, 2, 1)))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.model(x)
        if self.lowpass is None:
            return logits
        return torch.cat([logits, F.interpolate(self.lowpass(x), logits.shape[-2:])], 1)

    def look(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """What is judged: here the pictures themselves. See `ProjectedDiscriminator.look`."""
        return inputs

    def features(self, x: Tensor) -> list[Tensor]:
        """What every layer gives, from the first to the logits, which come last."""
        outputs: list[Tensor] = []
        for layer in self.model:
            x = layer(x)
            if isinstance(layer, nn.LeakyReLU):
                outputs.append(x)
        return [*outputs, x]


class PixelGAN(nn.Module):
    """(N, C, H, W) to logits (N, 1, H, W): each pixel is judged alone (1×1 convolutions)."""

    def __init__(
        self, in_channels: int = 3, width: int = 64, norm: str = "instance", init: str = "normal"
    ) -> None:
        super().__init__()
        bias = norm != "batch"
        self.net = nn.Sequential(
            nn.Conv2d(in_channels, width, 1), nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(width, 2 * width, 1, bias=bias), norm_layer(norm, 2 * width),
            nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(2 * width, 1, 1, bias=bias),
        )  # fmt: skip
        initialise(self, init)

    def look(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """What is judged: the pictures themselves."""
        return inputs

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)  # type: ignore[no-any-return]
