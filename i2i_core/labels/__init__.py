"""Label maps: palettes, decoding colours to ids, edits, automatic segmentation."""

from i2i_core.deprecated import contents

__getattr__ = contents(__name__, "labels.maps")
