"""Picture files opened safely, turned upright (EXIF) and brought to one form; and written."""

import os
import warnings
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from i2i_core.errors import InputError
from i2i_core.images.bit_depths import DEEP_MODES, to_eight_bits
from i2i_core.images.colour_profiles import to_srgb
from i2i_core.images.sizes import MIN_SIDE

MAX_PIXELS = 120_000_000  # A decoded picture of this size takes 360 MB.
# Pillow knows more, among them EPS, which it would hand to Ghostscript to run.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF", "JPEG2000")
MAX_ASPECT = 12


def open_image(
    path: str | os.PathLike[str], *, flatten: bool = True, short_side: int | None = None
) -> Image.Image:
    """Open a picture file as an upright PIL image; see `check_image` for what becomes of it. The
    size is checked before any pixel is decoded. With `short_side`, the pixels of the shorter side
    that are needed, a much larger picture is shrunk while it is decoded, to no less. Raises
    InputError for a missing, empty, damaged or oversized file, and for one that is no picture."""
    path = Path(path)
    name = path.name
    if not path.is_file():
        raise InputError(f"There is no file {name}. Check the path.")
    if path.stat().st_size == 0:
        raise InputError(f"{name} is empty (0 bytes). Save or upload the picture again.")
    try:  # by its name Pillow would map a TIFF, and not turn it upright
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{name} could not be opened: {error.strerror or error}.") from None
    with file:
        return check_image(
            _decoded(file, name, short_side if flatten else None), name, flatten=flatten
        )


def _decoded(file: BinaryIO, name: str, short_side: int | None) -> Image.Image:
    """The file's picture as it is stored, or shrunk (see `open_image`), or an InputError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            Image.init()  # or Pillow would not know all of them yet
            image = Image.open(file, formats=[kind for kind in FORMATS if kind in Image.OPEN])
            _check_size(image.size, name)
            if short_side is not None:  # JPEG decodes an eighth, a quarter or half of the pixels
                scale = min(image.size) / short_side
                if scale > 1:
                    width, height = image.size
                    image.draft(None, (int(width / scale), int(height / scale)))
            image.load()
            return image if short_side is None else _reduced(image, short_side)
    except UnidentifiedImageError:
        file.seek(0)
        raise InputError(f"{name} {_why_unknown(file.read(16))}") from None
    except Image.DecompressionBombError:
        raise InputError(_too_large(name)) from None
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} is damaged: {error}. Save or upload it again.") from None


def _reduced(image: Image.Image, short_side: int) -> Image.Image:
    """`image`, by a whole number smaller if its shorter side keeps `short_side` pixels."""
    factor = min(image.size) // short_side
    if factor < 2 or image.mode not in ("L", "RGB", "CMYK"):
        return image
    small = image.reduce(factor)
    small.info = image.info
    small.getexif().update(image.getexif())
    return small


def _why_unknown(start: bytes) -> str:
    """What to say of a file that begins with these bytes and that Pillow does not know."""
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        kind = "a TIFF whose channels cannot be read here: floats in colour, many bands or planes."
        return f"is {kind} Save it as an ordinary RGB or grey one with 8 or 16 bits."
    if start[4:8] == b"ftyp":
        return "is not a picture that can be read here, perhaps HEIC. Save it as JPEG or PNG."
    if start[:2] == b"\xff\x0a" or start[4:8] == b"JXL ":
        return "is JPEG XL, which cannot be read here. Save it as JPEG or PNG."
    return "is not a picture that can be read here. Use PNG, JPEG, WebP, GIF or TIFF."


def check_image(
    image: Image.Image, name: str = "The picture", *, flatten: bool = True
) -> Image.Image:
    """`image` upright, without metadata, RGB, its colour profile converted to sRGB, more than 8
    bits scaled (see `to_eight_bits`), transparency laid on white, first frame: a copy, or the same
    object if it is all that already. With `flatten=False` the mode is left alone (palette,
    16-bit ids, transparency), for label maps and masks. Raises InputError for impossible sizes."""
    _check_size(image.size, name)
    if type(image) is Image.Image and image.mode == "RGB" and not (image.info or image.getexif()):
        return image
    if flatten and image.mode in DEEP_MODES:  # before it is turned, which loses TIFF's tags
        eight = to_eight_bits(image, name)
        eight.info = image.info
        eight.getexif().update(image.getexif())
        image = eight
    image = ImageOps.exif_transpose(image)
    if not flatten:
        return _without_metadata(image)
    image = to_srgb(image)
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


def _without_metadata(image: Image.Image) -> Image.Image:
    clean = image.copy()
    clean.info = {key: value for key, value in image.info.items() if key == "transparency"}
    return clean
