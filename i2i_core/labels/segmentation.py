"""What makes labels of superpixels a map that people would draw: boundaries on the photograph's
edges, no specks, numbers by area. `pipelines/segmentation.py` finds the labels."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from i2i_core.deprecated import contents
from i2i_core.labels.maps import UNLABELLED, Ids, fill_unlabelled, resize
from i2i_core.labels.superpixels import shrunk

_Array = npt.NDArray[np.float64]
REFINED_SIDE = 512  # pixels of the longer side at which boundaries are drawn

__getattr__ = contents(__name__, "pipelines.segmentation")  # `segment` was here


def label_map(labels: npt.NDArray[np.intp], photo: Image.Image) -> Ids:
    """Labels (h, w) of a small picture as ids (H, W) uint8 of the RGB `photo` it was made from, its
    edges followed and specks given to what surrounds them."""
    from skimage.color import rgb2lab

    fine = shrunk(photo, REFINED_SIDE)
    ids = _without_specks(_refined(labels, fine), rgb2lab(np.asarray(fine)))
    return resize(ids, photo.size)


def by_falling_area(*maps: Ids) -> list[Ids]:
    """The maps with their common labels numbered anew, the one with the largest area first; what
    none has is left out."""
    counts = sum(np.bincount(ids.ravel(), minlength=256) / ids.size for ids in maps)
    order = np.argsort(-np.asarray(counts), kind="stable")
    return [np.argsort(order)[ids].astype(np.uint8) for ids in maps]


def _refined(labels: npt.NDArray[np.intp], photo: Image.Image) -> Ids:
    """Enlarge labels to the photo's size, their boundaries drawn to its edges: by the largest mask
    after a guided filter (He, Sun & Tang, TPAMI 2013, eq. 5 to 8) with the grey photo as guide."""
    from scipy.ndimage import uniform_filter

    width = 2 * round(max(photo.size) / 100) + 1

    def box(values: _Array) -> _Array:
        return np.asarray(uniform_filter(values, width, mode="nearest"), np.float64)

    guide = np.asarray(photo.convert("L"), np.float64) / 255
    mean = box(guide)
    variance = box(guide * guide) - mean * mean + 1e-3
    large = resize(labels.astype(np.uint8), photo.size)
    answers = []
    for i in range(int(large.max()) + 1):
        mask = (large == i).astype(np.float64)
        slope = (box(mask * guide) - mean * box(mask)) / variance
        answers.append(box(slope) * guide + box(box(mask) - slope * mean))
    return np.asarray(np.argmax(np.stack(answers), 0), np.uint8)


def _without_specks(ids: Ids, lab: _Array) -> Ids:
    """Give patches below 0.3 % of the area to their surroundings, except small objects: above
    0.03 %, standing out from their surroundings' colour by 15 in CIELAB and by twice its spread."""
    from skimage.measure import label

    parts = np.asarray(label(ids, background=-1, connectivity=1), np.intp).ravel()
    area = np.bincount(parts)
    small = (area < 0.003 * ids.size)[parts].reshape(ids.shape)
    if small.all():
        return ids
    around = fill_unlabelled(np.where(small, np.uint8(UNLABELLED), ids))

    def mean(groups: npt.NDArray[np.integer], values: _Array) -> _Array:
        sums = [np.bincount(groups, values[..., c].ravel()) for c in range(values.shape[-1])]
        return np.stack(sums, -1) / np.maximum(np.bincount(groups), 1)[:, None]

    colours = mean(around.ravel(), lab)
    variance = mean(around.ravel(), (lab - colours[around]) ** 2).sum(-1)
    # How far each part is, in colour, from the label that would swallow it.
    distance = np.linalg.norm(mean(parts, lab - colours[around]), axis=-1)
    spread = np.sqrt(mean(parts, variance[around][..., None])[:, 0])
    object_like = (area > 3e-4 * ids.size) & (distance > np.maximum(15, 2 * spread))
    return np.where(object_like[parts].reshape(ids.shape), ids, around)
