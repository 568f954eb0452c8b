"""Fits for somebody who watches: previews, time left, a way to stop, and a model in any case."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from i2i_core.checkpoint import build, continued, save
from i2i_core.device import best_device
from i2i_core.errors import InputError, check_range
from i2i_core.method import Method, Progress, Work
from i2i_core.methods import METHODS
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.optim import DivergedError
from i2i_core.sampling import every, fit_short_side
from i2i_core.sketches import DETECTORS, field, roughen, trace
from i2i_core.translation import open_model

PREVIEWED = 3  # pairs in a preview
SAID_EVERY = 1.0  # seconds between two records
MARGIN = 1.12  # the papers' 286 to 256, nearly
ROUGHENED = 3  # drawings of every photograph that is traced


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


def teach_pairs(
    a: Sequence[Image.Image] | None,
    b: Sequence[Image.Image],
    out: str | Path,
    *,
    steps: int = 1000,
    size: int = 128,
    start: str | Path | None = None,
    stop: str | Path | None = None,
    seconds: float = 600,
    about: str = "",
) -> Work:
    """Learn to make `b` out of `a`, picture by picture, or with None out of drawings traced from
    `b`; records and file as `teach`'s. `steps`, `size`, `start` as `learner`'s."""
    check_range("steps", steps, 1, 100_000)
    if a is None:
        yield Progress(0, 1, note=f"Tracing {len(b)} photographs")
        a, b = drawings_of(every(b), round(size * MARGIN))
        method = learner(1, steps=steps, size=size, start=start)
        takes = "sketch"
    else:
        method = learner(3, steps=steps, size=size, start=start)
        takes = ""
    yield from teach(method, a, b, out, stop=stop, seconds=seconds, about=about, takes=takes)


def learner(
    channels: int, *, steps: int, size: int, start: str | Path | None = None, seed: int = 0
) -> Method:
    """A pix2pixHD that is to learn pairs for so many `steps` at `size` pixels, from sources of 1
    channel (drawings) or 3; with `start`, going on from what that model has learnt, which is much
    faster where it fits. Raises InputError for a model that it cannot go on from."""
    name = "pix2pixhd"
    if start is None:
        settings = {**METHODS[name].presets["laptop"], "in_channels": channels}
        settings["noise"] = channels == 1
        settings |= {"size": size, "load_size": round(size * MARGIN), "steps": steps, "seed": seed}
        return build(name, settings).to(best_device())
    known = open_model(start)
    if type(known) is not METHODS[name] or known.channels[0] != channels:
        raise InputError(
            "To go on from a model it must be one that was taught on this page, or a shipped one, "
            f"and take {'drawings' if channels == 1 else 'pictures in colour'}. Choose another, "
            "or start from nothing."
        )
    settings = {**vars(known.config), "size": size, "load_size": round(size * MARGIN)}
    settings |= {"steps": steps, "coarse": 0.0, "ema": 0.995, "seed": seed}
    method = build(name, settings)
    continued(method, known)
    return method.to(best_device())


def drawings_of(
    photos: Iterable[Image.Image], size: int, seed: int = 0
) -> tuple[list[Image.Image], list[Image.Image]]:
    """Pairs from photographs alone: traced in several ways, and roughened, so that the model can
    read drawings by hand. Returns drawings and the photographs again, as often, with `size` pixels
    on the shorter side. Raises InputError for no photographs."""
    a: list[Image.Image] = []
    b: list[Image.Image] = []
    for number, photo in enumerate(photos):
        small = fit_short_side(photo.convert("RGB"), size)
        for variant in range(ROUGHENED):
            random = np.random.default_rng((seed, number, variant))
            detector = DETECTORS[variant % len(DETECTORS)]
            drawing = trace(small, detector, float(random.uniform(0, 0.7)))
            if variant and np.asarray(drawing).min() < 128:
                drawing = roughen(drawing, random)
            a.append(field(drawing))
            b.append(small)
    if not a:
        raise InputError("None of these pictures can be read. Give PNG or JPEG files.")
    return a, b


def preview(method: Method, samples: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """A sheet of `samples`, a column each: a picture of A, what the method makes of it, for two-way
    methods what that becomes on the way back, and for pairs its partner, in whose colours it is
    made if the method can choose them; a swapping autoencoder also gives each the texture of the
    next."""
    columns = []
    for number, (source, *partner) in enumerate(samples):
        made = method.translate(source, *partner)
        further = [method.translate(made, reverse=True)] if method.two_way else []
        if isinstance(method, SwappingAutoencoder):
            further = [method.translate(source, samples[(number + 1) % len(samples)][0])]
        columns.append([source, made, *further, *partner])
    width = max(column[0].width for column in columns)
    height = max(column[0].height for column in columns)
    sheet = Image.new("RGB", (len(columns) * width, len(columns[0]) * height), "white")
    for x, column in enumerate(columns):
        for y, picture in enumerate(column):
            sheet.paste(picture, (x * width, y * height))
    return sheet


def _samples(
    method: Method, a: Sequence[Image.Image], b: Sequence[Image.Image]
) -> list[list[Image.Image]]:
    """A few pictures of A spread over the side; of pairs, with their partners."""
    found: list[list[Image.Image]] = []
    # Collections are learnt from by crops, pairs nearly whole.
    side = int(
        getattr(getattr(method, "config", None), "size" if method.paired else "load_size", 256)
    )
    spread = range(0, len(a), max(1, len(a) // PREVIEWED))
    for index in [*spread, *(i for i in range(len(a)) if i not in spread)]:
        try:
            sample = [fit_short_side(a[index].convert("RGB"), side)]
            if method.paired and index < len(b):
                sample.append(b[index].convert("RGB").resize(sample[0].size))
        except InputError:
            continue  # the fit leaves it out as well, and says so
        found.append(sample)
        if len(found) == PREVIEWED:
            break
    if not found:
        raise InputError("None of these pictures can be read. Give PNG or JPEG files.")
    return found


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"
