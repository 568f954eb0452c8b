"""The tab "Texture swap": the structure of one picture with the texture of another; an editor."""

from __future__ import annotations

import gradio as gr

from demos.texture_swap import api as texture_endpoints
from demos.texture_swap import edit as edit_textures
from demos.texture_swap import finetune as teach_textures
from demos.texture_swap import swap as swap_textures

TITLE = "Texture swap"


def build() -> None:
    """Lay out the tab inside the current Blocks."""
    with gr.Tabs() as parts:
        with gr.Tab("Swap", id="swap"):
            way, own = swap_textures.build()
        with gr.Tab("Edit", id="edit"):
            edit_textures.build(own)
        with gr.Tab("Teach it", id="teach"):
            teach_textures.build(way, own, parts)
    texture_endpoints.build()
