"""Label maps: palettes, decoding colours to ids, edits, automatic segmentation."""

from i2i_core.labels.maps import (
    PALETTE,
    UNLABELLED,
    UNLABELLED_COLOUR,
    Colour,
    Ids,
    LabelMap,
    decode,
    decode_together,
    encode,
    fill_unlabelled,
    resize,
)

__all__ = [
    "PALETTE",
    "UNLABELLED",
    "UNLABELLED_COLOUR",
    "Colour",
    "Ids",
    "LabelMap",
    "decode",
    "decode_together",
    "encode",
    "fill_unlabelled",
    "resize",
]
