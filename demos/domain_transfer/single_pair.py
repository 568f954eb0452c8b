"""One picture each: a transfer by patches at once, and beside it SinCUT, learnt meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from demos.domain_transfer import models as domains
from demos.shared import finetune as fitting
from demos.shared import jobs
from demos.shared.widgets import Picture, read, same_size, starter
from examples.translations import ONE_EACH
from i2i_core.finetuning.domains import finetune_single_pair
from i2i_core.images.sizes import fit_long_side
from i2i_core.pipelines.analogy import structural_analogy

HELLO = "Two speeds: patches answer in seconds, a network learns for minutes."
A, B = "the picture to repaint", "the picture to paint it like"
SIZE = 384  # pixels of the longer side of the instant result


def build(way: gr.Dropdown, own: gr.State, parts: gr.Tabs) -> None:
    """Lay out this part inside the current Blocks; `way` is the chooser of translations in
    `parts`, and `own` what the visitor has added to it."""
    target = gr.State("")
    with gr.Row(elem_classes="i2i-two"):
        with gr.Column(min_width=320, elem_classes="i2i-in"):
            with gr.Row(equal_height=True):
                a = Picture(
                    starter(f"{ONE_EACH.source}.jpg"), label="1 · Repaint this", height=220,
                    min_width=130,
                )  # fmt: skip
                b = Picture(
                    starter(f"{ONE_EACH.like}.jpg"), label="2 · Like this", height=220,
                    min_width=130,
                )  # fmt: skip
            with gr.Row():
                instant = gr.Button("At once, by patches", variant="primary", min_width=150)
                learn = gr.Button("Learn it: SinCUT", variant="primary", min_width=150)
                stop = gr.Button("Stop and keep it", variant="stop", min_width=120)
        with gr.Column(min_width=320, elem_classes="i2i-out"):
            progress = gr.HTML(jobs.status(text=HELLO))
            with gr.Row(equal_height=True):
                quick = gr.ImageSlider(
                    (starter(f"{ONE_EACH.source}.jpg"), starter(f"{ONE_EACH.instant}.jpg")),
                    label="At once: patches of 2", format="png", type="pil", slider_position=30,
                    max_height=460, buttons=["download", "fullscreen"], interactive=False,
                )  # fmt: skip
                slow = gr.Image(
                    starter(f"{ONE_EACH.fitted}.jpg"), format="png", type="pil", interactive=False,
                    label="Learnt: 1, and what SinCUT makes of it", buttons=["fullscreen"],
                )  # fmt: skip
            losses = fitting.losses_plot()
            use = gr.Button("Translate with it", visible=False)
            file = gr.File(label="The model: download it", height=90, visible=False)
        with gr.Column(min_width=320, elem_classes="i2i-set"):
            steps = gr.Slider(
                100, 3000, 1200, step=100, label="Steps of SinCUT",
                info="1200 take about eight minutes on two cores; stop when you like it",
            )  # fmt: skip
            gr.Markdown(fitting.LIMITS)

    quiet: dict[str, Any] = {"show_progress": "hidden", **jobs.PRIVATE}
    at_once = instant.click(paint, [a, b], [progress, quick], **quiet, **jobs.COMPUTE)
    name = gr.State("one picture each")
    begun = learn.click(fitting.begin, name, [target, progress, file, use, learn], **quiet)
    fitted = begun.success(
        fit, [target, a, b, steps], [progress, slow, losses, file, use], **quiet, **fitting.QUEUE
    )
    fitted.then(lambda: gr.Button(interactive=True), None, learn, **quiet)
    for event in (at_once, fitted):
        event.failure(lambda: jobs.status(text="That did not work."), None, progress, **quiet)
    stop.click(fitting.stop, target, progress, **quiet)
    use.click(domains.use, [target, own], [own, way, parts], **quiet)


def paint(a: str | None, b: str | None) -> Iterator[list[Any]]:
    """The first picture in patches of the second; yields what to show after every level."""
    first, second = jobs.with_gradio_errors(read)(a, A), jobs.with_gradio_errors(read)(b, B)
    began = time.monotonic()
    for event in jobs.compute(structural_analogy, first, second, preset="style", size=SIZE):
        pair: Any = gr.skip()
        if event.picture is not None:
            picture = fit_long_side(event.picture, SIZE)
            pair = same_size(first, picture), picture
        yield [jobs.status(event), pair]
    said = f"Made of patches in {time.monotonic() - began:.1f} s. Now let SinCUT learn it."
    yield [jobs.status(text=said), gr.skip()]


def fit(target: str, a: str | None, b: str | None, steps: float) -> Iterator[list[Any]]:
    """Learn from one picture each, showing how it goes; at the end the model's file."""
    first, second = jobs.with_gradio_errors(read)(a, A), jobs.with_gradio_errors(read)(b, B)
    events = jobs.compute(
        finetune_single_pair, first, second, target, steps=int(steps), seconds=60 * fitting.MAX_MINUTES,
        stop=fitting.stop_file(target), about=f"{Path(target).stem}: learnt on the page",
    )  # fmt: skip
    yield from fitting.shown(events, target, "“Translate with it”")
