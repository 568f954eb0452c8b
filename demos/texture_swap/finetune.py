"""Teach a texture swap: a gallery becomes a model while the visitor watches it rebuild and swap."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from demos.shared import finetune as fits
from demos.shared import jobs
from demos.shared.models import Chooser
from demos.shared.widgets import Gallery
from demos.texture_swap import models
from i2i_core.finetuning.starts import recipes
from i2i_core.finetuning.textures import RECIPE, STEPS, finetune_textures

MIN_PICTURES = 10
ABOUT = """Pictures **of one kind** teach best: dogs, rooms, mountains, shoes, all at about the same
size. From a shipped model a few hundred steps suffice; from nothing it takes hours."""


def build(chooser: Chooser, parts: gr.Tabs) -> None:
    """Lay out this part; what is taught is used by the `chooser`, which is in `parts`."""
    choices = recipes(models.TASK)
    with gr.Row():
        with gr.Column(min_width=320):
            pictures = Gallery("1 · Pictures of one kind, 10 to 200", 280)
            gr.Markdown(ABOUT)
            recipe = gr.Radio(list(choices), value=RECIPE, label="Method", visible=len(choices) > 1)
            with gr.Row():
                start = gr.Dropdown(
                    fits.start_choices([], choices[RECIPE]), value=models.first(), min_width=180,
                    label="2 · Start from", info="the model that knows pictures most like yours",
                )  # fmt: skip
                steps = gr.Slider(50, 4000, STEPS, step=50, label="Steps", min_width=160)
            name, buttons = fits.controls("my textures")
        view = fits.outcome(
            "Add pictures and press Fit.", "Swap with it",
            "Pictures, the same rebuilt, and each with the texture of the next",
        )  # fmt: skip
    fits.wire(fit, [pictures, recipe, steps, start], name, buttons, view, chooser, parts)
    for event in (recipe.change, chooser.visit_paths.change):
        jobs.wire(event, _starts, [recipe, chooser.visit_paths, start], start)


def fit(
    target: str, pictures: Any, recipe: str, steps: float, start: str | None
) -> Iterator[fits.FitView]:
    """Learn, showing how it goes; at the end the model's file."""
    folder = fits.folder(pictures, "pictures", MIN_PICTURES)
    yield from fits.watch(
        finetune_textures, target, folder, recipe=recipe, steps=steps,
        model=fits.start_model(start), use="“Swap with it”",
    )  # fmt: skip


def _starts(recipe: str, visit_paths: list[str], start: str | None) -> Any:
    choices = fits.start_choices(visit_paths, recipes(models.TASK)[recipe])
    value = start if start in dict(choices).values() else fits.NOTHING
    return gr.Dropdown(choices=choices, value=value)
