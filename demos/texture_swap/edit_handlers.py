"""What the editor of textures does with clicks, sliders and strokes, and how it takes them back."""

from __future__ import annotations

from typing import Any

import gradio as gr
from PIL import Image

from demos.shared import jobs
from demos.shared.widgets import read
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.pipelines import texture_editor as editor
from i2i_core.pipelines import texture_edits as edits
from i2i_core.pipelines.texture_edits import Edited

REMEMBERED = 30  # edits that can be taken back
GLOBAL, REGIONAL = 8, 3  # sliders along principal directions of texture and of structure
HELLO = "Move a slider, or click the picture to choose a region."


def open_picture(path: str | None, model: str) -> list[Any]:
    """A picture as it is, with its structure as colours; what was done to another is over."""
    if path is None:
        return [[], None, None, None, jobs.status(text="Add a picture first."), None, None, None]
    event = _last(editor.opened, jobs.with_gradio_errors(read)(path, "the picture"), model)
    return [[event.found], None, None, _paper(event.picture), *_seen(event, HELLO)[:-1], None]


def preview(
    path: str | None, model: str, done: list[Edited], mask: Any, keep: float, *amounts: float
) -> list[Any]:
    """What the sliders say, applied to what was kept last."""
    done = _begun(path, model, done)
    whole, region = amounts[:-REGIONAL], amounts[-REGIONAL:]
    event = _last(editor.previewed, done[-1], model, whole, mask, region, keep)
    return [done, *_seen(event, "Not kept yet: press “Keep this edit” to build on it.")]


def keep_it(done: list[Edited], shown: Edited | None) -> list[Any]:
    """Build on what is shown, which then is not pending; the sliders go back to the middle."""
    if shown is None:
        raise jobs.as_gradio_error(InputError("Nothing is edited yet: move a slider first."))
    done = _longer(done, shown)
    said = jobs.status(text=f"Kept. Edits that can be taken back: {len(done) - 1}.")
    return [done, None, said, _paper(shown.picture), *_middle()]


def undo(path: str | None, model: str, done: list[Edited], shown: Any) -> list[Any]:
    """Take back what is shown, or if nothing new is, what was kept last."""
    done = _begun(path, model, done)
    if shown is None and len(done) > 1:
        done = done[:-1]
    event = _last(editor.previewed, done[-1], model, ())
    left = len(done) - 1
    said = f"Edits before this one: {left}." if left else "The picture as it was."
    return [done, *_seen(event, said)[:-1], None, _paper(event.picture), *_middle()]


def clicked(picture: Any, event: gr.SelectData) -> tuple[float, float]:
    """The point of a click, as shares of the picture's sides."""
    size = open_image(picture).size if isinstance(picture, str) else picture.size
    x, y = event.index
    return min(1.0, x / size[0]), min(1.0, y / size[1])


def choose(
    path: str | None,
    model: str,
    done: list[Edited],
    point: tuple[float, float] | None,
    tolerance: float,
) -> list[Any]:
    """The region that a click means, and how it looks; without a click none."""
    if point is None:
        return [done, None, None]
    done = _begun(path, model, done)
    mask = edits.similar(done[-1].codes, tuple(point), tolerance)
    return [done, mask, _marked(done[-1], mask)]


def paint(path: str | None, model: str, done: list[Edited], brush: Any) -> list[Any]:
    """The painted region."""
    done = _begun(path, model, done)
    mask = _painted(done[-1], brush)
    return [done, mask, _marked(done[-1], mask)]


def clone(
    path: str | None,
    model: str,
    done: list[Edited],
    brush: Any,
    source: str | None,
    there: tuple[float, float] | None,
    here: tuple[float, float] | None,
) -> list[Any]:
    """Clone structure into what is painted, from the point `there` of the source, or without one
    from the point `here` of the picture itself; and keep it."""
    done = _begun(path, model, done)
    mask = _painted(done[-1], brush)
    other = None if source is None else jobs.with_gradio_errors(read)(source, "the source")
    point = here if source is None else there
    if point is None:
        raise jobs.as_gradio_error(InputError("Click where to copy from first."))
    event = _last(editor.cloned, done[-1], model, mask, tuple(point), other)
    done = _longer(done, event.found)
    seen = _seen(event, "Cloned. Undo takes it back.")[:-1]
    return [done, _paper(event.picture), *seen, None]


def add(
    path: str | None,
    model: str,
    done: list[Edited],
    plus: Any,
    minus: Any,
    gain: float,
    keep: float,
) -> list[Any]:
    """Add the difference of two galleries, and keep it."""
    done = _begun(path, model, done)
    sides = [
        [jobs.with_gradio_errors(open_image)(item[0]) for item in gallery or []]
        for gallery in (plus, minus)
    ]
    event = _last(editor.added, done[-1], model, *sides, gain, keep)
    done = _longer(done, event.found)
    return [done, *_seen(event, "Added. Undo takes it back.")[:-1], None]


def names(model: str) -> list[Any]:
    """The sliders of a model, named by what they do, in the middle."""
    found = _last(editor.named, model).found
    return [
        *(gr.Slider(label=name, value=0, visible=True) for name in found[:GLOBAL]),
        *(gr.Slider(value=0, visible=False) for _ in range(GLOBAL - len(found))),
        *(gr.Slider(value=0) for _ in range(REGIONAL)),
    ]


def failed() -> list[Any]:
    """What is left when a picture could not be opened: nothing that belongs to another one."""
    return [[], None, None, jobs.status(text="That did not work."), None, None]


def _longer(done: list[Edited], edited: Edited) -> list[Edited]:
    """With one edit more; the picture as it was is never forgotten."""
    return [done[0], *done[1:][-(REMEMBERED - 1) :], edited]


def _begun(path: str | None, model: str, done: list[Edited]) -> list[Edited]:
    """What was done so far; the picture that stands there, if that is nothing."""
    if done:
        return done
    event = _last(editor.opened, jobs.with_gradio_errors(read)(path, "the picture"), model)
    return [event.found]


def _last(work: Any, *arguments: Any) -> Any:
    *_, event = jobs.compute(work, *arguments)
    return event


def _seen(event: Any, said: str) -> list[Any]:
    """Status, picture, structure as colours, and what is not kept yet."""
    return [jobs.status(text=said), event.picture, event.extras[editor.COLOURS], event.found]


def _middle() -> list[Any]:
    return [gr.Slider(value=0) for _ in range(GLOBAL + REGIONAL)]


def _paper(picture: Image.Image | None) -> Any:
    """The picture to paint on."""
    return {"background": picture, "layers": [], "composite": None}


def _painted(edited: Edited, brush: Any) -> Any:
    """The mask of what was painted."""
    layers = (brush or {}).get("layers") or []
    if not layers or layers[0].getchannel("A").getbbox() is None:
        raise jobs.as_gradio_error(InputError("Paint on the picture first."))
    return edits.to_mask(edited.codes, layers[0])


def _marked(edited: Edited, mask: Any) -> Image.Image:
    """The picture, dimmed where the mask is not."""
    dim = edited.picture.point(lambda value: value // 3)
    return Image.composite(edited.picture, dim, edits.show_mask(edited.codes, mask))
