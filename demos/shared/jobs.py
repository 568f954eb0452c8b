"""The core's work on the page: GPU, progress, Stop, errors as messages, listeners."""

import functools
import html
import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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


@contextmanager
def gradio_errors() -> Iterator[None]:
    """InputErrors inside become messages on the page or in an API reply, never a traceback."""
    try:
        yield
    except InputError as error:
        title = "That did not work"
        raise gr.Error(html.escape(str(error)), title=title, print_exception=False) from None


def with_gradio_errors(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A handler, a function or a generator, whose InputErrors become messages."""
    if not inspect.isgeneratorfunction(handler):
        return gradio_errors()(handler)

    @functools.wraps(handler)
    def generator(*arguments: Any, **settings: Any) -> Iterator[Any]:
        with gradio_errors():
            yield from handler(*arguments, **settings)

    return generator


def _seconds(*_: Any, **settings: Any) -> int:
    """GPU seconds asked of ZeroGPU: large pictures get more, fits what they may take."""
    if "seconds" in settings:
        return int(min(settings["seconds"] + 15, 120))
    return 30 if (settings.get("long_side") or settings.get("short_side") or 256) > 512 else 15


@spaces.GPU(duration=_seconds)  # type: ignore[untyped-decorator]
def compute(work: Callable[..., Any], *arguments: Any, **settings: Any) -> Iterator[Any]:
    """Run any work of the core, on the GPU where there is one; a plain function's value comes as
    the only one. A ModelInfo among the arguments is opened here, and `work` given the LoadedModel.
    The only decorated function: ZeroGPU keeps one worker for each. What goes in and out is
    pickled there, so `work` must be a module's function, and pictures are PIL images."""
    with gradio_errors():
        settings = {name: _opened(value) for name, value in settings.items()}
        result = work(*map(_opened, arguments), **settings)
        yield from result if inspect.isgenerator(result) else [result]


def call(function: Callable[..., Any], *arguments: Any, **settings: Any) -> Any:
    """`compute` a plain function and return its value."""
    *_, value = compute(function, *arguments, **settings)
    return value


def finish(work: Callable[..., Any], *arguments: Any, **settings: Any) -> Image:
    """Run `compute` to its end and return the last picture."""
    return last_picture(compute(work, *arguments, **settings))


def _opened(value: Any) -> Any:
    return open_model(value) if isinstance(value, ModelInfo) else value


def wire(
    event: Callable[..., Any], handler: Callable[..., Any], inputs: Any, outputs: Any, *,
    status: gr.HTML | None = None, compute: bool = False, latest: bool = False,
    cancels: Sequence[Any] = (), **settings: Any,
) -> Any:  # fmt: skip
    """Have `handler` answer an `event` of the page, out of the developers' sight, with InputErrors
    as messages; returns Gradio's dependency. `compute`: it waits its turn with other heavy work;
    `latest`: of further events meanwhile only the last one counts. When it fails, `status`, one of
    its outputs, says so. What still runs of `cancels` is ended before. `settings` are Gradio's."""
    settings = {"show_progress": "hidden", **PRIVATE, **settings}
    if compute:
        settings |= COMPUTE
    if latest:
        settings["trigger_mode"] = "always_last"
    # By listeners of their own: one that has a handler as well would cancel after its answer, and
    # one of several would wait for each in turn, and then end what was begun meanwhile.
    for running in cancels:
        event(None, cancels=[running], **PRIVATE)
    handler = with_gradio_errors(handler)
    if status is not None:
        handler = _with_failed_status(handler, outputs, status)
    return event(handler, inputs, outputs, **settings)


def _with_failed_status(handler: Callable[..., Any], outputs: Any, status: gr.HTML) -> Any:
    """`handler` as a generator whose last record, when it fails, is FAILED in the `status`. A
    listener for failures would also hear of what was cancelled."""
    outputs = outputs if isinstance(outputs, Sequence) else [outputs]
    failure = [status_line(FAILED) if output is status else gr.skip() for output in outputs]

    @functools.wraps(handler)
    def generator(*arguments: Any, **settings: Any) -> Iterator[Any]:
        try:
            result = handler(*arguments, **settings)
            yield from result if inspect.isgenerator(result) else [result]
        except Exception:
            yield failure if len(failure) > 1 else failure[0]
            raise

    return generator


def wire_stop(button: gr.Button, running: Sequence[Any], status: gr.HTML) -> None:
    """Have `button` end what is `running`; what was made so far stays."""
    wire(button.click, lambda: status_line(STOPPED), None, status, cancels=running)


def endpoint(function: Callable[..., Any], inputs: Any, outputs: Any, **settings: Any) -> None:
    """Have developers call `function` by its name, its signature and docstring being the reference;
    `inputs` are labelled as its parameters. InputErrors reach them as messages. It waits its turn,
    unless Gradio's `settings` differ."""
    for component, name in zip(inputs, inspect.signature(function).parameters, strict=True):
        component.label = name
    gr.Button(visible=False).click(
        with_gradio_errors(function), inputs, outputs, api_name=function.__name__,
        **{**COMPUTE, **settings},
    )  # fmt: skip


def status_line(text: str = "", progress: Progress | None = None) -> str:
    """A line of HTML: a bar, if there is something to measure, and what happens."""
    text = html.escape(text or (progress.note if progress else ""))
    if progress is not None and progress.total != 1:
        bar = f"<progress value='{progress.step}' max='{progress.total}'></progress>"
        text = f"{bar}<span>{text}</span>"
    return f"<div class='i2i-status'>{text}</div>"
