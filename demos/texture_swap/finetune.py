"""Teach a texture swap: a gallery becomes a model while the visitor watches it rebuild and swap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from demos.shared import finetune as fitting
from demos.shared import jobs
from demos.texture_swap import models as swappers
from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.finetuning.textures import finetune_textures

FEWEST = 10
NOTHING = "nothing"
ABOUT = """Pictures **of one kind** teach best: dogs, rooms, mountains, shoes, all at about the same
size. From a shipped model a few hundred steps suffice; from nothing it takes hours."""


def build(way: gr.Dropdown, own: gr.State, parts: gr.Tabs) -> None:
    """Lay out this part inside the current Blocks; `way` is the chooser of what makes a swap in
    `parts`, and `own` what the visitor has added to it."""
    target = gr.State("")
    with gr.Row():
        with gr.Column(min_width=320):
            pictures = fitting.gallery("1 · Pictures of one kind, 10 to 200", 280)
            gr.Markdown(ABOUT)
            with gr.Row():
                start = gr.Dropdown(
                    _starts([]), value=swappers.first(), min_width=180, label="2 · Start from",
                    info="the model that knows pictures most like yours",
                )  # fmt: skip
                steps = gr.Slider(50, 4000, 600, step=50, label="Steps", min_width=160)
            name = gr.Textbox("my textures", label="Name", max_length=40)
            with gr.Row():
                go = gr.Button("Fit", variant="primary", min_width=100)
                stop = gr.Button("Stop and keep it", variant="stop", min_width=140)
            gr.Markdown(fitting.LIMITS)
        with gr.Column(min_width=320):
            watched = fitting.outcome(
                "Add pictures and press Fit.",
                "Pictures, the same rebuilt, and each with the texture of the next",
                "Swap with it",
            )

    quiet: dict[str, Any] = {"show_progress": "hidden", **jobs.PRIVATE}
    given = [pictures, steps, start]
    use = fitting.wire(fit, given, (name, target, go, stop), watched)
    use.click(swappers.use, [target, own], [own, way, parts], **quiet)
    own.change(lambda own: gr.Dropdown(choices=_starts(own)), own, start, **quiet)


def fit(target: str, pictures: Any, steps: float, start: str) -> Iterator[list[Any]]:
    """Learn, showing how it goes; at the end the model's file."""
    given = jobs.with_gradio_errors(fitting.folder)(pictures, "pictures", FEWEST)
    events = jobs.compute(
        finetune_textures, given, target, steps=int(steps), start=None if start == NOTHING else start,
        seconds=60 * fitting.MAX_MINUTES, stop=fitting.stop_file(target),
        about=f"{Path(target).stem}: taught on the page",
    )  # fmt: skip
    yield from fitting.shown(events, target, "“Swap with it”")


def _starts(own: list[str]) -> list[tuple[str, str]]:
    """Published models, which come without discriminators, are not among them."""
    known = [c for c in swappers.choices(own) if open_model(c[1]).has_training_networks]
    return [*known, (NOTHING, NOTHING)]
