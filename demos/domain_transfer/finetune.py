"""Teach a translation of domains: two galleries become a model while the visitor watches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from demos.domain_transfer import models as domains
from demos.shared import finetune as fitting
from demos.shared import jobs, models
from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.data.folders import Folder
from i2i_core.errors import InputError
from i2i_core.finetuning.domains import KINDS, can_go_on, finetune_domains

FEWEST = 5
NOTHING = "nothing"
KIND = "CUT"
STARTS = {"CUT": "cut.monet", "FastCUT": "cut.monet", "CycleGAN": "cyclegan.monet"}
ABOUT = """**CUT** learns one way and is the quickest; **FastCUT** keeps closer to the picture.
**CycleGAN** learns both ways and takes twice as long."""


def build(way: gr.Dropdown, own: gr.State, parts: gr.Tabs) -> None:
    """Lay out this part inside the current Blocks; `way` is the chooser of translations in
    `parts`, and `own` what the visitor has added to it."""
    target = gr.State("")
    with gr.Row():
        with gr.Column(min_width=320):
            with gr.Row():
                a = fitting.gallery("1 · Pictures of what you have: photographs", 240)
                b = fitting.gallery("2 · Pictures of what they should become: paintings", 240)
            with gr.Accordion("I know some pairs", open=False):
                gr.Markdown(
                    "Pictures of which you know that they belong together, in the same order. They "
                    "are mixed in unmarked (implicit pairs), which steadies the translation."
                )
                with gr.Row():
                    pairs_a = fitting.gallery("Of the first kind", 160)
                    pairs_b = fitting.gallery("And what each becomes", 160)
            kind = gr.Radio(list(KINDS), value=KIND, label="3 · Method")
            gr.Markdown(ABOUT)
            with gr.Row():
                steps = gr.Slider(100, 6000, 1500, step=100, label="Steps", min_width=160)
                start = gr.Dropdown(
                    _starts([], KIND), value=_usual_start(KIND), min_width=180, label="Start from",
                    info="a model that can paint already learns much faster",
                )  # fmt: skip
            name = gr.Textbox("my translation", label="Name: “this to that” names both directions",
                              max_length=40)  # fmt: skip
            with gr.Row():
                go = gr.Button("Fit", variant="primary", min_width=100)
                stop = gr.Button("Stop and keep it", variant="stop", min_width=140)
            gr.Markdown(fitting.LIMITS)
        with gr.Column(min_width=320):
            watched = fitting.outcome(
                "Add pictures to both galleries and press Fit.",
                "Pictures, what the model makes of them, and for CycleGAN the way back",
                "Translate with it",
            )

    quiet: dict[str, Any] = {"show_progress": "hidden", **jobs.PRIVATE}
    kind.change(
        lambda kind, own: gr.Dropdown(choices=_starts(own, kind), value=_usual_start(kind)),
        [kind, own], start, **quiet,
    )  # fmt: skip
    own.change(
        lambda own, kind: gr.Dropdown(choices=_starts(own, kind)), [own, kind], start, **quiet
    )
    given = [a, b, pairs_a, pairs_b, kind, steps, start]
    use = fitting.wire(fit, given, (name, target, go, stop), watched)
    use.click(domains.use, [target, own], [own, way, parts], **quiet)


def fit(
    target: str, a: Any, b: Any, pairs_a: Any, pairs_b: Any, kind: str, steps: float, start: str
) -> Iterator[list[Any]]:
    """Learn, showing how it goes; at the end the model's file."""
    first, second = (
        jobs.with_gradio_errors(fitting.folder)(gallery, f"pictures to gallery {number}", FEWEST)
        for number, gallery in ((1, a), (2, b))
    )
    pairs = jobs.with_gradio_errors(known_pairs)(pairs_a, pairs_b)
    events = jobs.compute(
        finetune_domains, first, second, target, kind=kind, steps=int(steps), pairs=pairs,
        start=None if start == NOTHING else start, seconds=60 * fitting.MAX_MINUTES,
        stop=fitting.stop_file(target), about=f"{Path(target).stem}: taught on the page",
    )  # fmt: skip
    yield from fitting.shown(events, target, "“Translate with it”")


def known_pairs(a: Any, b: Any) -> tuple[Folder, Folder] | None:
    """The pictures that belong together, or None for none. Raises InputError for an odd one."""
    if not a and not b:
        return None
    if len(a or []) != len(b or []):
        raise InputError(
            f"There are {len(a or [])} and {len(b or [])} pictures of pairs: give one for each."
        )
    return fitting.folder(a, "pairs", 1), fitting.folder(b, "pairs", 1)


def _usual_start(kind: str) -> str:
    return str(models.shipped_path(STARTS[kind]))


def _starts(own: list[str], kind: str) -> list[tuple[str, str]]:
    known = [
        (models.title(model), str(model.path))
        for model in models.known(own, models.DOMAIN_METHODS)
        if model.method == KINDS[kind][0] and can_go_on(open_model(model.path))
    ]
    return [(NOTHING, NOTHING), *known]
