"""The one driver of fits, for page and command line: previews, time left, stop, saving."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path

from i2i_core.checkpoints.checkpoint import save, save_training, training_path
from i2i_core.data.batches import Pictures, Sides
from i2i_core.data.implicit_pairs import ImplicitPairs
from i2i_core.errors import InputError
from i2i_core.finetuning.preview import choose_samples, preview
from i2i_core.method import Method
from i2i_core.progress import Progress, Work
from i2i_core.training.optim import DivergedError

PREVIEW_S = 6.0  # between two previews of a fit that is watched


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
        header = {"about": self.about, "takes": self.takes, "makes": self.makes}
        save(method, self.path, half=self.half, **header)
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
    method: Method, a: Pictures, b: Pictures, out: Destination | None, *,
    pairs: Sides | None = None, stop: Callable[[], bool] = lambda: False, pace: Pace | None = None,
    previewed: int = 3,
) -> Work:  # fmt: skip
    """Fit `method` and write the model `out`: when all steps are made, when the pace's limit is
    over, when `stop` says so, when this generator is closed, and at the pace's intervals. Of
    several processes only the first has an `out`. What diverged or made no step is not written.
    Records have the losses, what is left in words, and when one is due, and at the end, a preview
    of `previewed` pictures. `pairs` are mixed unmarked into both sides. Raises InputError as `fit`.
    """
    pace = pace or Pace()
    previews = out and (pace.preview < inf or pace.preview_steps)
    samples = choose_samples(method, a, b, previewed) if previews else []
    if pairs is not None:
        a, b = _with_pairs(method, a, b, pairs)
    clock = _Clock(pace)
    progress: Progress = Progress(0, 1)
    why, remark, sound = "", "", True
    try:
        for progress in method.fit(a, b):
            clock.tick(progress.step)
            why = "Stopped" if stop() else clock.limit_reached()
            if why or progress.step == progress.total:
                break
            picture = None
            if samples and clock.preview_is_due(progress.step):
                picture = preview(method, samples)
                clock.mark("preview")
            if out and clock.is_due("save"):
                out.write(method)
                clock.mark("save")
            if picture is not None or clock.is_due("record"):
                clock.mark("record")
                note = ". ".join(filter(None, (clock.what_is_left(progress), progress.note)))
                yield Progress(progress.step, progress.total, progress.losses, picture, note)
    except DivergedError:
        sound = False
        raise
    finally:
        if out and method.fitted and sound and clock.first_step is not None:
            remark = method.after_fit(a, b)
            out.write(method)
    picture = preview(method, samples) if samples else None
    note = f"{why or 'Done'}: {progress.step} of {progress.total} steps were made. {remark}"
    yield Progress(progress.step, progress.total, progress.losses, picture, note.strip())


def _with_pairs(method: Method, a: Pictures, b: Pictures, pairs: Sides) -> Sides:
    if not method.capabilities.mixes_pairs:
        raise InputError(f"{method.title} takes no pairs among its pictures: leave them out.")
    fraction = method.config.pair_fraction
    return ImplicitPairs(a, pairs[0], fraction), ImplicitPairs(b, pairs[1], fraction)


class _Clock:
    """What is due when. It starts with the end of the first step, in which things are set up."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.first_step: int | None = None
        began = time.monotonic()
        self.last = {"record": began, "preview": -inf, "save": began, "limit": began}

    def tick(self, step: int) -> None:
        """A step was made."""
        if self.first_step is None:
            self.first_step = step
            self.mark("limit")

    def limit_reached(self) -> str:
        """Why the fit ends now, in words, or ""."""
        if not self.is_due("limit"):
            return ""
        return f"Stopped after {_in_words(self.pace.limit)}, which is the limit here"

    def mark(self, what: str) -> None:
        """A "record", a "preview" or a "save" was made, or the time until the "limit" begins."""
        self.last[what] = time.monotonic()

    def is_due(self, what: str) -> bool:
        """Whether the next one is."""
        return time.monotonic() - self.last[what] > float(getattr(self.pace, what))

    def preview_is_due(self, step: int) -> bool:
        """Whether one is, by steps or by the clock, by which the first step has one."""
        every = self.pace.preview_steps
        return bool(every and step % every == 0) or self.is_due("preview")

    def what_is_left(self, progress: Progress) -> str:
        """How far the fit is and how long it will take, in words."""
        steps = progress.step - (self.first_step or 0)
        if steps < 3:
            return "The first steps"
        left = (time.monotonic() - self.last["limit"]) / steps * (progress.total - progress.step)
        return f"Step {progress.step} of {progress.total}, about {_in_words(left)} left"


def stops_by_file(path: str | Path | None) -> Callable[[], bool]:
    """Whether there is a file `path` by now: how another process stops a fit."""
    return (lambda: False) if path is None else Path(path).exists


def _in_words(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"
