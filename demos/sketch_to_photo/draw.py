"""Draw and the photograph follows: the canvas, its model, and what it makes of the drawing."""

import time
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image, ImageOps

from demos.shared import jobs, models
from demos.shared.widgets import DOWNLOAD, Picture, Result, Seed, moved, read, starter
from demos.sketch_to_photo.canvas import SIDE, DrawingCanvas, Palette, to_picture, to_value
from examples.drawings import DRAWINGS
from i2i_core.checkpoints.model_zoo import ModelInfo, model_info
from i2i_core.errors import MAX_SEED, InputError
from i2i_core.images.line_drawings import DETECTORS, trace
from i2i_core.images.sizes import fit_long_side
from i2i_core.labels.palettes import LABEL_SETS
from i2i_core.pipelines.translation import translate

HELLO = "Draw on the paper: the photograph follows every stroke. Or try “Surprise me”."
FRONT = "townhouse"  # the starter that stands where a model takes photographs
DETAIL = 0.35  # of a traced photograph
LABEL_READING_SIDE = 256  # pixels of the shorter side of a photograph whose labels are read


class ResultView(NamedTuple):
    """What is shown of a result."""

    status: Any = gr.skip()
    picture: Any = gr.skip()


class ModelView(NamedTuple):
    """What depends on the chosen model: components, or their updates."""

    canvas: Any
    photo: Any
    kind: Any
    tracing: Any
    detector: Any
    surprise: Any
    status: Any


def build() -> models.Chooser:
    """Lay out the canvas inside the current Blocks; returns the chooser of models."""
    first = DRAWINGS[0]
    with gr.Row(elem_classes="i2i-choose"):
        model = gr.Dropdown(
            models.choices([], "pairs"), value=str(models.shipped_model(first.model).path),
            label="What to draw", interactive=True, scale=3, min_width=280,
        )  # fmt: skip
        surprise = gr.Button("Surprise me", variant="primary", scale=1, min_width=120)
        other = gr.Button("Other colours", scale=1, min_width=120)
    with gr.Row():
        with gr.Column(min_width=300, elem_classes="i2i-paper"):
            kind = gr.Radio(
                ["drawing", "photograph"], value="photograph", visible=False,
                label="This model does not say what it takes: give it a …",
            )  # fmt: skip
            canvas = DrawingCanvas(_stored(0))
            front = starter(f"{FRONT}_photo.jpg")
            photo = Picture(front, label="Photograph", height=420, visible=False)
        with gr.Column(min_width=300, elem_classes="i2i-paper"):
            status = gr.HTML(jobs.status_line(HELLO), elem_classes="i2i-level")
            picture = Result(
                starter(f"{first.name}_photo.jpg"), label="The photograph follows",
                buttons=DOWNLOAD, elem_classes="i2i-result",
            )  # fmt: skip
    with gr.Row():
        with gr.Column(min_width=300):
            tracing, photo_to_trace, detector, detail = _lay_out_tracing()
        with gr.Column(min_width=300), gr.Accordion("Seed, and your own models", open=False):
            info = "each gives other colours and another coat; 0 is the usual one"
            seed = Seed(first.seed, info=info)
            choices, state = (lambda paths: models.choices(paths, "pairs")), gr.State([])
            chooser = models.Chooser(model, choices, state, ("pairs",), "draw")
            chooser.lay_out_upload(
                "Bring a `.safetensors` file that you taught and downloaded here, or a "
                "generator published by pix2pix as `.pth`."
            )

    source, result = [canvas, photo, model, kind, seed], [status, picture]
    events = [canvas.input, seed.change, photo.upload]
    count = gr.State(0)
    jobs.wire(other.click, lambda seed: (int(seed or 0) + 1) % (MAX_SEED + 1), seed, seed)
    drawing = jobs.wire(surprise.click, _surprise, [count, model], [count, canvas, seed])
    events.append(drawing.success)
    traced = [model, photo_to_trace, detector, detail]
    for event in (photo_to_trace.upload, detector.input, moved(detail)):
        drawing = jobs.wire(event, _trace, traced, canvas, compute=True, latest=True)
        events.append(drawing.success)
    for event in events:
        jobs.wire(event, follow, source, result, compute=True, latest=True)
    view = ModelView(canvas, photo, kind, tracing, detector, surprise, status)
    for event in (model.change, kind.input):
        change = jobs.wire(event, _changed, [model, kind], view)
        jobs.wire(change.success, _follow_photo, source, result, compute=True, latest=True)
    return chooser


