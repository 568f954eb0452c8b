"""The tab "Domain transfer": photograph to Monet, summer to winter, or what one teaches it."""

import gradio as gr

from demos.domain_transfer import api, finetune, inspect, single_pair, translate

TITLE = "Domain transfer"


def build() -> None:
    """Lay out the tab inside the current Blocks."""
    with gr.Tabs() as parts:
        with gr.Tab("Translate", id="translate"):
            chooser = translate.build()
        with gr.Tab("One picture each", id="one"):
            single_pair.build(chooser, parts)
        with gr.Tab("Teach it", id="teach"):
            finetune.build(chooser, parts)
        with gr.Tab("See inside", id="inside"):
            inspect.build(chooser.visit_paths)
    api.build()
