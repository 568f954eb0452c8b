"""Translate a picture, or many, from one domain to another: before and after, there and back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from demos.domain_transfer import models as domains
from demos.shared import jobs, models
from demos.shared.widgets import Picture, read, starter
from examples.translations import TRANSLATIONS
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.pipelines.domain_transfer import (
    BACK,
    MAX_SHORT_SIDE,
    MAX_STRENGTH,
    blend,
    transfer,
    transfer_all,
    usual_size,
)
from i2i_core.pipelines.translation import prepare

HELLO = "Drag the handle: photograph and painting. Then add a picture of yours."
NONE = "nothing"
BRUSHES = {
    "broad": 320,
    "medium": 512,
    "fine": 768,
    "finest": MAX_SHORT_SIDE,
}  # pixels, shorter side
MAX_PICTURES = 30  # pictures of a gallery


def build() -> tuple[gr.Dropdown, gr.State]:
    """Lay out this part inside the current Blocks; returns the chooser of translations and the
    state that holds the paths of this visit's own models."""
    first = TRANSLATIONS[0]
    own = gr.State([])
    made = gr.State(None)  # the picture and its whole translation: what strength blends
    with gr.Row(elem_classes="i2i-two"):
        with gr.Column(min_width=320, elem_classes="i2i-in"):
            picture = Picture(starter(f"{first.source}.jpg"), label="1 · Your picture", height=260)
            way = gr.Dropdown(
                domains.choices([]), value=domains.first(), label="2 · What to make of it",
                interactive=True,
            )  # fmt: skip
            starters = gr.Dataset(
                components=[gr.Image(visible=False)],
                samples=[[starter(f"{t.name}.jpg")] for t in TRANSLATIONS],
                label="Or look at one of these", type="index",
            )  # fmt: skip
        with gr.Column(min_width=320, elem_classes="i2i-out"):
            progress = gr.HTML(jobs.status(text=HELLO))
            with gr.Row(equal_height=True):
                result = _slider(_stored(0), "Before · after")
                compared = _slider(None, "The other one", visible=False)
            with gr.Accordion("There and back again", open=False):
                gr.Markdown(
                    "A two-way model learnt that what went there and came back must be what it "
                    "was. How well it keeps to that shows what it forgets on the way."
                )
                with gr.Row():
                    returned = gr.Image(
                        label="Back again", format="png", type="pil", interactive=False,
                        height=260, buttons=["fullscreen"],
                    )  # fmt: skip
                    error = gr.Markdown("Translate a picture with a two-way model to see it.")
            with gr.Accordion("Many pictures at once", open=False):
                with gr.Row():
                    many = gr.Gallery(
                        label=f"Up to {MAX_PICTURES} pictures", type="filepath", height=260, columns=3,
                        file_types=["image"], buttons=[], object_fit="contain", min_width=200,
                    )  # fmt: skip
                    all_made = gr.Gallery(
                        label="Translated", height=260, columns=3, interactive=False, format="png",
                        object_fit="contain", min_width=200,
                    )  # fmt: skip
                go_many = gr.Button("Translate them all", min_width=140)
        with gr.Column(min_width=320, elem_classes="i2i-set"):
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
            with gr.Row():
                other = gr.Dropdown(
                    [NONE, *domains.choices([])], value=NONE, label="Compare with", min_width=180
                )
                stop = gr.Button("Stop", variant="stop", min_width=70)
            with gr.Accordion("Bring a model of your own", open=False):
                gr.Markdown(
                    "A `.safetensors` file that you taught and downloaded here, or a generator "
                    "published by CycleGAN or CUT as `.pth`."
                )
                brought = gr.File(label="Model", file_types=[".safetensors", ".pth"], height=110)

    quiet: dict[str, Any] = {"show_progress": "hidden", **jobs.PRIVATE}
    given = [picture, way, brush, other, strength, colours]
    shown = [progress, result, compared, returned, error, made]
    running = [
        event(run, given, shown, **quiet, **jobs.COMPUTE, trigger_mode="always_last")
        # The way also changes when a model was fitted or brought.
        for event in (picture.input, way.change, brush.input, other.input)
    ]
    running.append(
        go_many.click(
            run_many,
            [many, way, brush, strength, colours],
            [progress, all_made],
            **quiet,
            **jobs.COMPUTE,
        )
    )
    for event in running:
        event.failure(lambda: jobs.status(text="That did not work."), None, progress, **quiet)
    for change in (strength.input, colours.input):
        change(_again, [made, strength, colours], [result, compared], **quiet,
               trigger_mode="always_last")  # fmt: skip
    stop.click(
        lambda: jobs.status(text="Stopped. What was made so far stays."), None, progress,
        cancels=running, **quiet,
    )  # fmt: skip
    starters.click(
        _starter, starters, [picture, way, other, strength, colours, *shown],
        cancels=running, **quiet,
    )  # fmt: skip
    brought.upload(_bring, [brought, own], [own, way], **quiet)
    own.change(
        lambda own, value: gr.Dropdown(choices=[NONE, *domains.choices(own)], value=value),
        [own, other], other, **quiet,
    )  # fmt: skip
    return way, own


