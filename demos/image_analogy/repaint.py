"""Repaint: a photograph, its label map, and the photograph that follows when the map is edited."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from demos.image_analogy.label_editor import MAP_SIDE, Canvas
from demos.image_analogy.scribbles import brush
from demos.shared import jobs, widgets
from demos.shared.widgets import Picture, Result, Seed, enlarged, read, starter, thumbnails
from examples.starters import SCENES
from i2i_core.errors import InputError
from i2i_core.images.files import check_image
from i2i_core.labels.maps import PALETTE
from i2i_core.pipelines.analogy import remove_object, semantic_analogy
from i2i_core.pipelines.background_removal import remove_background

LIVE_SIDE = 256  # longer side of the photograph that follows every stroke, pixels
HELLO = "A starter, already edited: the lake has grown. Paint over the labels, or add a photo."
# What the picked region can be told, by so many pixels; in rows of buttons.
TOOLS: tuple[dict[str, Callable[[Canvas, int], Canvas]], ...] = (
    {"Grow": Canvas.grown, "Shrink": Canvas.shrunk},
    {
        "←": lambda canvas, pixels: canvas.moved(-pixels, 0),
        "↑": lambda canvas, pixels: canvas.moved(0, -pixels),
        "↓": lambda canvas, pixels: canvas.moved(0, pixels),
        "→": lambda canvas, pixels: canvas.moved(pixels, 0),
    },
)


class RepaintView(NamedTuple):
    """The components that change; as a handler's answer, what they are to show."""

    photo: Any = gr.skip()
    canvas: Any = gr.skip()
    editor: Any = gr.skip()
    picker: Any = gr.skip()
    result: Any = gr.skip()
    status: Any = gr.skip()
    keep: Any = gr.skip()


def build() -> None:
    """Lay out this part of the tab inside the current Blocks."""
    start = _starter_canvas(SCENES[0])
    canvas = gr.State(start)
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            photo = Picture(starter(f"{SCENES[0]}.jpg"), label="1 · Photograph", height=240)
            classes = gr.Slider(2, 8, 4, step=1, label="Kinds of region to find")
            scenes = thumbnails((f"{name}.jpg" for name in SCENES), "Or start from one of these")
            with gr.Accordion("Take the layout of another photograph", open=False):
                other = Picture(label="Photograph whose layout is taken", height=150)
                take = gr.Button("Take its layout")
            with gr.Accordion("Bring your own label maps", open=False):
                photo_map = Picture(label="Labels of this photograph", height=150)
                target_map = Picture(label="Labels of the picture wanted", height=150)
        with gr.Column(scale=1, min_width=320):
            editor, live, keep, undo, restart = _lay_out_labels(start)
        with gr.Column(scale=1, min_width=320):
            result, status, render, stop, again, long_side, seed = _lay_out_result()
    with gr.Row():
        picker, whole, pixels, tools, remove, cut_out = _lay_out_region(start)

    outputs = RepaintView(photo, canvas, editor, picker, result, status, keep)
    settings = [live, keep, seed]
    work: dict[str, Any] = {"status": status, "compute": True}
    newest = {**work, "latest": True}
    running = [
        jobs.wire(render.click, render_map, [canvas, keep, seed, long_side], outputs, **work),
        jobs.wire(remove.click, remove_region, [canvas, seed], outputs, **work),
        jobs.wire(editor.input, paint, [canvas, editor, *settings], outputs, **newest),
        jobs.wire(cut_out.click, remove_ground, canvas, outputs, **work),
        jobs.wire(
            take.click, take_layout, [canvas, other, classes, seed, long_side], outputs, **work
        ),
    ]
    edits: list[Any] = [
        (target_map.upload, _use_target_map, [canvas, target_map]),
        *((button.click, _edit(tool), [canvas, pixels]) for button, tool in tools),
        (undo.click, _edit(Canvas.undone), [canvas]),
        (restart.click, _edit(Canvas.restarted), [canvas]),
    ]
    for event, handler, inputs in edits:
        edited = jobs.wire(event, handler, inputs, outputs)
        running += [jobs.wire(edited.success, follow, [canvas, *settings], outputs, **newest)]
    jobs.wire_stop(stop, running, status)
    # The editor's own bin would leave nothing to paint on: give the labels back.
    jobs.wire(editor.clear, Canvas.editor_value, canvas, editor)
    jobs.wire(picker.select, _pick, [canvas, whole], outputs)
    # Another photograph ends what still runs for the last one.
    for event in (photo.upload, widgets.moved(classes)):
        jobs.wire(event, _load, [photo, classes], outputs, cancels=running, latest=True)
    jobs.wire(scenes.click, _scene, scenes, outputs, cancels=running)
    jobs.wire(again.click, _again, [result, classes], outputs, cancels=running)
    jobs.wire(photo_map.upload, _use_photo_map, [canvas, photo_map], outputs, cancels=running)


