"""Swap textures: the structure of one picture with the texture of another; or of many."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from demos.shared import jobs
from demos.shared.widgets import Picture, read, same_size, starter
from demos.texture_swap import models as swappers
from examples.swaps import GRID, SWAPS
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.pipelines.texture_swap import AUTO, MAX_STRENGTH, Choice, swap, swap_grid

HELLO = "Drag the handle. Then take two pictures of yours, cats or landscapes or anything."
SIZES = {"as learnt": None, "384": 384, "512": 512}  # pixels of the shorter side
MAX_PICTURES = 6  # pictures on a side of the grid


def build() -> tuple[gr.Dropdown, gr.State]:
    """Lay out this part inside the current Blocks; returns the chooser of what makes the swap and
    the state that holds the paths of this visit's own models."""
    own = gr.State([])
    with gr.Row(elem_classes="i2i-two"):
        with gr.Column(min_width=320, elem_classes="i2i-in"):
            with gr.Row(equal_height=True):
                structure = Picture(
                    starter(f"{SWAPS[0].structure}.jpg"), label="1 · Structure of this", height=220,
                    min_width=130,
                )  # fmt: skip
                texture = Picture(
                    starter(f"{SWAPS[0].texture}.jpg"), label="2 · Texture of this", height=220,
                    min_width=130,
                )  # fmt: skip
            way = gr.Dropdown(swappers.ways([]), value=AUTO, label="3 · Made by", interactive=True)
            starters = gr.Dataset(
                components=[gr.Image(visible=False)],
                samples=[[starter(f"{s.name}.jpg")] for s in SWAPS],
                label="Or look at one of these", type="index",
            )  # fmt: skip
        with gr.Column(min_width=320, elem_classes="i2i-out"):
            progress = gr.HTML(jobs.status(text=HELLO))
            result = gr.ImageSlider(
                _stored(0), label="Structure picture · swap", format="png", type="pil",
                slider_position=35, max_height=560, buttons=["download", "fullscreen"],
                interactive=False,
            )  # fmt: skip
        with gr.Column(min_width=320, elem_classes="i2i-set"):
            strength = gr.Slider(
                0, MAX_STRENGTH, 1, step=0.05, label="Strength",
                info="0 is the structure picture, 1 the whole swap; beyond, it is exaggerated",
            )  # fmt: skip
            detail = gr.Slider(
                0, 1, 1, step=0.05, label="Detail of the structure picture",
                info="1 lays its finest lines, which a small network loses, over the swap; 0 shows "
                "what the network makes",
            )  # fmt: skip
            size = gr.Radio(list(SIZES), value="as learnt", label="Pixels of the shorter side")
            with gr.Accordion("Bring a model of your own", open=False):
                gr.Markdown(
                    "A `.safetensors` file that you taught and downloaded here, or a checkpoint of "
                    "the official swapping autoencoder (or of rosinality's) as `.pth`."
                )
                brought = gr.File(
                    label="Model", file_types=[".safetensors", ".pth", ".pt"], height=110
                )
    with gr.Accordion("Every structure with every texture", open=True), gr.Row():
        with gr.Column(min_width=280, scale=2):
            structures = _gallery(GRID.structures, "Structures, down")
            textures = _gallery(GRID.textures, "Textures, across")
            with gr.Row():
                go = gr.Button("Make the grid", variant="primary", min_width=120)
                stop = gr.Button("Stop", variant="stop", min_width=80)
        grid = gr.Image(
            starter(f"{GRID.name}.jpg"), label="Grid", format="png", type="pil",
            interactive=False, buttons=["download", "fullscreen"], scale=3, min_width=320,
        )  # fmt: skip

    quiet: dict[str, Any] = {"show_progress": "hidden", **jobs.PRIVATE}
    given = [structure, texture, way, strength, detail, size]
    running = [
        event(run, given, [progress, result], **quiet, **jobs.COMPUTE, trigger_mode="always_last")
        for event in (
            # The way also changes when a model was taught or brought.
            structure.input, texture.input, way.change, strength.release, detail.release,
            size.input,
        )
    ]  # fmt: skip
    running.append(
        go.click(
            run_grid,
            [structures, textures, way, detail, size],
            [progress, grid],
            **quiet,
            **jobs.COMPUTE,
        )
    )
    for event in running:
        event.failure(lambda: jobs.status(text="That did not work."), None, progress, **quiet)
    stop.click(
        lambda: jobs.status(text="Stopped. What was made so far stays."), None, progress,
        cancels=running, **quiet,
    )  # fmt: skip
    starters.click(
        _starter, starters, [structure, texture, way, strength, detail, progress, result],
        cancels=running, **quiet,
    )  # fmt: skip
    brought.upload(_bring, [brought, own], [own, way], **quiet)
    return way, own


