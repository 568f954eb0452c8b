"""The sizes of pictures: scaled by a side, compared by their shape."""

from PIL import Image

from i2i_core.errors import InputError

MIN_SIDE = 8


def fit_long_side(image: Image.Image, long_side: int) -> Image.Image:
    """`image` scaled, up or down, so that its longer side has `long_side` pixels."""
    return _scaled(image, long_side / max(image.size), MIN_SIDE, Image.Resampling.LANCZOS)


def fit_short_side(image: Image.Image, short_side: int) -> Image.Image:
    """`image` scaled, up or down, so that its shorter side has `short_side` pixels."""
    return _scaled(image, short_side / min(image.size), short_side, Image.Resampling.BICUBIC)


def _scaled(image: Image.Image, scale: float, least: int, how: Image.Resampling) -> Image.Image:
    width, height = (max(least, round(side * scale)) for side in image.size)
    if (width, height) == image.size:
        return image
    return image.resize((width, height), how, reducing_gap=3.0)


def same_aspect(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether two sizes have the same aspect ratio, give or take a pixel of the smaller one."""
    ratio = (a[0] * b[1]) / (a[1] * b[0])
    return abs(ratio - 1) < 0.02 + 1.0 / min(*a, *b)


def check_same_shape(size: tuple[int, int], picture: tuple[int, int], what: str) -> None:
    """Raise InputError unless a `what` of `size` (width, height) can lie over such a `picture`."""
    if not same_aspect(size, picture):
        sizes = f"{size[0]} × {size[1]} pixels and its picture {picture[0]} × {picture[1]}"
        advice = f"Draw the {what} over the picture, or crop one of them."
        raise InputError(f"The {what} is {sizes}: they must have the same shape. {advice}")
