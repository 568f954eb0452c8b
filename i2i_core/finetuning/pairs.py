"""Fits of pairs for somebody who watches: pictures and partners, or photographs and tracings."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from i2i_core.data.batches import Pictures, Sides
from i2i_core.data.folders import readable
from i2i_core.errors import InputError, check_range
from i2i_core.finetuning.run import PREVIEW_S, Destination, Pace, run_fit, stops_by_file
from i2i_core.finetuning.starts import Start, find_recipe
from i2i_core.images.line_drawings import DETECTORS, field, roughen, trace
from i2i_core.images.sizes import fit_short_side
from i2i_core.method import Method
from i2i_core.progress import Progress, Work

RECIPE = "pix2pixHD"
STEPS = 1000
MARGIN = 1.12  # the papers' 286 to 256, nearly
TRACINGS = 3  # drawings of every photograph that is traced


def finetune_pairs(
    a: Pictures | None, b: Pictures, out: str | Path, *, recipe: str = RECIPE, steps: int = STEPS,
    crop_size: int = 128, model: Start = None, stop: str | Path | None = None, seconds: float = 600,
    about: str = "",
) -> Work:  # fmt: skip
    """Learn to make `b` out of `a`, picture by picture, or with None out of drawings traced from
    `b`; with a `model`, going on from that. Records and file as `run_fit`'s; a file `stop` ends it.
    Raises InputError for a recipe that there is not, and for a model that it cannot go on from."""
    check_range("steps", steps, 1, 100_000)
    channels, takes = (1, "sketch") if a is None else (3, "")
    if a is None:
        yield Progress(0, 1, note=f"Tracing {len(b)} photographs")
        a, b = drawings_of(readable(b), round(crop_size * MARGIN))
    method = start_pairs(channels, recipe=recipe, steps=steps, crop_size=crop_size, model=model)
    pace = Pace(preview=PREVIEW_S, limit=seconds)
    destination = Destination(Path(out), about, takes)
    yield from run_fit(method, a, b, destination, stop=stops_by_file(stop), pace=pace)


def start_pairs(
    channels: int, *, steps: int, crop_size: int, recipe: str = RECIPE, model: Start = None
) -> Method:
    """The method that is to learn pairs by this recipe; drawings have 1 channel, photographs 3."""
    start = find_recipe("pairs", recipe, steps).start
    if model is not None and model.method.capabilities.channels[0] != channels:
        kinds = "drawings", "pictures in colour"
        good, bad = kinds if channels == 1 else kinds[::-1]
        advice = f"choose a model that takes {good}, or start from nothing."
        raise InputError(f"{model.info.name} takes {bad}: {advice}")
    presets = ("sketch",) if channels == 1 and model is None else ()
    settings = {"crop_size": crop_size, "load_size": round(crop_size * MARGIN), "seed": 0}
    return start(model, *presets, steps=steps, **settings)


def drawings_of(photos: Iterable[Image.Image], short_side: int, seed: int = 0) -> Sides:
    """Pairs from photographs alone: tracings of several kinds, roughened as if drawn by hand, and
    the photograph of each, `short_side` pixels at least. Raises InputError for no photographs."""
    a, b = [], []
    for number, photo in enumerate(photos):
        small = fit_short_side(photo.convert("RGB"), short_side)
        for variant in range(TRACINGS):
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
