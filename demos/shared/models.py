"""The models a visitor can choose: shipped ones, and those fitted or brought in this visit."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from i2i_core.checkpoints.checkpoint import ENDING, save
from i2i_core.checkpoints.model_zoo import ModelInfo, find_models, model_info
from i2i_core.errors import InputError
from i2i_core.importing.generators import import_published

MODEL_LIFETIME_S = 7200  # seconds that a visitor's model lies on the server
PREFIX = "i2i-model-"
SKETCH_METHODS = ("pix2pix", "pix2pixhd")
DOMAIN_METHODS = ("cyclegan", "cut", "sincut")


def shipped(methods: Sequence[str] = SKETCH_METHODS) -> list[ModelInfo]:
    """The shipped models of a tab's methods."""
    return [model for model in find_models() if model.method in methods]


def shipped_path(name: str) -> Path:
    """The file of a shipped model. Unlike the command line, an endpoint opens no other file."""
    found = {model.name: model.path for model in find_models()}
    if name not in found:
        raise InputError(f'There is no model "{name}". Choose one of: {", ".join(found)}.')
    return found[name]


def known(own: list[str], methods: Sequence[str] = SKETCH_METHODS) -> list[ModelInfo]:
    """The shipped models of a tab's methods, and this visit's own ones, whose paths are `own`."""
    return [*shipped(methods), *(model_info(path) for path in own if Path(path).is_file())]


def choices(own: list[str]) -> list[tuple[str, str]]:
    """Label and path of every model that the canvas can use."""
    return [(title(m), str(m.path)) for m in known(own)]


def title(model: ModelInfo) -> str:
    """What its header says that it does, up to the first colon; or its name."""
    return model.about.split(":")[0] or model.name


def chooser(own: list[str], value: str | None) -> Any:
    """An update of the dropdown."""
    return gr.Dropdown(choices=choices(own), value=value)


def bring(path: str | None, own: list[str]) -> tuple[str, list[str]]:
    """An uploaded file as a model: ours as it is, a published .pth turned into ours. Returns its
    path and all of this visit's. Raises InputError for anything else."""
    if path is None:
        raise InputError("Choose a file first.")
    if Path(path).suffix in (".pth", ".pt"):
        target = new_file(Path(path).stem)
        save(import_published(path), target, half=True, about=f"Imported {Path(path).name}")
        path = str(target)
    model_info(path)
    return path, [*own, path]


def new_file(name: str) -> Path:
    """A path for a model in a folder of its own, which only who is told of it finds. Folders of
    models that are older than KEPT are deleted on the way."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if (
                time.time() - max(f.stat().st_mtime for f in [old, *old.iterdir()])
                > MODEL_LIFETIME_S
            ):
                shutil.rmtree(old)
        except OSError:
            continue  # another visitor's fit was quicker, or the folder is not ours
    return Path(tempfile.mkdtemp(prefix=PREFIX)) / f"{name}{ENDING}"


def can_go_on(path: str) -> bool:
    """Whether a fit on the page can start from this model."""
    return model_info(path).method == "pix2pixhd"