def run(
    path: str | None, way: str, brush: str, other: str, strength: float, colours: bool
) -> Iterator[list[Any]]:
    """Translate, show it, come back if the model can, and do the same with the other model."""
    skipped: list[Any] = [gr.skip()] * 5
    if path is None:
        yield [jobs.status(text="Add a picture."), *skipped]
        return
    picture = jobs.with_gradio_errors(read)(path, "the picture")
    began = time.monotonic()
    size = usual_size(picture, BRUSHES[brush])
    yield [jobs.status(text="Painting …"), *skipped]
    source = prepare(picture, "", size)
    translation = jobs.with_gradio_errors(domains.parse)(way)
    two_way = domains.is_two_way(way)
    full, event = source, None
    for event in jobs.compute(
        transfer, picture, translation.path, reverse=translation.reverse, size=size, back=two_way
    ):
        if event.picture is not None:
            full = event.picture
            pair = (source, blend(source, full, strength, colours))
            yield [jobs.status(event, "Painting …"), pair, *skipped[1:]]
    assert event is not None
    back, said = event.extras.get(BACK), "This model goes one way only."
    if back is not None:
        levels = event.losses["cycle error"]
        said = f"Mean difference to your picture: **{levels:.1f}** of 255 grey levels."
    second = None
    if other != NONE:
        rival = jobs.with_gradio_errors(domains.parse)(other)
        second = jobs.finish(transfer, picture, rival.path, reverse=rival.reverse, size=size)
    done = f"{full.width} × {full.height} pixels in {time.monotonic() - began:.1f} s."
    yield [
        jobs.status(text=done), gr.skip(), _second(source, second, strength, colours), back, said,
        (source, full, second),
    ]  # fmt: skip


def run_many(
    gallery: Any, way: str, brush: str, strength: float, colours: bool
) -> Iterator[list[Any]]:
    """Translate a gallery; every picture appears when it is done."""
    files = [item[0] for item in gallery or []]
    if not files:
        raise jobs.as_gradio_error(InputError("Add pictures to the gallery first."))
    if len(files) > MAX_PICTURES:
        raise jobs.as_gradio_error(
            InputError(f"{len(files)} pictures are too many: {MAX_PICTURES} at most.")
        )
    pictures = [jobs.with_gradio_errors(open_image)(file) for file in files]
    translation = jobs.with_gradio_errors(domains.parse)(way)
    most = BRUSHES[brush]
    found: list[Image.Image] = []
    for event in jobs.compute(
        transfer_all, pictures, translation.path, reverse=translation.reverse,
        strength=strength, keep_colours=colours, most=most,
    ):  # fmt: skip
        found.append(event.picture)
        yield [jobs.status(event), list(found)]
    yield [jobs.status(text=f"{len(found)} pictures translated."), list(found)]


def _again(made: Any, strength: float, colours: bool) -> list[Any]:
    """What was made already, at another strength."""
    if made is None:
        return [gr.skip(), gr.skip()]
    source, full, second = made
    return [
        (source, blend(source, full, strength, colours)),
        _second(source, second, strength, colours),
    ]


def _second(source: Any, second: Any, strength: float, colours: bool) -> Any:
    if second is None:
        return gr.ImageSlider(None, visible=False)
    return gr.ImageSlider((source, blend(source, second, strength, colours)), visible=True)


def _stored(index: int) -> tuple[str, str]:
    chosen = TRANSLATIONS[index]
    return starter(f"{chosen.source}.jpg"), starter(f"{chosen.name}.jpg")


def _starter(index: int) -> list[Any]:
    """A starter picture with its stored translation."""
    chosen = TRANSLATIONS[index]
    before, after = _stored(index)
    value = str(models.shipped_path(chosen.model)) + (domains.WAY_BACK if chosen.reverse else "")
    pair = (open_image(before), open_image(after), None)
    return [
        before, value, NONE, 1, False, jobs.status(text=HELLO), (before, after),
        gr.ImageSlider(None, visible=False), None, "", pair,
    ]  # fmt: skip


@jobs.with_gradio_errors
def _bring(path: str | None, own: list[str]) -> list[Any]:
    path, own = models.bring(path, own)
    if path not in [value for _, value in domains.choices(own)]:
        raise InputError(
            "This model learnt from pairs: bring it to the tab “Sketch to photo” instead."
        )
    gr.Info("The model is chosen.")
    return [own, domains.chooser(own, path)]


def _slider(value: Any, label: str, visible: bool = True) -> gr.ImageSlider:
    return gr.ImageSlider(
        value, label=label, format="png", type="pil", slider_position=50, max_height=560,
        buttons=["download", "fullscreen"], interactive=False, visible=visible,
    )  # fmt: skip
