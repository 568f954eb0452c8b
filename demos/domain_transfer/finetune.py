"""Teach a translation of domains: two galleries become a model while the visitor watches."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from demos.shared import finetune as fits
from demos.shared import jobs
from demos.shared.models import Chooser
from demos.shared.widgets import Gallery
from i2i_core.data.folders import Folder
from i2i_core.errors import InputError
from i2i_core.finetuning.domains import RECIPE, STEPS, finetune_domains
from i2i_core.finetuning.starts import recipes

MIN_PICTURES = 5
ABOUT = """**CUT** learns one way and is the quickest; **FastCUT** keeps closer to the picture.
**CycleGAN** learns both ways and takes twice as long."""


def build(chooser: Chooser, parts: gr.Tabs) -> None:
    """Lay out this part; what is taught is used by the `chooser`, which is in `parts`."""
    usual = recipes("domains")[RECIPE]
    with gr.Row():
        with gr.Column(min_width=320):
            with gr.Row():
                a = Gallery("1 · Pictures of what you have: photographs", 240)
                b = Gallery("2 · Pictures of what they should become: paintings", 240)
            with gr.Accordion("I know some pairs", open=False) as pairs:
                gr.Markdown(
                    "Pictures of which you know that they belong together, in the same order. They "
                    "are mixed in unmarked (implicit pairs), which steadies the translation."
                )
                with gr.Row():
                    pairs_a = Gallery("Of the first kind", 160)
                    pairs_b = Gallery("And what each becomes", 160)
            recipe = gr.Radio(list(recipes("domains")), value=RECIPE, label="3 · Method")
            gr.Markdown(ABOUT)
            with gr.Row():
                steps = gr.Slider(100, 6000, STEPS, step=100, label="Steps", min_width=160)
                start = gr.Dropdown(
                    fits.start_choices([], usual), value=fits.usual_start(usual), min_width=180,
                    label="Start from", info="a model that can paint already learns much faster",
                )  # fmt: skip
            naming = "Name: “this to that” names both directions"
            name, buttons = fits.controls("my translation", naming)
        view = fits.outcome(
            "Add pictures to both galleries and press Fit.", "Translate with it",
            "Pictures, what the model makes of them, and the way back if any",
        )  # fmt: skip

    chosen = [recipe, chooser.visit_paths]
    jobs.wire(recipe.change, _chosen, chosen, [start, pairs])
    jobs.wire(chooser.visit_paths.change, _starts, chosen, start)
    inputs = [a, b, pairs_a, pairs_b, recipe, steps, start]
    fits.wire(fit, inputs, name, buttons, view, chooser, parts)


def fit(
    target: str, a: Any, b: Any, pairs_a: Any, pairs_b: Any, recipe: str, steps: float, start: str
) -> Iterator[fits.FitView]:
    """Learn, showing how it goes; at the end the model's file."""
    can = recipes("domains")[recipe].kind.capabilities
    yield from fits.watch(
        finetune_domains, target, fits.folder(a, "pictures to gallery 1", MIN_PICTURES),
        fits.folder(b, "pictures to gallery 2", MIN_PICTURES), recipe=recipe, steps=steps,
        pairs=known_pairs(pairs_a, pairs_b) if can.mixes_pairs else None,
        model=fits.start_model(start), use="“Translate with it”",
    )  # fmt: skip


def known_pairs(a: Any, b: Any) -> tuple[Folder, Folder] | None:
    """The pictures that belong together, or None for none. Raises InputError for an odd one."""
    a, b = a or [], b or []
    if len(a) != len(b):
        raise InputError(f"There are {len(a)} and {len(b)} pictures of pairs: give one for each.")
    return (fits.folder(a, "pairs", 1), fits.folder(b, "pairs", 1)) if a else None


def _chosen(recipe: str, visit_paths: list[str]) -> tuple[Any, Any]:
    """What another method can start from, and a place for pairs if it takes any."""
    chosen = recipes("domains")[recipe]
    choices = fits.start_choices(visit_paths, chosen)
    start = gr.Dropdown(choices=choices, value=fits.usual_start(chosen))
    return start, gr.Accordion(visible=chosen.kind.capabilities.mixes_pairs)


def _starts(recipe: str, visit_paths: list[str]) -> Any:
    return gr.Dropdown(choices=fits.start_choices(visit_paths, recipes("domains")[recipe]))
