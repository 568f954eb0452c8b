"""The models a visitor can choose: shipped ones, and those fitted or brought in this visit."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import gradio as gr

from i2i_core.checkpoints.checkpoint import ENDING, save
from i2i_core.checkpoints.model_zoo import ModelInfo, find_models, model_info
from i2i_core.errors import InputError, check_choice
from i2i_core.importing.generators import import_published
from i2i_core.method import Task

MODEL_LIFETIME_S = 7200  # a visitor's model lies on the server for so long
PREFIX = "i2i-model-"


def shipped(*tasks: Task) -> list[ModelInfo]:
    """The shipped models for these tasks; without any, all of them."""
    return [m for m in find_models() if not tasks or m.capabilities.task in tasks]


def shipped_model(name: str) -> ModelInfo:
    """The shipped model of this name. Unlike the command line, an endpoint opens no other file."""
    models = {model.name: model for model in shipped()}
    check_choice("model", name, tuple(models))
    return models[name]


def available(visit_paths: list[str], *tasks: Task) -> list[ModelInfo]:
    """The shipped models for these tasks, and of this visit's own ones, whose files are
    `visit_paths`, those that are for them."""
    visit = [model_info(path) for path in visit_paths if Path(path).is_file()]
    return [*shipped(*tasks), *(model for model in visit if model.capabilities.task in tasks)]


def choices(visit_paths: list[str], *tasks: Task) -> list[tuple[str, str]]:
    """Label and path of every model for these tasks."""
    return [(m.title, str(m.path)) for m in available(visit_paths, *tasks)]


def chooser(visit_paths: list[str], value: str | None, *tasks: Task) -> Any:
    """An update of a dropdown of models."""
    return gr.Dropdown(choices=choices(visit_paths, *tasks), value=value)


def bring(path: str | None, visit_paths: list[str], *tasks: Task) -> tuple[str, list[str]]:
    """An uploaded file as a model: ours as it is, a published .pth turned into ours. Returns its
    path and all of this visit's. Raises InputError for anything else, and for a model that is for
    other tasks."""
    if path is None:
        raise InputError("Choose a file first.")
    if Path(path).suffix in (".pth", ".pt"):
        target = new_file(Path(path).stem)
        save(import_published(path), target, half=True, about=f"Imported {Path(path).name}")
        path = str(target)
    task = model_info(path).capabilities.task
    if task not in tasks:
        raise InputError(
            f"This model learnt from {LEARNS_FROM[task]}: bring it to {TAB_OF[task]} instead."
        )
    return path, [*visit_paths, path]


LEARNS_FROM: dict[Task, str] = {
    "pairs": "pairs",
    "domains": "two collections",
    "single pair": "one picture on each side",
    "textures": "one collection",
    "analogy": "one picture on each side",
}
TAB_OF: dict[Task, str] = {
    "pairs": "the tab “Sketch to photo”",
    "domains": "the tab “Domain transfer”",
    "single pair": "the tab “Domain transfer”",
    "textures": "the tab “Texture swap”",
    "analogy": "`python -m i2i_core translate`",
}


def new_file(name: str) -> Path:
    """A path for a model in a folder of its own, which only who is told of it finds. Folders of
    models that are older than MODEL_LIFETIME_S are deleted on the way."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            age = time.time() - max(f.stat().st_mtime for f in [old, *old.iterdir()])
            if age > MODEL_LIFETIME_S:
                shutil.rmtree(old)
        except OSError:
            continue  # another visitor's fit was quicker, or the folder is not ours
    return Path(tempfile.mkdtemp(prefix=PREFIX)) / f"{name}{ENDING}"
