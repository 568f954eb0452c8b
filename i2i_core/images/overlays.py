"""Heat maps laid over pictures, and rings around points of them."""

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

Floats = NDArray[np.float32]


def judged(picture: Image.Image, values: Tensor) -> Image.Image:
    """`picture` greyed under `values` (1, 1, h, w) in [0, 1]: red at 0, blue at 1."""
    large = F.interpolate(values, picture.size[::-1], mode="bilinear")
    light = np.asarray(picture.convert("L"), np.float32)[..., None] / 255
    share = as_array(large)[..., None]
    red, blue = np.array([0.95, 0.25, 0.15]), np.array([0.15, 0.45, 0.95])
    colour = red * (1 - share) + blue * share
    pixels = (0.25 + 0.75 * light) * (0.25 + 0.75 * colour)
    return Image.fromarray((pixels.clip(0, 1) * 255).round().astype(np.uint8))


def glow(picture: Image.Image, values: Tensor) -> Image.Image:
    """`picture` dark and grey but for high `values` (1, 1, h, w) in [0, 1], which are widened and
    raised for eyes to find them."""
    brightness = F.max_pool2d(values, 3, 1, 1) ** 0.35
    large = F.interpolate(brightness, picture.size[::-1], mode="bilinear")
    share = as_array(large)[..., None]
    colour = np.asarray(picture, np.float32) / 255
    grey = colour.mean(2, keepdims=True) * 0.35
    warm = np.array([1.0, 0.62, 0.1])
    pixels = grey * (1 - share) + (0.45 * colour + 0.55 * warm) * share
    return Image.fromarray((pixels.clip(0, 1) * 255).round().astype(np.uint8))


def mark(picture: Image.Image, point: tuple[float, float]) -> Image.Image:
    """`picture` with a ring around `point` (x, y; shares of its sides in [0, 1]), dark and light so
    that it shows on any ground."""
    picture = picture.copy()
    x, y = point[0] * (picture.width - 1), point[1] * (picture.height - 1)
    pen = ImageDraw.Draw(picture)
    for radius, colour in ((8, "black"), (7, "white"), (6, "white"), (5, "black")):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=colour)
    return picture


def as_array(values: Tensor) -> Floats:
    """Values (1, 1, h, w) as an array (h, w)."""
    return np.asarray(values[0, 0].float().cpu())
