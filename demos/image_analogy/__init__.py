"""The tab "Image analogy": two pictures in, or a repainted label map."""

import gradio as gr

from demos.image_analogy import api, pair, repaint

TITLE = "Image analogy"


def build() -> None:
    """Lay out the tab inside the current Blocks."""
    with gr.Tabs():
        with gr.Tab("Two pictures"):
            pair.build()
        with gr.Tab("Repaint", render_children=True):
            repaint.build()
    api.build()
