"""Every fit on the page: its limits, pictures, controls, Stop, previews and losses."""

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
import pandas as pd

from demos.shared import jobs, models
from demos.shared.widgets import Result, files_of
from i2i_core.checkpoints.model_zoo import ModelInfo, model_info, open_model
from i2i_core.data.folders import Folder
from i2i_core.errors import InputError
from i2i_core.finetuning.starts import Recipe
from i2i_core.progress import Progress

MAX_PICTURES = 200  # pictures
# A GPU that is lent by the second learns as much in one minute.
_USUAL_MINUTES = "1" if os.environ.get("SPACES_ZERO_GPU") else "10"
MAX_MINUTES = int(os.environ.get("I2I_FIT_MINUTES", _USUAL_MINUTES))
LIMITS = (
    f"Here at most {MAX_PICTURES} pictures and {MAX_MINUTES} min; what was learnt by then is kept. "
    "On your own machine set `I2I_FIT_MINUTES`, or use `python -m i2i_core fit`. Pictures and "
    "model stay on this server for two hours at most, and nobody else is shown them."
)
# One at a time, and beside the other work: drawing goes on meanwhile.
QUEUE: dict[str, Any] = {"concurrency_id": "fit", "concurrency_limit": 1, "trigger_mode": "once"}


def folder(gallery: Any, what: str, fewest: int) -> Folder:
    """The pictures of a gallery. Raises InputError for too few and too many."""
    if len(gallery or []) < fewest:
        raise InputError(f"Add {fewest} {what} at least; 20 or more teach it well.")
    files = files_of(gallery, "gallery", what, MAX_PICTURES, " for this page")
    return Folder("uploads", [Path(file) for file in files])


class FitView(NamedTuple):
    """Where a fit is watched: components, or what they are to show."""

    status: Any = gr.skip()
    picture: Any = gr.skip()
    losses: Any = gr.skip()
    use: Any = gr.skip()  # a button that uses the model
    file: Any = gr.skip()


def outcome(hello: str, use: str, preview: str) -> FitView:
    """Lay out where a fit is watched, a column."""
    download = "The model: download it, bring it back another day"
    with gr.Column(min_width=320):
        return FitView(
            gr.HTML(jobs.status_line(hello)), Result(label=preview, height=460), losses_plot(),
            gr.Button(use, visible=False), gr.File(label=download, height=90, visible=False),
        )  # fmt: skip


def controls(name: str, label: str = "Name") -> tuple[gr.Textbox, tuple[gr.Button, gr.Button]]:
    """Lay out what a fit is run by: the model's name, and the buttons that begin and end it."""
    box = gr.Textbox(name, label=label, max_length=40)
    with gr.Row():
        go = gr.Button("Fit", variant="primary", min_width=100)
        halt = gr.Button("Stop and keep it", variant="stop", min_width=140)
    gr.Markdown(LIMITS)
    return box, (go, halt)


def losses_plot() -> gr.LinePlot:
    """Where losses are drawn."""
    return gr.LinePlot(
        x="step", y="value", color="loss", height=220, title="Losses", buttons=[], visible=False
    )


def wire(
    fit: Callable[..., Iterator[FitView]], inputs: list[Any], name: gr.Textbox | gr.State,
    buttons: tuple[gr.Button, gr.Button], view: FitView, chooser: models.Chooser, parts: gr.Tabs,
) -> None:  # fmt: skip
    """Wire a fit up: `buttons` run `fit` on the file that will hold the model, made of its `name`,
    and on the `inputs`; and end it. The model is used by the `chooser`, which is in `parts`."""
    (go, halt), target = buttons, gr.State("")
    start = jobs.wire(go.click, begin, name, [target, go, *view])
    run = jobs.wire(start.success, fit, [target, *inputs], view, status=view.status, **QUEUE)
    jobs.wire(run.then, lambda: gr.Button(interactive=True), None, go)
    jobs.wire(halt.click, stop, target, view.status)
    outputs = [chooser.visit_paths, chooser.dropdown, parts]
    jobs.wire(view.use.click, chooser.use, [target, chooser.visit_paths], outputs)


def watch(
    work: Callable[..., Any], target: str, *pictures: Any, use: str, steps: float, **settings: Any
) -> Iterator[FitView]:
    """Run the core's `work`, a fit, on `pictures` for so many `steps` within the limits of the page
    and yield what to show; `use` is the name of the button that uses the model."""
    history: list[tuple[int, float, str]] = []
    event: Progress = Progress(0, 1)
    for event in jobs.compute(
        work, *pictures, target, steps=int(steps), seconds=60 * MAX_MINUTES,
        stop=stop_file(target), about=f"{Path(target).stem}: taught on the page", **settings,
    ):  # fmt: skip
        history += [(event.step, value, name) for name, value in event.losses.items()]
        view = FitView(jobs.status_line(progress=event))
        if event.picture is not None:
            view = view._replace(picture=event.picture)
        if event.picture is not None and event.losses:
            frame = pd.DataFrame(history, columns=["step", "value", "loss"])
            view = view._replace(losses=gr.LinePlot(frame, visible=True))
        yield view
    status = jobs.status_line(f"{event.note} Press {use}, or download it below.")
    button = gr.Button(visible=True, variant="primary")
    yield FitView(status, use=button, file=gr.File(target, visible=True))


def begin(name: str) -> list[Any]:
    """While a fit runs: the model's place, told before so that Stop finds it; button; view."""
    plain = "".join(c for c in name if c.isalnum() or c in " ._-").strip(" .") or "model"
    status = jobs.status_line("Waiting for its turn: one fit at a time runs on this server.")
    waiting = FitView(status, use=gr.Button(visible=False), file=gr.File(None, visible=False))
    return [str(models.new_file(plain)), gr.Button(interactive=False), *waiting]


def stop_file(target: str) -> str:
    """The file whose being there stops the fit of `target`."""
    return str(Path(target).with_suffix(".stop"))


def stop(target: str) -> Any:
    """Stop the fit of `target`, if there is one."""
    if not target:
        return jobs.status_line("Nothing is being fitted.")
    Path(stop_file(target)).touch()
    return gr.skip()


NOTHING = "nothing"


def start_choices(visit_paths: list[str], recipe: Recipe) -> list[tuple[str, str]]:
    """Label and value of what a fit by `recipe` can start from."""
    return [(NOTHING, NOTHING), *((m.title, str(m.path)) for m in _starts(visit_paths, recipe))]


def usual_start(recipe: Recipe, channels: int = 3) -> str:
    """The first choice: a shipped model that makes pictures of sources of so many channels."""
    for model in _starts([], recipe):
        if model.capabilities.channels[0] == channels and not model.makes:
            return str(model.path)
    return NOTHING


def start_model(value: str | None) -> ModelInfo | None:
    """What a choice of `start_choices` means."""
    return None if not value or value == NOTHING else model_info(value)


def _starts(visit_paths: list[str], recipe: Recipe) -> list[ModelInfo]:
    """The models that a fit by `recipe` can go on from."""
    available = models.available(visit_paths, recipe.kind.capabilities.task)
    return [m for m in available if m.method == recipe.method and _is_trainable(m)]


@lru_cache(maxsize=64)
def _is_trainable(model: ModelInfo) -> bool:
    try:
        open_model(model).method.check_trainable()
    except InputError:
        return False
    return True
