"""The sizes of a swapping autoencoder's networks, and the networks of these sizes."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from i2i_core.errors import InputError, check_range
from i2i_core.networks.swapping import Autoencoder, Encoder, Generator
from i2i_core.networks.swapping_rosinality import RosinalityEncoder, RosinalityGenerator

OFFICIAL, ROSINALITY = "official", "rosinality"


@dataclass(frozen=True)
class AutoencoderShape:
    """The arguments of `Encoder` and `Generator`, as in the paper's code for 256 pixels. (The text
    has four residual blocks at the structure's size.)"""

    variant: str = OFFICIAL  # or ROSINALITY: whose networks
    widths: tuple[int, ...] = (32, 64, 128, 256, 512)
    texture_widths: tuple[int, ...] = (1024, 2048)
    structure_channels: int = 8
    texture_size: int = 2048
    head_widths: tuple[int, ...] = (256, 512)
    up_widths: tuple[int, ...] = (512, 512, 256, 128)
    noise: bool = True
    texture_gain: float = 1.0  # not in the paper; see `Generator`
    bounded: bool = False  # not in the paper; see `Generator`
    texture_scale: float = 1.0  # at which textures are read; not in the paper

    def check_shape(self) -> None:
        """Raise InputError for sizes that do not belong together."""
        if self.variant not in (OFFICIAL, ROSINALITY):
            raise InputError(f'variant is "{self.variant}": choose {OFFICIAL} or {ROSINALITY}.')
        for name in ("widths", "texture_widths", "head_widths", "up_widths"):
            widths = getattr(self, name)
            if not widths or not all(1 <= width <= 4096 for width in widths):
                raise InputError(f"{name} is {widths}: give whole numbers from 1 to 4096.")
        if len(self.up_widths) != len(self.widths) - 1:
            halves, doubles = len(self.widths) - 1, len(self.up_widths)
            problem = f"The encoder halves {halves} times and the generator doubles {doubles} times"
            raise InputError(f"{problem}: give one up_widths fewer than widths.")
        check_range("structure_channels", self.structure_channels, 2, 512)
        check_range("texture_size", self.texture_size, 2, 8192)
        check_range("texture_scale", self.texture_scale, 0.1, 1)

    @property
    def multiple_of(self) -> int:
        """What each side of a picture must be a multiple of: a place of the structure."""
        return int(2 ** (len(self.widths) - 1))

    @property
    def smallest_input(self) -> int:
        """Pixels a side of the smallest picture that has a texture code."""
        places = 2 ** (len(self.texture_widths) + 1) - 1  # an unpadded halving leaves (n − 1) / 2
        return int(places * self.multiple_of)

    def texture_input(self, pictures: Tensor) -> Tensor:
        """Pictures (N, 3, H, W) at the size to read their texture at: no smaller than it takes."""
        scale = max(self.texture_scale, self.smallest_input / min(pictures.shape[-2:]))
        if scale == 1:
            return pictures
        return F.interpolate(
            pictures, scale_factor=scale, mode="bilinear", antialias=True, align_corners=False
        )

    def build(self) -> Autoencoder:
        """Encoder and generator."""
        codes = (self.structure_channels, self.texture_size)
        encoder = (self.widths, self.texture_widths, *codes)
        generator = (*codes, self.head_widths, self.up_widths)
        if self.variant == ROSINALITY:
            return Autoencoder(RosinalityEncoder(*encoder), RosinalityGenerator(*generator))
        extras = (self.texture_gain, self.noise, self.bounded)
        return Autoencoder(Encoder(*encoder), Generator(*generator, *extras))


# For two cores: 1.2 million weights, three halvings.
SMALL_SHAPE = AutoencoderShape(
    widths=(8, 16, 48, 128), texture_widths=(256,), texture_size=256, head_widths=(64, 128),
    up_widths=(96, 32, 16), noise=False, texture_gain=16.0, texture_scale=0.5, bounded=True,
)  # fmt: skip
