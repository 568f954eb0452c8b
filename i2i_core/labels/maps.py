"""Label maps: pictures whose colours name regions, decoded to small integer ids and back."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from i2i_core.errors import InputError
from i2i_core.labels import colours as label_colours
from i2i_core.labels.colours import NEAR, PURE, Colour, Colours, Mask, Pixels, nearest_colour
from i2i_core.labels.colours import UNLABELLED as UNLABELLED
from i2i_core.labels.colours import Ids as Ids

# How an unlabelled pixel is shown: almost grey, so that no truly grey picture is mistaken.
UNLABELLED_COLOUR: Colour = (96, 92, 100)
MAX_UNEVEN = 16  # grey levels between the widest and the narrowest gap of painted greys
# Twelve colours at least 88 apart in RGB, and at least 24 apart in CIELAB for people with normal,
# red-blind and green-blind sight (simulated after Viénot, Brettel & Mollon 1999).
_PALETTE = "3b9df8 0a7313 e2d121 aa20ac 1219ae fa1233 96e694 caa3d2 7f1d3c 17787d d7fafa 0a2156"
PALETTE: Colours = tuple((r, g, b) for r, g, b in map(bytes.fromhex, _PALETTE.split()))


@dataclass(frozen=True)
class LabelMap:
    """A decoded label map: `ids` (H, W) uint8, 0..N-1 or 255, and the RGB `colours` of id 0..N-1.
    `grey_ids`: it held ids as grey values, which match exactly; colours match when near."""

    ids: Ids
    colours: Colours
    grey_ids: bool = False


def encode(ids: Ids, colours: Colours = PALETTE) -> Image.Image:
    """Paint ids (H, W) as an RGB picture; unlabelled pixels take `UNLABELLED_COLOUR`. Raises
    InputError when an id has no colour in `colours`."""
    table = np.zeros((256, 3), np.uint8)
    table[: len(colours)] = np.clip(colours, 0, 255)
    table[UNLABELLED] = UNLABELLED_COLOUR
    labelled = ids[ids != UNLABELLED]
    count = int(labelled.max()) + 1 if labelled.size else 0
    if count > len(colours):
        problem = f"uses {count} labels but only {len(colours)} colours are known"
        raise InputError(f"The label map {problem}: use fewer labels.")
    return Image.fromarray(table[ids])


def decode(image: Image.Image, colours: Colours | None = None, max_labels: int = 12) -> LabelMap:
    """Read a label map from a picture, whatever its mode.

    - With `colours`, every pixel takes the nearest of them (or unlabelled, where the picture
      shows `UNLABELLED_COLOUR`); blurred edges are cleaned as below.
    - A grey picture of at most `max_labels` values, all small or nearly all with a 3x3 patch of
      their own, holds ids: they are numbered 0..N-1 in rising order, and 255 is unlabelled unless
      the values look painted (0 is used, all are 40 or more apart, and evenly: 0, 128, 255).
    - Anything else is a colour map, perhaps anti-aliased or JPEG-compressed: its flat colours are
      the labels, the most frequent first, and the pixels of an edge go to one of the labels
      beside them, so that no thin band of a third lies along it.

    Transparent pixels (alpha below one half) are unlabelled, and so is index 255 of a palette that
    is not used up to it: the border of VOC's maps. Raises InputError for a photograph or for more
    than `max_labels` labels."""
    grey_map = _grey_levels(image, max_labels) if colours is None else None
    if grey_map is not None:
        return grey_map
    rgb, opaque = _rgb(image)
    if not opaque.any():
        raise InputError("The label map is wholly transparent: paint at least one region.")
    if colours is not None:
        ids = fill_unlabelled(label_colours.assign(rgb, (*colours, UNLABELLED_COLOUR)))
        ids[ids == len(colours)] = UNLABELLED
        ids[~opaque] = UNLABELLED
        return LabelMap(ids, tuple(colours))
    colours = label_colours.exact_colours(rgb, opaque, max_labels)
    if colours:
        ids, _ = nearest_colour(rgb, colours)
    else:
        colours = label_colours.flat_colours(rgb, opaque, max_labels)
        ids = fill_unlabelled(label_colours.assign(rgb, colours))
    distances = [label_colours.rgb_distance(c, UNLABELLED_COLOUR) for c in colours]
    labels = [i for i, distance in enumerate(distances) if distance > PURE]
    table = np.full(256, UNLABELLED, np.uint8)
    table[labels] = np.arange(len(labels))
    ids = np.where(opaque, table[ids], np.uint8(UNLABELLED))
    return LabelMap(ids, tuple(colours[i] for i in labels))


def decode_together(source: Image.Image, *others: Image.Image) -> list[LabelMap]:
    """Decode maps that belong together: `source` fixes the labels, `others` use the same ids. What
    only another map has (a colour further than 60 from the source's, or a grey id that it lacks)
    becomes unlabelled. Raises InputError as `decode`, and for a grey id map beside a colour map."""
    first = decode(source)
    return [first, *(_decode_like(first, other) for other in others)]


def _decode_like(first: LabelMap, image: Image.Image) -> LabelMap:
    """Decode `image` with the labels of `first`; strange labels become unlabelled."""
    second = decode(image)
    table = np.full(256, UNLABELLED, np.uint8)
    if first.grey_ids or second.grey_ids:
        values = {colour: i for i, colour in enumerate(first.colours)}
        if first.grey_ids != second.grey_ids and not set(second.colours) <= set(values):
            problem = "One label map is painted in colours and the other holds grey ids"
            raise InputError(f"{problem}: use maps of one kind.")
        for i, colour in enumerate(second.colours):
            table[i] = values.get(colour, UNLABELLED)
    else:
        match, distance = nearest_colour(np.asarray([second.colours], np.uint8), first.colours)
        table[: len(second.colours)] = np.where(distance[0] <= 2 * NEAR, match[0], UNLABELLED)
    return LabelMap(table[second.ids], first.colours, first.grey_ids)


def resize(ids: Ids, size_wh: tuple[int, int]) -> Ids:
    """Resize ids to (width, height) by the nearest pixel centre; no new ids appear."""
    width, height = size_wh
    rows = ((np.arange(height) + 0.5) * ids.shape[0] / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * ids.shape[1] / width).astype(np.intp)
    return np.asarray(ids[rows[:, None], columns[None, :]], np.uint8)


def fill_unlabelled(ids: Ids) -> Ids:
    """Unlabelled pixels get the id of the nearest labelled one. Raises InputError for none."""
    missing = ids == UNLABELLED
    if missing.all():
        raise InputError("The label map has no labelled pixel: paint at least one region.")
    return fill_from_nearest(ids, missing) if missing.any() else np.array(ids)


def fill_from_nearest(ids: Ids, missing: Mask) -> Ids:
    """`ids` (H, W), those of `missing` pixels replaced by that of the nearest other pixel."""
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(missing, return_distances=False, return_indices=True)
    return np.asarray(ids[rows, columns], np.uint8)


def _rgb(image: Image.Image) -> tuple[Pixels, Mask]:
    """The picture as RGB (H, W, 3) uint8, and where it is opaque (H, W)."""
    if image.mode.startswith(("I", "F")):  # PIL would clip 16-bit values instead of scaling them
        deep = np.asarray(image).astype(np.float64)
        image = Image.fromarray((deep * 255 / max(float(deep.max()), 255)).astype(np.uint8))
    rgba = np.asarray(image.convert("RGBA"))
    opaque = rgba[..., 3] >= 128
    if image.mode == "P":
        opaque &= ~_void(np.asarray(image), rgba[..., :3])
    return np.ascontiguousarray(rgba[..., :3]), opaque


def _void(indices: Ids, rgb: Pixels) -> Mask:
    """Where a palette's index 255 says that nothing is labelled. It does not if it is the only
    one, if the indices are used up to it, or if they are but the greys of a grey picture."""
    void = indices == UNLABELLED
    others = indices[~void]
    grey = bool((rgb == indices[..., None]).all())
    if grey or not others.size or int(others.max()) >= UNLABELLED - 1:
        return np.zeros_like(void)
    return np.asarray(void)


def _grey_levels(image: Image.Image, max_labels: int) -> LabelMap | None:
    """Decode a map of exact grey values; None when the picture is not one."""
    if image.mode.startswith("I"):
        values, opaque = np.asarray(image).astype(np.int64), np.ones(image.size[::-1], np.bool_)
        values = np.where((values == 65535) | (values < 0), UNLABELLED, values)
    else:
        rgb, opaque = _rgb(image)
        if (rgb != rgb[..., :1]).any():
            return None
        values = rgb[..., 0].astype(np.int64)
    levels = np.unique(values[opaque])
    if levels.size == 0 or levels.size > 64:
        return None  # a photograph, or blurred
    small = levels[levels != UNLABELLED]
    if small.size and small.max() >= 64:
        cores = sum(label_colours.has_core(values == v) for v in levels)
        if cores < 0.75 * levels.size:
            return None  # the in-between greys of an anti-aliased edge
    painted = levels[0] == 0 and levels.size > 1 and _evenly_apart(levels)
    labels = levels if painted or small.size == 0 else small
    if labels.size > max_labels:
        raise label_colours.too_many_labels(int(labels.size), max_labels)
    ids = np.full(values.shape, UNLABELLED, np.uint8)
    for i, value in enumerate(labels):
        ids[(values == value) & opaque] = i
    colours = tuple((int(v), int(v), int(v)) for v in labels)
    return LabelMap(ids, colours, grey_ids=not painted)


def _evenly_apart(levels: npt.NDArray[np.int64]) -> bool:
    """Whether greys look painted: far apart and, where the last is white, evenly."""
    gaps = np.diff(levels)
    even = int(levels[-1]) != UNLABELLED or int(np.ptp(gaps)) <= MAX_UNEVEN
    return bool(int(gaps.min()) >= 40 and even)
