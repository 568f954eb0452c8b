"""Editing of label maps: pick a region, then grow, shrink or move it."""

import numpy as np

from i2i_core.errors import InputError
from i2i_core.labels.colours import Ids, Mask
from i2i_core.labels.maps import fill_from_nearest


def region_at(ids: Ids, x: int, y: int) -> Mask:
    """The connected region (H, W) of one label around pixel (x, y); sides connect, corners not.
    Raises InputError when the pixel lies outside the map."""
    height, width = ids.shape
    if not (0 <= x < width and 0 <= y < height):
        raise InputError(f"({x}, {y}) lies outside the {width} x {height} label map.")
    from scipy.ndimage import label

    parts, _ = label(ids == ids[y, x])
    return np.asarray(parts == parts[y, x], np.bool_)


def grow(ids: Ids, mask: Mask, pixels: float) -> Ids:
    """Grow the region `mask` (H, W) by a disc of radius `pixels`, over whatever lies around it.
    Raises InputError for an empty mask or a negative number of pixels."""
    _check(mask, pixels)
    from scipy.ndimage import distance_transform_edt

    near = distance_transform_edt(~mask) <= pixels
    return np.where(near, np.uint8(_label_of(ids, mask)), ids)


def shrink(ids: Ids, mask: Mask, pixels: float) -> Ids:
    """Shrink the region `mask` (H, W) by a disc of radius `pixels`; it may vanish. Freed pixels
    take the nearest other label. The picture's border is no edge: a sky shrinks only from below.
    Raises InputError for an empty mask, a negative number of pixels, or a map of one label."""
    _check(mask, pixels)
    from scipy.ndimage import distance_transform_edt

    freed = mask & (distance_transform_edt(mask) <= pixels) if not mask.all() else mask
    return _freed(ids, mask, freed)


def move(ids: Ids, mask: Mask, dx: int, dy: int) -> Ids:
    """Move the region `mask` (H, W) dx pixels right and dy down, clipped; freed pixels take the
    nearest other label. Raises InputError for an empty mask or result, or a map of one label."""
    _check(mask, 0)
    rows, columns = np.nonzero(mask)
    rows, columns = rows + dy, columns + dx
    inside = (rows >= 0) & (rows < ids.shape[0]) & (columns >= 0) & (columns < ids.shape[1])
    if not inside.any():
        raise InputError("The region would leave the picture: move it less far.")
    result = _freed(ids, mask, mask)
    result[rows[inside], columns[inside]] = _label_of(ids, mask)
    return result


def _check(mask: Mask, pixels: float) -> None:
    if not mask.any():
        raise InputError("No region is selected: choose one first.")
    if pixels < 0:
        raise InputError("The number of pixels must not be negative.")


def _label_of(ids: Ids, mask: Mask) -> int:
    """The label that most of the mask has."""
    return int(np.bincount(ids[mask]).argmax())


def _freed(ids: Ids, mask: Mask, freed: Mask) -> Ids:
    """Give the freed part of a region the nearest other label from outside the region."""
    if not freed.any():
        return np.array(ids)
    inside = mask | (ids == _label_of(ids, mask))
    if inside.all():
        raise InputError("The map has only one label, so nothing could take the freed place.")
    return np.where(freed, fill_from_nearest(ids, inside), ids)
