"""The door for pictures: what is refused and why, and what becomes of every kind of file."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.errors import InputError
from i2i_core.images.files import MAX_ASPECT, check_image, open_image
from i2i_core.images.sizes import MIN_SIDE, fit_long_side
from i2i_core.images.tensors import to_image, to_tensor

ORIENTATION, DESCRIPTION = 0x0112, 0x010E


def noise(width: int = 40, height: int = 30) -> Image.Image:
    random = np.random.default_rng(0)
    return Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def written(folder: Path, content: bytes, name: str = "picture.png") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def png_header(width: int, height: int) -> bytes:
    """A PNG file that says how large it is and holds no pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "absent.png", tmp_path):
        with pytest.raises(InputError, match=r"no file .*Check the path"):
            open_image(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"this is no picture", "not a picture"),
        (encoded(noise(), "JPEG")[:500], "damaged"),
        (encoded(noise(), "PNG")[:2000], "damaged"),
        (encoded(noise(), "PNG")[:20], "damaged"),
        (encoded(Image.new("RGB", (1, 1)), "PNG"), "too small"),
        (encoded(Image.new("RGB", (200, MIN_SIDE - 1)), "PNG"), "too small"),
        (encoded(Image.new("RGB", (10 * MAX_ASPECT + 1, 10)), "PNG"), "too narrow"),
        (png_header(12001, 10000), "120 megapixels"),
        (png_header(20000, 20000), "120 megapixels"),  # beyond what Pillow itself would open
    ],
)
def test_what_nothing_can_be_made_of_is_refused_by_name(tmp_path, content, message):
    with pytest.raises(InputError, match=rf"picture\.png.*{message}"):
        open_image(written(tmp_path, content))


def test_a_large_and_a_narrow_picture_are_accepted(tmp_path):
    large = written(tmp_path, encoded(Image.new("1", (8000, 5000), 1), "PNG"))
    assert open_image(large).size == (8000, 5000)
    narrow = written(tmp_path, encoded(Image.new("RGB", (10 * MAX_ASPECT, 10)), "PNG"))
    assert open_image(narrow).size == (10 * MAX_ASPECT, 10)


def test_a_turned_photograph_comes_upright_and_without_its_metadata(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION], exif[DESCRIPTION] = 6, "where I live"  # 6: turn by 90 degrees clockwise
    lying = np.zeros((30, 40, 3), np.uint8)
    lying[:, :20] = (255, 0, 0)
    content = encoded(Image.fromarray(lying), "JPEG", exif=exif, quality=95)
    upright = open_image(written(tmp_path, content, "photo.jpg"))
    assert upright.size == (30, 40)
    pixels = np.asarray(upright)
    assert (pixels[:18, :, 0] > 200).all()
    assert (pixels[22:, :, 0] < 50).all()
    assert not upright.getexif()
    assert not upright.info
    assert b"where I live" not in encoded(upright, "JPEG")


def test_transparency_is_laid_on_white(tmp_path):
    clear = np.zeros((10, 12, 4), np.uint8)
    clear[:5] = (255, 0, 0, 255)
    clear[5:, :6] = (0, 0, 0, 51)  # a fifth opaque
    pixels = np.asarray(open_image(written(tmp_path, encoded(Image.fromarray(clear), "PNG"))))
    assert (pixels[:5] == (255, 0, 0)).all()
    assert (pixels[5:, :6] == 204).all()
    assert (pixels[5:, 6:] == 255).all()


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_palette_with_a_transparent_colour(tmp_path, kind):
    indexed = Image.new("P", (10, 10), 1)
    indexed.putpalette([200, 0, 0, 0, 0, 200])
    indexed.paste(0, (0, 0, 10, 5))
    path = written(tmp_path, encoded(indexed, kind, transparency=1))
    pixels = np.asarray(open_image(path))
    assert (pixels[:5] == (200, 0, 0)).all()
    assert (pixels[5:] == 255).all()


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    deep = np.zeros((10, 12), np.uint16)
    deep[:, 4:8], deep[:, 8:] = 128 * 257, 65535
    pixels = np.asarray(open_image(written(tmp_path, encoded(Image.fromarray(deep), "PNG"))))
    assert pixels.shape == (10, 12, 3)
    assert pixels[0, ::4].tolist() == [[0] * 3, [128] * 3, [255] * 3]


