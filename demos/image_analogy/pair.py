"""Image analogy from two pictures: the arrangement of one, made of the stuff of the other."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from demos.image_analogy import answers
from demos.image_analogy.scribbles import build_editors, scribbles_of
from demos.shared import jobs, widgets
from examples.starters import PAIRS, RESULT_SIZE
from i2i_core.errors import InputError
from i2i_core.methods import structural_analogy as method
from i2i_core.pipelines.analogy import structural_analogy
from i2i_core.progress import Progress

HELLO = "This is a starter: drag the handles to compare, or add two pictures of yours."
FORTH, BACK = "1 made of 2", "2 made of 1"
# Those that say something; "paper" is "structure".
PRESETS = {name: changes for name, changes in method.StructuralAnalogy.presets.items() if changes}
CORRESPONDENCES = list(method.StructuralAnalogyConfig.allowed("correspondence")["choices"])
FIRST = PAIRS[0]  # stands on the page when it opens


class PairView(NamedTuple):
    """The components that change; as a handler's answer, what they are to show."""

    a: Any = gr.skip()
    b: Any = gr.skip()
    preset: Any = gr.skip()
    granularity: Any = gr.skip()
    correspondence: Any = gr.skip()
    status: Any = gr.skip()
    forth: Any = gr.skip()
    back: Any = gr.skip()
    trials: Any = gr.skip()
    guide_a: Any = gr.skip()  # what the correspondence saw in either picture
    guide_b: Any = gr.skip()


def build() -> None:
    """Lay out this part of the tab inside the current Blocks."""
    with gr.Row(elem_classes="i2i-two"):
        with gr.Column(min_width=320, elem_classes="i2i-in"):
            first, second = f"{FIRST.structure}.jpg", f"{FIRST.appearance}.jpg"
            a, b = widgets.PicturePair((first, "1 · Structure"), (second, "2 · Appearance"))
            with gr.Row():
                go = gr.Button("Make the analogy", variant="primary", scale=3, min_width=160)
                stop = gr.Button("Stop", variant="stop", scale=1, min_width=70)
            names = (f"{pair.structure}+{pair.appearance}.jpg" for pair in PAIRS)
            starters = widgets.thumbnails(names, "Or start from one of these")
        with gr.Column(min_width=320, elem_classes="i2i-out"):
            status = gr.HTML(jobs.status_line(HELLO))
            with gr.Row(equal_height=True):
                forth, *forth_buttons = _lay_out_result(FORTH, FIRST.structure, FIRST.appearance)
                back, *back_buttons = _lay_out_result(BACK, FIRST.appearance, FIRST.structure)
            guesses = _lay_out_guesses()
            answers.build(a, b)
            marks = build_editors(a, b)
        with gr.Column(min_width=320, elem_classes="i2i-set"):
            preset, granularity, correspondence, *more = _lay_out_settings()

    settings = preset, granularity, correspondence
    outputs = PairView(a, b, *settings, status, forth, back, *guesses)
    inputs = [a, b, *settings, *more, *marks]
    chosen = jobs.wire(outputs.trials.select, _chosen, outputs.trials, correspondence)
    running = [
        jobs.wire(event, make, inputs, outputs, status=status, compute=True)
        for event in (go.click, chosen.success)
    ]
    jobs.wire_stop(stop, running, status)
    jobs.wire(preset.input, _preset, preset, outputs)
    jobs.wire(starters.click, _starter, starters, outputs, cancels=running)
    for picture in (a, b):
        jobs.wire(picture.input, _new_question, preset, outputs, cancels=running)
    for result, buttons in ((forth, forth_buttons), (back, back_buttons)):
        for button, picture in zip(buttons, (a, b), strict=True):
            sent = jobs.wire(button.click, _after, result, picture, cancels=running)
            jobs.wire(sent.success, _new_question, preset, outputs)


def _lay_out_result(label: str, structure: str, appearance: str) -> tuple[Any, ...]:
    """A before/after slider and the buttons that send its result back."""
    with gr.Column(min_width=260):
        pictures = _stored(structure, appearance)
        slider = widgets.BeforeAfter(pictures, label=label, slider_position=30, max_height=460)
        with gr.Row():
            use_a = gr.Button("Use as 1", size="sm", min_width=60)
            use_b = gr.Button("Use as 2", size="sm", min_width=60)
    return slider, use_a, use_b


