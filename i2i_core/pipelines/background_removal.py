"""Background removal: what stands out of a photograph, cut out with a soft edge."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from i2i_core.devices import best_device
from i2i_core.errors import InputError, check_range
from i2i_core.images.files import check_image
from i2i_core.images.filters import resize
from i2i_core.images.guided_filter import box_mean, guided_filter
from i2i_core.images.tensors import to_tensor
from i2i_core.patches.objects import WORKING_SIDE, find_objects, object_at

EDGE = 4  # pixels to both sides of an outline that may be half transparent, of WORKING_SIDE
WORK_SIDE = 2 * WORKING_SIDE
EPSILON = 1e-4  # a variance: fainter edges of the photograph do not count


def remove_background(photo: Image.Image) -> Image.Image:
    """`photo` as RGBA of its own size: its objects opaque, everything else transparent, shadows
    too. The edge is soft where hair or a blur is.

    Raises InputError when nothing stands out."""
    photo = check_image(photo)
    picture = to_tensor(photo).to(best_device())
    objects = find_objects(picture)
    if not objects.labels.any():
        raise InputError(
            "Nothing stands out of this picture: take one whose object differs clearly in colour "
            "or texture from what is behind it."
        )
    alpha = soft_mask(torch.from_numpy(objects.labels > 0).to(picture)[None, None], picture)
    colours = foreground_colours(picture, alpha)
    pixels = torch.cat([colours, alpha], 1)[0].permute(1, 2, 0).cpu().numpy()
    return Image.fromarray((255 * pixels).round().astype(np.uint8), "RGBA")


def pick_object(photo: Image.Image, point: tuple[float, float]) -> Image.Image:
    """The mask (L, 255 on the object) of the object of `photo` at `point` (x, y; shares of its
    sides in [0, 1]), of its size. Raises InputError where there is none, or the point lies outside.
    """
    for axis, share in zip("xy", point, strict=True):
        check_range(f"point's {axis}", share, 0, 1)
    photo = check_image(photo)
    objects = find_objects(to_tensor(photo).to(best_device()))
    mask = object_at(objects, point[0] * photo.width, point[1] * photo.height)
    if mask is None:
        raise InputError("No object was found there: click the middle of one, or pick a region.")
    return Image.fromarray(mask.astype(np.uint8) * np.uint8(255))


def soft_mask(mask: Tensor, picture: Tensor) -> Tensor:
    """`mask` (1, 1, H, W) of zeros and ones with an edge that follows `picture` (1, 3, H, W), in
    [0, 1]. Beyond EDGE pixels of the outline it stays as it is."""
    wide = 2 * round(EDGE * max(mask.shape[-2:]) / WORKING_SIDE) + 1
    near = box_mean(mask, wide // 2)
    scale = min(1.0, WORK_SIDE / max(mask.shape[-2:]))
    height, width = (max(1, round(side * scale)) for side in mask.shape[-2:])
    small = resize(mask, (height, width)).clamp(0, 1)
    alpha = guided_filter(picture, small, EDGE, EPSILON)
    # The filter's tails are haze: between 0.1 and 0.9 is edge.
    alpha = ((alpha - 0.1) / 0.8).clamp(0, 1)
    alpha = torch.where(near >= 1 - 1e-4, 1.0, alpha)
    return torch.where(near <= 1e-4, 0.0, alpha)


def foreground_colours(picture: Tensor, alpha: Tensor) -> Tensor:
    """Colours (1, 3, H, W) of the objects in `picture` without what shines through at their edges:
    blur fusion (Forte 2021, equations 4 and 5) of `alpha` (1, 1, H, W)."""
    radius = max(2, round(2 * EDGE * max(picture.shape[-2:]) / WORKING_SIDE))
    front, back = box_mean(alpha, radius), box_mean(1 - alpha, radius)
    objects = box_mean(picture * alpha, radius) / front.clamp_min(1e-4)
    ground = box_mean(picture * (1 - alpha), radius) / back.clamp_min(1e-4)
    rest = picture - alpha * objects - (1 - alpha) * ground
    colours = torch.where(alpha > 0, objects + alpha * rest, picture)
    return torch.where(alpha >= 1, picture, colours).clamp(0, 1)
