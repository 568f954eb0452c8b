"""The editor: textures moved as a whole, structure changed in a region, cloned, textures added."""

from __future__ import annotations

from typing import Any

import gradio as gr

from demos.shared import jobs
from demos.shared.models import shipped_path
from demos.shared.widgets import Picture, starter
from demos.texture_swap import edit_handlers as editing
from demos.texture_swap import models as swappers
from demos.texture_swap.edit_handlers import GLOBAL, REGIONAL
from examples.swaps import CAT_PHOTOS, CATS, LANDSCAPES, STRUCTURE
from i2i_core.pipelines.texture_edits import direction_names

STARTERS = (*CAT_PHOTOS, "meadow", "lake")
SHOWN = 4  # sliders of the whole picture, at once
CLONE = """**Clone:** click where to copy from, in the picture above or in another one that you add
here. Paint where to. Press Clone.
"""
SUM = """Your picture's texture + gain · (mean of the first gallery − mean of the second): ten snowy
landscapes less ten green ones are *snow*. Without a second gallery the model's mean is subtracted.
"""


def build(own: gr.State) -> None:
    """Lay out this part inside the current Blocks; `own` are the visitor's own models."""
    done = gr.State([])  # what was kept, oldest first: Edited
    shown = gr.State(None)  # what stands on the page, not kept yet
    mask = gr.State(None)
    spot, from_spot = gr.State(None), gr.State(None)  # points that were clicked
    names = direction_names(swappers.first())
    with gr.Row():
        with gr.Column(min_width=300):
            picture = Picture(starter(f"{CAT_PHOTOS[0]}.jpg"), label="Your picture", height=220)
            model = gr.Dropdown(
                swappers.choices([]), value=swappers.first(), label="Model", interactive=True
            )
            starters = gr.Dataset(
                components=[gr.Image(visible=False)],
                samples=[[starter(f"{name}.jpg")] for name in STARTERS],
                label="Or one of these", type="index",
            )  # fmt: skip
            keep = gr.Slider(
                0, 1, 1, step=0.1, label="Keep the picture's own detail",
                info="1 adds the edit to the picture, 0 shows what the network makes",
            )  # fmt: skip
        with gr.Column(min_width=320, scale=2):
            progress = gr.HTML(jobs.status(text=editing.HELLO))
            with gr.Row(equal_height=True):
                canvas = gr.Image(
                    starter(f"{CAT_PHOTOS[0]}.jpg"), label="Click a region", min_width=200,
                    format="png", type="pil", interactive=False, height=420,
                    buttons=["download", "fullscreen"],
                )  # fmt: skip
                colours = gr.Image(
                    starter(f"{STRUCTURE}.png"), label="Its structure as colours", min_width=140,
                    format="png", type="pil", interactive=False, height=420,
                    buttons=["fullscreen"],
                )  # fmt: skip
            with gr.Row():
                keeping = gr.Button("Keep this edit", variant="primary", min_width=110)
                undo = gr.Button("Undo", min_width=80)
                reset = gr.Button("All sliders to 0", min_width=110)
        with gr.Column(min_width=300):
            gr.Markdown("### The whole picture")
            labels = [*names, *["—"] * (GLOBAL - len(names))]
            whole = [gr.Slider(-4, 4, 0, step=0.1, label=label) for label in labels[:SHOWN]]
            with gr.Accordion("Further directions, which do less", open=False):
                whole += [gr.Slider(-4, 4, 0, step=0.1, label=label) for label in labels[SHOWN:]]
    with gr.Row():
        with gr.Column(min_width=300), gr.Accordion("A region", open=True):
            gr.Markdown("Click the picture: places of like structure that hang together.")
            tolerance = gr.Slider(0, 1, 0.12, step=0.01, label="How far it reaches")
            inside = gr.Image(label="The region", format="png", interactive=False, height=180,
                              buttons=[])  # fmt: skip
            region = [
                gr.Slider(-4, 4, 0, step=0.1, label=f"Structure, direction {number}")
                for number in range(1, REGIONAL + 1)
            ]
            unmask = gr.Button("No region")
        with gr.Column(min_width=300), gr.Accordion("Or paint it, and clone into it", open=True):
            brush = gr.ImageEditor(
                {"background": starter(f"{CAT_PHOTOS[0]}.jpg"), "layers": [], "composite": None},
                label="Paint here", type="pil", height=330, sources=[], layers=False,
                brush=gr.Brush(default_size=28, colors=["#ff3366"], color_mode="fixed"),
                eraser=gr.Eraser(default_size=28), transforms=[], buttons=[],
            )  # fmt: skip
            gr.Markdown(CLONE)
            source = Picture(label="Another picture to clone from", height=200)
            with gr.Row():
                painted = gr.Button("Use it as the region", min_width=120)
                clone = gr.Button("Clone", variant="primary", min_width=90)
        with gr.Column(min_width=300), gr.Accordion("Add what others have", open=True):
            gr.Markdown(SUM)
            with gr.Row():
                plus, minus = _gallery("More like these"), _gallery("Less like these")
            gain = gr.Slider(-3, 3, 1, step=0.1, label="Gain")
            add = gr.Button("Add", variant="primary")

    quiet: dict[str, Any] = {"show_progress": "hidden", **jobs.PRIVATE, **jobs.COMPUTE}
    sliders = [*whole, *region]
    seen = [progress, canvas, colours, shown]

    def watched(event: Any) -> None:
        event.failure(lambda: jobs.status(text="That did not work."), None, progress, **quiet)

    start = [done, mask, inside, brush, *seen]
    chosen = starters.click(_starter, starters, [picture, model], **quiet)
    for change in (picture.input, model.input, chosen.success):
        opening = change(editing.open_picture, [picture, model], start, **quiet)
        opening.failure(editing.failed, None, [done, mask, inside, progress, shown, spot], **quiet)
        opening.success(editing.names, model, sliders, **quiet).success(
            lambda: None, None, spot, **quiet
        )
    source.input(lambda: None, None, from_spot, **quiet)
    # The first edit of the starter that stands there begins with it.
    given = [picture, model, done, mask, keep, *sliders]
    for slider in (*sliders, keep):
        watched(slider.release(editing.preview, given, [done, *seen], **quiet,
                               trigger_mode="always_last"))  # fmt: skip
    keeping.click(editing.keep_it, [done, shown], [done, shown, progress, brush, *sliders], **quiet)
    undo.click(editing.undo, [picture, model, done, shown], [done, *seen, brush, *sliders], **quiet)
    reset.click(
        editing.undo, [picture, model, done, canvas], [done, *seen, brush, *sliders], **quiet
    )

    canvas.select(editing.clicked, canvas, spot, **quiet).success(
        editing.choose, [picture, model, done, spot, tolerance], [done, mask, inside], **quiet
    )
    tolerance.release(
        editing.choose, [picture, model, done, spot, tolerance], [done, mask, inside], **quiet
    )
    watched(painted.click(
        editing.paint, [picture, model, done, brush], [done, mask, inside], **quiet
    ))  # fmt: skip
    unmask.click(lambda: (None, None), None, [mask, inside], **quiet)
    source.select(editing.clicked, source, from_spot, **quiet)
    watched(clone.click(
        editing.clone, [picture, model, done, brush, source, from_spot, spot],
        [done, brush, *seen], **quiet,
    ))  # fmt: skip
    watched(add.click(
        editing.add, [picture, model, done, plus, minus, gain, keep], [done, *seen], **quiet
    ))  # fmt: skip
    own.change(
        lambda own, value: gr.Dropdown(choices=swappers.choices(own), value=value),
        [own, model], model, **quiet,
    )  # fmt: skip


def _starter(index: int) -> list[Any]:
    """A starter picture, and the model that knows its kind."""
    name = STARTERS[index]
    return [
        starter(f"{name}.jpg"), str(shipped_path(CATS if name in CAT_PHOTOS else LANDSCAPES))
    ]  # fmt: skip


def _gallery(label: str) -> gr.Gallery:
    return gr.Gallery(
        label=label, type="filepath", height=180, columns=3, buttons=[], file_types=["image"],
        object_fit="contain", min_width=130,
    )  # fmt: skip
