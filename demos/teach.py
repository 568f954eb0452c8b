"""Teach it: pairs, or photographs that are traced, become a model while the visitor watches."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import pandas as pd

from demos import jobs, models
from i2i_core.checkpoint import ENDING
from i2i_core.errors import InputError
from i2i_core.folders import Folder, Half
from i2i_core.progress import Progress
from i2i_core.teaching import teach_pairs

TRACED, SIDES, GALLERIES = "photographs: trace them", "side by side", "two galleries"
MOST = 200  # pictures
FEWEST = 3
# A GPU that is lent by the second learns as much in one minute.
MINUTES = int(os.environ.get("I2I_FIT_MINUTES", "1" if os.environ.get("SPACES_ZERO_GPU") else "10"))
LIMITS = (
    f"Here at most {MOST} pictures and {MINUTES} min; what was learnt by then is kept. On your "
    "own machine set `I2I_FIT_MINUTES`, or use `python -m i2i_core fit`. Pictures and model stay "
    "on this server for two hours at most, and nobody else is shown them."
)
NOTHING = "nothing"
FIT: dict[str, Any] = {"concurrency_id": "fit", "concurrency_limit": 1}  # drawing goes on meanwhile


def build(model: gr.Dropdown, own: gr.State, parts: gr.Tabs) -> None:
    """Lay out this part inside the current Blocks; `model` is the canvas's chooser, in `parts`, and
    `own` what the visitor has added to it."""
    target = gr.State("")
    with gr.Row():
        with gr.Column(min_width=320):
            what = gr.Radio([TRACED, SIDES, GALLERIES], value=TRACED, label="1 · What you have")
            photos = _gallery("Photographs of one kind of thing: shoes, dogs, your mug", 260)
            sides = _gallery("Each picture shows the source left and the wanted one right", 260)
            with gr.Row(visible=False) as both:
                sources = _gallery("Sources", 220, visible=True)
                wanted = _gallery("What each becomes, in the same order", 220, visible=True)
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
            gr.Markdown(LIMITS)
        with gr.Column(min_width=320):
            progress = gr.HTML(jobs.status(text="3 · Add pictures and press Fit."))
            picture = gr.Image(
                label="Source, what the model makes of it, and what it should be", format="png",
                type="pil", interactive=False, height=460, buttons=["fullscreen"],
            )  # fmt: skip
            losses = gr.LinePlot(
                x="step", y="value", color="loss", height=220, title="Losses", buttons=[],
                visible=False,
            )  # fmt: skip
            use = gr.Button("Draw with it", visible=False)
            file = gr.File(label="4 · The model: download it, bring it back another day",
                           height=90, visible=False)  # fmt: skip

    quiet: dict[str, Any] = {"show_progress": "hidden", **jobs.PRIVATE}
    what.change(
        lambda kind: [gr.Gallery(visible=kind == TRACED), gr.Gallery(visible=kind == SIDES),
                      gr.Row(visible=kind == GALLERIES), _usual_start(kind)],
        what, [photos, sides, both, start], **quiet,
    )  # fmt: skip
    own.change(lambda own: gr.Dropdown(choices=_starts(own)), own, start, **quiet)
    begun = go.click(_begin, name, [target, progress, file, use, go], **quiet)
    fitted = begun.success(
        fit, [target, what, photos, sides, sources, wanted, steps, size, start],
        [progress, picture, losses, file, use], **quiet, **FIT, trigger_mode="once",
    )  # fmt: skip
    fitted.then(lambda: gr.Button(interactive=True), None, go, **quiet)
    fitted.failure(lambda: jobs.status(text="That did not work."), None, progress, **quiet)
    stop.click(_stop, target, progress, **quiet)
    use.click(_use, [target, own], [own, model, parts], **quiet)


def fit(
    target: str, what: str, photos: Any, sides: Any, sources: Any, wanted: Any, steps: float,
    size: float, start: str,
) -> Iterator[list[Any]]:  # fmt: skip
    """Learn, showing how it goes; at the end the model's file."""
    a, b = jobs.plainly(pairs)(what, photos, sides, sources, wanted)
    history: list[tuple[int, float, str]] = []
    event = Progress(0, 1)
    for event in jobs.compute(
        teach_pairs, a, b, target, steps=int(steps), size=int(size), seconds=60 * MINUTES,
        start=None if start == NOTHING else start, stop=_stop_file(target),
        about=f"{Path(target).stem}: taught on the page",
    ):  # fmt: skip
        history += [(event.step, value, name) for name, value in event.losses.items()]
        plot: Any = gr.skip()
        if event.picture is not None and event.losses:
            frame = pd.DataFrame(history, columns=["step", "value", "loss"])
            plot = gr.LinePlot(frame, visible=True)
        shown = gr.skip() if event.picture is None else event.picture
        yield [jobs.status(event), shown, plot, gr.skip(), gr.skip()]
    done = jobs.status(text=f"{event.note} Press “Draw with it”, or download it below.")
    yield [done, gr.skip(), gr.skip(), gr.File(target, visible=True),
           gr.Button(visible=True, variant="primary")]  # fmt: skip