def _lay_out_labels(start: Canvas) -> tuple[Any, ...]:
    editor = gr.ImageEditor(
        start.editor_value(), label="2 · Labels", type="pil", format="png", layers=False,
        sources=(), transforms=(), canvas_size=(MAP_SIDE, MAP_SIDE), height=520,
        brush=_brush(start), eraser=gr.Eraser(24), buttons=["fullscreen"],
    )  # fmt: skip
    live = gr.Checkbox(True, label=f"Live: follow every stroke ({LIVE_SIDE} pixels)")
    keep = gr.Checkbox(True, label="Keep what I did not repaint")
    with gr.Row():
        undo = gr.Button("Undo", min_width=70)
        restart = gr.Button("Start over", min_width=70)
    return editor, live, keep, undo, restart


def _lay_out_result() -> tuple[Any, ...]:
    stored, label = starter(f"{SCENES[0]}_repainted.jpg"), "3 · The photograph follows"
    result = Result(stored, label=label, height=440, buttons=widgets.DOWNLOAD)
    status = gr.HTML(jobs.status_line(HELLO))
    with gr.Row():
        render = gr.Button("Render", variant="primary", min_width=90)
        stop = gr.Button("Stop", variant="stop", min_width=70)
        again = gr.Button("Use as source", min_width=130)
    long_side = gr.Dropdown([384, 512, 768, 1024], value=512, label="Longer side, pixels")
    return result, status, render, stop, again, long_side, Seed()


def _lay_out_region(start: Canvas) -> tuple[Any, ...]:
    with gr.Column(scale=2, min_width=320):
        picker = gr.Image(
            start.overlay(), label="Region picker: click what you want to change", format="png",
            interactive=False, height=360, buttons=[], elem_classes="i2i-picker",
        )  # fmt: skip
        whole = gr.Checkbox(label="Pick whole objects, whatever their labels")
    with gr.Column(scale=1, min_width=280):
        gr.Markdown("**The picked region**")
        pixels = gr.Slider(2, 60, 16, step=2, label="By how many pixels of the label map")
        tools = []
        for row in TOOLS:
            with gr.Row():
                tools += [(gr.Button(name, min_width=44), tool) for name, tool in row.items()]
        remove = gr.Button("Remove this", variant="stop")
        cut_out = gr.Button("Remove the background")
    return picker, whole, pixels, tools, remove, cut_out


def follow(canvas: Canvas, live: bool, keep: bool, seed: int | None) -> Iterator[RepaintView]:
    """The photograph at LIVE_SIDE, if it is to be `live`."""
    if live:
        yield from render_map(canvas, keep, seed, LIVE_SIDE)
    else:
        yield RepaintView(status=jobs.status_line("Live is off: press Render."))


def render_map(
    canvas: Canvas, keep: bool, seed: int | None, long_side: int
) -> Iterator[RepaintView]:
    """Show every level, enlarged so that nothing jumps; the last one as made."""
    labels, target = canvas.label_pictures()
    settings = {"long_side": long_side, "keep": keep, "seed": seed or 0}
    result = None
    for event in jobs.compute(semantic_analogy, canvas.photo, labels, target, **settings):
        result = event.picture
        if result is not None and event.step < event.total:
            result = enlarged(result, canvas.photo)
        yield RepaintView(result=result or gr.skip(), status=jobs.status_line(progress=event))
    # The picture once more: after a skipped one the browser could not send it back as input.
    yield RepaintView(result=result, status=jobs.status_line(f"Done, at {long_side} pixels."))


