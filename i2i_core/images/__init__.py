"""The only door between files, PIL images and tensors: safe opening, size rules, conversion."""

from i2i_core.deprecated import contents

__getattr__ = contents(__name__, "images.files", "images.sizes", "images.tensors")
