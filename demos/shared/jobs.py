"""The one place where the core's work becomes Gradio's: GPU, progress, errors, listeners."""

from __future__ import annotations

import functools
import html
import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr
import spaces
from PIL.Image import Image

from i2i_core.checkpoints.model_zoo import ModelInfo, open_model
from i2i_core.errors import InputError
from i2i_core.progress import Progress, last_picture

# On two cores a second job would make both slower; ZeroGPU gives each its own worker.
LIMIT = 4 if os.environ.get("SPACES_ZERO_GPU") else 1
COMPUTE: dict[str, Any] = {"concurrency_id": "compute", "concurrency_limit": LIMIT}
# A page's own listeners: not part of the API that developers see.
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
FAILED = "That did not work."
STOPPED = "Stopped. What was made so far stays."


def as_gradio_error(error: InputError) -> gr.Error:
    """The core's sentence as a message on the page, or in an API reply; never as a traceback."""
    return gr.Error(html.escape(str(error)), title="That did not work", print_exception=False)


def with_gradio_errors(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A handler, a function or a generator, whose InputErrors become messages."""
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def generator(*arguments: Any, **settings: Any) -> Iterator[Any]:
            try:
                yield from handler(*arguments, **settings)
            except InputError as error:
                raise as_gradio_error(error) from None

        return generator

    @functools.wraps(handler)
    def function(*arguments: Any, **settings: Any) -> Any:
        try:
            return handler(*arguments, **settings)
        except InputError as error:
            raise as_gradio_error(error) from None

    return function


def _seconds(work: Callable[..., Any], *arguments: Any, **settings: Any) -> int:
    """GPU seconds asked of ZeroGPU: large pictures get more, fits what they may take."""
    if "seconds" in settings:
        return int(min(settings["seconds"] + 15, 120))
    return 30 if (settings.get("long_side") or settings.get("short_side") or 256) > 512 else 15


@spaces.GPU(duration=_seconds)
def compute(work: Callable[..., Any], *arguments: Any, **settings: Any) -> Iterator[Any]:
    """Run any work of the core, on the GPU where there is one; a plain function's value comes as
    the only one. A ModelInfo among the arguments is opened here, and `work` given the LoadedModel.

    The only decorated function: ZeroGPU keeps one worker for each. What goes in and out is
    pickled there, so `work` must be a module's function, and pictures are PIL images.
    """
    try:
        arguments = tuple(_opened(argument) for argument in arguments)
        made = work(*arguments, **{name: _opened(value) for name, value in settings.items()})
        if inspect.isgenerator(made):
            yield from made
        else:
            yield made
    except InputError as error:
        raise as_gradio_error(error) from None


def call(function: Callable[..., Any], *arguments: Any, **settings: Any) -> Any:
    """`compute` a plain function and return its value."""
    *_, value = compute(function, *arguments, **settings)
    return value


def finish(work: Callable[..., Any], *arguments: Any, **settings: Any) -> Image:
    """Run `compute` to its end and return the last picture."""
    return last_picture(compute(work, *arguments, **settings))  # type: ignore[arg-type]


def _opened(value: Any) -> Any:
    return open_model(value) if isinstance(value, ModelInfo) else value


def wire(
    event: Callable[..., Any],
    handler: Callable[..., Any],
    inputs: Any,
    outputs: Any,
    *,
    status: gr.HTML | None = None,
    compute: bool = False,
    latest: bool = False,
    **settings: Any,
) -> Any:
    """Have `handler` answer an `event` of the page, out of the developers' sight, with InputErrors
    as messages; returns Gradio's dependency. `compute`: it waits for its turn with other heavy
    work; `latest`: of further events meanwhile only the last one counts. When it fails, `status`
    says so. `settings` are Gradio's."""
    settings = {"show_progress": "hidden", **PRIVATE, **settings}
    if compute:
        settings |= COMPUTE
    if latest:
        settings["trigger_mode"] = "always_last"
    done = event(with_gradio_errors(handler), inputs, outputs, **settings)
    if status is not None:
        done.failure(lambda: status_line(FAILED), None, status, show_progress="hidden", **PRIVATE)
    return done


def wire_stop(button: gr.Button, running: Sequence[Any], status: gr.HTML) -> None:
    """Have `button` end what is `running`; what was made so far stays."""
    button.click(
        lambda: status_line(STOPPED), None, status, cancels=list(running),
        show_progress="hidden", **PRIVATE,
    )  # fmt: skip


def status_line(text: str = "", progress: Progress | None = None) -> str:
    """A line of HTML: a bar, if there is something to measure, and what happens."""
    text = html.escape(text or (progress.note if progress else ""))
    if progress is None or progress.total == 1:
        return f"<div class='i2i-status'>{text}</div>"
    return (
        "<div class='i2i-status'>"
        f"<progress value='{progress.step}' max='{progress.total}'></progress>"
        f"<span>{text}</span></div>"
    )
