"""Folders of pictures as they come: two folders, trainA and trainB in one, or side by side."""

from collections.abc import Iterator, Sequence
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
    """The picture files of a folder, by name, each opened (checked, upright, RGB) when asked for;
    `partnerless` are the names of those that `match` left out. Raises InputError for a folder that
    is missing or holds none, and for a file that cannot be read, when it is its turn."""

    def __init__(self, path: str | Path, files: Sequence[Path] | None = None) -> None:
        self.path = Path(path)
        if files is None:
            if not self.path.is_dir():
                raise InputError(f"There is no folder {self.path}. Check the path.")
            suffixes = picture_suffixes()
            files = sorted(f for f in self.path.iterdir() if f.suffix.lower() in suffixes)
            if not files:
                raise InputError(f"There are no pictures in {self.path}: put PNG or JPEG files in.")
        self.files = list(files)
        self.names = [file.name for file in self.files]
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
        both = Folder(parts[0] if parts else root)
        sides = SideBySide(both, right=False), SideBySide(both, right=True)
    else:
        if a is None:
            raise InputError("Name the folders to learn from: --a and --b, or --ab.")
        path_a, path_b = (a, b) if b is not None else _inside(Path(a), part)
        folders = Folder(path_a), Folder(path_b)
        sides = match(*folders) if paired else folders
    return (sides[1], sides[0]) if reverse else sides


def match(a: Folder, b: Folder) -> tuple[Folder, Folder]:
    """The files of both folders that have the same name, endings aside."""
    by_stem = {file.stem: file for file in b.files}
    files = [file for file in a.files if file.stem in by_stem]
    if not files:
        problem = f"No file of {a.path} has a partner of the same name in {b.path}"
        raise InputError(f"{problem}: pairs are found by their names, as 1.jpg and 1.png.")
    pairs = Folder(a.path, files), Folder(b.path, [by_stem[file.stem] for file in files])
    for matches, whole in zip(pairs, (a, b), strict=True):
        matches.partnerless = sorted(set(whole.names) - set(matches.names))
    return pairs


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
