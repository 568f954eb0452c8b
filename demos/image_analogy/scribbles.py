"""Editors to correct the guess: strokes of one colour on both pictures answer to each other."""

from collections.abc import Sequence
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from demos.shared import jobs
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.images.sizes import fit_long_side
from i2i_core.labels.colours import Colour
from i2i_core.labels.maps import PALETTE

MARKS = PALETTE[2:6]
EDITOR_SIDE = 400  # pixels


def brush(pixels: int, colours: Sequence[Colour]) -> gr.Brush:
    """A brush of this width, whose colours are all that there are."""
    names: list[Any] = ["#{:02x}{:02x}{:02x}".format(*colour) for colour in colours]
    return gr.Brush(pixels, names, names[0], color_mode="fixed")


def build_editors(a: gr.Image, b: gr.Image) -> list[gr.ImageEditor]:
    """Editors to correct the guess: what has the same colour answers to each other."""
    with gr.Accordion("Correct it: mark what answers to what", open=False) as panel:
        gr.Markdown(
            "Draw a stroke over a region of 1 and one of the **same colour** over the region of 2 "
            "that it should be made of; two to four colours. Then make the analogy again."
        )
        with gr.Row():
            editors = [
                gr.ImageEditor(
                    label=label, type="pil", format="png", layers=False, sources=(), transforms=(),
                    canvas_size=(EDITOR_SIDE, EDITOR_SIDE), height=380, min_width=260,
                    buttons=["fullscreen"],
                    brush=brush(14, MARKS),
                )
                for label in ("1 · Structure", "2 · Appearance")
            ]  # fmt: skip
    for picture, editor in zip((a, b), editors, strict=True):
        jobs.wire(picture.change, _background, picture, editor)
        # Opened for the first time; later openings must not wipe the strokes.
        jobs.wire(panel.expand, _background, [picture, editor], editor)
    return editors


def _background(path: str | None, editor: Any = None) -> Any:
    """A fresh canvas over the picture, unless there is one; no picture is reported elsewhere."""
    if (editor or {}).get("background") is not None:
        return gr.skip()
    try:
        picture = fit_long_side(open_image(path), EDITOR_SIDE) if path else None
    except InputError:
        picture = None
    return picture and {"background": picture, "layers": [], "composite": None}


def scribbles_of(marks_a: Any, marks_b: Any) -> tuple[Image.Image, Image.Image] | None:
    """Strokes of both editors, or None when both are empty."""
    both = [(value or {}).get("layers") or [] for value in (marks_a, marks_b)]
    strokes = [layers[0] for layers in both if layers and np.asarray(layers[0])[..., 3].any()]
    if len(strokes) == 1:
        raise InputError("Only one picture is marked: mark the other one too, or erase the marks.")
    return (strokes[0], strokes[1]) if strokes else None
