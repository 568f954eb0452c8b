"""Draw and the photograph follows: the canvas, its model, and what it makes of the drawing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image, ImageOps

from demos.shared import jobs, models
from demos.shared.widgets import Picture, read, starter
from demos.sketch_to_photo.canvas import SIDE, DrawingCanvas, to_picture, to_value
from examples.drawings import DRAWINGS
from i2i_core.checkpoints.model_zoo import ModelInfo, model_info
from i2i_core.errors import InputError
from i2i_core.images.line_drawings import DETECTORS, trace
from i2i_core.labels.palettes import LABEL_SETS
from i2i_core.pipelines.translation import translate

HELLO = "Draw on the paper: the photograph follows every stroke. Or try “Surprise me”."
FRONT = "townhouse"  # the starter that stands where a model takes photographs
PHOTO_MODELS = {"labels:facades": "pix2pix.facades-to-labels"}  # how a photograph becomes labels


def build() -> tuple[gr.Dropdown, gr.State]:
    """Lay out the canvas inside the current Blocks; returns the chooser of models, and the state
    that holds the paths of this visit's own ones."""
    first = DRAWINGS[0]
    own = gr.State([])
    count = gr.State(0)
    with gr.Row(elem_classes="i2i-choose"):
        model = gr.Dropdown(
            models.choices([]), value=str(models.shipped_path(first.model)),
            label="What to draw", interactive=True, scale=3, min_width=280,
        )  # fmt: skip
        surprise = gr.Button("Surprise me", variant="primary", scale=1, min_width=120)
        other = gr.Button("Other colours", scale=1, min_width=120)
    with gr.Row():
        with gr.Column(min_width=300, elem_classes="i2i-paper"):
            gives = gr.Radio(
                ["drawing", "photograph"], value="photograph", visible=False,
                label="This model does not say what it takes: give it a …",
            )  # fmt: skip
            canvas = DrawingCanvas(_stored(0))
            photo = Picture(
                starter(f"{FRONT}_photo.jpg"), label="Photograph", height=420, visible=False
            )
        with gr.Column(min_width=300, elem_classes="i2i-paper"):
            progress = gr.HTML(jobs.status(text=HELLO), elem_classes="i2i-level")
            result = gr.Image(
                starter(f"{first.name}_photo.jpg"), label="The photograph follows", format="png",
                type="pil", interactive=False, buttons=["download", "fullscreen"],
                elem_classes="i2i-result",
            )  # fmt: skip
    with gr.Row():
        with gr.Column(min_width=300), gr.Accordion("Start from a photo", open=False) as tracing:
            gr.Markdown("It is traced (for labels: read), and you go on drawing from there.")
            traced = Picture(label="Photo", height=200)
            with gr.Row():
                detector = gr.Dropdown(
                    list(DETECTORS), value="edges", label="Trace its", min_width=120
                )
                detail = gr.Slider(0, 1, 0.35, step=0.05, label="Detail", min_width=140)
        with gr.Column(min_width=300), gr.Accordion("Seed, and your own models", open=False):
            seed = gr.Number(
                first.seed, precision=0, minimum=0, label="Seed",
                info="each gives other colours and another coat; 0 is the usual one",
            )  # fmt: skip
            gr.Markdown(
                "Bring a `.safetensors` file that you taught and downloaded here, or a "
                "generator published by pix2pix as `.pth`."
            )
            brought = gr.File(label="Model", file_types=[".safetensors", ".pth"], height=110)

    quiet: dict[str, Any] = {"show_progress": "hidden", **jobs.PRIVATE}
    live = {**quiet, **jobs.COMPUTE, "trigger_mode": "always_last"}
    given = [canvas, photo, model, gives, seed]
    shown = [progress, result]
    canvas.input(follow, given, shown, **live)
    seed.change(follow, given, shown, **live)
    photo.upload(follow, given, shown, **live)
    other.click(lambda seed: int(seed or 0) + 1, seed, seed, **quiet)
    switched = [canvas, photo, gives, tracing, detector, surprise, progress]
    for event in (model.change, gives.input):
        changed = event(_changed, [model, gives], switched, **quiet)
        changed.success(_follow_photograph, given, shown, **live)
    surprised = surprise.click(_surprise, [count, model], [count, canvas, seed], **quiet)
    surprised.success(follow, given, shown, **live)
    for event in (traced.upload, detector.input, detail.release):
        done = event(_trace, [traced, model, detector, detail], canvas, **quiet, **jobs.COMPUTE)
        done.success(follow, given, shown, **live)
    brought.upload(_bring, [brought, own], [own, model], **quiet)
    return model, own


