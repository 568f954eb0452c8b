"""What developers call of the tab: /sketch_to_photo, /trace, /list_models."""

from typing import Any

import gradio as gr
from PIL import Image

from demos.shared import jobs, models
from demos.shared.widgets import Picture, read
from demos.sketch_to_photo.draw import DETAIL
from examples.drawings import DRAWINGS
from i2i_core.images.line_drawings import DETECTORS
from i2i_core.images.line_drawings import trace as trace_photo
from i2i_core.pipelines.translation import translate


def sketch_to_photo(sketch: str, model: str, seed: int) -> Image.Image:
    """Make a photograph of a drawing, or of a label map.

    Args:
        sketch: A drawing in any pen, dark on light or light on dark; for models of labels a map in
            about their colours; for other models whatever they take.
        model: Name of a shipped model, see list_models.
        seed: Another number gives other colours; 0 the usual ones.

    Returns:
        The photograph, a PNG."""
    picture = read(sketch, "the sketch", flatten=False)
    return jobs.finish(translate, picture, models.shipped_model(model), seed=int(seed))


def trace(photo: str, detector: str, detail: float) -> Image.Image:
    """Trace a photograph into a drawing that a model of sketches takes.

    Args:
        photo: A photograph.
        detector: One of edges, lines, contours.
        detail: 0 for outlines only, 1 for every hair.

    Returns:
        Dark lines on white, a PNG as large as the photograph."""
    return trace_photo(read(photo, "the photograph"), detector, detail)


def list_models() -> list[dict[str, Any]]:
    """List the shipped models.

    Returns:
        For each its name, method, what it takes and makes ("sketch", "labels:facades", or empty
        for photographs), and a sentence about it."""
    return [
        {name: getattr(model, name) for name in ("name", "method", "takes", "makes", "about")}
        for model in models.shipped()
    ]


def build() -> None:
    """Register the endpoints in the current Blocks."""
    with gr.Column(visible=False):
        model, seed = gr.Textbox(DRAWINGS[0].model), gr.Number(0, precision=0)
        detector = gr.Dropdown(list(DETECTORS), value=DETECTORS[0])
        result = gr.Image(format="png", label="result")
        jobs.endpoint(sketch_to_photo, [Picture(), model, seed], result)
        jobs.endpoint(trace, [Picture(), detector, gr.Slider(0, 1, DETAIL)], result)
        jobs.endpoint(list_models, [], gr.JSON(label="models"))
