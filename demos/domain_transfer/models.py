"""The translations a visitor can choose: every model's directions, by what its header says."""

from typing import NamedTuple

from demos.shared import models
from examples.translations import TRANSLATIONS
from i2i_core.checkpoints.model_zoo import ModelInfo, model_info
from i2i_core.errors import InputError
from i2i_core.method import Task

TASKS: tuple[Task, ...] = ("domains", "single pair")
BACK = "#back"  # after a model's path: its other direction


class Translation(NamedTuple):
    """A model, and whether it is used the other way about."""

    model: ModelInfo
    reverse: bool = False

    @property
    def value(self) -> str:
        """What a chooser holds for it."""
        return f"{self.model.path}{BACK if self.reverse else ''}"


def parse(value: str | None) -> Translation:
    """What a chooser's value means."""
    if not value:
        raise InputError("Choose a translation first.")
    return Translation(model_info(value.removesuffix(BACK)), value.endswith(BACK))


def choices(visit_paths: list[str]) -> list[tuple[str, str]]:
    """Label and value of every direction of every model; `visit_paths` are this visit's own."""
    return [
        (f"{direction} ({model.method_title})", Translation(model, reverse).value)
        for model in models.available(visit_paths, *TASKS)
        for direction, reverse in zip(directions(model), (False, True), strict=False)
    ]


def directions(model: ModelInfo) -> tuple[str, ...]:
    """What its one or two directions are called: "photograph to Monet", "Monet to photograph"."""
    there = model.title
    if not model.capabilities.two_way:
        return (there,)
    source, _, target = there.partition(" to ")
    if not (source and target):
        return there, f"{there}, back"
    return there, f"{target[0].upper()}{target[1:]} to {source[0].lower()}{source[1:]}"


def stored(index: int = 0) -> Translation:
    """What made the starter of this number; the first is chosen when the page opens."""
    starter = TRANSLATIONS[index]
    return Translation(models.shipped_model(starter.model), starter.reverse)