def run(
    structure: str | None,
    texture: str | None,
    way: str,
    strength: float,
    detail: float,
    size: str,
) -> Iterator[list[Any]]:
    """Swap, showing what happens, and say what made it and why."""
    if structure is None or texture is None:
        yield [jobs.status(text="Add a picture for the structure and one for the texture."),
               gr.skip()]  # fmt: skip
        return
    one = jobs.with_gradio_errors(read)(structure, "the structure picture")
    other = jobs.with_gradio_errors(read)(texture, "the texture picture")
    began = time.monotonic()
    yield [jobs.status(text="Swapping …"), gr.skip()]
    event = None
    for event in jobs.compute(
        swap, one, other, way, strength=strength, detail=detail, size=SIZES[size]
    ):
        pair: Any = gr.skip()
        if event.picture is not None:
            pair = (same_size(one, event.picture), event.picture)
        yield [jobs.status(event), pair]
    assert event is not None
    assert event.picture is not None
    size_said = f"{event.picture.width} × {event.picture.height} pixels"
    said = f"{event.note} {size_said} in {time.monotonic() - began:.1f} s."
    yield [jobs.status(text=said), gr.skip()]


def run_grid(
    structures: Any, textures: Any, way: str, detail: float, size: str
) -> Iterator[list[Any]]:
    """Every structure with every texture, row by row."""
    sides = []
    for gallery, what in ((structures, "structures"), (textures, "textures")):
        files = [item[0] for item in gallery or []]
        if not files:
            raise jobs.as_gradio_error(InputError(f"Add pictures to the {what} first."))
        if len(files) > MAX_PICTURES:
            raise jobs.as_gradio_error(
                InputError(f"{len(files)} {what} are too many for a grid: {MAX_PICTURES} at most.")
            )
        sides.append([jobs.with_gradio_errors(open_image)(file) for file in files])
    event = None
    for event in jobs.compute(swap_grid, *sides, way, detail=detail, size=SIZES[size]):
        yield [jobs.status(event), event.picture]
    assert event is not None
    yield [jobs.status(text=f"Done: {event.note}."), gr.skip()]


def _gallery(names: tuple[str, ...], label: str) -> gr.Gallery:
    return gr.Gallery(
        [starter(f"{name}.jpg") for name in names], type="filepath", height=130, label=label,
        columns=4, file_types=["image"], buttons=[], object_fit="contain", min_width=140,
    )  # fmt: skip


def _stored(index: int) -> tuple[str, str]:
    chosen = SWAPS[index]
    return starter(f"{chosen.structure}.jpg"), starter(f"{chosen.name}.jpg")


def _starter(index: int) -> list[Any]:
    """Two starter pictures with their stored swap."""
    chosen = SWAPS[index]
    return [
        starter(f"{chosen.structure}.jpg"), starter(f"{chosen.texture}.jpg"), AUTO, 1, 1,
        jobs.status(text=Choice(chosen.made_by).why), _stored(index),
    ]  # fmt: skip


@jobs.with_gradio_errors
def _bring(path: str | None, own: list[str]) -> list[Any]:
    path, own = swappers.bring(path, own)
    gr.Info("The model is chosen.")
    return [own, gr.Dropdown(choices=swappers.ways(own), value=path)]
