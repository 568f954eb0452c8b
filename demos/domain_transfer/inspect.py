"""See inside: what the discriminator doubts, and which patches CUT takes for alike."""

from typing import Any, NamedTuple

import gradio as gr

from demos.domain_transfer import models as domains
from demos.shared import jobs
from demos.shared.widgets import Picture, Result, clicked_point, read, starter
from examples.translations import TRANSLATIONS
from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.pipelines.inspection import inspect, layers_of, middle

SCORES = """### What the discriminator says
It judges every patch for itself: **blue** where it believes that somebody of the target domain made
it, **red** where it doubts. A generator is good when the translation is as blue as a real picture.
"""
MATCHES = """### What CUT takes for alike
**Click anywhere on the translation.** CUT asks which patch of your picture that spot came from:
bright is what its encoder answers. In the colours below (the first three principal components of
its embedding) patches that it takes for alike look alike, before and after.
"""


class View(NamedTuple):
    """Where an Inspection is shown: components, or its pictures."""

    status: Any
    scored_source: Any
    scored_translation: Any
    marked: Any
    matched: Any
    source_colours: Any
    translation_colours: Any


def build(visit_paths: gr.State) -> None:
    """Lay out this part inside the current Blocks; `visit_paths` are of the visitor's models."""
    point = gr.State((0.5, 0.5))
    first = domains.stored().value
    layers, usual = _layers(first)
    with gr.Row():
        with gr.Column(min_width=280):
            picture = Picture(starter(f"{TRANSLATIONS[0].source}.jpg"), label="Picture", height=240)
            translation = gr.Dropdown(domains.choices([]), value=first, label="Model and direction")
            go = gr.Button("Look inside", variant="primary")
            layer = gr.Radio(
                layers, value=usual, label="Layer that CUT compares",
                info="0 is the pixels themselves; the deeper, the more it is about what is shown",
            )  # fmt: skip
        with gr.Column(min_width=320):
            status = gr.HTML(jobs.status_line("Press “Look inside”."))
            gr.Markdown(SCORES)
            with gr.Row():
                scores = _results("Your picture, judged", "The translation, judged")
    with gr.Column() as contrast:
        gr.Markdown(MATCHES)
        with gr.Row():
            matches = _results(
                "Translation: click here", "Where that comes from",
                "Embedding of your picture", "Embedding of the translation",
            )  # fmt: skip
    pictures = [*scores, *matches]
    view = View(status, *pictures)

    changed = jobs.wire(translation.change, _chosen, translation, [layer, contrast])
    clicked = jobs.wire(view.marked.select, clicked_point, view.marked, point)
    inputs = [picture, translation, point, layer]
    for event in (go.click, layer.input, picture.upload, changed.success, clicked.success):
        jobs.wire(event, see, inputs, view, status=status, compute=True)
    jobs.wire(visit_paths.change, _choices, visit_paths, translation)


def see(path: str | None, translation: str, point: tuple[float, float], layer: str | None) -> View:
    """All that the model lets us see."""
    picture = read(path, "the picture")
    model, reverse = domains.parse(translation)
    number = int(layer) if layer else None
    settings = {"reverse": reverse, "point": tuple(point), "layer": number}
    inspection = jobs.call(inspect, picture, model, **settings)
    status = "Click the translation for another spot."
    if inspection.marked is None:
        status = f"{model.method_title} compares no patches."
    pictures = (getattr(inspection, name) for name in View._fields[1:])
    return View(jobs.status_line(status), *pictures)


def _chosen(translation: str) -> tuple[Any, Any]:
    """Layers to choose from, and whether patches are compared at all."""
    layers, usual = _layers(translation)
    compared = bool(layers)
    return gr.Radio(choices=layers, value=usual, visible=compared), gr.Column(visible=compared)


def _choices(visit_paths: list[str]) -> Any:
    return gr.Dropdown(domains.choices(visit_paths))


def _layers(translation: str) -> tuple[list[str], str | None]:
    """Those that the model compares, and the usual one."""
    layers = layers_of(open_model(domains.parse(translation).model).method)
    return [*map(str, layers)], str(middle(layers)) if layers else None


def _results(*labels: str) -> list[gr.Image]:
    return [Result(label=label, min_width=150) for label in labels]
