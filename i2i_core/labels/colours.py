"""The colours of a label map's picture: which ones name labels, and which label a pixel has."""

import numpy as np
import numpy.typing as npt

from i2i_core.errors import InputError

Ids = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.uint8]  # RGB (H, W, 3)
Mask = npt.NDArray[np.bool_]
Colour = tuple[int, int, int]
Colours = tuple[Colour, ...]
_Array = npt.NDArray[np.float32]

UNLABELLED = 255
NEAR = 30.0  # RGB distance within which a pixel may be a JPEG-noisy copy of a label's colour
MAX_FLAT = 64  # colours of a map that is exact but has too many labels
PURE = 12.0  # RGB distance that nearly every pixel inside a flat region keeps, even after JPEG


def has_core(mask: Mask) -> bool:
    """Whether a mask (H, W) holds a full 3x3 square: a region's inside, not a blurred edge."""
    rows = mask[:-2] & mask[1:-1] & mask[2:]
    return bool((rows[:, :-2] & rows[:, 1:-1] & rows[:, 2:]).any())


def nearest_colour(rgb: Pixels, colours: Colours) -> tuple[Ids, _Array]:
    """The index of the nearest colour, and the RGB distance to it, for each pixel (H, W)."""
    pixels = rgb.astype(np.float32)
    best = np.full(rgb.shape[:2], np.inf, np.float32)
    ids = np.full(rgb.shape[:2], UNLABELLED, np.uint8)
    for i, colour in enumerate(colours):
        distance = ((pixels - np.asarray(colour, np.float32)) ** 2).sum(-1)
        nearer = distance < best
        ids[nearer], best[nearer] = i, distance[nearer]
    return ids, np.sqrt(best)


def rgb_distance(one: Colour, other: Colour) -> float:
    """The Euclidean RGB distance between two colours."""
    return float(np.linalg.norm(np.subtract(one, other)))


def too_many_labels(count: int, max_labels: int) -> InputError:
    """The error to raise for a map of `count` labels, or for a photograph in its place."""
    return InputError(
        f"The label map has {count} labels or more, but at most {max_labels} work: repaint it "
        "with fewer colours. If it is a photograph, use automatic regions instead."
    )


def exact_colours(rgb: Pixels, opaque: Mask, max_labels: int) -> Colours:
    """The colours of a map without in-between colours, most frequent first; else empty. However
    near two of them are, both are labels. Raises InputError for more than `max_labels`, all flat.
    """
    packed = rgb.astype(np.int32) @ np.array([65536, 256, 1], np.int32)
    values, counts = np.unique(packed[opaque], return_counts=True)
    if values.size > max_labels + 1:
        if values.size <= MAX_FLAT and all(has_core(packed == value) for value in values):
            raise too_many_labels(int(values.size), max_labels)
        return ()
    order = values[np.argsort(-counts, kind="stable")]
    colours = tuple((int(v) >> 16, int(v) >> 8 & 255, int(v) & 255) for v in order)
    for value in order:
        if not has_core(packed == value) and _is_edge(packed, int(value), [int(v) for v in order]):
            return ()
    return colours


def _is_edge(packed: npt.NDArray[np.int32], value: int, values: list[int]) -> bool:
    """Whether most pixels of a colour lie between two other colours that it is a mixture of."""
    from scipy.ndimage import maximum_filter

    mask = packed == value
    colours = {v: (v >> 16, v >> 8 & 255, v & 255) for v in values}
    beside = {v: maximum_filter(packed == v, 3)[mask] for v in values if v != value}
    pixel = np.asarray([colours[value]], np.float32)
    for i, a in enumerate(beside):
        for b in list(beside)[:i]:
            ends = colours[a], colours[b]
            # A colour near one of the two would be a mixture of it with anything.
            tolerance = min(NEAR, 0.5 * min(rgb_distance(colours[value], end) for end in ends))
            mixed = float(_to_segment(pixel, *ends)[0]) <= max(2.0, tolerance)
            if mixed and (beside[a] & beside[b]).mean() >= 0.5:
                return True
    return False


