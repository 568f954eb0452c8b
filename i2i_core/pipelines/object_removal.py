"""Object removal: a brushed mask is filled with patches from the rest of the photograph.

Completion as by Wexler et al. 2007 and PatchMatch (Barnes et al. 2009, section 4.2): the pixels
around the hole stay, and the patches over it may come from anywhere but the hole."""

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from i2i_core.devices import best_device
from i2i_core.errors import MAX_SEED, InputError, check_range
from i2i_core.images.files import check_image
from i2i_core.images.masks import read_mask
from i2i_core.images.sizes import check_same_shape
from i2i_core.images.tensors import to_image, to_tensor
from i2i_core.patches.label_guides import label_guide
from i2i_core.patches.regions import changed_box, crop_task, paste_result
from i2i_core.patches.synthesis import synthesize
from i2i_core.patches.task import Settings, Task
from i2i_core.pipelines.segmentation import segment
from i2i_core.progress import Progress, Work

LABELS = 4
HEIGHT_WEIGHT = 3.0  # of distances up and down, beside those sideways
MIN_LABEL_SHARE = 0.05  # of what is left of the picture, for a label to be carried on


def remove_object(
    photo: Image.Image, mask: Image.Image, long_side: int = 512, seed: int = 0
) -> Work:
    """Fill the masked part of `photo`; the last record's picture is as large, and unchanged beyond
    two pixels outside the mask. `mask`: of the photo's shape, any scale; painted is what has to
    go (see `read_mask`). `long_side`, pixels: of the window around the mask that is worked on.
    Raises InputError when nothing, or nearly everything, is masked, and for a size out of range."""
    check_range("long side", long_side, 64, 2048)
    check_range("seed", seed, 0, MAX_SEED)
    photo = check_image(photo)
    check_same_shape(mask.size, photo.size, "mask")
    hole = read_mask(mask, photo.size)
    if not hole.any():
        raise InputError("The mask is empty: brush over what should go.")
    if hole.mean() > 0.8:
        advice = "leave some of the picture to fill from."
        raise InputError(f"The mask covers nearly everything: {advice}")
    window = _window(hole)
    part = photo.crop(window)
    scale = min(1.0, long_side / max(part.size))
    small_size = (max(8, round(part.width * scale)), max(8, round(part.height * scale)))
    picture = to_tensor(part.resize(small_size, Image.Resampling.LANCZOS)).to(best_device())
    grey = Image.fromarray(hole).convert("L")
    small_hole = np.array(grey.crop(window).resize(small_size, Image.Resampling.BOX)) > 0
    if small_hole.mean() > 0.8:
        raise InputError("The mask is too finely speckled: leave larger parts of the picture free.")
    box = changed_box(small_hole, max(small_size), margin=0.01)
    assert box is not None
    guide = _guide(picture, small_hole)
    valid = 1 - torch.from_numpy(small_hole).to(picture)[None, None]
    task = crop_task(Task(picture, guide, guide), picture, box, valid)
    settings = Settings(guide_weight=(4.0, 0.1), occurrence=0.1, seed=seed)
    # The mask with an edge of two pixels outside it.
    alpha = grey.filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.BoxBlur(1)).crop(window)
    for level in synthesize(task, settings):
        filled = to_image(paste_result(picture, level.picture, box))
        filled = filled.resize(part.size, Image.Resampling.BICUBIC)
        result = photo.copy()
        result.paste(filled, window[:2], alpha)
        yield Progress(level.step, level.total, picture=result, note=f"Filling, level {level.step}")


def _guide(picture: Tensor, hole: NDArray[np.bool_]) -> Tensor:
    """The label guide of the picture around the hole, continued into the hole. A pixel of the hole
    takes the label of the known pixel nearest to it, heights counting HEIGHT_WEIGHT times: what
    people photograph lies in layers."""
    from scipy.ndimage import distance_transform_edt

    def carry_on(unknown: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Row and column of the known pixel nearest to each pixel: (2, H, W)."""
        indices = {"return_distances": False, "return_indices": True}
        return np.asarray(distance_transform_edt(unknown, sampling=(HEIGHT_WEIGHT, 1), **indices))

    rows, columns = carry_on(hole)
    # What is removed must not claim a label of its own.
    ids = segment(to_image(picture[:, :, rows, columns]), LABELS)
    # Nor may a label spread that has too little of the picture to make a hole's filling of.
    rare = np.bincount(ids[~hole], minlength=LABELS) < MIN_LABEL_SHARE * (~hole).sum()
    rows, columns = carry_on(hole | rare[ids])
    ids = np.where(hole, ids[rows, columns], ids)
    return label_guide(ids, LABELS, reach=max(hole.shape) / 26).to(picture)


def _window(hole: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is worked on: the hole and as much again on every side."""
    height, width = hole.shape
    left, top, right, bottom = Image.fromarray(hole).getbbox() or (0, 0, width, height)
    around = max(64, right - left - 1, bottom - top - 1)
    top, bottom = max(0, top - around), min(height, bottom + around)
    return max(0, left - around), top, min(width, right + around), bottom