def follow(
    value: str | None, photo: str | None, model: str, gives: str, seed: float
) -> Iterator[list[Any]]:
    """What the model makes of the drawing, or of the photograph if it takes that."""
    kind = jobs.with_gradio_errors(model_info)(model)
    drawn = _on_canvas(kind, gives)
    picture = (
        jobs.with_gradio_errors(to_picture)(value)
        if drawn
        else jobs.with_gradio_errors(_photo)(photo)
    )
    if picture is None:
        yield [jobs.status(text=HELLO if drawn else "Add a photograph."), None]
        return
    began = time.monotonic()
    made = jobs.finish(translate, picture, model, seed=int(seed or 0))
    said = f"{made.width} × {made.height} pixels in {time.monotonic() - began:.1f} s."
    yield [jobs.status(text=said), _enlarged(made)]


def _follow_photograph(*given: Any) -> Iterator[list[Any]]:
    """After a change of the model, if it takes a photograph: the canvas speaks for itself."""
    _, _, model, gives, _ = given
    if not _on_canvas(jobs.with_gradio_errors(model_info)(model), gives):
        yield from follow(*given)
    else:
        yield [gr.skip(), gr.skip()]


def _photo(path: str | None) -> Image.Image | None:
    return None if path is None else read(path, "a photograph")


def _enlarged(made: Image.Image) -> Image.Image:
    """As large as the canvas beside it."""
    scale = SIDE / max(made.size)
    if scale <= 1:
        return made
    size = (round(made.width * scale), round(made.height * scale))
    return made.resize(size, Image.Resampling.LANCZOS)


@jobs.with_gradio_errors
def _changed(model: str, gives: str) -> list[Any]:
    """Another model: the canvas shows what is drawn for its kind; a model of photographs gets a
    place for one instead."""
    kind = model_info(model)
    on_canvas = _on_canvas(kind, gives)
    palette = _palette(kind.takes)
    said = HELLO if on_canvas else "Add a photograph: the model translates it."
    return [
        gr.update(value=_first(kind.takes), visible=True if on_canvas else "hidden"),
        gr.Image(visible=not on_canvas),
        gr.Radio(visible=not (kind.takes or kind.makes)),
        gr.Accordion(visible=on_canvas),
        gr.Dropdown(visible=palette is None),
        gr.Button(visible=on_canvas),
        jobs.status(text=said),
    ]


def _on_canvas(kind: ModelInfo, gives: str) -> bool:
    """Whether a model is given what is drawn: one that takes drawings or labels is, one that makes
    labels of photographs isn't, and of others the visitor knows."""
    return bool(kind.takes) or (not kind.makes and gives == "drawing")


def _palette(takes: str) -> dict[str, tuple[int, int, int]] | None:
    return LABEL_SETS.get(takes.partition(":")[2]) if takes else None


@jobs.with_gradio_errors
def _surprise(count: int, model: str) -> list[Any]:
    """The next starter drawing of the model's kind."""
    takes = model_info(model).takes
    fitting = [i for i, drawing in enumerate(DRAWINGS) if drawing.takes == takes]
    if not fitting:
        fitting = [i for i, drawing in enumerate(DRAWINGS) if drawing.takes == "sketch"]
    count += 1
    index = fitting[count % len(fitting)]
    return [count, _stored(index), DRAWINGS[index].seed]


def _first(takes: str) -> str:
    """The first starter of a kind, unless the visitor has drawn something of it."""
    fitting = [i for i, drawing in enumerate(DRAWINGS) if drawing.takes == takes]
    return _stored(fitting[0] if fitting else 0, keep=True)


def _stored(index: int, keep: bool = False) -> str:
    drawing = DRAWINGS[index]
    with Image.open(starter(f"{drawing.name}_drawing.png")) as picture:
        return to_value(picture, _palette(drawing.takes), keep=keep)


@jobs.with_gradio_errors
def _trace(path: str | None, model: str, detector: str, detail: float) -> str:
    """A photograph as a drawing on the canvas, or as labels for a model of those."""
    photo = ImageOps.fit(read(path, "a photo"), (SIDE, SIDE), Image.Resampling.LANCZOS)
    takes = model_info(model).takes
    palette = _palette(takes)
    if palette is None:
        return to_value(trace(photo, detector, detail))
    reader = PHOTO_MODELS.get(takes)
    if reader is None:
        raise InputError("There is no model that reads these labels off photographs.")
    labels = jobs.finish(translate, photo, str(models.shipped_path(reader)), size=256)
    return to_value(labels.resize((SIDE, SIDE), Image.Resampling.NEAREST), palette)


@jobs.with_gradio_errors
def _bring(path: str | None, own: list[str]) -> list[Any]:
    path, own = models.bring(path, own)
    gr.Info("The model is chosen.")
    return [own, models.chooser(own, path)]
