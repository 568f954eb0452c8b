"""Embedded colour profiles: pictures converted from them to sRGB."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageCms

# What a picture's colours may be stored as, by the colour space that its profile names.
MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def to_srgb(image: Image.Image) -> Image.Image:
    """`image` (8 bits a channel) with the colours of its embedded profile, or of CIELAB, in sRGB:
    RGB, or RGBA if it is transparent anywhere. The same object if it has no profile, one that is
    broken or does not fit its channels, or one that is sRGB give or take a grey level."""
    lab = image.mode == "LAB"
    profile = image.info.get("icc_profile") or b""
    if not lab and not profile:
        return image
    srgb = ImageCms.createProfile("sRGB")
    try:
        if lab:
            return _converted(image, ImageCms.createProfile("LAB"), srgb)
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = MODES.get(source.profile.xcolor_space.strip(), "")
        stored = _stored(image)
        if mode != stored and not (mode == "RGB" and stored == "L"):
            return image
        if mode == "RGB" and _is_srgb(source, srgb):
            return image
        alpha = _alpha(image)
        converted = _converted(image.convert(mode), source, srgb)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _stored(image: Image.Image) -> str:
    """How colours without transparency are stored in this mode, a palette being RGB."""
    base = {"1": "L", "LA": "L", "La": "L", "P": "RGB", "PA": "RGB", "RGBA": "RGB", "RGBa": "RGB"}
    return base.get(image.mode, image.mode)


def _alpha(image: Image.Image) -> Image.Image | None:
    if not image.has_transparency_data:
        return None
    if image.mode in ("La", "RGBa"):
        image = image.convert("LA" if image.mode == "La" else "RGBA")
    return image.convert("RGBA").getchannel("A")


def _converted(
    image: Image.Image,
    source: Any,  # a profile, as is srgb: Pillow does not export its type
    srgb: Any,
) -> Image.Image:
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    result = ImageCms.profileToProfile(
        image, source, srgb, renderingIntent=intent, outputMode="RGB", flags=flags
    )
    assert result is not None
    result.info.pop("icc_profile", None)
    return result


def _is_srgb(source: Any, srgb: Any) -> bool:
    """Whether a few hundred colours stay where they are: rounding them would only cost time."""
    steps = np.linspace(0, 255, 8).round().astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(8, 64, 3)
    after = np.asarray(_converted(Image.fromarray(colours), source, srgb), np.int16)
    return int(np.abs(after - colours).max()) <= 1
