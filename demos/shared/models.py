"""The models a visitor can choose: shipped ones, and those fitted or brought in this visit."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from demos.shared import jobs
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
    """The models for these tasks: shipped, and this visit's own, whose files are `visit_paths`."""
    visit = [model_info(path) for path in visit_paths if Path(path).is_file()]
    return [*shipped(*tasks), *(model for model in visit if model.capabilities.task in tasks)]


def choices(visit_paths: list[str], *tasks: Task) -> list[tuple[str, str]]:
    """Label and path of every model for these tasks."""
    return [(m.title, str(m.path)) for m in available(visit_paths, *tasks)]


class Chooser(NamedTuple):
    """Where a visitor chooses what works: a dropdown, what gives its choices from the paths of this
    visit's models, the state of those, their tasks, and the id of the part of the tab with all."""

    dropdown: gr.Dropdown
    choices: Callable[[list[str]], list[tuple[str, str]]]
    visit_paths: gr.State
    tasks: tuple[Task, ...]
    part: str

    def lay_out_upload(self, text: str) -> None:
        """Lay out where a model's file is brought, with a `text` above."""
        gr.Markdown(text)
        upload = gr.File(label="Model", file_types=[".safetensors", ".pth", ".pt"], height=110)
        outputs = [self.visit_paths, self.dropdown]
        jobs.wire(upload.upload, self.bring, [upload, self.visit_paths], outputs)

    def bring(self, path: str | None, visit_paths: list[str]) -> tuple[list[str], Any]:
        """An uploaded file, if it is a model for these tasks, among this visit's and chosen."""
        path = bring(path, *self.tasks)
        gr.Info("The model is chosen.")
        return self.add(path, visit_paths)

    def add(self, path: str, visit_paths: list[str]) -> tuple[list[str], Any]:
        """The file of a model, among this visit's and chosen."""
        visit_paths = [*visit_paths, path] if path not in visit_paths else visit_paths
        return visit_paths, gr.Dropdown(choices=self.choices(visit_paths), value=path)

    def use(self, path: str, visit_paths: list[str]) -> tuple[list[str], Any, Any]:
        """The same, and the part where it is shown."""
        return *self.add(path, visit_paths), gr.Tabs(selected=self.part)


def bring(path: str | None, *tasks: Task) -> str:
    """The path of an uploaded file as a model: ours as it is, a published .pth turned into ours.
    Raises InputError for anything else, and for a model that is for other tasks."""
    if path is None:
        raise InputError("Choose a file first.")
    if Path(path).suffix in (".pth", ".pt"):
        target = new_file(Path(path).stem)
        save(import_published(path), target, half=True, about=f"Imported {Path(path).name}")
        path = str(target)
    task = model_info(path).capabilities.task
    if task not in tasks:
        source, place = ELSEWHERE[task]
        raise InputError(f"This model learnt from {source}: bring it to {place} instead.")
    return path


# What models for a task learnt from, and where they are used.
ELSEWHERE: dict[Task, tuple[str, str]] = {
    "pairs": ("pairs", "the tab “Sketch to photo”"),
    "domains": ("two collections", "the tab “Domain transfer”"),
    "single pair": ("one picture on each side", "the tab “Domain transfer”"),
    "textures": ("one collection", "the tab “Texture swap”"),
    "analogy": ("one picture on each side", "`python -m i2i_core translate`"),
}


def new_file(name: str) -> Path:
    """A path for a model, in a new, secret folder; those past MODEL_LIFETIME_S are deleted."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            age = time.time() - max(f.stat().st_mtime for f in [old, *old.iterdir()])
            if age > MODEL_LIFETIME_S:
                shutil.rmtree(old)
        except OSError:
            continue  # another visitor's fit was quicker, or the folder is not ours
    return Path(tempfile.mkdtemp(prefix=PREFIX)) / f"{name}{ENDING}"
