"""Colour profiles: converted to sRGB, whatever the mode; broken ones are ignored."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from i2i_core.images.files import check_image, open_image


def wide_profile() -> bytes:
    """sRGB's profile with its red and green primaries exchanged: what ignores it shows."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack(">I", profile[128:132])
    for tag in range(132, 132 + 12 * count, 12):
        name = bytes(profile[tag : tag + 4])
        profile[tag : tag + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(name, name)
    return bytes(profile)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_colours_are_converted_from_their_profile(mode: str, kind: str, tmp_path: Path) -> None:
    image = Image.new("RGB", (12, 10), (200, 30, 60))
    image = image.quantize(4) if mode == "P" else image.convert(mode)
    path = tmp_path / "picture"
    image.save(path, kind, icc_profile=wide_profile())
    shown = open_image(path)
    assert np.allclose(np.asarray(shown)[0, 0], (30, 200, 60), atol=3)
    assert "icc_profile" not in shown.info
    kept = open_image(path, flatten=False)  # a label map's colours are names
    assert np.array_equal(np.asarray(kept), np.asarray(image))


def test_transparency_is_kept_until_it_is_laid_on_white() -> None:
    image = Image.new("RGBA", (12, 10), (200, 30, 60, 0))
    image.info["icc_profile"] = wide_profile()
    assert check_image(image).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("profile", [b"", b"no profile", wide_profile()[:200]])
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    image = Image.new("RGB", (12, 10), (200, 30, 60))
    image.info["icc_profile"] = profile
    assert check_image(image).getpixel((0, 0)) == (200, 30, 60)


def test_a_profile_of_srgb_changes_nothing() -> None:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (30, 40, 3), np.uint8)
    image = Image.fromarray(pixels)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    image.info["icc_profile"] = srgb.tobytes()
    assert np.array_equal(np.asarray(check_image(image)), pixels)


def test_a_profile_of_other_channels_is_ignored_but_a_grey_picture_may_have_a_colour_one() -> None:
    printed = Image.new("CMYK", (12, 10), (0, 255, 255, 0))
    printed.info["icc_profile"] = wide_profile()
    assert check_image(printed).getpixel((0, 0)) == (255, 0, 0)
    grey = Image.new("L", (12, 10), 90)
    grey.info["icc_profile"] = wide_profile()
    assert np.allclose(check_image(grey).getpixel((0, 0)), 90, atol=3)


def test_lab_becomes_rgb(tmp_path: Path) -> None:
    image = Image.new("RGB", (12, 10), (200, 30, 60))
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    stored = ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
    stored.info.clear()
    buffer = io.BytesIO()
    stored.save(buffer, "TIFF")
    path = tmp_path / "lab.tif"
    path.write_bytes(buffer.getvalue())
    assert np.allclose(open_image(path).getpixel((0, 0)), (200, 30, 60), atol=4)