def _lay_out_guesses() -> tuple[Any, ...]:
    with gr.Accordion("How the page guessed what answers to what", open=False):
        gr.Markdown("Guesses for “1 made of 2”, best first. **Click one to finish it instead.**")
        trials = gr.Gallery(
            show_label=False, columns=3, height="auto", allow_preview=False, interactive=False,
            object_fit="contain", format="png", buttons=[],
        )  # fmt: skip
        with gr.Row():
            guide_a = widgets.Result(label="What it saw in 1", height=180)
            guide_b = widgets.Result(label="What it saw in 2", height=180)
    return trials, guide_a, guide_b


def _lay_out_settings() -> tuple[Any, ...]:
    preset = gr.Radio(list(PRESETS), value=FIRST.preset, label="What for")
    granularity = gr.Slider(
        0, 1, FIRST.granularity, step=0.05, label="Granularity",
        info="0 keeps only the large arrangement, 1 follows every detail",
    )  # fmt: skip
    with gr.Accordion("More settings", open=False):
        with gr.Row():
            sides, label = [256, 384, 512, 768], "Longer side, pixels"
            long_side = gr.Dropdown(sides, value=RESULT_SIZE, label=label, min_width=130)
            seed = widgets.Seed(min_width=100)
        correspondence = gr.Dropdown(
            CORRESPONDENCES, value=FIRST.correspondence, label="What answers to what",
            info="auto goes by what both show, or tries the others, small, and finishes the best",
        )  # fmt: skip
    return preset, granularity, correspondence, seed, long_side


def make(
    a: str | None, b: str | None, preset: str, granularity: float, correspondence: str,
    seed: int | None, long_side: int, marks_a: Any, marks_b: Any,
) -> Iterator[PairView]:  # fmt: skip
    """Both directions, one after the other; yields what to show after every level."""
    first = widgets.read(a, "the structure picture")
    second = widgets.read(b, "the appearance picture")
    settings = {
        "preset": preset, "granularity": granularity, "correspondence": correspondence,
        "seed": seed or 0, "long_side": long_side, "scribbles": scribbles_of(marks_a, marks_b),
    }  # fmt: skip
    guesses = PairView()
    for event in jobs.compute(structural_analogy, first, second, **settings):
        guesses = _guesses(event.result)
        status = jobs.status_line(f"{FORTH}: {event.note}", event)
        yield guesses._replace(status=status, forth=_before_after(first, event))
    for event in jobs.compute(structural_analogy, first, second, reverse=True, **settings):
        status = jobs.status_line(f"{BACK}: {event.note}", event)
        yield PairView(status=status, back=_before_after(second, event))
    # Sent once more: what lies in a closed accordion may have missed it.
    yield guesses._replace(status=jobs.status_line("Done. Drag the handles to compare."))


def _before_after(structure: Image.Image, event: Progress) -> Any:
    """The pair for the slider: small ones enlarged, so that nothing jumps, the last as made."""
    if event.picture is None:
        return gr.skip()
    last = event.step == event.total
    picture = event.picture if last else widgets.enlarged(event.picture, structure)
    return widgets.same_size(structure, picture), picture


def _guesses(result: method.AnalogyResult | None) -> PairView:
    """Trials as a gallery, best first, and both guides."""
    view = PairView()
    # One that was asked for has no trials: the earlier guesses stay to choose from.
    if result and result.tried:
        view = view._replace(trials=[(trial.picture, trial.name) for trial in result.tried])
    if result and result.guides:
        view = view._replace(guide_a=result.guides[0], guide_b=result.guides[1])
    return view


def _preset(name: str) -> PairView:
    """The preset's own settings."""
    return PairView(**PRESETS[name])


def _new_question(preset: str) -> PairView:
    """New pictures: the guess that was picked for the old ones is forgotten."""
    status = jobs.status_line("New pictures: press “Make the analogy”.")
    return _preset(preset)._replace(status=status, trials=None)


def _chosen(trials: Any, event: gr.SelectData) -> str:
    """The correspondence behind a clicked thumbnail."""
    return str(trials[event.index][1])


def _after(pair: Any) -> Any:
    if pair is None:
        raise InputError("Make an analogy first.")
    return pair[1]


def _picture(name: str) -> str:
    return widgets.starter(f"{name}.jpg")


def _stored(structure: str, appearance: str) -> tuple[str, str]:
    return _picture(structure), widgets.starter(f"{structure}_of_{appearance}.jpg")


def _starter(index: int) -> PairView:
    """A starter pair with its stored results."""
    pair = PAIRS[index]
    a, b = pair.structure, pair.appearance
    return PairView(
        _picture(a), _picture(b), pair.preset, pair.granularity, pair.correspondence,
        jobs.status_line(HELLO), _stored(a, b), _stored(b, a), None, None, None,
    )  # fmt: skip
