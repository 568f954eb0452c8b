"""What every fit on the page has in common: its limits, its pictures, its place, how it is shown
and stopped."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pandas as pd

from demos.shared import jobs, models
from i2i_core.data.folders import Folder
from i2i_core.errors import InputError
from i2i_core.progress import Progress

MAX_PICTURES = 200  # pictures
# A GPU that is lent by the second learns as much in one minute.
MAX_MINUTES = int(
    os.environ.get("I2I_FIT_MINUTES", "1" if os.environ.get("SPACES_ZERO_GPU") else "10")
)
LIMITS = (
    f"Here at most {MAX_PICTURES} pictures and {MAX_MINUTES} min; what was learnt by then is kept. On your "
    "own machine set `I2I_FIT_MINUTES`, or use `python -m i2i_core fit`. Pictures and model stay "
    "on this server for two hours at most, and nobody else is shown them."
)
# One at a time, and beside the other work: drawing goes on meanwhile.
QUEUE: dict[str, Any] = {"concurrency_id": "fit", "concurrency_limit": 1, "trigger_mode": "once"}


def gallery(label: str, height: int, visible: bool = True) -> gr.Gallery:
    """A place for many pictures, each a file of its own."""
    return gr.Gallery(
        label=label, type="filepath", height=height, columns=4, object_fit="contain",
        visible=visible, file_types=["image"], buttons=[], min_width=140,
    )  # fmt: skip


def folder(gallery: Any, what: str, fewest: int) -> Folder:
    """The pictures of a gallery. Raises InputError for too few and too many."""
    files = [Path(item[0]) for item in gallery or []]
    if len(files) < fewest:
        raise InputError(f"Add {fewest} {what} at least; 20 or more teach it well.")
    if len(files) > MAX_PICTURES:
        raise InputError(f"{len(files)} {what} are too many for this page: {MAX_PICTURES} at most.")
    return Folder("uploads", files)


def outcome(hello: str, preview: str, use: str) -> tuple[Any, Any, Any, Any, Any]:
    """Where a fit is watched: status, preview, losses, the button to use the model, its file."""
    status = gr.HTML(jobs.status(text=hello))
    picture = gr.Image(
        label=preview, format="png", type="pil", interactive=False, height=460,
        buttons=["fullscreen"],
    )  # fmt: skip
    losses = losses_plot()
    button = gr.Button(use, visible=False)
    file = gr.File(
        label="The model: download it, bring it back another day", height=90, visible=False
    )
    return status, picture, losses, button, file


def losses_plot() -> gr.LinePlot:
    """Where `shown` draws the losses."""
    return gr.LinePlot(
        x="step", y="value", color="loss", height=220, title="Losses", buttons=[], visible=False
    )


def wire(
    fit: Any, given: list[Any], controls: tuple[Any, ...], watched: tuple[Any, ...]
) -> gr.Button:
    """Wire a fit up: `controls` are the model's name, the state that holds its file, and the
    buttons that run `fit` on that file and what is `given`, and end it; `watched` is what `outcome`
    gave. Returns the button that uses the model."""
    name, target, go, halt = controls
    progress, picture, losses, use, file = watched
    quiet: dict[str, Any] = {"show_progress": "hidden", **jobs.PRIVATE}
    begun = go.click(begin, name, [target, progress, file, use, go], **quiet)
    fitted = begun.success(
        fit, [target, *given], [progress, picture, losses, file, use], **quiet, **QUEUE
    )
    fitted.then(lambda: gr.Button(interactive=True), None, go, **quiet)
    fitted.failure(lambda: jobs.status(text="That did not work."), None, progress, **quiet)
    halt.click(stop, target, progress, **quiet)
    return use


def shown(events: Iterable[Progress], target: str, use: str) -> Iterator[list[Any]]:
    """What to show of every record: status, preview, losses, and when all is done the model's file
    and the button to use it, whose name is `use`."""
    history: list[tuple[int, float, str]] = []
    event = Progress(0, 1)
    for event in events:
        history += [(event.step, value, name) for name, value in event.losses.items()]
        plot: Any = gr.skip()
        if event.picture is not None and event.losses:
            frame = pd.DataFrame(history, columns=["step", "value", "loss"])
            plot = gr.LinePlot(frame, visible=True)
        picture = gr.skip() if event.picture is None else event.picture
        yield [jobs.status(event), picture, plot, gr.skip(), gr.skip()]
    done = jobs.status(text=f"{event.note} Press {use}, or download it below.")
    yield [done, gr.skip(), gr.skip(), gr.File(target, visible=True),
           gr.Button(visible=True, variant="primary")]  # fmt: skip


def begin(name: str) -> list[Any]:
    """A place for the model, told to the page before the work starts, so that Stop finds it; the
    status, the model's file and the buttons "use" and "fit" while it runs."""
    plain = "".join(c for c in name if c.isalnum() or c in " ._-").strip(" .") or "model"
    waiting = jobs.status(text="Waiting for its turn: one fit at a time runs on this server.")
    hidden, busy = gr.Button(visible=False), gr.Button(interactive=False)
    return [str(models.new_file(plain)), waiting, gr.File(None, visible=False), hidden, busy]


def stop_file(target: str) -> str:
    """The file whose being there stops the fit of `target`."""
    return str(Path(target).with_suffix(".stop"))


def stop(target: str) -> Any:
    """Stop the fit of `target`, if there is one."""
    if not target:
        return jobs.status(text="Nothing is being fitted.")
    Path(stop_file(target)).touch()
    return gr.skip()
