"""One picture each: a transfer by patches at once, and beside it SinCUT, learnt meanwhile."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import gradio as gr

from demos.shared import finetune as fits
from demos.shared import jobs
from demos.shared.models import Chooser
from demos.shared.widgets import BeforeAfter, PicturePair, Result, read, same_size, starter
from examples.translations import ONE_EACH
from i2i_core.finetuning.domains import SINGLE_PAIR_RECIPE as RECIPE
from i2i_core.finetuning.domains import SINGLE_PAIR_STEPS as STEPS
from i2i_core.finetuning.domains import finetune_single_pair
from i2i_core.images.sizes import fit_long_side
from i2i_core.pipelines.analogy import structural_analogy

HELLO = "Two speeds: patches answer in seconds, a network learns for minutes."
A, B = "the picture to repaint", "the picture to paint it like"
LONG_SIDE = 384  # pixels of the instant result


class PatchView(NamedTuple):
    """What is shown of the instant result."""

    status: Any
    slider: Any = gr.skip()


def build(chooser: Chooser, parts: gr.Tabs) -> None:
    """Lay out this part; what is taught is used by the `chooser`, which is in `parts`."""
    with gr.Row(elem_classes="i2i-two"):
        with gr.Column(min_width=320, elem_classes="i2i-in"):
            first, second = f"{ONE_EACH.source}.jpg", f"{ONE_EACH.like}.jpg"
            a, b = PicturePair((first, "1 · Repaint this"), (second, "2 · Like this"))
            with gr.Row():
                instant = gr.Button("At once, by patches", variant="primary", min_width=150)
                learn = gr.Button(f"Learn it: {RECIPE}", variant="primary", min_width=150)
                stop = gr.Button("Stop and keep it", variant="stop", min_width=120)
        with gr.Column(min_width=320, elem_classes="i2i-out"):
            status = gr.HTML(jobs.status_line(HELLO))
            with gr.Row(equal_height=True):
                slider = BeforeAfter(
                    (starter(first), starter(f"{ONE_EACH.instant}.jpg")),
                    label="At once: patches of 2", slider_position=30, max_height=460,
                )  # fmt: skip
                label = f"Learnt: 1, and what {RECIPE} makes of it"
                preview = Result(starter(f"{ONE_EACH.fitted}.jpg"), label=label)
            view = fits.FitView(
                status, preview, fits.losses_plot(), gr.Button("Translate with it", visible=False),
                gr.File(label="The model: download it", height=90, visible=False),
            )  # fmt: skip
        with gr.Column(min_width=320, elem_classes="i2i-set"):
            steps = gr.Slider(
                100, 3000, STEPS, step=100, label=f"Steps of {RECIPE}",
                info=f"{STEPS} take about eight minutes on two cores; stop when you like it",
            )  # fmt: skip
            gr.Markdown(fits.LIMITS)

    jobs.wire(instant.click, paint, [a, b], [status, slider], status=status, compute=True)
    fits.wire(fit, [a, b, steps], gr.State("one picture each"), (learn, stop), view, chooser, parts)


def paint(a: str | None, b: str | None) -> Iterator[PatchView]:
    """The first picture in patches of the second; yields what to show after every level."""
    first, second = read(a, A), read(b, B)
    began = time.monotonic()
    settings = {"preset": "style", "long_side": LONG_SIDE}
    for event in jobs.compute(structural_analogy, first, second, **settings):
        view = PatchView(jobs.status_line(progress=event))
        if event.picture is not None:
            picture = fit_long_side(event.picture, LONG_SIDE)
            view = view._replace(slider=(same_size(first, picture), picture))
        yield view
    took = f"Made of patches in {time.monotonic() - began:.1f} s."
    yield PatchView(jobs.status_line(f"{took} Now let {RECIPE} learn it."))


def fit(target: str, a: str | None, b: str | None, steps: float) -> Iterator[fits.FitView]:
    """Learn from one picture each, showing how it goes; at the end the model's file."""
    pair, use = (read(a, A), read(b, B)), "“Translate with it”"
    yield from fits.watch(finetune_single_pair, target, *pair, use=use, steps=steps)
