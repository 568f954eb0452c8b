"""The tab "Domain transfer": photograph to Monet, summer to winter, or what one teaches it."""

from __future__ import annotations

import gradio as gr

from demos import domain_endpoints, look_inside, one_each, teach_domains, translate_domains

TITLE = "Domain transfer"


def build() -> None:
    """Lay out the tab inside the current Blocks."""
    with gr.Tabs() as parts:
        with gr.Tab("Translate", id="translate"):
            way, own = translate_domains.build()
        with gr.Tab("One picture each", id="one"):
            one_each.build(way, own, parts)
        with gr.Tab("Teach it", id="teach"):
            teach_domains.build(way, own, parts)
        with gr.Tab("See inside", id="inside"):
            look_inside.build(own)
    domain_endpoints.build()
