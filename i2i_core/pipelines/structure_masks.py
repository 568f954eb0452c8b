"""Where in a picture the swapping autoencoder's editor changes its structure: masks and places."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from i2i_core.errors import check_range
from i2i_core.methods.swapping_codes import Codes

Mask = NDArray[np.bool_]  # (h, w), at the size of the structure code
Point = tuple[float, float]  # x and y, shares of the picture's sides


def similar(codes: Codes, point: Point, tolerance: float = 0.35) -> Mask:
    """The places of like structure that hang together with `point`: `tolerance` 0 takes it alone, 1
    everything. Raises InputError for a point outside the picture."""
    from scipy.ndimage import label

    check_range("tolerance", tolerance, 0, 1)
    row, column = place(codes, point)
    unit = codes.structure / np.maximum(np.linalg.norm(codes.structure, axis=0), 1e-6)
    # Vectors at right angles are half way between alike and opposite.
    distance = (1 - np.einsum("c,chw->hw", unit[:, row, column], unit)) / 2
    parts, _ = label(distance <= tolerance, np.ones((3, 3)))
    region: Mask = parts == parts[row, column]
    return region


def place(codes: Codes, point: Point) -> tuple[int, int]:
    """Row and column of the structure code at `point`."""
    for value in point:
        check_range("point", value, 0, 1)
    (x, y), (width, height) = point, codes.size
    column, row = min(int(x * width), width - 1), min(int(y * height), height - 1)
    return row // codes.step, column // codes.step


def middle(codes: Codes, mask: Mask) -> Point:
    """The middle of a mask that is not empty."""
    rows, columns = np.nonzero(mask)
    width, height = codes.size
    across, down = ((float(v.mean()) + 0.5) * codes.step for v in (columns, rows))
    return min(1.0, across / width), min(1.0, down / height)


def to_mask(codes: Codes, picture: Image.Image) -> Mask:
    """The mask of a picture of any size: white, or opaque where it has an alpha channel, is in."""
    grey = picture.getchannel("A") if "A" in picture.getbands() else picture.convert("L")
    rows, columns = codes.structure.shape[1:]
    whole = Image.new("L", (columns * codes.step, rows * codes.step))
    whole.paste(grey.resize(codes.size, Image.Resampling.BILINEAR))
    mask: Mask = np.asarray(whole.resize((columns, rows), Image.Resampling.BOX)) >= 64
    return mask


def show_mask(codes: Codes, mask: Mask, soft: bool = True) -> Image.Image:
    """The mask as a grey picture of the codes' size, white inside; its edge `soft`."""
    whole = enlarged(codes, Image.fromarray(mask).convert("L"))
    return whole.filter(ImageFilter.GaussianBlur(codes.step / 2)) if soft else whole


def enlarged(codes: Codes, places: Image.Image) -> Image.Image:
    """`places`, with a pixel for each place of the structure, enlarged to the codes' size."""
    size = (places.width * codes.step, places.height * codes.step)
    return places.resize(size, Image.Resampling.NEAREST).crop((0, 0, *codes.size))
