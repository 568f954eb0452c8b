"""Folders of pictures as they come: two folders, trainA and trainB in one, or side by side."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from PIL import Image

from i2i_core.data.batches import Pictures, Sides
from i2i_core.errors import InputError
from i2i_core.images.files import open_image, picture_suffixes

# In a folder that holds both sides, and one of side-by-side pictures: where to look for what is
# learnt from, and for what is measured on, which must not be the same pictures.
TWO_FOLDERS = {
    "train": (("trainA", "trainB"), ("A", "B")),
    "test": (("testA", "testB"), ("valA", "valB"), ("A", "B")),
}
ONE_FOLDER = {"train": ("train",), "test": ("test", "val")}


class Folder(Sequence[Image.Image]):
    """The picture files of a folder and its sub-folders, by name, each opened (checked, upright,
    RGB) when asked for; `names` are relative to it, `partnerless` those that `match` left out.
    Hidden files and folders are not read, nor the sub-folders called as in `without`. Raises
    InputError for a folder that is missing or holds none, and for a file that cannot be read, when
    it is its turn."""

    def __init__(
        self, path: str | Path, files: Sequence[Path] | None = None, *, without: Iterable[str] = ()
    ) -> None:
        self.path = Path(path)
        if files is None:
            if not self.path.is_dir():
                raise InputError(f"There is no folder {self.path}. Check the path.")
            files = sorted(_picture_files(self.path, {*without, "__MACOSX"}))
            if not files:
                raise InputError(f"There are no pictures in {self.path}: put PNG or JPEG files in.")
        self.files = list(files)
        self.names = [_relative(file, self.path).as_posix() for file in self.files]
        self.partnerless: list[str] = []

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        return open_image(self.files[index])


class SideBySide(Sequence[Image.Image]):
    """The left or right halves of pictures that show two side by side (pix2pix's layout)."""

    def __init__(self, pictures: Folder, right: bool) -> None:
        self.pictures, self.right = pictures, right
        self.names = pictures.names

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        picture = self.pictures[index]
        (width, height), middle = picture.size, picture.width // 2
        if width < height * 5 // 4:
            problem = "not wide enough to be two pictures side by side"
            name = self.names[index]
            raise InputError(f"{name} is {width} × {height} pixels, which is {problem}.")
        left = middle if self.right else 0
        return picture.crop((left, 0, left + middle, height))


def open_domains(
    a: str | Path | None = None, b: str | Path | None = None, *, ab: str | Path | None = None,
    paired: bool = False, reverse: bool = False, part: str = "train",
) -> Sides:  # fmt: skip
    """Both sides' pictures from folders `a` and `b`; from one folder `a` with trainA and trainB (or
    A and B) in it; or from `ab` with A left and B right in each picture. `reverse` exchanges them.
    With `part` "test" it is testA and testB, or the folder test in `ab`. `paired` keeps the files
    of two folders that have a partner (see `match`), or raises InputError if there are none."""
    sides: Sides
    if ab is not None:
        if a is not None or b is not None:
            raise InputError("Give either two folders or one of side-by-side pictures, not both.")
        root = Path(ab)
        parts = [root / name for name in ONE_FOLDER[part] if (root / name).is_dir()]
        others = {name for names in ONE_FOLDER.values() for name in names}
        both = Folder(parts[0]) if parts else Folder(root, without=others)
        sides = SideBySide(both, right=False), SideBySide(both, right=True)
    else:
        if a is None:
            raise InputError("Name the folders to learn from: --a and --b, or --ab.")
        path_a, path_b = (a, b) if b is not None else _inside(Path(a), part)
        folders = Folder(path_a), Folder(path_b)
        sides = match(*folders) if paired else folders
    return (sides[1], sides[0]) if reverse else sides


def match(a: Folder, b: Folder) -> tuple[Folder, Folder]:
    """The files of both folders that have the same name, in the same sub-folder: first those whose
    whole names agree, then, among the rest, those that agree but for their endings. Raises
    InputError if there are none, and where a name without its ending has several partners."""
    partners = {name: name for name in {*a.names} & {*b.names}}
    rest_a, rest_b = (_by_stem(name for name in f.names if name not in partners) for f in (a, b))
    for stem in sorted({*rest_a} & {*rest_b}):
        if len(rest_a[stem]) > 1 or len(rest_b[stem]) > 1:
            unclear = ", ".join([*rest_a[stem], *rest_b[stem]])
            problem = (
                f"Which files of {a.path} and {b.path} belong together is not clear: {unclear}"
            )
            raise InputError(
                f"{problem}. Give the two of a pair the same name, and others another."
            )
        partners[rest_a[stem][0]] = rest_b[stem][0]
    if not partners:
        problem = f"No file of {a.path} has a partner of the same name in {b.path}"
        raise InputError(f"{problem}: pairs are found by their names, as 1.jpg and 1.png.")
    files = [dict(zip(folder.names, folder.files, strict=True)) for folder in (a, b)]
    names = [name for name in a.names if name in partners]
    pairs = (
        Folder(a.path, [files[0][name] for name in names]),
        Folder(b.path, [files[1][partners[name]] for name in names]),
    )
    for matches, whole in zip(pairs, (a, b), strict=True):
        matches.partnerless = sorted(set(whole.names) - set(matches.names))
    return pairs


def _picture_files(folder: Path, without: set[str]) -> Iterator[Path]:
    suffixes = picture_suffixes()
    for path, folders, names in os.walk(folder):  # does not follow links, which may go in circles
        folders[:] = [name for name in folders if name not in without and name[0] != "."]
        for name in names:
            if name[0] != "." and Path(name).suffix.lower() in suffixes:
                yield Path(path, name)


def _relative(file: Path, folder: Path) -> Path:
    """`file` as seen from `folder`, or by its name alone if it lies elsewhere, as uploads do."""
    return file.relative_to(folder) if file.is_relative_to(folder) else Path(file.name)


def _by_stem(names: Iterable[str]) -> dict[str, list[str]]:
    """The names that are the same but for their endings."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(Path(name).with_suffix("").as_posix(), []).append(name)
    return groups


def _inside(root: Path, part: str) -> tuple[Path, Path]:
    if not root.is_dir():
        raise InputError(f"There is no folder {root}. Check the path.")
    for name_a, name_b in TWO_FOLDERS[part]:
        if (root / name_a).is_dir() and (root / name_b).is_dir():
            return root / name_a, root / name_b
    names = " and ".join(TWO_FOLDERS[part][0])
    raise InputError(f"{root} has no folders {names} in it. Name two folders: --a, --b.")


def readable(pictures: Pictures) -> Iterator[Image.Image]:
    """The pictures that can be read, one after the other."""
    for index in range(len(pictures)):
        with suppress(InputError):
            yield pictures[index]
