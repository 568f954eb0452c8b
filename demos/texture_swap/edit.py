"""The editor: textures moved as a whole, structure changed in a region, cloned, textures added."""

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr

from demos.shared import jobs
from demos.shared.models import choices, shipped_model
from demos.shared.widgets import DOWNLOAD, Gallery, Picture, Result, moved, starter, thumbnails
from demos.texture_swap import edit_handlers as handlers
from demos.texture_swap.edit_handlers import GLOBAL, REGIONAL, Editor, EditorView
from demos.texture_swap.models import TASK, first
from examples.swaps import CAT_PHOTOS, CATS, LANDSCAPES, STRUCTURE
from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.pipelines.texture_edits import direction_names

STARTERS = (*CAT_PHOTOS, "meadow", "lake")
FIRST = starter(f"{STARTERS[0]}.jpg")
SLIDERS_AT_ONCE = 4  # of the whole picture
CLONE = """**Clone:** click where to copy from, in the picture above or in another one that you add
here. Paint where to. Press Clone.
"""
SUM = """Your picture's texture + gain · (mean of the first gallery − mean of the second): ten snowy
landscapes less ten green ones are *snow*. Without a second gallery the model's mean is subtracted.
"""


def build(visit_paths: gr.State) -> None:
    """Lay out this part inside the current Blocks; `visit_paths` are this visit's models."""
    editor = gr.State(Editor(FIRST, first()))
    source_spot = gr.State(None)
    with gr.Row():
        with gr.Column(min_width=300):
            picture = Picture(FIRST, label="Your picture", height=220)
            model = gr.Dropdown(choices([], TASK), value=first(), label="Model", interactive=True)
            starters = thumbnails((f"{name}.jpg" for name in STARTERS), "Or one of these")
            keep = gr.Slider(
                0, 1, 1, step=0.1, label="Keep the picture's own detail",
                info="1 adds the edit to the picture, 0 shows what the network makes",
            )  # fmt: skip
        with gr.Column(min_width=320, scale=2):
            status, canvas, colours, keep_button, undo, reset = _lay_out_canvas()
        with gr.Column(min_width=300):
            sliders = _lay_out_directions()
    with gr.Row():
        with gr.Column(min_width=300), gr.Accordion("A region", open=True):
            tolerance, region, region_sliders, drop = _lay_out_region()
        with gr.Column(min_width=300), gr.Accordion("Or paint it, and clone into it", open=True):
            paper, source, paint, clone = _lay_out_paper()
        with gr.Column(min_width=300), gr.Accordion("Add what others have", open=True):
            gr.Markdown(SUM)
            with gr.Row():
                plus, minus = Gallery("More like these", 180), Gallery("Less like these", 180)
            gain = gr.Slider(-3, 3, 1, step=0.1, label="Gain")
            add = gr.Button("Add", variant="primary")

    sliders += region_sliders
    outputs = EditorView(editor, status, canvas, colours, region, paper)
    wire = partial(jobs.wire, outputs=outputs, status=status, compute=True)
    chosen = jobs.wire(starters.click, _starter, starters, [picture, model])
    for event in (picture.input, model.input, chosen.success):
        started = wire(event, handlers.start, [picture, model])
        opened = wire(started.success, handlers.open_picture, editor)
        jobs.wire(opened.success, handlers.name_sliders, model, sliders, compute=True)
    for slider in (*sliders, keep):
        wire(moved(slider), handlers.preview, [editor, keep, *sliders], latest=True)
    for button, handler in (
        (keep_button, handlers.keep_pending), (undo, handlers.undo), (reset, handlers.reset)
    ):  # fmt: skip
        wire(button.click, _centred(handler), editor, outputs=[*outputs, *sliders])
    wire(canvas.select, handlers.click, [editor, tolerance, canvas])
    wire(moved(tolerance), handlers.choose, [editor, tolerance], latest=True)
    wire(paint.click, handlers.paint, [editor, paper])
    wire(drop.click, handlers.drop_region, editor)
    jobs.wire(source.input, lambda: None, None, source_spot)
    jobs.wire(source.select, handlers.click_source, source, source_spot)
    wire(clone.click, handlers.clone, [editor, paper, source, source_spot])
    wire(add.click, handlers.add, [editor, plus, minus, gain, keep])
    jobs.wire(
        visit_paths.change, lambda paths: gr.Dropdown(choices(paths, TASK)), visit_paths, model
    )


def _lay_out_canvas() -> tuple[Any, ...]:
    status = gr.HTML(jobs.status_line(handlers.HELLO))
    with gr.Row(equal_height=True):
        canvas = Result(FIRST, label="Click a region", min_width=200, height=420, buttons=DOWNLOAD)
        stored, label = starter(f"{STRUCTURE}.png"), "Its structure as colours"
        colours = Result(stored, label=label, min_width=140, height=420)
    with gr.Row():
        keep = gr.Button("Keep this edit", variant="primary", min_width=110)
        undo = gr.Button("Undo", min_width=80)
        reset = gr.Button("All sliders to 0", min_width=110)
    return status, canvas, colours, keep, undo, reset


def _lay_out_directions() -> list[gr.Slider]:
    gr.Markdown("### The whole picture")
    names = direction_names(open_model(first()))
    labels = [*names, *["—"] * (GLOBAL - len(names))]
    sliders = [_slider(label) for label in labels[:SLIDERS_AT_ONCE]]
    with gr.Accordion("Further directions, which do less", open=False):
        return sliders + [_slider(label) for label in labels[SLIDERS_AT_ONCE:]]


def _lay_out_region() -> tuple[Any, ...]:
    gr.Markdown("Click the picture: places of like structure that hang together.")
    tolerance = gr.Slider(0, 1, 0.12, step=0.01, label="How far it reaches")
    region = gr.Image(label="The region", format="png", interactive=False, height=180, buttons=[])
    sliders = [_slider(f"Structure, direction {number}") for number in range(1, REGIONAL + 1)]
    return tolerance, region, sliders, gr.Button("No region")


def _lay_out_paper() -> tuple[Any, ...]:
    paper = gr.ImageEditor(
        {"background": FIRST, "layers": [], "composite": None},
        label="Paint here", type="pil", height=330, sources=[], layers=False,
        brush=gr.Brush(default_size=28, colors=["#ff3366"], color_mode="fixed"),
        eraser=gr.Eraser(default_size=28), transforms=[], buttons=[],
    )  # fmt: skip
    gr.Markdown(CLONE)
    source = Picture(label="Another picture to clone from", height=200)
    with gr.Row():
        paint = gr.Button("Use it as the region", min_width=120)
        clone = gr.Button("Clone", variant="primary", min_width=90)
    return paper, source, paint, clone


def _slider(label: str) -> gr.Slider:
    return gr.Slider(-4, 4, 0, step=0.1, label=label)


def _centred(handler: Callable[[Editor], EditorView]) -> Callable[[Editor], list[Any]]:
    """The `handler`, with all sliders in the middle after it."""
    return lambda editor: [*handler(editor), *handlers.centre_sliders()]


def _starter(index: int) -> tuple[str, str]:
    """A starter picture, and the model that knows its kind."""
    name = STARTERS[index]
    model = shipped_model(CATS if name in CAT_PHOTOS else LANDSCAPES)
    return starter(f"{name}.jpg"), str(model.path)
