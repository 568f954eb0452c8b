"""Swap textures: the structure of one picture with the texture of another; or of many."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import gradio as gr

from demos.shared import jobs, widgets
from demos.shared.models import Chooser
from demos.texture_swap import models
from examples.swaps import GRID, SWAPS
from i2i_core.images.files import open_image
from i2i_core.pipelines.texture_swap import AUTO, MAX_STRENGTH, reason, swap, swap_grid
from i2i_core.progress import Progress

HELLO = "Drag the handle. Then take two pictures of yours, of anything."
SHORT_SIDES = {"as learnt": None, "384": 384, "512": 512}  # pixels
MAX_PICTURES = 6  # pictures on a side of the grid


class SwapView(NamedTuple):
    """The components that change; as a handler's answer, what they are to show."""

    structure: Any = gr.skip()
    texture: Any = gr.skip()
    chooser: Any = gr.skip()
    strength: Any = gr.skip()
    detail: Any = gr.skip()
    status: Any = gr.skip()
    pair: Any = gr.skip()
    grid: Any = gr.skip()


def build() -> Chooser:
    """Lay out this part inside the current Blocks; returns the chooser of what makes the swap."""
    with gr.Row(elem_classes="i2i-two"):
        with gr.Column(min_width=320, elem_classes="i2i-in"):
            first, second = f"{SWAPS[0].structure}.jpg", f"{SWAPS[0].texture}.jpg"
            labelled = (first, "1 · Structure of this"), (second, "2 · Texture of this")
            structure, texture = widgets.PicturePair(*labelled)
            choices = models.choices([])
            maker = gr.Dropdown(choices, value=AUTO, label="3 · Made by", interactive=True)
            names = (f"{stored.name}.jpg" for stored in SWAPS)
            starters = widgets.thumbnails(names, "Or look at one of these")
        with gr.Column(min_width=320, elem_classes="i2i-out"):
            status = gr.HTML(jobs.status_line(HELLO))
            label = "Structure picture · swap"
            pair = widgets.BeforeAfter(_stored(0), label=label, slider_position=35, max_height=560)
        with gr.Column(min_width=320, elem_classes="i2i-set"):
            strength, detail, size = _lay_out_settings()
            chooser = Chooser(maker, models.choices, gr.State([]), (models.TASK,), "swap")
            with gr.Accordion("Bring a model of your own", open=False):
                chooser.lay_out_upload(
                    "A `.safetensors` file that you taught and downloaded here, or a checkpoint of "
                    "the official swapping autoencoder (or of rosinality's) as `.pth`."
                )
    with gr.Accordion("Every structure with every texture", open=True), gr.Row():
        structures, textures, go, stop, grid = _lay_out_grid()

    outputs = SwapView(structure, texture, maker, strength, detail, status, pair, grid)
    work: dict[str, Any] = {"outputs": outputs, "status": status, "compute": True}
    events = (
        # The maker also changes when a model was taught or brought.
        structure.input, texture.input, maker.change, size.input, widgets.moved(strength),
        widgets.moved(detail),
    )  # fmt: skip
    inputs = [structure, texture, maker, strength, detail, size]
    running = [jobs.wire(event, make, inputs, latest=True, **work) for event in events]
    inputs = [structures, textures, maker, detail, size]
    running += [jobs.wire(go.click, make_grid, inputs, **work)]
    jobs.wire_stop(stop, running, status)
    jobs.wire(starters.click, _starter, starters, outputs, cancels=running)
    return chooser


def _lay_out_settings() -> tuple[Any, ...]:
    strength = gr.Slider(
        0, MAX_STRENGTH, 1, step=0.05, label="Strength",
        info="0 is the structure picture, 0.5 has it recoloured, 1 re-made of the texture picture; "
        "a model goes straight there, and beyond 1 exaggerates",
    )  # fmt: skip
    detail = gr.Slider(
        0, 1, 1, step=0.05, label="Detail of the structure picture",
        info="1 lays its finest lines, which a small network loses, over the swap; 0 shows "
        "what the network makes",
    )  # fmt: skip
    size = gr.Radio(list(SHORT_SIDES), value="as learnt", label="Pixels of the shorter side")
    return strength, detail, size


def _lay_out_grid() -> tuple[Any, ...]:
    with gr.Column(min_width=280, scale=2):
        sides = (GRID.structures, "Structures, down"), (GRID.textures, "Textures, across")
        structures, textures = (
            widgets.Gallery(label, 130, [widgets.starter(f"{name}.jpg") for name in names])
            for names, label in sides
        )
        with gr.Row():
            go = gr.Button("Make the grid", variant="primary", min_width=120)
            stop = gr.Button("Stop", variant="stop", min_width=80)
    stored, buttons = widgets.starter(f"{GRID.name}.jpg"), widgets.DOWNLOAD
    grid = widgets.Result(stored, label="Grid", buttons=buttons, scale=3, min_width=320)
    return structures, textures, go, stop, grid


def make(
    structure: str | None, texture: str | None, choice: str, strength: float, detail: float,
    size: str,
) -> Iterator[SwapView]:  # fmt: skip
    """Swap, showing what happens, and say what made it and why."""
    if structure is None or texture is None:
        text = "Add a picture for the structure and one for the texture."
        yield SwapView(status=jobs.status_line(text))
        return
    source = widgets.read(structure, "the structure picture")
    other = widgets.read(texture, "the texture picture")
    start = time.monotonic()
    yield SwapView(status=jobs.status_line("Swapping …"))
    picture, note = source, ""
    settings = {"strength": strength, "detail": detail, "short_side": SHORT_SIDES[size]}
    for event in jobs.compute(swap, source, other, models.model_of(choice), **settings):
        picture, note = event.picture or picture, event.note
        pair: Any = (widgets.same_size(source, picture), picture) if event.picture else gr.skip()
        yield SwapView(status=jobs.status_line(progress=event), pair=pair)
    took = f"{picture.width} × {picture.height} pixels in {time.monotonic() - start:.1f} s."
    yield SwapView(status=jobs.status_line(f"{note} {took}"))


def make_grid(
    structures: Any, textures: Any, choice: str, detail: float, size: str
) -> Iterator[SwapView]:
    """Every structure with every texture, row by row."""
    sides = []
    for gallery, what in ((structures, "structures"), (textures, "textures")):
        files = widgets.files_of(gallery, what, what, MAX_PICTURES, " for a grid")
        sides.append([open_image(file) for file in files])
    event = Progress(0, 1)
    settings = {"detail": detail, "short_side": SHORT_SIDES[size]}
    for event in jobs.compute(swap_grid, *sides, models.model_of(choice), **settings):
        yield SwapView(status=jobs.status_line(progress=event), grid=event.picture)
    yield SwapView(status=jobs.status_line(f"Done: {event.note}."))


def _stored(index: int) -> tuple[str, str]:
    chosen = SWAPS[index]
    return widgets.starter(f"{chosen.structure}.jpg"), widgets.starter(f"{chosen.name}.jpg")


def _starter(index: int) -> SwapView:
    """Two starter pictures with their stored swap."""
    stored = SWAPS[index]
    return SwapView(
        widgets.starter(f"{stored.structure}.jpg"), widgets.starter(f"{stored.texture}.jpg"),
        AUTO, 1, 1, jobs.status_line(reason(models.model_of(stored.made_by))), _stored(index),
    )  # fmt: skip
