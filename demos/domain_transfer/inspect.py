"""See inside: what the discriminator doubts, and which patches CUT takes for alike."""

from __future__ import annotations

from typing import Any

import gradio as gr
from PIL import Image

from demos.domain_transfer import models as domains
from demos.shared import jobs
from demos.shared.widgets import Picture, read, starter
from examples.translations import TRANSLATIONS
from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.pipelines.inspection import (
    COLOURS,
    COMPARED,
    JUDGED,
    JUDGED_SOURCE,
    MADE_COLOURS,
    MARKED,
    inspect,
    layers_of,
    middle,
)

JUDGE = """### What the discriminator says
It judges every patch for itself: **blue** where it believes that somebody of the target domain made
it, **red** where it doubts. A generator is good when the translation is as blue as a real picture.
"""
ALIKE = """### What CUT takes for alike
**Click anywhere on the translation.** CUT asks which patch of your picture that spot came from:
bright is what its encoder answers. In the colours below (the first three principal components of
its embedding) patches that it takes for alike look alike, before and after.
"""


def build(own: gr.State) -> None:
    """Lay out this part inside the current Blocks; `own` are the visitor's own models."""
    point = gr.State((0.5, 0.5))
    layers, usual = _layers(domains.first())
    with gr.Row():
        with gr.Column(min_width=280):
            picture = Picture(starter(f"{TRANSLATIONS[0].source}.jpg"), label="Picture", height=240)
            way = gr.Dropdown(
                domains.choices([]), value=domains.first(), label="Model and direction"
            )
            go = gr.Button("Look inside", variant="primary")
            layer = gr.Radio(
                layers, value=usual, label="Layer that CUT compares",
                info="0 is the pixels themselves; the deeper, the more it is about what is shown",
            )  # fmt: skip
        with gr.Column(min_width=320):
            progress = gr.HTML(jobs.status(text="Press “Look inside”."))
            gr.Markdown(JUDGE)
            with gr.Row():
                judged_source = _picture("Your picture, judged")
                judged = _picture("The translation, judged")
    with gr.Column() as contrast:
        gr.Markdown(ALIKE)
        with gr.Row():
            marked = _picture("Translation: click here")
            compared = _picture("Where that comes from")
            colours = _picture("Embedding of your picture")
            made_colours = _picture("Embedding of the translation")

    quiet: dict[str, Any] = {"show_progress": "hidden", **jobs.PRIVATE, **jobs.COMPUTE}
    given = [picture, way, point, layer]
    shown = [progress, judged_source, judged, marked, compared, colours, made_colours]
    for event in (go.click, layer.input, picture.upload):
        done = event(see, given, shown, **quiet)
        done.failure(lambda: jobs.status(text="That did not work."), None, progress, **quiet)
    way.change(_chosen, way, [layer, contrast], **quiet).success(see, given, shown, **quiet)
    marked.select(_clicked, marked, point, **quiet).success(see, given, shown, **quiet)
    own.change(lambda own, value: domains.chooser(own, value), [own, way], way, **jobs.PRIVATE)


def see(path: str | None, way: str, point: tuple[float, float], layer: str | None) -> list[Any]:
    """All that the model lets us see."""
    picture = jobs.with_gradio_errors(read)(path, "the picture")
    translation = jobs.with_gradio_errors(domains.parse)(way)
    *_, event = jobs.compute(
        inspect, picture, translation.path, reverse=translation.reverse, point=tuple(point),
        layer=int(layer) if layer else None,
    )  # fmt: skip
    names = (JUDGED_SOURCE, JUDGED, MARKED, COMPARED, COLOURS, MADE_COLOURS)
    return [jobs.status(text="Click the translation for another spot."
                        if MARKED in event.extras else "CycleGAN compares no patches."),
            *(event.extras.get(name) for name in names)]  # fmt: skip


def _clicked(marked: Image.Image, event: gr.SelectData) -> tuple[float, float]:
    x, y = event.index
    return min(1.0, x / marked.width), min(1.0, y / marked.height)


def _chosen(way: str) -> list[Any]:
    """Layers to choose from, and whether patches are compared at all."""
    layers, usual = _layers(way)
    return [
        gr.Radio(choices=layers, value=usual, visible=bool(layers)),
        gr.Column(visible=bool(layers)),
    ]


def _layers(way: str) -> tuple[list[str], str | None]:
    """Those that the model compares, and the usual one."""
    layers = layers_of(open_model(jobs.with_gradio_errors(domains.parse)(way).path))
    return [*map(str, layers)], str(middle(layers)) if layers else None


def _picture(label: str) -> gr.Image:
    return gr.Image(
        label=label, format="png", type="pil", interactive=False, min_width=150,
        buttons=["fullscreen"],
    )  # fmt: skip
