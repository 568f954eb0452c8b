"""The models of the tab "Texture swap" that a visitor can choose, and the patches beside them."""

from __future__ import annotations

from typing import Any

import gradio as gr

from demos.shared import models
from i2i_core.errors import InputError
from i2i_core.pipelines.texture_swap import AUTO, PATCHES, SWAPPER

FAVOURITE = "swapping_autoencoder.cats"  # what stands on the page first


def choices(own: list[str]) -> list[tuple[str, str]]:
    """Label and path of every swapping autoencoder; `own` are paths of this visit's models."""
    known = [model for model in models.known(own, (SWAPPER,)) if model.method == SWAPPER]
    return [(models.title(model), str(model.path)) for model in known]


def ways(own: list[str]) -> list[tuple[str, str]]:
    """What can make a swap: whatever fits, one of the models, patches."""
    return [
        ("Whatever fits both pictures", AUTO),
        *choices(own),
        ("Patches of the texture picture", PATCHES),
    ]


def first() -> str:
    """The model that is chosen when the page opens."""
    return str(models.shipped_path(FAVOURITE))


def bring(path: str | None, own: list[str]) -> tuple[str, list[str]]:
    """An uploaded model: its path and all of this visit's."""
    path, own = models.bring(path, own)
    if path not in [value for _, value in choices(own)]:
        raise InputError("This model swaps no textures: bring it to the tab that it is for.")
    return path, own


def use(target: str, own: list[str]) -> list[Any]:
    """A model that was just taught, chosen where textures are swapped."""
    own = [*own, target] if target not in own else own
    return [own, gr.Dropdown(choices=ways(own), value=target), gr.Tabs(selected="swap")]
