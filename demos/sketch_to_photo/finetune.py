"""Teach it: pairs, or photographs that are traced, become a model while the visitor watches."""

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from demos.shared import finetune as fits
from demos.shared import jobs
from demos.shared.models import Chooser
from demos.shared.widgets import Gallery
from i2i_core.data.folders import Folder, SideBySide
from i2i_core.errors import InputError
from i2i_core.finetuning.pairs import RECIPE, finetune_pairs
from i2i_core.finetuning.starts import recipes

TRACED, SIDES, GALLERIES = "photographs: trace them", "side by side", "two galleries"
MIN_PICTURES = 3
STEPS = 600


def build(chooser: Chooser, parts: gr.Tabs) -> None:
    """Lay out this part; what is taught is used by the `chooser`, which is in `parts`."""
    usual = recipes("pairs")[RECIPE]
    with gr.Row():
        with gr.Column(min_width=320):
            kind = gr.Radio([TRACED, SIDES, GALLERIES], value=TRACED, label="1 · What you have")
            photos = Gallery("Photographs of one kind of thing: shoes, dogs, your mug", 260)
            hint = "Each picture shows the source left and the wanted one right"
            sides = Gallery(hint, 260, visible=False)
            with gr.Row(visible=False) as both:
                a = Gallery("Sources", 220)
                b = Gallery("What each becomes, in the same order", 220)
            steps = gr.Slider(100, 6000, STEPS, step=100, label="2 · Steps: more is better, slower")
            recipe = gr.Radio(list(recipes("pairs")), value=RECIPE, label="Method")
            with gr.Row():
                size = gr.Radio([128, 256], value=256, label="Pixels to learn at", min_width=120)
                start = gr.Dropdown(
                    fits.start_choices([], usual), value=_usual_start(RECIPE, TRACED),
                    min_width=160, label="Start from",
                    info="a model that knows something already learns ten times as fast",
                )  # fmt: skip
            name, buttons = fits.controls("my model")
        view = fits.outcome(
            "3 · Add pictures and press Fit.", "Draw with it",
            "Source, what the model makes of it, and what it should be",
        )  # fmt: skip

    jobs.wire(kind.change, _places, kind, [photos, sides, both])
    chosen = [recipe, chooser.visit_paths]
    jobs.wire(chooser.visit_paths.change, _starts, chosen, start)
    starts = jobs.wire(recipe.change, _starts, chosen, start)
    for event in (kind.change, starts.success):
        jobs.wire(event, _usual_start, [recipe, kind], start)
    inputs = [kind, photos, sides, a, b, recipe, steps, size, start]
    fits.wire(fit, inputs, name, buttons, view, chooser, parts)


def fit(
    target: str, kind: str, photos: Any, sides: Any, sources: Any, partners: Any, recipe: str,
    steps: float, size: float, start: str,
) -> Iterator[fits.FitView]:  # fmt: skip
    """Learn, showing how it goes; at the end the model's file."""
    a, b = pairs(kind, photos, sides, sources, partners)
    yield from fits.watch(
        finetune_pairs, target, a, b, recipe=recipe, steps=steps, crop_size=int(size),
        model=fits.start_model(start), use="“Draw with it”",
    )  # fmt: skip


def pairs(
    kind: str, photos: Any, sides: Any, sources: Any, partners: Any
) -> tuple[Sequence[Any] | None, Sequence[Any]]:
    """What a visitor brought, as sides A (None: B is to be traced) and B. Raises InputError for too
    few, too many, and sides of different lengths."""
    if kind == TRACED:
        return None, _folder(photos, "photographs")
    if kind == SIDES:
        both = _folder(sides, "side-by-side pictures")
        for index in range(len(both)):
            SideBySide(both, right=False)[index]  # says which one is no pair of pictures
        return SideBySide(both, right=False), SideBySide(both, right=True)
    a, b = _folder(sources, "sources"), _folder(partners, "wanted pictures")
    if len(a) != len(b):
        counts = f"{len(a)} sources and {len(b)} wanted pictures"
        raise InputError(f"There are {counts}: give one for each.")
    return a, b


def _folder(gallery: Any, what: str) -> Folder:
    return fits.folder(gallery, what, MIN_PICTURES)


def _places(kind: str) -> tuple[Any, Any, Any]:
    """For what a visitor has."""
    photos, sides = gr.Gallery(visible=kind == TRACED), gr.Gallery(visible=kind == SIDES)
    return photos, sides, gr.Row(visible=kind == GALLERIES)


def _usual_start(recipe: str, kind: str) -> str:
    """The model whose sources are most like these."""
    return fits.usual_start(recipes("pairs")[recipe], channels=1 if kind == TRACED else 3)


def _starts(recipe: str, visit_paths: list[str]) -> Any:
    return gr.Dropdown(choices=fits.start_choices(visit_paths, recipes("pairs")[recipe]))
