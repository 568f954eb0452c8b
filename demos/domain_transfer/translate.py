"""Translate a picture, or many, from one domain to another: before and after, there and back."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from demos.domain_transfer import models as domains
from demos.shared import jobs, widgets
from demos.shared.models import Chooser
from demos.shared.widgets import BeforeAfter, Picture, Result, Seed, read, starter, thumbnails
from examples.translations import TRANSLATIONS
from i2i_core.images.files import open_image
from i2i_core.pipelines import domain_transfer as pipeline
from i2i_core.pipelines.domain_transfer import MAX_SHORT_SIDE, MAX_STRENGTH, TransferResult

HELLO = "Drag the handle: photograph and painting. Then add a picture of yours."
NOTHING = "nothing"
# Pixels of the shorter side.
BRUSHES = {"broad": 320, "medium": 512, "fine": 768, "finest": MAX_SHORT_SIDE}
MAX_PICTURES = 30  # pictures of a gallery
Results = tuple[TransferResult, TransferResult | None]  # the second of what it is compared with


class Controls(NamedTuple):
    """What a translation depends on: components, or what they hold."""

    picture: Any
    translation: Any
    brush: Any = "medium"
    rival: Any = NOTHING  # the translation to compare with
    strength: Any = 1
    keep_colours: Any = False
    seed: Any = 0
    reference: Any = None


class View(NamedTuple):
    """Where a translation is shown: components, or what they are to show."""

    status: Any = gr.skip()
    slider: Any = gr.skip()
    rival_slider: Any = gr.skip()
    back: Any = gr.skip()
    cycle_error: Any = gr.skip()
    results: Any = gr.skip()  # a state of Results: what strength blends


def build() -> Chooser:
    """Lay out this part inside the current Blocks; returns the chooser of translations."""
    with gr.Row(elem_classes="i2i-two"):
        with gr.Column(min_width=320, elem_classes="i2i-in"):
            picture = Picture(_stored(0)[0], label="1 · Your picture", height=260)
            translation = gr.Dropdown(
                domains.choices([]), value=domains.stored().value, label="2 · What to make of it",
                interactive=True,
            )  # fmt: skip
            names = (f"{stored.name}.jpg" for stored in TRANSLATIONS)
            starters = thumbnails(names, "Or look at one of these")
        with gr.Column(min_width=320, elem_classes="i2i-out"):
            view = _lay_out_view()
            batch = _lay_out_batch()
        with gr.Column(min_width=320, elem_classes="i2i-set"):
            controls, stop = _lay_out_controls(picture, translation)
            state, choices = gr.State([]), domains.choices
            chooser = Chooser(translation, choices, state, domains.TASKS, "translate")
            with gr.Accordion("Bring a model of your own", open=False):
                chooser.lay_out_upload(
                    "A `.safetensors` file that you taught and downloaded here, or a generator "
                    "published by CycleGAN or CUT as `.pth`."
                )
    running = _wire(controls, view, *batch)
    jobs.wire_stop(stop, running, view.status)
    jobs.wire(starters.click, _starter, starters, [*controls, *view], cancels=running)
    jobs.wire(chooser.visit_paths.change, _rivals, chooser.visit_paths, controls.rival)
    return chooser


def _lay_out_view() -> View:
    status = gr.HTML(jobs.status_line(HELLO))
    with gr.Row(equal_height=True):
        slider = BeforeAfter(_stored(0), label="Before · after", max_height=560)
        rival = BeforeAfter(None, label="The other one", max_height=560, visible=False)
    with gr.Accordion("There and back again", open=False):
        gr.Markdown(
            "A two-way model learnt that what went there and came back must be what it was. How "
            "well it keeps to that shows what it forgets on the way."
        )
        with gr.Row():
            back = Result(label="Back again", height=260)
            cycle_error = gr.Markdown("Translate a picture with a two-way model to see it.")
    return View(status, slider, rival, back, cycle_error, gr.State(_stored_results(0)))


def _lay_out_batch() -> tuple[gr.Gallery, gr.Gallery, gr.Button]:
    """Many pictures at once: they, their translations, and the button."""
    with gr.Accordion("Many pictures at once", open=False):
        with gr.Row():
            label = f"Up to {MAX_PICTURES} pictures"
            pictures = widgets.Gallery(label, 260, columns=3, min_width=200)
            translations = gr.Gallery(
                label="Translated", height=260, columns=3, interactive=False, format="png",
                object_fit="contain", min_width=200, buttons=widgets.DOWNLOAD,
            )  # fmt: skip
        return pictures, translations, gr.Button("Translate them all", min_width=140)


def _lay_out_controls(picture: gr.Image, translation: gr.Dropdown) -> tuple[Controls, gr.Button]:
    """All controls, and the button that stops."""
    strength = gr.Slider(
        0, MAX_STRENGTH, 1, step=0.05, label="Strength",
        info="0 is your picture, 1 what the model makes; beyond, the change is exaggerated",
    )  # fmt: skip
    with gr.Row():
        brush = gr.Radio(
            list(BRUSHES), value="medium", label="Brush",
            info="strokes have a size in pixels: a small picture has broad ones",
        )  # fmt: skip
        colours = gr.Checkbox(False, label="Keep the colours", min_width=120)
    can = domains.stored().model.capabilities
    seed = Seed(visible=can.takes_seed, info="each gives another translation")
    reference = Picture(label="Make it like this one", height=200, visible=can.takes_reference)
    with gr.Row():
        rivals: list[Any] = [NOTHING, *domains.choices([])]
        rival = gr.Dropdown(rivals, value=NOTHING, label="Compare with", min_width=180)
        stop = gr.Button("Stop", variant="stop", min_width=70)
    return Controls(picture, translation, brush, rival, strength, colours, seed, reference), stop


def _wire(
    controls: Controls, view: View, pictures: Any, translations: Any, button: gr.Button
) -> list[Any]:
    """Wire what translates; returns what Stop ends."""
    c = controls
    # The translation also changes when a model was fitted or brought.
    events = [c.translation.change]
    events += [control.input for control in (c.picture, c.brush, c.rival, c.seed, c.reference)]
    status: dict[str, Any] = {"status": view.status, "compute": True}
    running = [jobs.wire(event, run, [*c], view, latest=True, **status) for event in events]
    outputs = [view.status, translations]
    running += [jobs.wire(button.click, run_many, [pictures, *c], outputs, **status)]
    jobs.wire(c.translation.change, _options, c.translation, [c.seed, c.reference])
    inputs, outputs = [view.results, c.strength, c.keep_colours], [view.slider, view.rival_slider]
    for event in (widgets.moved(c.strength), c.keep_colours.input):
        jobs.wire(event, _blended, inputs, outputs, latest=True)
    return running


def run(*values: Any) -> Iterator[View]:
    """Translate, come back if the model can, do so with the other model; values as of Controls."""
    chosen = Controls(*values)
    if chosen.picture is None:
        yield View(jobs.status_line("Add a picture."))
        return
    picture = read(chosen.picture, "the picture")
    began = time.monotonic()
    yield View(jobs.status_line("Painting …"))
    short_side = pipeline.usual_short_side(picture, BRUSHES[chosen.brush])
    settings = {**_settings(chosen, chosen.translation), "back": True}
    for event in jobs.compute(pipeline.transfer, picture, short_side=short_side, **settings):
        result = event.result
        before_after = result.source, event.picture
        yield View(jobs.status_line("Painting …", progress=event), before_after)
    rival = None
    if chosen.rival != NOTHING:
        settings = _settings(chosen, chosen.rival)
        *_, last = jobs.compute(pipeline.transfer, picture, short_side=short_side, **settings)
        rival = last.result
    error = "This model goes one way only."
    if result.cycle_error is not None:
        error = f"Mean difference to your picture: **{result.cycle_error:.1f}** of 255 grey levels."
    width, height = result.translation.size
    status = jobs.status_line(f"{width} × {height} pixels in {time.monotonic() - began:.1f} s.")
    _, slider = _blended((result, rival), chosen.strength, chosen.keep_colours)
    yield View(status, gr.skip(), slider, result.back, error, (result, rival))


def run_many(gallery: Any, *values: Any) -> Iterator[tuple[str, list[Image.Image]]]:
    """Translate a gallery, values as of Controls; yields what happens, and what there is by now."""
    chosen = Controls(*values)
    files = widgets.files_of(gallery, "gallery", "pictures", MAX_PICTURES)
    pictures = [open_image(file) for file in files]
    settings = _settings(chosen, chosen.translation)
    side = BRUSHES[chosen.brush]
    translations: list[Image.Image] = []
    for event in jobs.compute(pipeline.transfer_all, pictures, max_short_side=side, **settings):
        translations.append(event.picture)
        yield jobs.status_line(progress=event), [*translations]
    yield jobs.status_line(f"{len(translations)} pictures translated."), translations


def _settings(chosen: Controls, translation: str) -> dict[str, Any]:
    """What `transfer` is given besides pictures and sizes."""
    model, reverse = domains.parse(translation)
    reference = chosen.reference if model.capabilities.takes_reference else None
    return {
        "model": model, "reverse": reverse, "strength": chosen.strength,
        "keep_colours": chosen.keep_colours, "seed": int(chosen.seed or 0),
        "reference": reference and read(reference, "the reference picture"),
    }  # fmt: skip


def _options(translation: str) -> tuple[Any, Any]:
    """The seed and the reference picture, for models that take them."""
    can = domains.parse(translation).model.capabilities
    return gr.Number(visible=can.takes_seed), gr.Image(visible=can.takes_reference)


def _blended(results: Results | None, strength: float, keep_colours: bool) -> tuple[Any, Any]:
    """Both sliders with what was made, at this strength."""
    if results is None:
        return gr.skip(), gr.skip()
    pairs = [(r.source, r.blended(strength, keep_colours)) if r else None for r in results]
    return pairs[0], gr.ImageSlider(pairs[1], visible=pairs[1] is not None)


def _rivals(visit_paths: list[str]) -> Any:
    return gr.Dropdown([NOTHING, *domains.choices(visit_paths)])


def _stored(index: int) -> tuple[str, str]:
    """The paths of a starter picture and of its translation."""
    chosen = TRANSLATIONS[index]
    return starter(f"{chosen.source}.jpg"), starter(f"{chosen.name}.jpg")


def _stored_results(index: int) -> Results:
    """A starter picture with its stored translation, as if it had been made just now."""
    before, after = _stored(index)
    return TransferResult(open_image(before), open_image(after)), None


def _starter(index: int) -> tuple[Any, ...]:
    """A starter picture with its stored translation: of all Controls and the View."""
    before, after = _stored(index)
    hidden = gr.ImageSlider(None, visible=False)
    results = _stored_results(index)
    view = View(jobs.status_line(HELLO), (before, after), hidden, None, "", results)
    unchanged = {name: gr.skip() for name in ("brush", "seed", "reference")}
    return *Controls(before, domains.stored(index).value, **unchanged), *view
