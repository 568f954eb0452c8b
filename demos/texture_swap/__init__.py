"""The tab "Texture swap": the structure of one picture with the texture of another; an editor."""

import gradio as gr

from demos.texture_swap import api, edit, finetune, swap

TITLE = "Texture swap"


def build() -> None:
    """Lay out the tab inside the current Blocks."""
    with gr.Tabs() as parts:
        with gr.Tab("Swap", id="swap"):
            chooser = swap.build()
        with gr.Tab("Edit", id="edit"):
            edit.build(chooser.visit_paths)
        with gr.Tab("Teach it", id="teach"):
            finetune.build(chooser, parts)
    api.build()
