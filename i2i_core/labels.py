"""Label maps: pictures whose colours name regions, decoded to small integer ids and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from i2i_core.errors import InputError

Ids = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
_Array = npt.NDArray[np.float32]

UNLABELLED = 255
UNLABELLED_COLOUR: Colour = (96, 92, 100)
"""How an unlabelled pixel is shown: almost grey, so that no truly grey picture is mistaken."""

PALETTE: tuple[Colour, ...] = (
    (59, 157, 248),
    (10, 115, 19),
    (226, 209, 33),
    (170, 32, 172),
    (18, 25, 174),
    (250, 18, 51),
    (150, 230, 148),
    (202, 163, 210),
    (127, 29, 60),
    (23, 120, 125),
    (215, 250, 250),
    (10, 33, 86),
)
"""Twelve colours at least 88 apart in RGB, and at least 24 apart in CIELAB for people with
normal, red-blind and green-blind sight (simulated after Viénot, Brettel & Mollon 1999)."""

_NEAR = 30.0  # RGB distance within which a pixel may be a JPEG-noisy copy of a label's colour
_PURE = 12.0  # RGB distance that nearly every pixel inside a flat region keeps, even after JPEG


@dataclass(frozen=True)
class LabelMap:
    """A decoded label map: `ids` (H, W) uint8, 0..N-1 or 255, and the RGB `colours` of id 0..N-1.

    `grey_ids` says that the picture held ids as grey values: such values match exactly or not
    at all, whereas colours match when they are near.
    """

    ids: Ids
    colours: tuple[Colour, ...]
    grey_ids: bool = False


def encode(ids: Ids, colours: tuple[Colour, ...] = PALETTE) -> Image.Image:
    """Paint ids (H, W) as an RGB picture; unlabelled pixels take `UNLABELLED_COLOUR`.

    Raises InputError when an id has no colour in `colours`.
    """
    table = np.zeros((256, 3), np.uint8)
    table[: len(colours)] = np.clip(colours, 0, 255)
    table[UNLABELLED] = UNLABELLED_COLOUR
    labelled = ids[ids != UNLABELLED]
    if labelled.size and int(labelled.max()) >= len(colours):
        raise InputError(
            f"The label map uses {int(labelled.max()) + 1} labels but only {len(colours)} colours "
            "are known: use fewer labels."
        )
    return Image.fromarray(table[ids])


def decode(
    image: Image.Image, colours: tuple[Colour, ...] | None = None, max_labels: int = 12
) -> LabelMap:
    """Read a label map from a picture, whatever its mode.

    - With `colours`, every pixel takes the nearest of them (or unlabelled, where the picture
      shows `UNLABELLED_COLOUR`); where edges are blurred they are cleaned as below.
    - A grey picture of at most `max_labels` values, all of them small or nearly all with a 3x3
      patch of their own, holds ids: they are numbered 0..N-1 in rising order and 255 is unlabelled.
      Only when the values look painted (0 is used and all are 40 or more apart, as in 0, 128,
      255) is 255 a label like the others.
    - Anything else is a colour map, perhaps anti-aliased or JPEG-compressed: the flat colours
      are found, the most frequent first, and the pixels of the edges go to one of the labels
      beside them, so that no thin band of a third label lies along an edge.

    Transparent pixels (alpha below one half) are unlabelled. Raises InputError for a photograph
    or for more than `max_labels` labels.
    """
    if colours is None:
        levels = _grey_levels(image, max_labels)
        if levels is not None:
            return levels
    rgb, opaque = _rgb(image)
    if not opaque.any():
        raise InputError("The label map is wholly transparent: paint at least one region.")
    if colours is not None:
        ids = _assign(rgb, (*colours, UNLABELLED_COLOUR))
        ids[ids == len(colours)] = UNLABELLED
        ids[~opaque] = UNLABELLED
        return LabelMap(ids, tuple(colours))
    found = _exact_colours(rgb, opaque, max_labels)
    if found:
        ids, _ = _nearest(rgb, found)
    else:
        found = _flat_colours(rgb, opaque, max_labels)
        ids = _assign(rgb, found)
    unlabelled = [i for i, c in enumerate(found) if _apart(c, UNLABELLED_COLOUR) <= _PURE]
    table = np.full(256, UNLABELLED, np.uint8)
    kept = [i for i in range(len(found)) if i not in unlabelled]
    table[kept] = np.arange(len(kept))
    ids = np.where(opaque, table[ids], np.uint8(UNLABELLED))
    return LabelMap(ids, tuple(found[i] for i in kept))


def decode_together(source: Image.Image, *others: Image.Image) -> list[LabelMap]:
    """Decode maps that belong together: `source` fixes the labels, `others` use the same ids.

    A label that only another map has (a colour further than 60 from every colour of the source,
    or a grey id that the source lacks) becomes unlabelled there, never silently the nearest.
    Raises InputError as `decode` does, and when a grey id map meets a colour map.
    """
    first = decode(source)
    return [first, *(_decode_like(first, other) for other in others)]


def _decode_like(first: LabelMap, image: Image.Image) -> LabelMap:
    """Decode `image` with the labels of `first`; strange labels become unlabelled."""
    own = decode(image)
    if first.grey_ids or own.grey_ids:
        values = {colour: i for i, colour in enumerate(first.colours)}
        if first.grey_ids != own.grey_ids and not set(own.colours) <= set(values):
            raise InputError(
                "One label map is painted in colours and the other holds grey ids: "
                "use maps of one kind."
            )
        table = np.full(256, UNLABELLED, np.uint8)
        for i, colour in enumerate(own.colours):
            table[i] = values.get(colour, UNLABELLED)
        return LabelMap(table[own.ids], first.colours, first.grey_ids)
    match, distance = _nearest(np.asarray([own.colours], np.uint8), first.colours)
    table = np.full(256, UNLABELLED, np.uint8)
    table[: len(own.colours)] = np.where(distance[0] <= 2 * _NEAR, match[0], UNLABELLED)
    return LabelMap(table[own.ids], first.colours)


def resize(ids: Ids, size_wh: tuple[int, int]) -> Ids:
    """Resize ids to (width, height) by the nearest pixel centre; no new ids appear."""
    width, height = size_wh
    rows = ((np.arange(height) + 0.5) * ids.shape[0] / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * ids.shape[1] / width).astype(np.intp)
    return np.asarray(ids[rows[:, None], columns[None, :]], np.uint8)


def fill_unlabelled(ids: Ids) -> Ids:
    """Give each unlabelled pixel the id of the nearest labelled one.

    Raises InputError when no pixel is labelled.
    """
    missing = ids == UNLABELLED
    if missing.all():
        raise InputError("The label map has no labelled pixel: paint at least one region.")
    if not missing.any():
        return np.array(ids)
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(missing, return_distances=False, return_indices=True)
    return np.asarray(ids[rows, columns], np.uint8)


def _rgb(image: Image.Image) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """The picture as RGB (H, W, 3) uint8, and where it is opaque (H, W)."""
    if image.mode.startswith(("I", "F")):  # PIL would clip 16-bit values instead of scaling them
        deep = np.asarray(image).astype(np.float64)
        image = Image.fromarray((deep * 255 / max(float(deep.max()), 255)).astype(np.uint8))
    rgba = np.asarray(image.convert("RGBA"))
    return np.ascontiguousarray(rgba[..., :3]), rgba[..., 3] >= 128


def _grey_levels(image: Image.Image, max_labels: int) -> LabelMap | None:
    """Decode a map of exact grey values; None when the picture is not one."""
    if image.mode.startswith("I"):
        values, opaque = np.asarray(image).astype(np.int64), np.ones(image.size[::-1], np.bool_)
        values = np.where(values == 65535, UNLABELLED, values)
    else:
        rgb, opaque = _rgb(image)
        if (rgb != rgb[..., :1]).any():
            return None
        values = rgb[..., 0].astype(np.int64)
    levels = np.unique(values[opaque])
    if levels.size == 0 or levels.size > 64:
        return None  # a photograph, or blurred
    small = levels[levels != UNLABELLED]
    if small.size and int(small.max()) >= 64:
        cores = sum(_has_core(values == v) for v in levels)
        if cores < 0.75 * levels.size:
            return None  # the in-between greys of an anti-aliased edge
    painted = levels[0] == 0 and levels.size > 1 and int(np.diff(levels).min()) >= 40
    kept = levels if painted or small.size == 0 else small
    if kept.size > max_labels:
        raise _too_many(int(kept.size), max_labels)
    ids = np.full(values.shape, UNLABELLED, np.uint8)
    for i, value in enumerate(kept):
        ids[(values == value) & opaque] = i
    colours = tuple((int(v), int(v), int(v)) for v in kept)
    return LabelMap(ids, colours, grey_ids=not painted)


def _has_core(mask: npt.NDArray[np.bool_]) -> bool:
    """Whether a mask (H, W) holds a full 3x3 square."""
    for axis in (0, 1):
        n = mask.shape[axis] - 2
        first, middle, last = (np.take(mask, range(k, k + n), axis) for k in range(3))
        mask = first & middle & last
    return bool(mask.any())


def _nearest(
    rgb: npt.NDArray[np.uint8], colours: tuple[Colour, ...]
) -> tuple[Ids, npt.NDArray[np.float32]]:
    """The index of the nearest colour, and the RGB distance to it, for each pixel (H, W)."""
    pixels = rgb.astype(np.float32)
    best = np.full(rgb.shape[:2], np.inf, np.float32)
    ids = np.full(rgb.shape[:2], UNLABELLED, np.uint8)
    for i, colour in enumerate(colours):
        distance = ((pixels - np.asarray(colour, np.float32)) ** 2).sum(-1)
        nearer = distance < best
        ids[nearer], best[nearer] = i, distance[nearer]
    return ids, np.sqrt(best)


def _apart(one: Colour, other: Colour) -> float:
    """The Euclidean RGB distance between two colours."""
    return float(np.linalg.norm(np.subtract(one, other)))


def _too_many(count: int, max_labels: int) -> InputError:
    return InputError(
        f"The label map has {count} labels or more, but at most {max_labels} work: repaint it "
        "with fewer colours. If it is a photograph, use automatic regions instead."
    )


def _exact_colours(
    rgb: npt.NDArray[np.uint8], opaque: npt.NDArray[np.bool_], max_labels: int
) -> tuple[Colour, ...]:
    """The colours of a map without in-between colours, most frequent first; else empty."""
    packed = rgb.astype(np.int32) @ np.array([65536, 256, 1], np.int32)
    values, counts = np.unique(packed[opaque], return_counts=True)
    if values.size > max_labels + 1:
        return ()
    order = values[np.argsort(-counts, kind="stable")]
    colours = tuple((int(v) >> 16, int(v) >> 8 & 255, int(v) & 255) for v in order)
    for value, colour in zip(order, colours, strict=True):
        others = [c for c in colours if c != colour]
        if not _has_core(packed == value) and _is_mixture(colour, others):
            return ()
    return colours


def _flat_colours(
    rgb: npt.NDArray[np.uint8], opaque: npt.NDArray[np.bool_], max_labels: int
) -> tuple[Colour, ...]:
    """The colours of the flat regions of a blurred or noisy map, most frequent first.

    Only pixels whose 3x3 neighbourhood is flat vote, in a histogram of 32 levels a channel; the
    fullest bin names a colour and takes the votes around it, until few votes are left.
    """
    from scipy.ndimage import maximum_filter, minimum_filter

    step = max(1, round((rgb.shape[0] * rgb.shape[1] / 1e6) ** 0.5))
    rgb, opaque = rgb[::step, ::step], opaque[::step, ::step]
    window = (3, 3, 1)
    spread = maximum_filter(rgb, window) - minimum_filter(rgb, window)
    votes = rgb[(spread.max(-1) <= 24) & opaque]
    bins = (votes.astype(np.intp) // 8) @ np.array([1024, 32, 1])
    count = np.bincount(bins, minlength=32768).astype(np.float64)
    used = np.flatnonzero(count)
    sums = [np.bincount(bins, votes[:, c].astype(np.float64), 32768) for c in range(3)]
    total = np.stack(sums, 1)[used]
    count = count[used]
    mean = total / count[:, None]
    found: list[Colour] = []
    sizes: list[float] = []
    fewest = max(9.0, 3e-4 * float(opaque.sum()))
    while count.size and count.max() >= 1:
        centre = mean[int(count.argmax())]
        pure = np.linalg.norm(mean - centre, axis=1) <= _PURE
        centre = np.average(mean[pure], axis=0, weights=count[pure])
        taken = np.linalg.norm(mean - centre, axis=1) <= _NEAR
        taken[int(count.argmax())] = True
        red, green, blue = (int(v) for v in centre.round())
        colour, size = (red, green, blue), float(count[taken].sum())
        # A faint colour close to a strong one is the stain that JPEG leaves beside an edge.
        stain = any(
            size < 0.05 * other and _apart(colour, strong) <= 50
            for strong, other in zip(found, sizes, strict=True)
        )
        if size >= fewest and not stain:
            found.append(colour)
            sizes.append(size)
        mean, count = mean[~taken], count[~taken]
    found = _without_mixtures(rgb, found)
    pure = _nearest(votes[None], tuple(found))[1] <= _PURE
    # Measured: 0.87 to 0.99 of the votes on 400 JPEG maps of facades, 0.3 to 0.75 on photographs.
    if len(found) > max_labels or pure.mean() < 0.8 or votes.shape[0] < 0.2 * opaque.sum():
        raise _too_many(max(len(found), max_labels + 1), max_labels)
    return tuple(found)


def _without_mixtures(rgb: npt.NDArray[np.uint8], found: list[Colour]) -> list[Colour]:
    """Drop the colours that lie between two stronger ones and exist only in narrow bands."""
    from scipy.ndimage import binary_erosion

    kept = found[:2]
    for colour in found[2:]:
        if _is_mixture(colour, kept):
            near = _nearest(rgb, (colour,))[1] <= _NEAR
            if not binary_erosion(near, np.ones((7, 7))).any():
                continue
        kept.append(colour)
    return kept


def _is_mixture(colour: Colour, others: list[Colour]) -> bool:
    """Whether a colour lies between two of the others."""
    pixel = np.asarray([colour], np.float32)
    return any(
        float(_to_segment(pixel, a, b)[0]) <= _NEAR
        for i, a in enumerate(others)
        for b in others[:i]
    )


def _to_segment(pixels: _Array, a: Colour, b: Colour) -> _Array:
    """RGB distance from pixels (M, 3) to the mixtures of two colours."""
    start, along = np.asarray(a, np.float32), np.subtract(b, a).astype(np.float32)
    share = np.clip((pixels - start) @ along / max(float(along @ along), 1.0), 0, 1)
    return np.asarray(np.linalg.norm(pixels - start - share[:, None] * along, axis=1), np.float32)


def _assign(rgb: npt.NDArray[np.uint8], colours: tuple[Colour, ...]) -> Ids:
    """The id of each pixel (H, W) of a blurred map, with clean edges.

    A pixel is sure where it belongs to a 3x3 square of one label. An unsure pixel keeps its own
    label when the colour is right and no mixture of two other labels within 3 pixels explains
    it; otherwise it takes the nearer of the two labels whose mixture explains it best.
    """
    from scipy.ndimage import maximum_filter, minimum_filter

    nearest, distance = _nearest(rgb, colours)
    label = np.where(distance <= _NEAR, nearest, np.uint8(UNLABELLED))
    core = (maximum_filter(label, 3) == minimum_filter(label, 3)) & (label != UNLABELLED)
    spread = maximum_filter(np.where(core, label + 1, 0).astype(np.uint8), 3)
    sure = (label != UNLABELLED) & (spread == label + 1)
    rows, columns = np.nonzero(~sure)
    if sure.all() or not sure.any() or not distance.any():
        return nearest
    known = np.pad(np.where(sure, label, np.uint8(UNLABELLED)), 3, constant_values=UNLABELLED)
    beside = np.zeros((rows.size, 256), np.bool_)
    everyone = np.arange(rows.size)
    for dy in range(7):
        for dx in range(7):
            beside[everyone, known[rows + dy, columns + dx]] = True
    beside = beside[:, : len(colours)]
    pixels, own = rgb[rows, columns].astype(np.float32), label[rows, columns]
    keep = own != UNLABELLED
    table = np.asarray(colours, np.float32)
    apart = np.linalg.norm(pixels[:, None] - table[None], axis=2)
    choice = np.where(beside.any(1), np.where(beside, apart, np.inf).argmin(1), UNLABELLED)
    best = np.where(beside, apart, np.inf).min(1)
    for i, a in enumerate(colours):
        for j, b in enumerate(colours[:i]):
            pair = np.flatnonzero(beside[:, i] & beside[:, j])
            off = _to_segment(pixels[pair], a, b)
            better = pair[off <= best[pair]]
            choice[better] = np.where(apart[better, i] < apart[better, j], i, j)
            best[pair] = np.minimum(best[pair], off)
            keep[pair] &= (off > _NEAR) | (own[pair] == i) | (own[pair] == j)
    keep |= distance[rows, columns] < 0.5 * best  # a thin line, its colour washed out
    ids = np.where(sure, label, np.uint8(UNLABELLED))
    ids[rows, columns] = np.where(keep, nearest[rows, columns], choice)
    return fill_unlabelled(ids)
