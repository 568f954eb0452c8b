"""Point at a spot of one picture: where the other shows the same lights up."""

from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from demos.shared import jobs
from demos.shared.widgets import Result, clicked_point, read
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.images.sizes import fit_long_side
from i2i_core.pipelines.correspondence import LONG_SIDE, find_correspondence

WORDS = """**Click anywhere on either picture**: in the other one, bright is what the page takes for
the same thing, and the ring its best guess. Where that is wrong, strokes on both (below) help.
"""
ASK = "Click a spot of either picture."
MIDDLE = 0.5, 0.5
Point = tuple[float, float]


class AnswersView(NamedTuple):
    """What is said, and both pictures: the one that was asked about, and the one that answers."""

    status: Any
    first: Any
    second: Any


def build(a: gr.Image, b: gr.Image) -> None:
    """Lay out this part inside the current Blocks, for the pictures in `a` and `b`."""
    point = gr.State(MIDDLE)
    with gr.Accordion("Point, and see what answers to what", open=False) as part:
        gr.Markdown(WORDS)
        status = gr.HTML(jobs.status_line(ASK))
        with gr.Row():
            pictures = (Result(label=f"In {number}", min_width=150) for number in (1, 2))
            view = AnswersView(status, *pictures)
    inputs = [a, b, point]
    jobs.wire(part.expand, ask_first, inputs, view, status=status, compute=True)
    for picture, ask in ((view.first, ask_first), (view.second, ask_second)):
        clicked = jobs.wire(picture.select, clicked_point, picture, point)
        jobs.wire(clicked.success, ask, inputs, view, status=status, compute=True)
    for picture in (a, b):
        jobs.wire(picture.change, _unasked, [a, b], view)


def ask_first(a: str | None, b: str | None, point: Point) -> AnswersView:
    """What of the second picture answers to `point` of the first."""
    asked, answer = _answer(read(a, "picture 1"), read(b, "picture 2"), point)
    return AnswersView(jobs.status_line(f"1 asks, 2 answers. {ASK}"), asked, answer)


def ask_second(a: str | None, b: str | None, point: Point) -> AnswersView:
    """What of the first picture answers to `point` of the second."""
    asked, answer = _answer(read(b, "picture 2"), read(a, "picture 1"), point)
    return AnswersView(jobs.status_line(f"2 asks, 1 answers. {ASK}"), answer, asked)


def _answer(
    asked: Image.Image, answering: Image.Image, point: Point
) -> tuple[Image.Image, Image.Image]:
    found = jobs.call(find_correspondence, asked, answering, tuple(point))
    return found.marked, found.heat_map


def _unasked(*paths: str | None) -> AnswersView:
    """New pictures, as they are; an unreadable one is reported elsewhere."""
    return AnswersView(jobs.status_line(ASK), *map(_shown, paths))


def _shown(path: str | None) -> Image.Image | None:
    try:
        return fit_long_side(open_image(path), LONG_SIDE) if path else None
    except InputError:
        return None
