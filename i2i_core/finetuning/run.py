"""Every fit that somebody watches, on the page and on the command line: previews, time left, a way
to stop, and a model in any case."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path

from i2i_core.checkpoints.checkpoint import save, save_training, training_path
from i2i_core.data.implicit_pairs import Pictures, mix_pairs
from i2i_core.errors import InputError
from i2i_core.finetuning.preview import choose_samples, preview
from i2i_core.method import Method
from i2i_core.progress import Progress, Work
from i2i_core.training.optim import DivergedError


@dataclass(frozen=True)
class Destination:
    """The model's file, what stands in its header (see `checkpoint.save`), whether in half
    precision, and whether a training file is written beside it, to go on with later."""

    path: Path
    about: str = ""
    takes: str = ""
    makes: str = ""
    half: bool = True
    with_training: bool = False

    def write(self, method: Method) -> None:
        """Write what the method has learnt by now."""
        save(
            method,
            self.path,
            half=self.half,
            about=self.about,
            takes=self.takes,
            makes=self.makes,
        )
        if self.with_training and method.fit_state is not None:
            save_training(method, training_path(self.path))


@dataclass(frozen=True)
class Pace:
    """How often what happens in a fit; seconds, but for `preview_steps`."""

    record: float = 1.0  # between two records; 0 for one every step
    preview: float = inf
    preview_steps: int = 0  # a preview every so many steps as well, 0 for none
    save: float = inf
    limit: float = inf  # of the whole fit


def run_fit(
    method: Method,
    a: Pictures,
    b: Pictures,
    out: Destination | None,
    *,
    pairs: tuple[Pictures, Pictures] | None = None,
    stop: Callable[[], bool] = lambda: False,
    pace: Pace | None = None,
    previewed: int = 3,
) -> Work:
    """Fit `method` and write the model `out`: when all steps are made, when the pace's limit is
    over, when `stop` says so, when this generator is closed, and at the pace's intervals. Of
    several processes only the first has an `out`.

    Records have the losses, what is left in words, and when one is due a preview of so many
    pictures as the picture; the last one has a preview in any case. `pairs` are mixed unmarked into
    both sides. Raises InputError as `fit` does; what diverged is not written, nor what made no
    step.
    """
    pace = pace or Pace()
    sides = a, b
    if pairs is not None:
        if not method.capabilities.mixes_pairs:
            raise InputError(f"{method.title} takes no pairs among its pictures: leave them out.")
        sides = mix_pairs(a, b, pairs, method.config.pair_fraction)
    samples = choose_samples(method, a, b, previewed) if out and _previews(pace) else []
    began = recorded = saved = time.monotonic()
    last_preview = -inf  # so that the first step has one, if previews come by the clock
    first_step: int | None = None
    progress: Progress = Progress(0, 1)
    why, remark, sound = "", "", True
    try:
        for progress in method.fit(*sides):
            now = time.monotonic()
            if first_step is None:  # its time is not that of a step: things are set up
                began, first_step = now, progress.step
            if stop():
                why = "Stopped"
            elif now - began > pace.limit:
                why = f"Stopped after {_in_words(pace.limit)}, which is the limit here"
            if why or progress.step == progress.total:
                break
            picture = None
            if samples and (
                now - last_preview > pace.preview
                or (pace.preview_steps and progress.step % pace.preview_steps == 0)
            ):
                picture = preview(method, samples)
                last_preview = time.monotonic()
            if out and now - saved > pace.save:
                out.write(method)
                saved = time.monotonic()
            if picture is not None or now - recorded > pace.record:
                recorded = now
                note = _what_is_left(progress, now - began, first_step)
                note += f". {progress.note}" if progress.note else ""
                yield Progress(progress.step, progress.total, progress.losses, picture, note)
    except DivergedError:
        sound = False
        raise
    finally:
        if out and method.fitted and sound and first_step is not None:
            remark = method.after_fit(*sides)
            out.write(method)
    picture = preview(method, samples) if samples else None
    note = f"{why or 'Done'}: {progress.step} of {progress.total} steps were made. {remark}"
    yield Progress(progress.step, progress.total, progress.losses, picture, note.strip())


def stop_file(path: str | Path | None) -> Callable[[], bool]:
    """Whether there is a file `path` by now: how another process stops a fit."""
    return (lambda: False) if path is None else Path(path).exists


def _previews(pace: Pace) -> bool:
    return pace.preview < inf or pace.preview_steps > 0


def _what_is_left(progress: Progress, seconds: float, first_step: int) -> str:
    steps = progress.step - first_step
    if steps < 3:
        return "The first steps"
    seconds_left = seconds / steps * (progress.total - progress.step)
    return f"Step {progress.step} of {progress.total}, about {_in_words(seconds_left)} left"


def _in_words(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"
