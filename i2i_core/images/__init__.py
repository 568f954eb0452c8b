"""The only door between files, PIL images and tensors: safe opening, size rules, conversion."""

from i2i_core.images.files import (
    check_image,
    open_image,
    picture_suffixes,
    save_picture,
    to_eight_bits,
    writable,
)
from i2i_core.images.sizes import check_same_shape, fit_long_side, fit_short_side, same_aspect
from i2i_core.images.tensors import fit_multiple, to_image, to_tensor, with_channels

__all__ = [
    "check_image",
    "check_same_shape",
    "fit_long_side",
    "fit_multiple",
    "fit_short_side",
    "open_image",
    "picture_suffixes",
    "same_aspect",
    "save_picture",
    "to_eight_bits",
    "to_image",
    "to_tensor",
    "with_channels",
    "writable",
]
