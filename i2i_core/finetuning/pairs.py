"""Fits of pairs for somebody who watches: pictures and partners, or photographs and tracings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from i2i_core.checkpoints.checkpoint import build, continued
from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.data.folders import every
from i2i_core.devices import best_device
from i2i_core.errors import InputError, check_range
from i2i_core.finetuning.run import teach
from i2i_core.images.line_drawings import DETECTORS, field, roughen, trace
from i2i_core.images.sizes import fit_short_side
from i2i_core.method import Method, Progress, Work
from i2i_core.methods import METHODS

MARGIN = 1.12  # the papers' 286 to 256, nearly
ROUGHENED = 3  # drawings of every photograph that is traced


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
