"""The tab "Sketch to photo": draw, and a photograph appears; or teach the page what to make."""

from __future__ import annotations

import gradio as gr

from demos.sketch_to_photo import api as sketch_endpoints
from demos.sketch_to_photo import draw
from demos.sketch_to_photo import finetune as teach

TITLE = "Sketch to photo"


def build() -> None:
    """Lay out the tab inside the current Blocks."""
    with gr.Tabs() as parts:
        with gr.Tab("Draw", id="draw"):
            model, own = draw.build()
        with gr.Tab("Teach it", id="teach"):
            teach.build(model, own, parts)
    sketch_endpoints.build()
