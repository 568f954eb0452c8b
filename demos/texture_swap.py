"""The tab "Texture swap": the structure of one picture with the texture of another; an editor."""

from __future__ import annotations

import gradio as gr

from demos import edit_textures, swap_textures, teach_textures, texture_endpoints

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