def take_layout(
    canvas: Canvas, path: str | None, classes: int, seed: int | None, long_side: int
) -> Iterator[RepaintView]:
    """Labels of the photograph and of another one that mean the same, and the photograph in the
    other's layout. Nothing of it is kept then: all of it was asked for."""
    canvas = canvas.with_layout_of(read(path, "a photograph"), classes)
    yield _show_new(canvas, "Regions that are alike were found in both.")._replace(keep=False)
    yield from render_map(canvas, False, seed, long_side)


def remove_region(canvas: Canvas, seed: int | None) -> Iterator[RepaintView]:
    """The photograph without what lies in the picked region."""
    for event in jobs.compute(remove_object, canvas.photo, canvas.removal_mask(), seed=seed or 0):
        view = RepaintView(result=event.picture, status=jobs.status_line(progress=event))
        yield view
    yield view._replace(status=jobs.status_line("Removed. “Use as source” goes on from here."))


def remove_ground(canvas: Canvas) -> RepaintView:
    """What stands out of the photograph, on transparent ground."""
    status = jobs.status_line("Cut out. The arrow saves it as a PNG on transparent ground.")
    return RepaintView(result=jobs.call(remove_background, canvas.photo), status=status)


def paint(
    canvas: Canvas, editor: Any, live: bool, keep: bool, seed: int | None
) -> Iterator[RepaintView]:
    """The map as painted, then the photograph. The editor itself is left alone: the person is
    still drawing. (It also reports its own mounting as input: nothing has changed then.)"""
    painted = canvas.painted((editor or {}).get("composite"))
    if painted is canvas:
        yield RepaintView()
        return
    yield RepaintView(canvas=painted, picker=painted.overlay())
    yield from follow(painted, live, keep, seed)


def _load(path: str | None, classes: int) -> RepaintView:
    """A new photograph: its labels appear by themselves."""
    canvas = Canvas.segmented(read(path, "a photograph"), classes)
    status = "These regions were found. Paint over the labels, or pick a region below."
    return _show_new(canvas, status)._replace(result=canvas.photo)


def _scene(index: int) -> RepaintView:
    name = SCENES[index]
    return _show_new(_starter_canvas(name), HELLO)._replace(
        photo=starter(f"{name}.jpg"), result=starter(f"{name}_repainted.jpg")
    )


def _again(result: Image.Image | None, classes: int) -> RepaintView:
    if result is None:
        raise InputError("Make a result first.")
    canvas = Canvas.segmented(check_image(result), classes)
    return _show_new(canvas, "The result is the photograph now.")._replace(photo=result)


def _use_photo_map(canvas: Canvas, path: str | None) -> RepaintView:
    canvas = canvas.with_own_labels(read(path, "a label map", flatten=False))
    return _show_new(canvas, "These are the photograph's labels now: paint over them.")


def _use_target_map(canvas: Canvas, path: str | None) -> RepaintView:
    return _show(canvas.with_target_labels(read(path, "a label map", flatten=False)))


def _pick(canvas: Canvas, whole: bool, event: gr.SelectData) -> RepaintView:
    canvas = (canvas.picked_object_at if whole else canvas.picked_at)(*event.index)
    return RepaintView(canvas=canvas, picker=canvas.overlay())


def _edit(change: Callable[..., Canvas]) -> Callable[..., RepaintView]:
    """A handler that makes the `change` and shows the canvas after it."""
    return lambda canvas, *pixels: _show(change(canvas, *pixels))


def _show(canvas: Canvas) -> RepaintView:
    """The canvas, its map in the editor, its overlay in the picker."""
    return RepaintView(canvas=canvas, editor=canvas.editor_value(), picker=canvas.overlay())


def _show_new(canvas: Canvas, status: str) -> RepaintView:
    """The same for a canvas with other labels: the brush gets their colours. (Else it is left
    alone, for a new brush would lose the colour that the person has chosen.)"""
    editor = gr.ImageEditor(canvas.editor_value(), brush=_brush(canvas))
    return _show(canvas)._replace(editor=editor, status=jobs.status_line(status))


def _brush(canvas: Canvas) -> gr.Brush:
    return brush(24, PALETTE[: canvas.count])


def _starter_canvas(name: str) -> Canvas:
    files = (starter(f"{name}{part}") for part in (".jpg", "_labels.png", "_edited.png"))
    return Canvas.stored(*files)
