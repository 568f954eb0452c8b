"""What the editor of textures does with clicks, sliders and strokes, and how it takes them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from demos.shared import jobs
from demos.shared.widgets import clicked_point, read
from i2i_core.checkpoints.model_zoo import model_info
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.pipelines import texture_edits
from i2i_core.pipelines.structure_masks import Mask, Point, show_mask, similar, to_mask
from i2i_core.pipelines.texture_edits import Edited

MAX_UNDO_STEPS = 30
GLOBAL, REGIONAL = 8, 3  # sliders along principal directions of texture and of structure
HELLO = "Move a slider, or click the picture to choose a region."


@dataclass(frozen=True)
class Editor:
    """What a visitor does to the picture at `path` with the model at `model`. `history`: the
    picture as it was and what was kept, oldest first; empty until the first edit. `pending`: seen
    but not kept yet. `region`: where structure is changed; `spot`: the click that chose it."""

    path: str | None
    model: str
    history: tuple[Edited, ...] = ()
    pending: Edited | None = None
    region: Mask | None = None
    spot: Point | None = None

    @property
    def last(self) -> Edited:
        """What was kept last."""
        return self.history[-1]

    def begun(self) -> Editor:
        """With the picture as it is, if nothing was done to it yet."""
        if self.history:
            return self
        picture = read(self.path, "the picture")
        edited = jobs.call(texture_edits.begin, picture, model_info(self.model))
        return replace(self, history=(edited,))

    def edited(self, edit: Callable[..., Edited], *arguments: Any) -> Edited:
        """The picture as kept last, after one of the edits of `texture_edits`."""
        edited: Edited = jobs.call(edit, self.last, model_info(self.model), *arguments)
        return edited

    def keep(self, edited: Edited) -> Editor:
        """One edit more, and nothing pending; the picture as it was is never forgotten."""
        first, *later = self.history
        history = (first, *later[-(MAX_UNDO_STEPS - 1) :], edited)
        return replace(self, history=history, pending=None)


class EditorView(NamedTuple):
    """The components that change; as a handler's answer, what they are to show."""

    editor: Any = gr.skip()
    status: Any = gr.skip()
    canvas: Any = gr.skip()
    colours: Any = gr.skip()
    region: Any = gr.skip()
    paper: Any = gr.skip()


def start(path: str | None, model: str) -> EditorView:
    """Another picture, or another model: what was done is over, even if it cannot be opened."""
    return EditorView(editor=Editor(path, model), region=None)


def open_picture(editor: Editor) -> EditorView:
    """The picture as it is, with its structure as colours."""
    if editor.path is None:
        status = jobs.status_line("Add a picture first.")
        return EditorView(status=status, canvas=None, colours=None, paper=None)
    return _show_new(editor.begun(), HELLO)


def preview(editor: Editor, keep: float, *amounts: float) -> EditorView:
    """What the sliders say, applied to what was kept last."""
    editor = editor.begun()
    whole, region = amounts[:GLOBAL], amounts[GLOBAL:]
    pending = editor.edited(texture_edits.preview, whole, editor.region, region, keep)
    text = "Not kept yet: press “Keep this edit” to build on it."
    return _show(replace(editor, pending=pending), text)


def keep_pending(editor: Editor) -> EditorView:
    """Build on what is shown, which then is not pending."""
    if editor.pending is None:
        raise InputError("Nothing is edited yet: move a slider first.")
    editor = editor.keep(editor.pending)
    return _show_new(editor, f"Kept. Edits that can be taken back: {len(editor.history) - 1}.")


def undo(editor: Editor) -> EditorView:
    """Take back what is shown, or if nothing new is, what was kept last."""
    if editor.pending is None and len(editor.history) > 1:
        editor = replace(editor, history=editor.history[:-1])
    return reset(editor)


def reset(editor: Editor) -> EditorView:
    """What was kept last, without what is pending."""
    editor = replace(editor.begun(), pending=None)
    earlier = len(editor.history) - 1
    text = f"Edits before this one: {earlier}." if earlier else "The picture as it was."
    return _show_new(editor, text)


def click(editor: Editor, tolerance: float, canvas: Any, event: gr.SelectData) -> EditorView:
    """The region that a click on the picture `canvas` means."""
    return choose(replace(editor, spot=clicked_point(canvas, event)), tolerance)


def click_source(source: str, event: gr.SelectData) -> Point:
    """The point of another picture to clone from."""
    return clicked_point(open_image(source), event)


def choose(editor: Editor, tolerance: float) -> EditorView:
    """The region around the spot that was clicked; without a click none."""
    editor = editor.begun()
    if editor.spot is None:
        return drop_region(editor)
    return _show_region(editor, similar(editor.last.codes, editor.spot, tolerance))


def paint(editor: Editor, paper: Any) -> EditorView:
    """The painted region."""
    editor = editor.begun()
    return _show_region(editor, _painted(editor, paper))


def drop_region(editor: Editor) -> EditorView:
    """No region."""
    return EditorView(editor=replace(editor, region=None), region=None)


def clone(editor: Editor, paper: Any, source: str | None, source_spot: Point | None) -> EditorView:
    """Clone structure into what is painted, from the clicked spot of source or picture; keep it."""
    editor = editor.begun()
    mask = _painted(editor, paper)
    other = None if source is None else read(source, "the source")
    point = editor.spot if source is None else source_spot
    if point is None:
        raise InputError("Click where to copy from first.")
    edited = editor.edited(texture_edits.clone, mask, point, other)
    return _show_new(editor.keep(edited), "Cloned. Undo takes it back.")


def add(editor: Editor, plus: Any, minus: Any, gain: float, keep: float) -> EditorView:
    """Add the difference of two galleries, and keep it."""
    editor = editor.begun()
    sides = [[open_image(item[0]) for item in gallery or []] for gallery in (plus, minus)]
    edited = editor.edited(texture_edits.add, *sides, gain, keep)
    return _show(editor.keep(edited), "Added. Undo takes it back.")


def name_sliders(model: str) -> list[Any]:
    """The sliders of a model, named by what they do, in the middle."""
    names = jobs.call(texture_edits.direction_names, model_info(model))[:GLOBAL]
    return [
        *(gr.Slider(label=name, value=0, visible=True) for name in names),
        *(gr.Slider(value=0, visible=False) for _ in range(GLOBAL - len(names))),
        *centre_sliders()[GLOBAL:],
    ]


def centre_sliders() -> list[Any]:
    """All sliders in the middle."""
    return [gr.Slider(value=0) for _ in range(GLOBAL + REGIONAL)]


def _show(editor: Editor, text: str) -> EditorView:
    """How the picture looks by now."""
    edited = editor.pending or editor.last
    return EditorView(editor, jobs.status_line(text), edited.picture, edited.colours)


def _show_new(editor: Editor, text: str) -> EditorView:
    """The same, with a clean paper to paint on."""
    view = _show(editor, text)
    return view._replace(paper={"background": view.canvas, "layers": [], "composite": None})


def _show_region(editor: Editor, region: Mask) -> EditorView:
    """The picture, dimmed where the region is not."""
    codes, picture = editor.last.codes, editor.last.picture
    dimmed = picture.point(lambda value: value // 3)
    shown = Image.composite(picture, dimmed, show_mask(codes, region))
    return EditorView(editor=replace(editor, region=region), region=shown)


def _painted(editor: Editor, paper: Any) -> Mask:
    """The mask of what was painted."""
    layers = (paper or {}).get("layers") or []
    if not layers or layers[0].getchannel("A").getbbox() is None:
        raise InputError("Paint on the picture first.")
    return to_mask(editor.last.codes, layers[0])