def flat_colours(rgb: Pixels, opaque: Mask, max_labels: int) -> Colours:
    """The colours of the flat regions of a blurred or noisy map, most frequent first. Pixels whose
    3x3 neighbourhood is flat vote, in a histogram of 32 levels a channel; the fullest bin names a
    colour and takes the votes around it, until few are left. Raises InputError for a photograph or
    for more than `max_labels` colours."""
    from scipy.ndimage import maximum_filter, minimum_filter

    step = max(1, round((rgb.shape[0] * rgb.shape[1] / 1e6) ** 0.5))
    rgb, opaque = rgb[::step, ::step], opaque[::step, ::step]
    spread = maximum_filter(rgb, (3, 3, 1)) - minimum_filter(rgb, (3, 3, 1))
    votes = rgb[(spread.max(-1) <= 24) & opaque]
    bins = (votes.astype(np.intp) // 8) @ np.array([1024, 32, 1])
    count = np.bincount(bins, minlength=32768).astype(np.float64)
    used = np.flatnonzero(count)
    sums = [np.bincount(bins, votes[:, c].astype(np.float64), 32768) for c in range(3)]
    count = count[used]
    mean = np.stack(sums, 1)[used] / count[:, None]
    colours: list[Colour] = []
    sizes: list[float] = []
    fewest = max(9.0, 3e-4 * float(opaque.sum()))
    while count.size and count.max() >= 1:
        centre = mean[int(count.argmax())]
        pure = np.linalg.norm(mean - centre, axis=1) <= PURE
        centre = np.average(mean[pure], axis=0, weights=count[pure])
        near = np.linalg.norm(mean - centre, axis=1) <= NEAR
        near[int(count.argmax())] = True
        red, green, blue = (int(v) for v in centre.round())
        colour, size = (red, green, blue), float(count[near].sum())
        # A faint colour close to a strong one is the stain that JPEG leaves beside an edge.
        stain = any(
            size < 0.05 * other and rgb_distance(colour, strong) <= 50
            for strong, other in zip(colours, sizes, strict=True)
        )
        if size >= fewest and not stain:
            colours.append(colour)
            sizes.append(size)
        mean, count = mean[~near], count[~near]
    colours = _without_mixtures(rgb, colours)
    pure = nearest_colour(votes[None], tuple(colours))[1] <= PURE
    # Measured: 0.88 to 0.99 on 169 JPEG maps of facades; below 0.8 on 217 of 220 photographs.
    if len(colours) > max_labels or pure.mean() < 0.8 or votes.shape[0] < 0.2 * opaque.sum():
        raise too_many_labels(max(len(colours), max_labels + 1), max_labels)
    return tuple(colours)


def _without_mixtures(rgb: Pixels, colours: list[Colour]) -> list[Colour]:
    """Drop the colours that lie between two stronger ones and exist only in narrow bands."""
    from scipy.ndimage import binary_erosion

    flat = colours[:2]
    for colour in colours[2:]:
        if _is_mixture(colour, flat):
            near = nearest_colour(rgb, (colour,))[1] <= NEAR
            if not binary_erosion(near, np.ones((7, 7))).any():
                continue
        flat.append(colour)
    return flat


def _is_mixture(colour: Colour, others: list[Colour]) -> bool:
    """Whether a colour lies between two of the others."""
    pixel = np.asarray([colour], np.float32)
    return any(
        float(_to_segment(pixel, a, b)[0]) <= NEAR for i, a in enumerate(others) for b in others[:i]
    )


def _to_segment(pixels: _Array, a: Colour, b: Colour) -> _Array:
    """RGB distance from pixels (M, 3) to the mixtures of two colours."""
    start, along = np.asarray(a, np.float32), np.subtract(b, a).astype(np.float32)
    share = np.clip((pixels - start) @ along / max(float(along @ along), 1.0), 0, 1)
    return np.asarray(np.linalg.norm(pixels - start - share[:, None] * along, axis=1), np.float32)


def assign(rgb: Pixels, colours: Colours) -> Ids:
    """The id of each pixel (H, W) of a blurred map, with clean edges. A pixel is sure in a 3x3
    square of one label. An unsure one keeps its label when the colour is right and no mixture of
    two other labels within 3 pixels explains it; else it takes the nearer of the two labels whose
    mixture explains it best, and is UNLABELLED where no pixel within 3 is sure."""
    from scipy.ndimage import maximum_filter, minimum_filter

    nearest, distance = nearest_colour(rgb, colours)
    label = np.where(distance <= NEAR, nearest, np.uint8(UNLABELLED))
    core = (maximum_filter(label, 3) == minimum_filter(label, 3)) & (label != UNLABELLED)
    spread = maximum_filter(np.where(core, label + 1, 0).astype(np.uint8), 3)
    sure = (label != UNLABELLED) & (spread == label + 1)
    rows, columns = np.nonzero(~sure)
    if sure.all() or not sure.any() or not distance.any():
        return nearest
    margin = np.pad(np.where(sure, label, np.uint8(UNLABELLED)), 3, constant_values=UNLABELLED)
    beside = np.zeros((rows.size, 256), np.bool_)
    everyone = np.arange(rows.size)
    for dy in range(7):
        for dx in range(7):
            beside[everyone, margin[rows + dy, columns + dx]] = True
    beside = beside[:, : len(colours)]
    pixels, colour_label = rgb[rows, columns].astype(np.float32), label[rows, columns]
    keep = colour_label != UNLABELLED
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
            keep[pair] &= (off > NEAR) | (colour_label[pair] == i) | (colour_label[pair] == j)
    # A thin line in a washed-out colour, which nothing beside it comes close to explaining.
    strange = (best > 3 * NEAR) & (best < np.inf)
    keep |= strange & (distance[rows, columns] < 0.4 * best)
    ids = np.where(sure, label, np.uint8(UNLABELLED))
    ids[rows, columns] = np.where(keep, nearest[rows, columns], choice)
    return ids
