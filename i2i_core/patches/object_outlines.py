"""Outlines of objects to the pixel: a random walker decides in a narrow band around them."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)
BAND = 3.0  # pixels to both sides of an outline
ROUNDS = 40  # a walk rarely crosses the band more slowly
MAX_HOLE = 0.03  # of an object's area: smaller holes in it are filled


def refine(labels: NDArray[np.int32], colour: NDArray[np.floating]) -> NDArray[np.int32]:
    """`labels` (H, W), 0 for the ground, with outlines that follow `colour` (C, H, W).

    Random walker (Grady 2006): what is deeper than the band inside an object, or outside of it, is
    seed; between them a pixel goes to whom a walk that avoids edges most likely ends at."""
    from scipy import ndimage

    count = int(labels.max(initial=0))
    if not count:
        return labels
    edge = np.zeros(labels.shape, bool)
    for axis in (0, 1):
        change = np.diff(labels, axis=axis) != 0
        _side(edge, axis, 0)[change] = True
        _side(edge, axis, 1)[change] = True
    depth = ndimage.distance_transform_edt(~edge)
    deepest = np.asarray(ndimage.maximum(depth, labels, np.arange(count + 1)))
    undecided = depth < np.minimum(BAND, 0.5 * deepest)[labels]
    best = np.zeros(labels.shape, np.float32)
    result = np.zeros_like(labels)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        rows, columns = (slice(max(0, s.start - 5), s.stop + 5) for s in box)
        part = (rows, columns)
        share = _walk(labels[part] == number, undecided[part], colour[:, rows, columns])
        wins = (share > 0.5) & (share > best[part])
        result[part][wins] = number
        best[part][wins] = share[wins]
    return _fill_holes(result, count)


def _walk(
    inside: NDArray[np.bool_], undecided: NDArray[np.bool_], colour: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Probability (H, W) that a walk from a pixel ends inside; only `undecided` ones walk."""
    share = inside.astype(np.float32)
    steps = [((np.diff(colour, axis=axis)) ** 2).sum(0) for axis in (1, 2)]
    mean = np.concatenate([s.ravel() for s in steps]).mean() + 1e-6
    down, right = (np.exp(-s / mean).astype(np.float32) + 1e-4 for s in steps)  # equation 6
    total = np.zeros_like(share)
    for axis, weight in ((0, down), (1, right)):
        for end in (0, 1):
            side = _side(total, axis, end)
            np.add(side, weight, out=side)
    for _ in range(ROUNDS):
        flow = np.zeros_like(share)
        flow[:-1] += down * share[1:]
        flow[1:] += down * share[:-1]
        flow[:, :-1] += right * share[:, 1:]
        flow[:, 1:] += right * share[:, :-1]
        share = np.where(undecided, flow / total, share)
    return share


def _side(x: NDArray[Scalar], axis: int, end: int) -> NDArray[Scalar]:
    """All but the last (`end` 0) or the first (1) of an axis of (H, W), as a view."""
    cut = slice(1, None) if end else slice(None, -1)
    return x[cut] if axis == 0 else x[:, cut]


def _fill_holes(labels: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    from scipy import ndimage

    for number, box in zip(range(1, count + 1), ndimage.find_objects(labels), strict=False):
        if box is None:
            continue
        part = labels[box]
        inside = part == number
        holes, _ = ndimage.label(ndimage.binary_fill_holes(inside) & (part == 0))
        sizes = np.bincount(holes.ravel())
        sizes[0] = inside.size
        part[(sizes < MAX_HOLE * inside.sum())[holes]] = number
    return labels
