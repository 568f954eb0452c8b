"""Editors to correct the guess: strokes of one colour on both pictures answer to each other."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from demos.shared import jobs
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.images.sizes import fit_long_side
from i2i_core.labels.maps import PALETTE

MARKS = ["#{:02x}{:02x}{:02x}".format(*colour) for colour in PALETTE[2:6]]


def build_editors(a: gr.Image, b: gr.Image) -> tuple[Any, Any]:
    """Editors to correct the guess: what has the same colour answers to each other."""
    editors = []
    with gr.Accordion("Correct it: mark what answers to what", open=False) as panel:
        gr.Markdown(
            "Draw a stroke over a region of 1 and one of the **same colour** over the region of 2 "
            "that it should be made of; two to four colours. Then make the analogy again."
        )
        with gr.Row():
            for label in ("1 · Structure", "2 · Appearance"):
                editors.append(
                    gr.ImageEditor(
                        label=label,
                        type="pil",
                        format="png",
                        layers=False,
                        sources=(),
                        transforms=(),
                        canvas_size=(400, 400),
                        height=380,
                        min_width=260,
                        brush=gr.Brush(14, MARKS, MARKS[0], color_mode="fixed"),
                    )
                )
    for picture, editor in zip((a, b), editors, strict=True):
        picture.change(_background, picture, editor, show_progress="hidden", **jobs.PRIVATE)
        # Opened for the first time; later openings must not wipe the strokes.
        panel.expand(_first_background, [picture, editor], editor, show_progress="hidden",
                     **jobs.PRIVATE)  # fmt: skip
    return editors[0], editors[1]


def _background(path: str | None) -> Any:
    """A fresh canvas with the picture under it; a file that is none is reported elsewhere."""
    try:
        picture = open_image(path) if path else None
    except InputError:
        picture = None
    if picture is None:
        return None
    return {"background": fit_long_side(picture, 400), "layers": [], "composite": None}


def _first_background(path: str | None, value: Any) -> Any:
    return gr.skip() if (value or {}).get("background") is not None else _background(path)


def scribbles_of(marks_a: Any, marks_b: Any) -> tuple[Image.Image, Image.Image] | None:
    """Strokes of both editors, or None when both are empty."""
    strokes: list[Image.Image] = []
    for value in (marks_a, marks_b):
        layers = (value or {}).get("layers") or []
        if layers and np.asarray(layers[0])[..., 3].any():
            strokes.append(layers[0])
    if len(strokes) == 1:
        raise InputError("Only one picture is marked: mark the other one too, or erase the marks.")
    return (strokes[0], strokes[1]) if strokes else None
