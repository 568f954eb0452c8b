"""The one place where the core's work becomes Gradio's: GPU, progress, preview, errors."""

from __future__ import annotations

import functools
import html
import os
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
import spaces

from i2i_core.errors import InputError
from i2i_core.method import Progress, Work
from i2i_core.progress import last_picture

# On two cores a second job would make both slower; ZeroGPU gives each its own worker.
LIMIT = 4 if os.environ.get("SPACES_ZERO_GPU") else 1
COMPUTE: dict[str, Any] = {"concurrency_id": "compute", "concurrency_limit": LIMIT}
# A page's own listeners: not part of the API that developers see.
PRIVATE: dict[str, Any] = {"api_visibility": "private"}


def said_plainly(error: InputError) -> gr.Error:
    """The core's sentence as a message on the page, or in an API reply; never as a traceback."""
    return gr.Error(html.escape(str(error)), title="That did not work", print_exception=False)


def _seconds(work: Callable[..., Work], *arguments: Any, **settings: Any) -> int:
    """GPU seconds asked of ZeroGPU: large pictures get more, fits what they may take."""
    if "seconds" in settings:
        return int(min(settings["seconds"] + 15, 120))
    return 30 if (settings.get("size") or 256) > 512 else 15


@spaces.GPU(duration=_seconds)
def compute(work: Callable[..., Work], *arguments: Any, **settings: Any) -> Iterator[Progress]:
    """Run any work of the core, on the GPU where there is one.

    The only decorated function: ZeroGPU keeps one worker for each. What goes in and out is
    pickled there, so `work` must be a module's function, and pictures are PIL images.
    """
    try:
        yield from work(*arguments, **settings)
    except InputError as error:
        raise said_plainly(error) from None


def finish(work: Callable[..., Work], *arguments: Any, **settings: Any) -> Any:
    """Run `compute` to its end and return the last picture."""
    return last_picture(compute(work, *arguments, **settings))  # type: ignore[arg-type]


def plainly(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A handler whose InputErrors become messages."""

    @functools.wraps(handler)
    def wrapped(*arguments: Any, **settings: Any) -> Any:
        try:
            return handler(*arguments, **settings)
        except InputError as error:
            raise said_plainly(error) from None

    return wrapped


def status(progress: Progress | None = None, text: str = "") -> str:
    """A line of HTML: a bar and what happens."""
    if progress is None or progress.total == 1:  # nothing to measure yet
        text = text or (progress.note if progress else "")
        return f"<div class='i2i-status'>{html.escape(text)}</div>"
    return (
        "<div class='i2i-status'>"
        f"<progress value='{progress.step}' max='{progress.total}'></progress>"
        f"<span>{html.escape(text or progress.note)}</span></div>"
    )