def test_printing_colours_floats_and_animations(tmp_path):
    printed = encoded(Image.new("CMYK", (9, 9), (0, 255, 255, 0)), "TIFF")
    red = open_image(written(tmp_path, printed, "printed.tif"))
    assert (red.mode, red.getpixel((0, 0))) == ("RGB", (255, 0, 0))
    half = Image.fromarray(np.full((9, 9), 0.5, np.float32))
    assert check_image(half).getpixel((0, 0)) == (128, 128, 128)
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("blue", "yellow")]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert open_image(written(tmp_path, moving, "moving.gif")).getpixel((0, 0)) == (0, 0, 255)


def test_label_maps_keep_their_mode():
    indexed = Image.new("P", (10, 10), 3)
    kept = check_image(indexed, flatten=False)
    assert kept.mode == "P"
    assert (np.asarray(kept) == 3).all()
    assert check_image(Image.new("RGBA", (10, 10)), flatten=False).mode == "RGBA"


def test_the_given_picture_is_left_alone():
    given = noise()
    given.info["comment"] = "mine"
    checked = check_image(given)
    checked.paste("black", (0, 0, 40, 30))
    assert given.info["comment"] == "mine"
    np.testing.assert_array_equal(np.asarray(given), np.asarray(noise()))


@pytest.mark.parametrize(
    ("size", "long_side", "expected"),
    [
        ((40, 30), 80, (80, 60)),
        ((40, 30), 20, (20, 15)),
        ((30, 40), 40, (30, 40)),
        ((100, 33), 50, (50, 16)),
        ((240, 20), 60, (60, MIN_SIDE)),  # never thinner than what can be worked with
    ],
)
def test_fit_long_side(size, long_side, expected):
    assert fit_long_side(Image.new("RGB", size), long_side).size == expected


def test_tensors_and_images_are_each_others_inverse():
    picture = noise()
    tensor = to_tensor(picture)
    assert tensor.shape == (1, 3, 30, 40)
    assert tensor.dtype == torch.float32
    assert 0 <= float(tensor.min()) < float(tensor.max()) <= 1
    np.testing.assert_array_equal(np.asarray(to_image(tensor)), np.asarray(picture))


def test_to_image_clips_rounds_and_spreads_grey():
    values = torch.tensor([-1.0, 0.0, 0.499, 1.0, 2.0]).view(1, 1, 1, 5)
    assert np.asarray(to_image(values))[0].tolist() == [[v] * 3 for v in (0, 0, 127, 255, 255)]


def test_sixteen_bit_label_ids_are_left_alone() -> None:
    ids = np.full((20, 30), 2, np.uint16)
    ids[:, :10], ids[:, 25:] = 0, 65535
    kept = check_image(Image.fromarray(ids), "The map", flatten=False)
    assert np.array_equal(np.asarray(kept), ids)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"II*\0\x08\0\0\0\0\0" + bytes(20), "TIFF whose channels"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "HEIC. Save it as JPEG or PNG"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\xff\x0a" + bytes(20), "JPEG XL"),
    ],
)
def test_what_pillow_cannot_read_is_named(tmp_path: Path, start: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_image(written(tmp_path, start))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_large_picture_is_shrunk_while_it_is_decoded(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    large = Image.new("RGB", (1200, 800), "red")
    large.paste("blue", (600, 0, 1200, 800))
    path = written(tmp_path, encoded(large, kind, exif=exif))
    small = open_image(path, short_side=100)
    assert 100 <= small.width < 200  # upright
    assert abs(small.height - 1.5 * small.width) <= 1
    assert np.allclose(small.getpixel((50, 20)), (255, 0, 0), atol=6)
    assert np.allclose(small.getpixel((50, 130)), (0, 0, 255), atol=6)
    assert open_image(path, short_side=2000).size == open_image(path).size == (800, 1200)
    assert max(open_image(path, flatten=False, short_side=100).size) == 1200  # a label map
