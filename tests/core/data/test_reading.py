"""Pictures that are learnt from as files hold them: every kind, and what cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2i_core.data.batches import Batches, CropSettings
from i2i_core.data.folders import Folder, readable
from i2i_core.errors import InputError
from tests.core.data.numbered_pictures import (
    BROKEN,
    SMALL,
    Holed,
    broken_folder,
    flat,
    numbers,
    pictures,
    same,
)

ORIENTATION = 0x0112


def save_rotated(path: Path) -> None:
    """A picture with a white left half, which its file says is to be turned by 90 degrees."""
    stored = Image.new("RGB", (24, 40), "black")
    stored.paste("white", (0, 0, 24, 20))  # the upper half of what is stored
    exif = Image.Exif()
    exif[ORIENTATION] = 8  # turn it anticlockwise to see it upright
    stored.save(path, exif=exif, quality=95)


def save_deep(path: Path) -> None:
    values = np.zeros((24, 40), np.uint16)
    values[:, :20] = 65535
    Image.fromarray(values).save(path)


def save_grey(path: Path) -> None:
    values = np.zeros((24, 40), np.uint8)
    values[:, :20] = 255
    Image.fromarray(values).save(path)


def save_transparent(path: Path) -> None:
    image = Image.new("RGBA", (40, 24), (0, 0, 0, 255))
    image.paste((90, 20, 20, 0), (0, 0, 20, 24))
    image.save(path)


def save_palette(path: Path) -> None:
    image = Image.new("P", (40, 24), 1)
    image.putpalette([255, 255, 255, 0, 0, 0])
    image.paste(0, (0, 0, 20, 24))
    image.save(path)


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("rotated.jpg", save_rotated),
        ("deep.png", save_deep),
        ("grey.png", save_grey),
        ("transparent.png", save_transparent),
        ("palette.png", save_palette),
        ("palette.gif", save_palette),
    ],
)
def test_every_kind_of_file_becomes_the_picture_that_is_seen(
    name: str, save: Callable[[Path], None], tmp_path: Path
) -> None:
    save(tmp_path / name)
    side = Folder(tmp_path)
    batches = Batches(side, side, CropSettings(24, 24, flip=False), batch=30)
    assert side[0].size == (40, 24)
    crops = batches[0][0]
    assert not batches.skipped
    assert crops.shape == (30, 3, 24, 24)
    left, right = crops[..., 0], crops[..., -1]
    assert float(left.mean()) > 0.9  # white: every crop begins left of the middle
    assert float(right.mean()) < -0.9  # and ends right of it


def test_files_that_cannot_be_read_are_skipped_and_named(tmp_path: Path) -> None:
    side = broken_folder(tmp_path / "a")
    assert len(side) == 7
    with Batches(side, pictures(2, 50), SMALL) as batches:
        found = [batches[step] for step in range(7)]
        assert set(batches.skipped) == BROKEN
        assert all(name in reason for name, reason in batches.skipped.items())
    assert all(a.shape == (1, 3, 16, 16) for a, _ in found)
    with Batches(side, pictures(2, 50), SMALL) as resumed:  # which has not met them yet
        assert all(same(resumed[step], found[step]) for step in range(4, 7))
    assert len(list(readable(side))) == 4


def test_pairs_with_a_broken_half_are_skipped_and_the_others_stay_pairs() -> None:
    a, b = Holed(flat(6), {1}), Holed(flat(6), {4})
    batches = Batches(a, b, SMALL, paired=True)
    found = [batches[step] for step in range(12)]
    for one, other in found:
        assert numbers(one) == numbers(other)
    assert {numbers(one)[0] for one, _ in found} == {0, 2, 3, 5}
    assert batches.skipped == {
        "picture 2": "number 1 is damaged",
        "picture 5": "number 4 is damaged",
    }
    resumed = Batches(a, b, SMALL, paired=True)
    assert all(same(resumed[step], found[step]) for step in range(11, 5, -1))


def test_pairs_of_different_shapes_are_skipped() -> None:
    a, b = flat(3), flat(3)
    b[1] = b[1].resize((30, 20))
    b[2] = b[2].resize((41, 40))  # another size of the same shape, but for rounding
    batches = Batches(a, b, SMALL, batch=6, paired=True)
    assert set(numbers(batches[0][0])) == {0, 2}
    assert list(batches.skipped) == ["picture 2"]
    assert "shape" in batches.skipped["picture 2"]


@pytest.mark.parametrize("paired", [True, False])
def test_when_nothing_can_be_read_that_is_said(paired: bool) -> None:
    holed = Holed(flat(3), {0, 1, 2})
    with (
        pytest.raises(InputError, match=r"None of the 3 .*number \d is damaged"),
        Batches(holed, flat(3), SMALL, paired=paired) as batches,
    ):
        batches[0]


def test_sides_that_cannot_be_learnt_from_are_refused() -> None:
    with pytest.raises(InputError, match="no pictures on side A"):
        Batches([], flat(2), SMALL)
    with pytest.raises(InputError, match="no pictures on side B"):
        Batches(flat(2), [], SMALL)
    with pytest.raises(InputError, match="3 pictures on side A do not match 2"):
        Batches(flat(3), flat(2), SMALL, paired=True)