def pairs(
    what: str, photos: Any, sides: Any, sources: Any, wanted: Any
) -> tuple[Sequence[Any] | None, Sequence[Any]]:
    """What a visitor brought, as sides A and B; A is None for photographs to be traced. Raises
    InputError for too few, too many, and sides of different lengths."""
    if what == TRACED:
        return None, _folder(photos, "photographs")
    if what == SIDES:
        both = _folder(sides, "side-by-side pictures")
        for index in range(len(both)):
            Half(both, right=False)[index]  # says which one is no pair of pictures
        return Half(both, right=False), Half(both, right=True)
    a, b = _folder(sources, "sources"), _folder(wanted, "wanted pictures")
    if len(a) != len(b):
        raise InputError(
            f"There are {len(a)} sources and {len(b)} wanted pictures: give one for each."
        )
    return a, b


def _folder(gallery: Any, what: str) -> Folder:
    files = [Path(item[0]) for item in gallery or []]
    if len(files) < FEWEST:
        raise InputError(f"Add {FEWEST} {what} at least; 20 or more teach it well.")
    if len(files) > MOST:
        raise InputError(f"{len(files)} {what} are too many for this page: {MOST} at most.")
    return Folder("uploads", files)


def _gallery(label: str, height: int, visible: bool | None = None) -> gr.Gallery:
    return gr.Gallery(
        label=label, type="filepath", height=height, columns=4, object_fit="contain",
        visible=label.startswith("Photographs") if visible is None else visible,
        file_types=["image"], buttons=[], min_width=140,
    )  # fmt: skip


def _usual_start(kind: str) -> str:
    """The shipped model whose sources are most like these."""
    return str(models.shipped_path("pix2pix.cats" if kind == TRACED else "pix2pix.facades"))


def _starts(own: list[str]) -> list[tuple[str, str]]:
    known = [choice for choice in models.choices(own) if models.can_go_on(choice[1])]
    return [(NOTHING, NOTHING), *known]


def _begin(name: str) -> list[Any]:
    """A place for the model, told to the page before the work starts, so that Stop finds it."""
    plain = "".join(c for c in name if c.isalnum() or c in " ._-").strip(" .") or "model"
    waiting = jobs.status(text="Waiting for its turn: one fit at a time runs on this server.")
    hidden, busy = gr.Button(visible=False), gr.Button(interactive=False)
    return [str(models.new_file(plain)), waiting, gr.File(None, visible=False), hidden, busy]


def _stop_file(target: str) -> str:
    return str(Path(target).with_suffix(".stop"))


def _stop(target: str) -> Any:
    if not target:
        return jobs.status(text="Nothing is being fitted.")
    Path(_stop_file(target)).touch()
    return gr.skip()


def _use(target: str, own: list[str]) -> list[Any]:
    own = [*own, target] if target not in own else own
    return [own, models.chooser(own, target), gr.Tabs(selected="draw")]


__all__ = ["ENDING", "build", "fit", "pairs"]
