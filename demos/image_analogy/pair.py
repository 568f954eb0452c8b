"""Image analogy from two pictures: the arrangement of one, made of the stuff of the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from demos.image_analogy.scribbles import build_editors, scribbles_of
from demos.shared import jobs
from demos.shared.widgets import Picture, read, same_size, starter
from examples.starters import PAIRS, RESULT_SIZE
from i2i_core.method import Progress
from i2i_core.methods.structural_analogy import GUIDES, PRESETS
from i2i_core.pipelines.analogy import structural_analogy

A, B = "the structure picture", "the appearance picture"
HELLO = "This is a starter: drag the handles to compare, or add two pictures of yours."
FORTH, BACK = "1 made of 2", "2 made of 1"


def build() -> None:
    """Lay out this part of the tab inside the current Blocks."""
    first = PAIRS[0]
    with gr.Row(elem_classes="i2i-two"):
        with gr.Column(min_width=320, elem_classes="i2i-in"):
            with gr.Row(equal_height=True):
                a = Picture(
                    _picture(first.structure), label="1 · Structure", height=220, min_width=130
                )
                b = Picture(
                    _picture(first.appearance), label="2 · Appearance", height=220, min_width=130
                )
            with gr.Row():
                go = gr.Button("Make the analogy", variant="primary", scale=3, min_width=160)
                stop = gr.Button("Stop", variant="stop", scale=1, min_width=70)
            pairs = gr.Dataset(
                components=[gr.Image(visible=False)],
                samples=[[starter(f"{x}+{y}.jpg")] for x, y, *_ in PAIRS],
                label="Or start from one of these",
                type="index",
            )
        with gr.Column(min_width=320, elem_classes="i2i-out"):
            progress = gr.HTML(jobs.status(text=HELLO))
            with gr.Row(equal_height=True):
                forth, forth_a, forth_b = _result(f"{FORTH}", first.structure, first.appearance)
                back, back_a, back_b = _result(f"{BACK}", first.appearance, first.structure)
            with gr.Accordion("How the page guessed what answers to what", open=False):
                gr.Markdown(
                    "Guesses for “1 made of 2”, best first. **Click one to finish it instead.**"
                )
                trials = gr.Gallery(
                    show_label=False, columns=3, height="auto", allow_preview=False,
                    interactive=False, object_fit="contain", format="png", buttons=[],
                )  # fmt: skip
                with gr.Row():
                    guide_a = gr.Image(label="What it saw in 1", format="png", height=180)
                    guide_b = gr.Image(label="What it saw in 2", format="png", height=180)
            marks_a, marks_b = build_editors(a, b)
        with gr.Column(min_width=320, elem_classes="i2i-set"):
            preset = gr.Radio(list(PRESETS), value=first.preset, label="What for")
            granularity = gr.Slider(
                0, 1, first.granularity, step=0.05, label="Granularity",
                info="0 keeps only the large arrangement, 1 follows every detail",
            )  # fmt: skip
            with gr.Accordion("More settings", open=False):
                with gr.Row():
                    size = gr.Dropdown(
                        [256, 384, 512, 768],
                        value=RESULT_SIZE,
                        label="Longer side, pixels",
                        min_width=130,
                    )
                    seed = gr.Number(0, precision=0, minimum=0, label="Seed", min_width=100)
                guide = gr.Dropdown(
                    list(GUIDES), value=first.guide, label="What answers to what",
                    info="auto tries them all, small, and finishes the best",
                )  # fmt: skip

    inputs = [a, b, preset, granularity, guide, seed, size, marks_a, marks_b]
    outputs = [progress, forth, back, trials, guide_a, guide_b]
    running = [
        go.click(make, inputs, outputs, show_progress="hidden", **jobs.PRIVATE, **jobs.COMPUTE)
    ]
    picked = trials.select(_picked, trials, guide, **jobs.PRIVATE)
    running.append(
        picked.then(make, inputs, outputs, show_progress="hidden", **jobs.PRIVATE, **jobs.COMPUTE)
    )
    stop.click(lambda: jobs.status(text="Stopped. What was made so far stays."), None, progress,
               cancels=running, **jobs.PRIVATE)  # fmt: skip
    preset.input(_preset, preset, [granularity, guide], **jobs.PRIVATE)
    # A new picture is a new question: forget the guess that was picked for the old one.
    for picture in (a, b):
        picture.input(
            _new, preset, [granularity, guide, progress, trials], cancels=running, **jobs.PRIVATE
        )
    for event in running:
        event.failure(
            lambda: jobs.status(text="That did not work."), None, progress, **jobs.PRIVATE
        )
    pairs.click(
        _starter,
        pairs,
        [a, b, preset, granularity, guide, *outputs],
        cancels=running,
        **jobs.PRIVATE,
    )
    for button, result, target in (
        (forth_a, forth, a), (forth_b, forth, b), (back_a, back, a), (back_b, back, b)
    ):  # fmt: skip
        sent = button.click(_after, result, target, cancels=running, **jobs.PRIVATE)
        sent.success(_new, preset, [granularity, guide, progress, trials], **jobs.PRIVATE)


def make(
    a: str | None, b: str | None, preset: str, granularity: float, guide: str, seed: float,
    size: int, marks_a: Any, marks_b: Any,
) -> Iterator[list[Any]]:  # fmt: skip
    """Both directions, one after the other; yields what to show after every level."""
    first, second = jobs.with_gradio_errors(read)(a, A), jobs.with_gradio_errors(read)(b, B)
    scribbles = jobs.with_gradio_errors(scribbles_of)(marks_a, marks_b)
    guesses: list[Any] = [gr.skip()] * 3
    settings = {
        "preset": preset, "granularity": granularity, "seed": int(seed or 0), "size": int(size),
        "scribbles": scribbles,
    }  # fmt: skip
    for reverse in (False, True):
        name = BACK if reverse else FORTH
        structure = second if reverse else first
        for event in jobs.compute(
            structural_analogy, first, second, guide=guide, reverse=reverse, **settings
        ):
            if not reverse:
                guesses = _guesses(event)
            yield [
                jobs.status(event, f"{name}: {event.note}"),
                gr.skip() if reverse else _before_after(structure, event),
                _before_after(structure, event) if reverse else gr.skip(),
                *([gr.skip()] * 3 if reverse else guesses),
            ]
    # Sent once more: what lies in a closed accordion may have missed it.
    done = jobs.status(text="Done. Drag the handles to compare.")
    yield [done, gr.skip(), gr.skip(), *guesses]


def _before_after(structure: Image.Image, event: Progress) -> Any:
    """The pair for the slider: small ones enlarged, so that nothing jumps, the last as made."""
    if event.picture is None:
        return gr.skip()
    scale = 512 / max(structure.size)
    size = (round(structure.width * scale), round(structure.height * scale))
    if event.step == event.total:
        size = event.picture.size
    picture = event.picture.resize(size, Image.Resampling.BICUBIC)
    return same_size(structure, picture), picture


def _guesses(event: Progress) -> list[Any]:
    """Trials as a gallery, best first, and both guides."""
    shown = dict(event.extras)
    guides = [shown.pop(f"guide of {name}", None) for name in ("structure", "appearance")]
    best_first = sorted(shown, key=lambda name: -event.losses.get(name, 0.0))
    gallery = [(shown[name], name) for name in best_first]
    # A guide that was asked for has no trials: the earlier guesses stay to choose from.
    return [gallery or gr.skip(), *(gr.skip() if guide is None else guide for guide in guides)]


def _preset(name: str) -> tuple[Any, Any]:
    return PRESETS[name]["granularity"], PRESETS[name]["guide"]


def _new(name: str) -> tuple[Any, ...]:
    """The preset's own settings again, and what to do next."""
    said = jobs.status(text="New pictures: press “Make the analogy”.")
    return (*_preset(name), said, None)


