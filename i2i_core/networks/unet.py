"""The U-Net generator of pix2pix (Isola et al. 2017, section 3.2.1 and appendix 6.1.1)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.layers import Noise, blur, initialise, norm_layer


class UNet(nn.Module):
    """(N, in, H, W) in [−1, 1] to (N, out, H, W) in [−1, 1]; H and W multiples of 2^depth.

    `depth` halvings (8: unet_256, 7: unet_128) with `width`, 2·, 4·, and so on to `max_multiple` ·
    `width` channels, as many doublings, and skip connections between equal sizes. At the published
    numbers 54.41 million weights. Dropout of a half in the inner doublings from the fifth level on.

    Not in the paper, in every doubling but the last: with `antialias` a blur, against the period of
    two of transposed convolutions (in the last a discriminator would know by it); with `code`,
    numbers (N, code) that scale and shift normalised channels (Dumoulin et al. 2017); `noise`."""

    def __init__(
        self, in_channels: int = 3, out_channels: int = 3, width: int = 64, depth: int = 8,
        norm: str = "batch", dropout: bool = True, max_multiple: int = 8, antialias: bool = False,
        code: int = 0, noise: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.antialias = antialias
        widths = [width * min(2**level, max_multiple) for level in range(depth)]
        bias = norm != "batch"  # batch normalisation would only take it away again
        self.downs, self.down_norms = nn.ModuleList(), nn.ModuleList()
        self.ups, self.up_norms = nn.ModuleList(), nn.ModuleList()
        self.styles, self.noises = nn.ModuleList(), nn.ModuleList()
        for level, channels in enumerate(widths):
            outermost, innermost = level == 0, level == depth - 1
            above = in_channels if outermost else widths[level - 1]
            self.downs.append(nn.Conv2d(above, channels, 4, 2, 1, bias=bias))
            down_norm = "none" if outermost or innermost else norm
            self.down_norms.append(norm_layer(down_norm, channels))
            below = channels if innermost else 2 * channels
            above = out_channels if outermost else above
            self.ups.append(UpConv(below, above, bias=bias or outermost))
            self.up_norms.append(norm_layer("none" if outermost else norm, above))
            if code and not outermost:
                self.styles.append(nn.Linear(code, 2 * above))
            if noise and not outermost:
                self.noises.append(Noise(above))
        self.dropped = [dropout and 4 <= level <= depth - 2 for level in range(depth)]
        initialise(self)

    def forward(self, x: Tensor, code: Tensor | None = None) -> Tensor:
        return self.finish(self.features(x, code)).tanh()

    def features(self, x: Tensor, code: Tensor | None = None) -> Tensor:
        """What the last doubling is given: (N, 2·width, H/2, W/2)."""
        skips = []
        for level, (down, norm) in enumerate(zip(self.downs, self.down_norms, strict=True)):
            x = norm(down(F.leaky_relu(x, 0.2) if level else x))
            skips.append(x)
        x = skips.pop()
        for level in reversed(range(1, len(self.ups))):
            x = self.up_norms[level](self._double(level, x))
            if self.noises:
                x = self.noises[level - 1](x)
            if self.styles and code is not None:
                scale, shift = self.styles[level - 1](code)[:, :, None, None].chunk(2, 1)
                x = x * (1 + scale) + shift
            if self.dropped[level]:
                x = F.dropout(x, 0.5, self.training)
            x = torch.cat([skips.pop(), x], 1)
        return x

    def finish(self, features: Tensor) -> Tensor:
        """`features` doubled to the picture, (N, out, H, W), not yet between −1 and 1."""
        return self._double(0, features)

    def _double(self, level: int, x: Tensor) -> Tensor:
        x = self.ups[level](F.relu(x))
        return blur(x) if self.antialias and level else x


class UpConv(nn.ConvTranspose2d):
    """Transposed 4×4 convolution to double size."""

    def __init__(self, channels_in: int, channels_out: int, bias: bool) -> None:
        super().__init__(channels_in, channels_out, 4, 2, 1, bias=bias)

    def forward(self, x: Tensor, _output_size: list[int] | None = None) -> Tensor:
        count, channels, height, width = x.shape
        if x.device.type != "cpu" or height * width > 64:
            return super().forward(x)
        # Deep in a U-Net the weights are the work, not the picture: there one matrix product that
        # reads them once is twice as fast as the CPU's transposed convolution.
        pixels = x.flatten(2).transpose(1, 2).reshape(-1, channels)
        columns = (pixels @ self.weight.flatten(1)).view(count, height * width, -1).transpose(1, 2)
        y = F.fold(columns, (2 * height, 2 * width), kernel_size=4, padding=1, stride=2)
        return y if self.bias is None else y + self.bias.view(1, -1, 1, 1)
