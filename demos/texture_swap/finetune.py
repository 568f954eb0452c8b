"""Teach a texture swap: a gallery becomes a model while the visitor watches it rebuild and swap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from demos.shared import finetune, jobs
from demos.texture_swap import models
from i2i_core.finetuning.starts import recipes
from i2i_core.finetuning.textures import RECIPE, STEPS, finetune_textures

MIN_PICTURES = 10
RECIPES = recipes(models.TASK)
ABOUT = """Pictures **of one kind** teach best: dogs, rooms, mountains, shoes, all at about the same
size. From a shipped model a few hundred steps suffice; from nothing it takes hours."""


def build(view: models.ModelView) -> None:
    """Lay out this part inside the current Blocks; `view` is where a model that was taught goes."""
    target = gr.State("")
    with gr.Row():
        with gr.Column(min_width=320):
            pictures = finetune.gallery("1 · Pictures of one kind, 10 to 200", 280)
            gr.Markdown(ABOUT)
            recipe = gr.Dropdown(
                list(RECIPES), value=RECIPE, label="Method", visible=len(RECIPES) > 1
            )
            with gr.Row():
                start = gr.Dropdown(
                    finetune.start_choices([], RECIPES[RECIPE]), value=models.first(),
                    min_width=180, label="2 · Start from",
                    info="the model that knows pictures most like yours",
                )  # fmt: skip
                steps = gr.Slider(50, 4000, STEPS, step=50, label="Steps", min_width=160)
            name = gr.Textbox("my textures", label="Name", max_length=40)
            with gr.Row():
                go = gr.Button("Fit", variant="primary", min_width=100)
                stop = gr.Button("Stop and keep it", variant="stop", min_width=140)
            gr.Markdown(finetune.LIMITS)
        with gr.Column(min_width=320):
            watched = finetune.outcome(
                "Add pictures and press Fit.",
                "Pictures, the same rebuilt, and each with the texture of the next",
                "Swap with it",
            )
    inputs = [pictures, recipe, start, steps]
    finetune.wire(fit, inputs, name, target, (go, stop), watched)
    jobs.wire(watched.use.click, models.use, [target, view.visit_paths], view)
    for event in (view.visit_paths.change, recipe.input):
        jobs.wire(event, _starts, [view.visit_paths, recipe, start], start)


def fit(
    target: str, pictures: Any, recipe: str, start: str | None, steps: int
) -> Iterator[finetune.FitView]:
    """Learn, showing how it goes; at the end the model's file."""
    events = jobs.compute(
        finetune_textures, finetune.folder(pictures, "pictures", MIN_PICTURES), target,
        recipe=recipe, steps=steps, model=finetune.start_model(start),
        seconds=60 * finetune.MAX_MINUTES, stop=finetune.stop_file(target),
        about=f"{Path(target).stem}: taught on the page",
    )  # fmt: skip
    yield from finetune.shown(events, target, "“Swap with it”")


def _starts(visit_paths: list[str], recipe: str, start: str | None) -> Any:
    choices = finetune.start_choices(visit_paths, RECIPES[recipe])
    value = start if start in dict(choices).values() else finetune.NOTHING
    return gr.Dropdown(choices=choices, value=value)
