"""Fits for somebody who watches: previews, time left, a way to stop, and a model in any case."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from i2i_core.checkpoints.checkpoint import save
from i2i_core.finetuning.preview import _samples, preview
from i2i_core.method import Method, Progress, Work
from i2i_core.training.optim import DivergedError

SAID_EVERY = 1.0  # seconds between two records


def teach(
    method: Method,
    a: Sequence[Image.Image],
    b: Sequence[Image.Image],
    out: str | Path,
    *,
    stop: str | Path | None = None,
    seconds: float = 600,
    preview_seconds: float = 6,
    about: str = "",
    takes: str = "",
    makes: str = "",
    finish: Callable[[], None] | None = None,
    **further: Any,
) -> Work:
    """Fit `method` and write the model to `out` (….safetensors), in half precision: when all steps
    are made, when `seconds` are over, when a file `stop` appears, or when this generator is closed.

    A record about every second: losses, what is left in words, now and then a picture (rows of
    source, translation, and for pairs the real one). `finish` is called before the model is
    written. `further` goes to `fit`. Raises InputError as
    `fit` does; what diverged is not written, nor what made no step.
    """
    out, stop = Path(out), Path(stop) if stop is not None else None
    began = said = previewed = time.monotonic()
    progress = Progress(0, 1)
    looked_at = _samples(method, a, b)
    first_step: int | None = None
    why, sound = "", True
    try:
        for progress in method.fit(a, b, **further):
            now = time.monotonic()
            if first_step is None:  # its time is not that of a step: things are set up
                began, first_step = now, progress.step
            if stop is not None and stop.exists():
                why = "Stopped"
            elif now - began > seconds:
                why = f"Stopped after {_time(seconds)}, which is the limit here"
            if why:
                break
            picture = None
            if now - previewed > preview_seconds or progress.step == first_step:
                picture = preview(method, looked_at)
                previewed = time.monotonic()
            if picture is not None or now - said > SAID_EVERY:
                said = now
                pace = (now - began) / max(1, progress.step - first_step)
                left = _time(pace * (progress.total - progress.step))
                note = f"Step {progress.step} of {progress.total}, about {left} left"
                if progress.step - first_step < 3:
                    note = "The first steps"
                yield Progress(progress.step, progress.total, progress.losses, picture, note)
    except DivergedError:
        sound = False
        raise
    finally:
        if method.learnt and sound and first_step is not None:
            if finish is not None:
                finish()
            save(method, out, half=True, about=about, takes=takes, makes=makes)
    picture = preview(method, looked_at)
    note = f"{why or 'Done'}: {progress.step} of {progress.total} steps were made."
    yield Progress(progress.step, progress.total, progress.losses, picture, note)


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"