def _picked(trials: Any, event: gr.SelectData) -> str:
    """The hypothesis behind a clicked thumbnail."""
    return str(trials[event.index][1])


def _after(pair: Any) -> Any:
    if pair is None:
        raise gr.Error("Make an analogy first.", print_exception=False)
    return pair[1]


def _picture(name: str) -> str:
    return starter(f"{name}.jpg")


def _stored(structure: str, appearance: str) -> tuple[str, str]:
    return _picture(structure), starter(f"{structure}_of_{appearance}.jpg")


def _starter(index: int) -> list[Any]:
    """A starter pair with its stored results."""
    pair = PAIRS[index]
    a, b = pair.structure, pair.appearance
    return [
        _picture(a), _picture(b), pair.preset, pair.granularity, pair.guide,
        jobs.status(text=HELLO), _stored(a, b), _stored(b, a), None, None, None,
    ]  # fmt: skip


def _result(label: str, structure: str, appearance: str) -> tuple[Any, Any, Any]:
    """A before/after slider and the buttons that send its result back."""
    with gr.Column(min_width=260):
        slider = gr.ImageSlider(
            _stored(structure, appearance), label=label, format="png", type="pil",
            slider_position=30, max_height=460, buttons=["download", "fullscreen"],
            interactive=False,
        )  # fmt: skip
        with gr.Row():
            use_a = gr.Button("Use as 1", size="sm", min_width=60)
            use_b = gr.Button("Use as 2", size="sm", min_width=60)
    return slider, use_a, use_b
