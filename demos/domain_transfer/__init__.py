"""The tab "Domain transfer": photograph to Monet, summer to winter, or what one teaches it."""

from __future__ import annotations

import gradio as gr

from demos.domain_transfer import api as domain_endpoints
from demos.domain_transfer import finetune as teach_domains
from demos.domain_transfer import inspect as look_inside
from demos.domain_transfer import single_pair as one_each
from demos.domain_transfer import translate as translate_domains

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
