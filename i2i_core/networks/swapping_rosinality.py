"""The swapping autoencoder's networks as rosinality's repository has them. For its weights: codes
of any length, StyleGAN2's own demodulation, other residual blocks and another skip."""

from itertools import pairwise

from torch import Tensor, nn

from i2i_core.networks.stylegan2 import ResBlock, ScaledConv, blur
from i2i_core.networks.swapping import Encoder, Sizes, StyledBlock


class WideningBlock(ResBlock):
    """As `ResBlock`, but that the first convolution widens, not the second one."""

    def __init__(self, inputs: int, outputs: int) -> None:
        nn.Module.__init__(self)
        self.conv1 = ScaledConv(inputs, outputs, 3, padding="reflect")
        self.conv2 = ScaledConv(outputs, outputs, 3, down=True)
        self.skip = ScaledConv(inputs, outputs, 1, down=True, active=False)


class RosinalityEncoder(Encoder):
    """As `Encoder`, with other layers: 32.9 million weights."""

    def __init__(self, widths: Sizes, texture_widths: Sizes, structure: int, texture: int) -> None:
        nn.Module.__init__(self)  # without the layers of `Encoder`
        last, texture_steps = widths[-1], (widths[-1], *texture_widths)
        self.from_rgb = ScaledConv(3, widths[0], 1)
        self.down = nn.Sequential(*[WideningBlock(a, b) for a, b in pairwise(widths)])
        self.to_structure = nn.Sequential(ScaledConv(last, last, 1), ScaledConv(last, structure, 1))
        halvings = [ScaledConv(a, b, 3, down=True) for a, b in pairwise(texture_steps)]
        self.texture_down = nn.Sequential(*halvings)
        self.to_texture = ScaledConv(texture_steps[-1], texture, 1)

    def _structure(self, features: Tensor) -> Tensor:
        return self.to_structure(features)  # type: ignore[no-any-return]

    def _texture(self, features: Tensor) -> Tensor:
        mean = self.texture_down(features).mean((2, 3), keepdim=True)
        return self.to_texture(mean).flatten(1)  # type: ignore[no-any-return]


class RosinalityBlock(StyledBlock):
    """As `StyledBlock`, but for the demodulation and the skip."""

    joint = True

    def enlarge(self, skip: Tensor) -> Tensor:
        # Zeros between the pixels, then the blur, whose gain the repository leaves at one.
        wide = skip.new_zeros(*skip.shape[:2], 2 * skip.shape[2] - 1, 2 * skip.shape[3] - 1)
        wide[:, :, ::2, ::2] = skip
        return blur(wide, (2, 2))


class RosinalityGenerator(nn.Module):
    """As `Generator`, with its first arguments. 30.8 million weights."""

    def __init__(self, structure: int, texture: int, head_widths: Sizes, up_widths: Sizes) -> None:
        super().__init__()
        heads, ups = pairwise((structure, *head_widths)), pairwise((head_widths[-1], *up_widths))
        self.heads = nn.ModuleList([RosinalityBlock(a, b, texture, False) for a, b in heads])
        self.ups = nn.ModuleList([RosinalityBlock(a, b, texture, True) for a, b in ups])
        self.to_rgb = ScaledConv(up_widths[-1], 3, 1, active=False, bias=True)

    def forward(self, structure: Tensor, texture: Tensor) -> Tensor:
        x = structure
        for block in (*self.heads, *self.ups):
            x = block(x, texture)
        return self.to_rgb(x)  # type: ignore[no-any-return]
