"""Model files that are at hand: those shipped in `weights/`, and those in folders one names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from i2i_core.checkpoints.checkpoint import ENDING, load, read_header, training_path
from i2i_core.devices import best_device
from i2i_core.errors import InputError
from i2i_core.method import Method

SHIPPED = Path(__file__).parents[2] / "weights"


@dataclass(frozen=True)
class Model:
    """A model file: its short name, method, steps it was fitted for, size in bytes, a sentence on
    what it does ("" if it has none), and what kind of picture it takes and makes (see
    `checkpoint.save`)."""

    name: str
    path: Path
    method: str
    steps: int
    bytes: int
    about: str
    takes: str
    makes: str


def find_models(folders: Sequence[str | Path] = ()) -> list[Model]:
    """The models in the shipped folder and in `folders`, by name; training files and files that
    are not ours are passed over. Raises InputError for a folder that is not there."""
    for folder in folders:
        if not Path(folder).is_dir():
            raise InputError(f"There is no folder {folder}. Check the path.")
    found = []
    for folder in (SHIPPED, *map(Path, folders)):
        for path in sorted(folder.glob(f"*{ENDING}")):
            try:
                header = read_header(path)
            except InputError:
                continue
            if "training" not in header:
                found.append(_model(path, header))
    return found


def describe(path: str | Path) -> Model:
    """The model in the file `path`. Raises InputError for a file that is none."""
    return _model(Path(path), read_header(path))


def _model(path: Path, header: dict[str, str]) -> Model:
    return Model(
        path.name.removesuffix(ENDING),
        path,
        header["method"],
        int(header["step"]) if header["step"].isdecimal() else 0,
        path.stat().st_size,
        header.get("about", ""),
        header.get("takes", ""),
        header.get("makes", ""),
    )


def locate(name: str | Path) -> Path:
    """The file of a model given by its path or, if it is a shipped one, by its short name.

    Raises InputError, naming what there is, when it is neither.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = SHIPPED / f"{name}{ENDING}"
    if shipped.is_file():
        return shipped
    if training_path(path).is_file():
        return training_path(path)  # a fit that was stopped before it saved its model
    names = ", ".join(model.name for model in find_models())
    known = f" Shipped are: {names}." if names else ""
    raise InputError(f"There is no model {name}. Give the path of a {ENDING} file.{known}")


KEPT = 4  # models held in memory


def open_model(path: str | Path) -> Method:
    """The model in the file, ready on the best device; those used last are kept in memory."""
    path = Path(path).resolve()
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        raise InputError(f"There is no file {path.name}. Check the path.") from None
    return _opened(path, changed)


@lru_cache(maxsize=KEPT)
def _opened(path: Path, changed: int) -> Method:
    return load(path, device=best_device())