def _lay_out_tracing() -> tuple[gr.Accordion, gr.Image, gr.Dropdown, gr.Slider]:
    with gr.Accordion("Start from a photo", open=False) as panel:
        gr.Markdown("It is traced (for labels: read), and you go on drawing from there.")
        photo = Picture(label="Photo", height=200)
        with gr.Row():
            kinds = list(DETECTORS)
            detector = gr.Dropdown(kinds, value=kinds[0], label="Trace its", min_width=120)
            detail = gr.Slider(0, 1, DETAIL, step=0.05, label="Detail", min_width=140)
    return panel, photo, detector, detail


def follow(
    drawing: str | None, photo: str | None, model: str, kind: str, seed: float
) -> ResultView:
    """What the model makes of the drawing, or of the photograph if it takes that."""
    info = model_info(model)
    if _on_canvas(info, kind):
        picture, hint = to_picture(drawing), HELLO
    else:
        picture, hint = read(photo, "a photograph") if photo else None, "Add a photograph."
    if picture is None:
        return ResultView(jobs.status_line(hint), None)
    began = time.monotonic()
    result = jobs.finish(translate, picture, info, seed=int(seed or 0))
    took = f"{result.width} × {result.height} pixels in {time.monotonic() - began:.1f} s."
    return ResultView(jobs.status_line(took), _enlarged(result))


def _follow_photo(drawing: str, photo: str | None, model: str, kind: str, seed: float) -> Any:
    """After a change of the model, if it takes a photograph: the canvas speaks for itself."""
    on_canvas = _on_canvas(model_info(model), kind)
    return ResultView() if on_canvas else follow(drawing, photo, model, kind, seed)


def _enlarged(picture: Image.Image) -> Image.Image:
    """As large as the canvas beside it."""
    return picture if max(picture.size) >= SIDE else fit_long_side(picture, SIDE)


def _changed(model: str, kind: str) -> ModelView:
    """Another model: the canvas shows what is drawn for its kind, or a photograph has its place."""
    info = model_info(model)
    on_canvas = _on_canvas(info, kind)
    hint = HELLO if on_canvas else "Add a photograph: the model translates it."
    # The first starter of its kind, unless the visitor has drawn something of it.
    first = _stored([*_starters(info.takes), 0][0], keep=True)
    return ModelView(
        canvas=gr.update(value=first, visible=True if on_canvas else "hidden"),
        photo=gr.Image(visible=not on_canvas),
        kind=gr.Radio(visible=not (info.takes or info.makes)),
        tracing=gr.Accordion(visible=on_canvas),
        detector=gr.Dropdown(visible=_palette(info.takes) is None),
        surprise=gr.Button(visible=on_canvas),
        status=jobs.status_line(hint),
    )


def _on_canvas(model: ModelInfo, kind: str) -> bool:
    """Whether a model is given what is drawn: if it takes that, or the visitor says so, unless it
    makes labels of photographs."""
    return bool(model.takes) or (not model.makes and kind == "drawing")


def _palette(takes: str) -> Palette | None:
    return LABEL_SETS.get(takes.partition(":")[2]) if takes else None


def _surprise(count: int, model: str) -> tuple[int, str, int]:
    """The next starter drawing of the model's kind, and its seed."""
    takes = model_info(model).takes
    numbers = _starters(takes) or _starters("sketch")
    count += 1
    number = numbers[count % len(numbers)]
    return count, _stored(number), DRAWINGS[number].seed


def _starters(takes: str) -> list[int]:
    return [number for number, drawing in enumerate(DRAWINGS) if drawing.takes == takes]


def _stored(number: int, keep: bool = False) -> str:
    drawing = DRAWINGS[number]
    with Image.open(starter(f"{drawing.name}_drawing.png")) as picture:
        return to_value(picture, _palette(drawing.takes), keep=keep)


def _trace(model: str, path: str | None, detector: str, detail: float) -> str:
    """A photograph as a drawing on the canvas, or as labels for a model of those."""
    photo = ImageOps.fit(read(path, "a photo"), (SIDE, SIDE), Image.Resampling.LANCZOS)
    takes = model_info(model).takes
    palette = _palette(takes)
    if palette is None:
        return to_value(trace(photo, detector, detail))
    readers = [m for m in models.shipped("pairs") if m.makes == takes]
    if not readers:
        raise InputError("There is no model that reads these labels off photographs.")
    labels = jobs.finish(translate, photo, readers[0], short_side=LABEL_READING_SIDE)
    return to_value(labels.resize((SIDE, SIDE), Image.Resampling.NEAREST), palette)
