"""Repaint: a photograph, its label map, and the photograph that follows when the map is edited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from demos.image_analogy.label_editor import Canvas
from demos.shared import jobs
from demos.shared.widgets import Picture, read, starter
from i2i_core.labels.maps import PALETTE
from i2i_core.pipelines.analogy import remove_object, semantic_analogy

SCENES = ("lake", "fields")
LIVE_SIZE = 256
HELLO = "A starter, already edited: the lake has grown. Paint over the labels, or add a photo."
MOVES = {"←": (-1, 0), "↑": (0, -1), "↓": (0, 1), "→": (1, 0)}


def build() -> None:
    """Lay out this part of the tab inside the current Blocks."""
    start = _starter_canvas("lake")
    canvas = gr.State(start)
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            photo = Picture(starter("lake.jpg"), label="1 · Photograph", height=240)
            classes = gr.Slider(2, 8, 4, step=1, label="Kinds of region to find")
            scenes = gr.Dataset(
                components=[gr.Image(visible=False)],
                samples=[[starter(f"{name}.jpg")] for name in SCENES],
                label="Or start from one of these", type="index",
            )  # fmt: skip
            with gr.Accordion("Bring your own label maps", open=False):
                own_map = Picture(label="Labels of this photograph", height=150)
                target_map = Picture(label="Labels of the picture wanted", height=150)
        with gr.Column(scale=1, min_width=320):
            editor = gr.ImageEditor(
                start.editor_value(), label="2 · Labels", type="pil", format="png",
                layers=False, sources=(), transforms=(), canvas_size=(448, 448), height=520,
                brush=_brush(start), eraser=gr.Eraser(24),
            )  # fmt: skip
            live = gr.Checkbox(True, label="Live: follow every stroke (256 pixels)")
            keep = gr.Checkbox(True, label="Keep what I did not repaint")
            with gr.Row():
                undo = gr.Button("Undo", min_width=70)
                reset = gr.Button("Start over", min_width=70)
        with gr.Column(scale=1, min_width=320):
            result = gr.Image(
                starter("lake_repainted.jpg"), label="3 · The photograph follows", format="png",
                type="pil", interactive=False, height=440, buttons=["download", "fullscreen"],
            )  # fmt: skip
            progress = gr.HTML(jobs.status(text=HELLO))
            with gr.Row():
                render = gr.Button("Render", variant="primary", min_width=90)
                stop = gr.Button("Stop", variant="stop", min_width=70)
                again = gr.Button("Use as source", min_width=130)
            size = gr.Dropdown([384, 512, 768, 1024], value=512, label="Longer side, pixels")
            seed = gr.Number(0, precision=0, minimum=0, label="Seed")
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            picker = gr.Image(
                start.overlay(), label="Region picker: click what you want to change",
                format="png", interactive=False, height=360, buttons=[], elem_classes="i2i-picker",
            )  # fmt: skip
        with gr.Column(scale=1, min_width=280):
            gr.Markdown("**The picked region**")
            amount = gr.Slider(2, 60, 16, step=2, label="By how many pixels of the label map")
            with gr.Row():
                grow = gr.Button("Grow", min_width=70)
                shrink = gr.Button("Shrink", min_width=70)
            with gr.Row():
                moves = {name: gr.Button(name, min_width=44) for name in MOVES}
            remove = gr.Button("Remove this", variant="stop")

    shown = [canvas, editor, picker]
    follow_inputs = [canvas, live, keep, seed]
    settings: dict[str, Any] = {"show_progress": "hidden", **jobs.PRIVATE}
    heavy = {**settings, **jobs.COMPUTE}
    running: list[Any] = []

    def then_follow(event: Any) -> None:
        """After a change of the map: let the photograph follow, the newest change winning."""
        running.append(
            event.success(
                follow, follow_inputs, [progress, result], **heavy, trigger_mode="always_last"
            )
        )

    then_follow(target_map.upload(_target_map, [canvas, target_map], shown, **settings))
    running.append(
        editor.input(
            _stroke,
            [canvas, editor, live, keep, seed],
            [canvas, picker, progress, result],
            **heavy,
            trigger_mode="always_last",
        )
    )
    # The editor's own bin would leave nothing to paint on: give the labels back.
    editor.clear(lambda canvas: canvas.editor_value(), canvas, editor, **settings)
    picker.select(_pick, canvas, [canvas, picker], **settings)
    for button, name in ((grow, "grow"), (shrink, "shrink")):
        then_follow(button.click(_tool(name), [canvas, amount], shown, **settings))
    for name, button in moves.items():
        then_follow(button.click(_tool(name), [canvas, amount], shown, **settings))
    for button, change in ((undo, Canvas.undone), (reset, Canvas.restarted)):
        then_follow(button.click(_changed(change), canvas, shown, **settings))
    running.append(remove.click(_remove, [canvas, seed], [progress, result], **heavy))
    running.append(render.click(_render, [canvas, keep, seed, size], [progress, result], **heavy))
    stop.click(lambda: jobs.status(text="Stopped. What was made so far stays."), None, progress,
               cancels=running, **jobs.PRIVATE)  # fmt: skip
    # Another photograph ends what still runs for the last one.
    anew = {**settings, "cancels": running}
    again.click(_again, [result, classes], [photo, *shown, progress], **anew)
    for event in (photo.upload, classes.release):
        event(_load, [photo, classes], [*shown, result, progress], **anew)
    scenes.click(_scene, scenes, [photo, *shown, result, progress], **anew)
    own_map.upload(_own_map, [canvas, own_map], [*shown, progress], **anew)


def follow(canvas: Canvas, live: bool, keep: bool, seed: float) -> Iterator[list[Any]]:
    """The photograph at LIVE_SIZE, if wanted."""
    if not live:
        yield [jobs.status(text="Live is off: press Render."), gr.skip()]
        return
    yield from _synthesize(canvas, keep, seed, LIVE_SIZE)


def _render(canvas: Canvas, keep: bool, seed: float, size: int) -> Iterator[list[Any]]:
    yield from _synthesize(canvas, keep, seed, int(size))


def _synthesize(canvas: Canvas, keep: bool, seed: float, size: int) -> Iterator[list[Any]]:
    """Show every level, enlarged so that nothing jumps; the last one as made."""
    own, target = canvas.label_pictures()
    for event in jobs.compute(
        semantic_analogy, canvas.photo, own, target, size=size, keep=keep, seed=int(seed or 0)
    ):
        last = event.step == event.total
        shown = event.picture if last else _steady(event.picture, canvas.photo)
        yield [jobs.status(event), shown]
    # The picture once more: after a skipped one the browser could not send it back as input.
    yield [jobs.status(text=f"Done, at {size} pixels."), shown]


def _remove(canvas: Canvas, seed: float) -> Iterator[list[Any]]:
    mask = jobs.with_gradio_errors(canvas.removal_mask)()
    for event in jobs.compute(remove_object, canvas.photo, mask, seed=int(seed or 0)):
        yield [jobs.status(event), event.picture]
    yield [jobs.status(text="Removed. “Use as source” goes on from here."), event.picture]


def _steady(picture: Image.Image | None, photo: Image.Image) -> Any:
    if picture is None:
        return gr.skip()
    scale = max(512, max(picture.size)) / max(photo.size)
    size = (round(photo.width * scale), round(photo.height * scale))
    return picture.resize(size, Image.Resampling.BICUBIC)


@jobs.with_gradio_errors
def _load(path: str | None, classes: float) -> list[Any]:
    """A new photograph: its labels appear by themselves."""
    canvas = Canvas.segmented(read(path, "a photograph"), int(classes))
    said = "These regions were found. Paint over the labels, or pick a region below."
    return [*_show_new(canvas), canvas.photo, jobs.status(text=said)]


def _scene(index: int) -> list[Any]:
    name = SCENES[index]
    canvas = _starter_canvas(name)
    return [
        starter(f"{name}.jpg"), *_show_new(canvas),
        Image.open(starter(f"{name}_repainted.jpg")), jobs.status(text=HELLO),
    ]  # fmt: skip


@jobs.with_gradio_errors
def _again(result: Image.Image | None, classes: float) -> list[Any]:
    if result is None:
        raise gr.Error("Make a result first.", print_exception=False)
    canvas = Canvas.segmented(result, int(classes))
    return [result, *_show_new(canvas), jobs.status(text="The result is the photograph now.")]


@jobs.with_gradio_errors
def _own_map(canvas: Canvas, path: str | None) -> list[Any]:
    said = "These are the photograph's labels now: paint over them."
    return [
        *_show_new(canvas.with_own_labels(read(path, "a label map", flatten=False))),
        jobs.status(text=said),
    ]


@jobs.with_gradio_errors
def _target_map(canvas: Canvas, path: str | None) -> list[Any]:
    return _show(canvas.with_target_labels(read(path, "a label map", flatten=False)))


def _stroke(canvas: Canvas, value: Any, live: bool, keep: bool, seed: float) -> Iterator[list[Any]]:
    """The map as painted, then the photograph. The editor itself is left alone: the person is
    still drawing. (It also reports its own mounting as input: nothing has changed then.)"""
    painted = jobs.with_gradio_errors(canvas.painted)((value or {}).get("composite"))
    if painted is canvas:
        yield [gr.skip()] * 4
        return
    yield [painted, painted.overlay(), gr.skip(), gr.skip()]
    for shown in follow(painted, live, keep, seed):
        yield [gr.skip(), gr.skip(), *shown]


@jobs.with_gradio_errors
def _pick(canvas: Canvas, event: gr.SelectData) -> list[Any]:
    canvas = canvas.picked_at(*event.index)
    return [canvas, canvas.overlay()]


def _tool(name: str) -> Any:
    def use(canvas: Canvas, amount: float) -> list[Any]:
        if name == "grow":
            return _show(canvas.grown(amount))
        if name == "shrink":
            return _show(canvas.shrunk(amount))
        dx, dy = MOVES[name]
        return _show(canvas.moved(int(dx * amount), int(dy * amount)))

    return jobs.with_gradio_errors(use)


def _changed(change: Any) -> Any:
    return jobs.with_gradio_errors(lambda canvas: _show(change(canvas)))


def _show(canvas: Canvas) -> list[Any]:
    """The canvas, its map in the editor, its overlay in the picker."""
    return [canvas, canvas.editor_value(), canvas.overlay()]


def _show_new(canvas: Canvas) -> list[Any]:
    """The same for a canvas with other labels: the brush gets their colours. (Else it is left
    alone, for a new brush would lose the colour that the person has chosen.)"""
    editor = gr.ImageEditor(canvas.editor_value(), brush=_brush(canvas))
    return [canvas, editor, canvas.overlay()]


def _brush(canvas: Canvas) -> gr.Brush:
    colours = ["#{:02x}{:02x}{:02x}".format(*PALETTE[i]) for i in range(canvas.count)]
    return gr.Brush(24, colours, colours[0], color_mode="fixed")


def _starter_canvas(name: str) -> Canvas:
    return Canvas.stored(
        *(starter(f"{name}{part}") for part in (".jpg", "_labels.png", "_edited.png"))
    )
