"""Picture files opened safely, turned upright (EXIF) and brought to one form; and written."""

import os
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from i2i_core.errors import InputError
from i2i_core.images.sizes import MIN_SIDE

MAX_PIXELS = 120_000_000  # A decoded picture of this size takes 360 MB.
# Pillow knows more, among them EPS, which it would hand to Ghostscript to run.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF", "JPEG2000")
MAX_ASPECT = 12


def open_image(path: str | os.PathLike[str], *, flatten: bool = True) -> Image.Image:
    """Open a picture file as an upright PIL image; see `check_image` for what becomes of it. The
    size is checked before any pixel is decoded. Raises InputError for a missing, empty, damaged or
    oversized file, and for one that is no picture."""
    path = Path(path)
    name = path.name
    if not path.is_file():
        raise InputError(f"There is no file {name}. Check the path.")
    if path.stat().st_size == 0:
        raise InputError(f"{name} is empty (0 bytes). Save or upload the picture again.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            Image.init()  # or Pillow would not know all of them yet
            image = Image.open(path, formats=[kind for kind in FORMATS if kind in Image.OPEN])
            _check_size(image.size, name)
            image.load()
    except UnidentifiedImageError:
        problem = f"{name} is not a picture that can be read here."
        raise InputError(f"{problem} Use PNG, JPEG, WebP, GIF or TIFF.") from None
    except Image.DecompressionBombError:
        raise InputError(_too_large(name)) from None
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} is damaged: {error}. Save or upload it again.") from None
    return check_image(image, name, flatten=flatten)


def check_image(
    image: Image.Image, name: str = "The picture", *, flatten: bool = True
) -> Image.Image:
    """`image` upright, without metadata, RGB, transparency laid on white, first frame: a copy, or
    the same object if it is all that already. With `flatten=False` the mode is left alone (palette,
    16-bit ids, transparency), for label maps and masks. Raises InputError for impossible sizes."""
    _check_size(image.size, name)
    if type(image) is Image.Image and image.mode == "RGB" and not (image.info or image.getexif()):
        return image
    image = ImageOps.exif_transpose(image)
    if not flatten:
        return _without_metadata(image)
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        image = to_eight_bits(image)
    if image.mode == "La":  # Pillow converts it through LA only
        image = image.convert("LA")
    if image.mode in ("RGBA", "LA", "PA", "RGBa") or "transparency" in image.info:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    return _without_metadata(image.convert("RGB"))


def picture_suffixes() -> set[str]:
    """The endings, with dot and in small letters, of the files that `open_image` reads."""
    return {ending for ending, kind in Image.registered_extensions().items() if kind in FORMATS}


def writable(name: str | os.PathLike[str]) -> Path:
    """The path of a picture to write, or an InputError that says why it cannot be written."""
    path = Path(name)
    # Pillow also names kinds that it can read but not write.
    if Image.registered_extensions().get(path.suffix.lower()) not in {*FORMATS} & {*Image.SAVE}:
        raise InputError(f"{path.name}: give the file a picture's ending, such as .png.")
    if path.is_dir():
        raise InputError(f"{path.name} is a folder: name a file to write.")
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to write {path.name} into.")
    return path


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write `picture` to `path`. Raises InputError, saying why, when that cannot be done."""
    try:
        picture.save(path)
    except OSError as error:
        raise InputError(f"{path} could not be written: {error.strerror or error}.") from None


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise InputError(_too_large(f"{name} ({width} × {height})"))
    problem = f"{name} is {width} × {height} pixels: too"
    if min(size) < MIN_SIDE:
        advice = f"Use one with at least {MIN_SIDE} pixels a side, better 200."
        raise InputError(f"{problem} small to work with. {advice}")
    if max(size) > MAX_ASPECT * min(size):
        advice = f"Crop it until one side is at most {MAX_ASPECT} times the other."
        raise InputError(f"{problem} narrow. {advice}")


def _too_large(name: str) -> str:
    return f"{name} has more than {MAX_PIXELS // 10**6} megapixels. Shrink it first."


def to_eight_bits(image: Image.Image) -> Image.Image:
    """Greys of more than 8 bits, and floats, to 8 bits: divided by the smallest usual range (8,
    10, 12, 14, 16 bits) that holds them; floats of at most 1 are taken for shares of white."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0, neginf=0)
    top = float(values.max())
    if image.mode == "F" and top <= 1:
        top = 1
    else:
        top = next((r for r in (255, 1023, 4095, 16383, 65535) if top <= r), top)
    values = values * (255 / top)
    return Image.fromarray(values.clip(0, 255).round().astype(np.uint8))


def _without_metadata(image: Image.Image) -> Image.Image:
    clean = image.copy()
    clean.info = {key: value for key, value in image.info.items() if key == "transparency"}
    return clean
