"""Model files that are at hand: those shipped in `weights/`, and those in folders one names."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import get_args

from i2i_core.checkpoints.checkpoint import ENDING, load, read_header, training_path
from i2i_core.devices import best_device
from i2i_core.errors import InputError
from i2i_core.method import Capabilities, Method, Task
from i2i_core.methods import METHODS

SHIPPED = Path(__file__).parents[2] / "weights"
MODELS_IN_MEMORY = 4


@dataclass(frozen=True)
class ModelInfo:
    """A model file as its header tells."""

    name: str  # its short name
    path: Path
    method: str
    capabilities: Capabilities
    steps: int  # it was fitted for
    bytes: int
    about: str  # a sentence on what it does, or ""
    takes: str  # what kind of picture it takes and makes, see `checkpoint.save`
    makes: str

    @property
    def title(self) -> str:
        """What it does, in a few words; or its name."""
        return self.about.split(":")[0] or self.name

    @property
    def method_title(self) -> str:
        """Its method, as the paper calls it."""
        return METHODS[self.method].title


@dataclass(frozen=True)
class LoadedModel:
    """A model that is ready to translate, and what its file says of it."""

    info: ModelInfo
    method: Method


def find_models(folders: Sequence[str | Path] = ()) -> list[ModelInfo]:
    """The models in the shipped folder and in `folders`, by name; training files and files that
    are not ours are passed over. Raises InputError for a folder that is not there."""
    for folder in folders:
        if not Path(folder).is_dir():
            raise InputError(f"There is no folder {folder}. Check the path.")
    models = []
    for folder in (SHIPPED, *map(Path, folders)):
        for path in sorted(folder.glob(f"*{ENDING}")):
            with suppress(InputError):
                if not path.name.endswith(f".training{ENDING}"):
                    models.append(model_info(path))
    return models


def model_info(model: str | Path | ModelInfo) -> ModelInfo:
    """The model of this file, or shipped under this name. Raises InputError if there is none."""
    if isinstance(model, ModelInfo):
        return model
    path = resolve(model)
    header = _header(path.resolve(), _changed(path))
    try:
        values = json.loads(header["capabilities"])
        capabilities = Capabilities(**{**values, "channels": tuple(values["channels"])})
        if capabilities.task not in get_args(Task):
            raise ValueError(f"no task {capabilities.task}")
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path.name} is damaged: its header cannot be read.") from None
    name, size = path.name.removesuffix(ENDING), path.stat().st_size
    steps = int(header["step"]) if header["step"].isdecimal() else 0
    words = (header.get(key, "") for key in ("about", "takes", "makes"))
    return ModelInfo(name, path, header["method"], capabilities, steps, size, *words)


def open_model(model: str | Path | ModelInfo) -> LoadedModel:
    """The model of this file or shipped name on the best device, cached; or raises InputError."""
    path = (model.path if isinstance(model, ModelInfo) else resolve(model)).resolve()
    return _open(path, _changed(path))


def resolve(name: str | Path) -> Path:
    """The file at this path, or of the shipped model of this name. Raises InputError for none."""
    # The last is that of a fit which was stopped before it saved its model.
    for path in (Path(name), SHIPPED / f"{name}{ENDING}", training_path(name)):
        if path.is_file():
            return path
    names = ", ".join(model.name for model in find_models())
    shipped_ones = f" Shipped are: {names}." if names else ""
    raise InputError(f"There is no model {name}. Give the path of a {ENDING} file.{shipped_ones}")


def _changed(path: Path) -> int:
    """When the file was last written: another model may have its name by now."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        raise InputError(f"There is no file {path.name}. Check the path.") from None


@lru_cache(maxsize=256)
def _header(path: Path, _changed: int) -> dict[str, str]:
    return read_header(path)


@lru_cache(maxsize=MODELS_IN_MEMORY)
def _open(path: Path, changed: int) -> LoadedModel:
    method = load(path, device=best_device(), header=_header(path, changed))
    return LoadedModel(model_info(path), method)
