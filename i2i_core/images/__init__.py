"""The only door between files, PIL images and tensors: safe opening, size rules, conversion."""

from i2i_core.images.files import check_image, open_image, save_picture
from i2i_core.images.sizes import fit_long_side, fit_short_side
from i2i_core.images.tensors import to_image, to_tensor

__all__ = [
    "check_image",
    "fit_long_side",
    "fit_short_side",
    "open_image",
    "save_picture",
    "to_image",
    "to_tensor",
]
