"""The page: every tab, the look, and how it is served. Run it: python app.py"""

import os
import sys
from typing import Any

# Settings that libraries read at import: no telemetry, and idle threads that yield their core.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import spaces  # noqa: F401  isort: skip  (ZeroGPU: before anything that imports torch)
import gradio as gr

from demos import domain_transfer, image_analogy, sketch_to_photo, texture_swap

TABS = [sketch_to_photo, domain_transfer, image_analogy, texture_swap]

THEME = gr.themes.Soft(
    primary_hue="teal",
    neutral_hue="stone",
    font=["Inter", "ui-sans-serif", "system-ui", "sans-serif"],
    font_mono=["ui-monospace", "Consolas", "monospace"],
)
CSS = """
.i2i-head h1 { margin: 0 0 .1em; font-size: 1.7rem; }
.i2i-head p { margin: 0; }
/* On a phone the result comes before the settings; beside it they stand under the inputs. */
@media (min-width: 900px) {
  .i2i-two { display: grid; grid: "in out" auto "set out" 1fr / 2fr 3fr; }
  .i2i-in { grid-area: in; } .i2i-out { grid-area: out; } .i2i-set { grid-area: set; }
}
.i2i-choose { align-items: center; }
.i2i-paper { max-width: 600px; }
/* The photograph stands level with the paper beside it, below whose tools it would begin. */
@media (min-width: 700px) { .i2i-level .i2i-status { height: 36px; } }
/* On a phone all tabs stand in a row, instead of behind three dots. */
@media (max-width: 600px) {
  .tab-wrapper { margin: 0 -24px; }
  .tab-container button { padding: 0 3px !important; font-size: 11px !important; }
}
.i2i-result img { width: 100%; height: auto; }
.i2i-status { display: flex; gap: .8em; align-items: center; min-height: 1.6em; }
.i2i-status progress { width: 9em; accent-color: var(--primary-500); }
"""
INTRO = """# Image-to-image studio
Draw, and a photograph appears. Turn a photograph into a Monet, summer into winter. Give one picture
the arrangement or the texture of another. Teach it your own. In seconds, on two CPU cores: no GPU.
"""


def build() -> gr.Blocks:
    """Every tab in one Blocks."""
    with gr.Blocks(title="Image-to-image studio", delete_cache=(3600, 7200)) as page:
        gr.Markdown(INTRO, elem_classes="i2i-head")
        with gr.Tabs():
            for tab in TABS:
                with gr.Tab(tab.TITLE):
                    tab.build()
    blocks: gr.Blocks = page.queue(max_size=40, default_concurrency_limit=8)
    return blocks


def launch(page: gr.Blocks, **settings: Any) -> None:
    """Serve the page; `settings` go to Gradio's launch."""
    page.launch(
        theme=THEME,
        css=CSS,
        max_file_size="60mb",
        run_history=False,  # a visitor's pictures are not kept in the browser of a shared machine
        footer_links=["api", "settings"],
        **settings,
    )


if __name__ == "__main__":
    # Somebody at a terminal sees the page open by itself; a server does not.
    launch(build(), inbrowser=sys.stdout.isatty() and "SPACE_ID" not in os.environ)
