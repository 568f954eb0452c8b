"""Teach it: pairs, or photographs that are traced, become a model while the visitor watches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from demos.shared import finetune as fitting
from demos.shared import jobs, models
from i2i_core.data.folders import Folder, SideBySide
from i2i_core.errors import InputError
from i2i_core.finetuning.pairs import finetune_pairs

TRACED, SIDES, GALLERIES = "photographs: trace them", "side by side", "two galleries"
FEWEST = 3
NOTHING = "nothing"


def build(model: gr.Dropdown, own: gr.State, parts: gr.Tabs) -> None:
    """Lay out this part inside the current Blocks; `model` is the canvas's chooser, in `parts`, and
    `own` what the visitor has added to it."""
    target = gr.State("")
    with gr.Row():
        with gr.Column(min_width=320):
            what = gr.Radio([TRACED, SIDES, GALLERIES], value=TRACED, label="1 · What you have")
            photos = fitting.gallery("Photographs of one kind of thing: shoes, dogs, your mug", 260)
            sides = fitting.gallery(
                "Each picture shows the source left and the wanted one right", 260, False
            )
            with gr.Row(visible=False) as both:
                sources = fitting.gallery("Sources", 220)
                wanted = fitting.gallery("What each becomes, in the same order", 220)
            steps = gr.Slider(100, 6000, 600, step=100, label="2 · Steps: more is better, slower")
            with gr.Row():
                size = gr.Radio([128, 256], value=256, label="Pixels to learn at", min_width=120)
                start = gr.Dropdown(
                    _starts([]), value=_usual_start(TRACED), min_width=160, label="Start from",
                    info="a model that knows something already learns ten times as fast",
                )  # fmt: skip
            name = gr.Textbox("my model", label="Name", max_length=40)
            with gr.Row():
                go = gr.Button("Fit", variant="primary", min_width=100)
                stop = gr.Button("Stop and keep it", variant="stop", min_width=140)
            gr.Markdown(fitting.LIMITS)
        with gr.Column(min_width=320):
            watched = fitting.outcome(
                "3 · Add pictures and press Fit.",
                "Source, what the model makes of it, and what it should be",
                "Draw with it",
            )

    quiet: dict[str, Any] = {"show_progress": "hidden", **jobs.PRIVATE}
    what.change(
        lambda kind: [gr.Gallery(visible=kind == TRACED), gr.Gallery(visible=kind == SIDES),
                      gr.Row(visible=kind == GALLERIES), _usual_start(kind)],
        what, [photos, sides, both, start], **quiet,
    )  # fmt: skip
    own.change(lambda own: gr.Dropdown(choices=_starts(own)), own, start, **quiet)
    given = [what, photos, sides, sources, wanted, steps, size, start]
    use = fitting.wire(fit, given, (name, target, go, stop), watched)
    use.click(_use, [target, own], [own, model, parts], **quiet)


def fit(
    target: str, what: str, photos: Any, sides: Any, sources: Any, wanted: Any, steps: float,
    size: float, start: str,
) -> Iterator[list[Any]]:  # fmt: skip
    """Learn, showing how it goes; at the end the model's file."""
    a, b = jobs.with_gradio_errors(pairs)(what, photos, sides, sources, wanted)
    events = jobs.compute(
        finetune_pairs, a, b, target, steps=int(steps), size=int(size), seconds=60 * fitting.MAX_MINUTES,
        start=None if start == NOTHING else start, stop=fitting.stop_file(target),
        about=f"{Path(target).stem}: taught on the page",
    )  # fmt: skip
    yield from fitting.shown(events, target, "“Draw with it”")


def pairs(
    what: str, photos: Any, sides: Any, sources: Any, wanted: Any
) -> tuple[Sequence[Any] | None, Sequence[Any]]:
    """What a visitor brought, as sides A and B; A is None for photographs to be traced. Raises
    InputError for too few, too many, and sides of different lengths."""
    if what == TRACED:
        return None, _pictures(photos, "photographs")
    if what == SIDES:
        both = _pictures(sides, "side-by-side pictures")
        for index in range(len(both)):
            SideBySide(both, right=False)[index]  # says which one is no pair of pictures
        return SideBySide(both, right=False), SideBySide(both, right=True)
    a, b = _pictures(sources, "sources"), _pictures(wanted, "wanted pictures")
    if len(a) != len(b):
        raise InputError(
            f"There are {len(a)} sources and {len(b)} wanted pictures: give one for each."
        )
    return a, b


def _pictures(gallery: Any, what: str) -> Folder:
    return fitting.folder(gallery, what, FEWEST)


def _usual_start(kind: str) -> str:
    """The shipped model whose sources are most like these."""
    return str(models.shipped_path("pix2pix.cats" if kind == TRACED else "pix2pix.facades"))


def _starts(own: list[str]) -> list[tuple[str, str]]:
    known = [choice for choice in models.choices(own) if models.can_go_on(choice[1])]
    return [(NOTHING, NOTHING), *known]


def _use(target: str, own: list[str]) -> list[Any]:
    own = [*own, target] if target not in own else own
    return [own, models.chooser(own, target), gr.Tabs(selected="draw")]
