"""The translations a visitor can choose: every model's directions, by what its header says."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import gradio as gr

from demos.shared import models
from i2i_core.checkpoints.checkpoint import read_header
from i2i_core.checkpoints.model_zoo import ModelInfo, model_info
from i2i_core.errors import InputError

WAY_BACK = "#back"  # after a model's path: its other direction
METHOD_NAMES = {"cyclegan": "CycleGAN", "cut": "CUT", "sincut": "SinCUT"}
FAVOURITE = "cut.monet"  # what stands on the page first


class Translation(NamedTuple):
    """A model's file, and whether it is used the other way about."""

    path: str
    reverse: bool


def parse(value: str | None) -> Translation:
    """What a chooser's value means."""
    if not value:
        raise InputError("Choose a translation first.")
    return Translation(value.removesuffix(WAY_BACK), value.endswith(WAY_BACK))


def choices(own: list[str]) -> list[tuple[str, str]]:
    """Label and value of every direction of every model; `own` are paths of this visit's."""
    found = []
    for model in models.known(own, models.DOMAIN_METHODS):
        if model.method not in models.DOMAIN_METHODS:
            continue
        method = METHOD_NAMES.get(model.method, model.method)
        there, back = directions(model)
        found.append((f"{there} ({method})", str(model.path)))
        if back:
            found.append((f"{back} ({method})", f"{model.path}{WAY_BACK}"))
    return found


def directions(model: ModelInfo) -> tuple[str, str]:
    """What its directions are called, "" for one that is not there: "photograph to Monet" and
    "Monet to photograph"."""
    there = models.title(model)
    if not json.loads(read_header(model.path)["config"]).get("both"):  # CycleGAN's setting
        return there, ""
    source, to, target = there.partition(" to ")
    if not to:
        return there, f"{there}, back"
    return there, f"{target[0].upper()}{target[1:]} to {source[0].lower()}{source[1:]}"


def chooser(own: list[str], value: str) -> Any:
    """An update of a dropdown of translations."""
    return gr.Dropdown(choices=choices(own), value=value)


def first() -> str:
    """The translation that is chosen when the page opens."""
    return str(models.shipped_path(FAVOURITE))


def is_two_way(value: str) -> bool:
    """Whether the translation can be undone."""
    return bool(directions(model_info(parse(value).path))[1])


def use(target: str, own: list[str]) -> list[Any]:
    """A model that was just fitted, chosen where pictures are translated."""
    own = [*own, target] if target not in own else own
    return [own, chooser(own, target), gr.Tabs(selected="translate")]
