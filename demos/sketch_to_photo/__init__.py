"""The tab "Sketch to photo": draw, and a photograph appears; or teach the page what to make."""

import gradio as gr

from demos.sketch_to_photo import api, draw, finetune

TITLE = "Sketch to photo"


def build() -> None:
    """Lay out the tab inside the current Blocks."""
    with gr.Tabs() as parts:
        with gr.Tab("Draw", id="draw"):
            chooser = draw.build()
        with gr.Tab("Teach it", id="teach"):
            finetune.build(chooser, parts)
    api.build()
