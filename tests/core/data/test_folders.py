"""Folders of pictures in every layout, and what is said when one holds nothing to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from i2i_core.data.folders import Folder, SideBySide, open_domains
from i2i_core.errors import InputError


def save(folder: Path, grey: int, *names: str, size: tuple[int, int] = (12, 10)) -> None:
    """Pictures whose grey counts up from `grey`, name by name."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        Image.new("RGB", size, (grey + number,) * 3).save(folder / name)


def save_pairs(folder: Path, *names: str, size: tuple[int, int] = (24, 10)) -> None:
    """Pictures whose left half is black and whose right half is white."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        both = Image.new("RGB", size, "black")
        both.paste("white", (size[0] // 2, 0, *size))
        both.save(folder / name)


def greys(pictures: Sequence[Image.Image]) -> list[int]:
    return [picture.getpixel((0, 0))[0] for picture in pictures]


# A folder


def test_a_folder_gives_its_pictures_by_name_upright_and_rgb(tmp_path: Path) -> None:
    save(tmp_path, 10, "b.png", "a.bmp", "C.PNG")
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "inner").mkdir()
    Image.new("L", (10, 10), 99).save(tmp_path / "d.png")
    folder = Folder(tmp_path)
    assert folder.names == ["C.PNG", "a.bmp", "b.png", "d.png"]
    assert len(folder) == 4
    assert greys(folder) == [12, 11, 10, 99]
    assert {picture.mode for picture in folder} == {"RGB"}


def test_a_file_is_opened_when_it_is_its_turn(tmp_path: Path) -> None:
    save(tmp_path, 10, "a.png", "b.png")
    (tmp_path / "b.png").write_text("not a picture")
    folder = Folder(str(tmp_path))
    assert folder[0].size == (12, 10)
    with pytest.raises(InputError, match=r"b\.png"):
        folder[1]
    save(tmp_path, 77, "b.png")
    assert greys(folder) == [10, 77]


def test_a_missing_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no folder .*absent\. Check the path"):
        Folder(tmp_path / "absent")
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(InputError, match=r"There are no pictures in .*: put PNG or JPEG files in"):
        Folder(tmp_path)
    with pytest.raises(InputError, match="no folder"):
        Folder(tmp_path / "notes.txt")


# Two sides


def test_two_folders_are_two_sides(tmp_path: Path) -> None:
    save(tmp_path / "horses", 10, "a.png", "b.png")
    save(tmp_path / "zebras", 50, "x.png", "y.png", "z.png")
    a, b = open_domains(tmp_path / "horses", str(tmp_path / "zebras"))
    assert (greys(a), greys(b)) == ([10, 11], [50, 51, 52])
    a, b = open_domains(tmp_path / "horses", tmp_path / "zebras", reverse=True)
    assert (greys(a), greys(b)) == ([50, 51, 52], [10, 11])


@pytest.mark.parametrize(("name_a", "name_b"), [("trainA", "trainB"), ("A", "B")])
def test_one_folder_may_hold_both_sides(name_a: str, name_b: str, tmp_path: Path) -> None:
    save(tmp_path / name_a, 10, "a.png")
    save(tmp_path / name_b, 50, "x.png", "y.png")
    a, b = open_domains(tmp_path)
    assert (greys(a), greys(b)) == ([10], [50, 51])
    a, b = open_domains(tmp_path, reverse=True)
    assert (greys(a), greys(b)) == ([50, 51], [10])


def test_the_training_folders_come_before_the_test_folders(tmp_path: Path) -> None:
    for grey, name in enumerate(("testA", "testB", "trainA", "trainB")):
        save(tmp_path / name, grey, "a.png")
    a, b = open_domains(tmp_path)
    assert (greys(a), greys(b)) == ([2], [3])


def test_a_folder_without_sides_says_what_to_do(tmp_path: Path) -> None:
    save(tmp_path / "trainA", 10, "a.png")
    with pytest.raises(InputError, match=r"no folders trainA and trainB in it.*--a, --b"):
        open_domains(tmp_path)
    with pytest.raises(InputError, match="Name the folders to learn from: --a and --b, or --ab"):
        open_domains()
    with pytest.raises(InputError, match="Name the folders"):
        open_domains(b=tmp_path / "trainA")


# Pairs of two folders


def test_pairs_are_matched_by_name_without_ending(tmp_path: Path) -> None:
    save(tmp_path / "a", 10, "1.png", "2.png", "3.png", "alone.png")
    save(tmp_path / "b", 50, "0.bmp", "1.bmp", "2.png", "3.bmp")
    a, b = open_domains(tmp_path / "a", tmp_path / "b", paired=True)
    assert (greys(a), greys(b)) == ([10, 11, 12], [51, 52, 53])
    a, b = open_domains(tmp_path / "a", tmp_path / "b", paired=True, reverse=True)
    assert (greys(a), greys(b)) == ([51, 52, 53], [10, 11, 12])
    a, b = open_domains(tmp_path / "a", tmp_path / "b")  # unpaired, nothing is left out
    assert (len(a), len(b)) == (4, 4)


def test_whole_names_are_matched_before_names_without_ending(tmp_path: Path) -> None:
    save(tmp_path / "a", 10, "0.png", "0.bmp", "1.png", "2.png")
    save(tmp_path / "b", 50, "0.png", "0.bmp", "1.bmp", "2.png", "2.bmp")
    a, b = open_domains(tmp_path / "a", tmp_path / "b", paired=True)
    assert isinstance(b, Folder)
    assert (greys(a), greys(b)) == ([11, 10, 12, 13], [51, 50, 52, 53])
    assert b.partnerless == ["2.bmp"]


@pytest.mark.parametrize("names", [("0.png", "0.tif"), ("0.png",)])
def test_pairs_that_are_not_clear_are_refused(names: tuple[str, ...], tmp_path: Path) -> None:
    save(tmp_path / "a", 10, *names)
    save(tmp_path / "b", 50, *(("0.bmp",) if len(names) > 1 else ("0.bmp", "0.gif")))
    with pytest.raises(InputError, match=r"not clear: 0\.png, 0\.(tif|bmp), 0\.(bmp|gif)\. Give"):
        open_domains(tmp_path / "a", tmp_path / "b", paired=True)


def test_sub_folders_are_read_and_tell_pairs_apart(tmp_path: Path) -> None:
    for grey, side in ((10, "trainA"), (50, "trainB")):
        save(tmp_path / side, grey, "1.png")
        save(tmp_path / side / "cats", grey + 1, "1.png", "2.png")
        save(tmp_path / side / "dogs" / "large", grey + 3, "1.png")
        save(tmp_path / side / ".thumbnails", 200, "1.png")
        save(tmp_path / side / "cats", 200, "._1.png")
    a, b = open_domains(tmp_path, paired=True)
    assert isinstance(a, Folder)
    assert a.names == ["1.png", "cats/1.png", "cats/2.png", "dogs/large/1.png"]
    assert (greys(a), greys(b)) == ([10, 11, 12, 13], [50, 51, 52, 53])


def test_folders_without_a_match_are_named(tmp_path: Path) -> None:
    save(tmp_path / "a", 10, "1.png")
    save(tmp_path / "b", 50, "2.png")
    with pytest.raises(
        InputError, match=r"No file of .*a has a partner .* in .*b: pairs are found"
    ):
        open_domains(tmp_path / "a", tmp_path / "b", paired=True)


# Side by side


@pytest.mark.parametrize("inside", ["", "train"])
def test_side_by_side_pictures_are_a_left_and_b_right(inside: str, tmp_path: Path) -> None:
    save_pairs(tmp_path / inside, "1.png", "2.png")
    save_pairs(tmp_path / "test", "3.png")
    a, b = open_domains(ab=tmp_path)
    assert (greys(a), greys(b)) == ([0, 0], [255, 255])
    assert {picture.size for picture in [*a, *b]} == {(12, 10)}
    assert a.names == b.names == ["1.png", "2.png"]
    a, b = open_domains(ab=tmp_path, paired=True, reverse=True)
    assert (greys(a), greys(b)) == ([255, 255], [0, 0])


def test_halves_of_an_odd_width_have_one_size(tmp_path: Path) -> None:
    save_pairs(tmp_path, "1.png", size=(25, 10))
    a, b = open_domains(ab=tmp_path)
    assert a[0].size == b[0].size == (12, 10)
    assert a[0].getextrema() == ((0, 0),) * 3
    assert b[0].getextrema() == ((255, 255),) * 3


def test_a_picture_too_narrow_to_be_two_is_refused_when_it_is_its_turn(tmp_path: Path) -> None:
    save_pairs(tmp_path, "1.png")
    save_pairs(tmp_path, "2.png", size=(11, 10))
    half = open_domains(ab=tmp_path)[0]
    assert isinstance(half, SideBySide)
    assert half[0].size == (12, 10)
    with pytest.raises(InputError, match=r"2\.png is 11 × 10 pixels, .*not wide enough"):
        half[1]


def test_two_folders_and_side_by_side_exclude_each_other(tmp_path: Path) -> None:
    save_pairs(tmp_path, "1.png")
    for sides in ({"a": tmp_path}, {"b": tmp_path}, {"a": tmp_path, "b": tmp_path}):
        with pytest.raises(InputError, match="two folders or one of side-by-side pictures"):
            open_domains(ab=tmp_path, **sides)
    with pytest.raises(InputError, match="no folder"):
        open_domains(ab=tmp_path / "absent")
