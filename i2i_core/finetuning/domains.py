"""Fits of domains for somebody who watches: two small collections, or one picture each."""

from pathlib import Path

from PIL import Image

from i2i_core.data.batches import Pictures, Sides
from i2i_core.finetuning.run import PREVIEW_S, Destination, Pace, run_fit, stops_by_file
from i2i_core.finetuning.starts import Start, find_recipe
from i2i_core.images.files import check_image
from i2i_core.method import Method
from i2i_core.progress import Work

RECIPE = "CUT"
STEPS = 1500
ZOOM = 2.0  # the shorter side of a picture, in crops
SINGLE_PAIR_RECIPE = "SinCUT"
SINGLE_PAIR_STEPS = 1200
SINGLE_PAIR_SIDE = 256  # pixels of the shorter side that one picture each is learnt at
SINGLE_PAIR_PREVIEW_S = 10.0


def finetune_domains(
    a: Pictures, b: Pictures, out: str | Path, *, recipe: str = RECIPE, steps: int = STEPS,
    model: Start = None, pairs: Sides | None = None, stop: str | Path | None = None,
    seconds: float = 600, about: str = "",
) -> Work:  # fmt: skip
    """Learn to make pictures like `b` out of pictures like `a` (two-way methods: and back) by a
    recipe of "domains"; with a `model`, going on from that. `pairs`: pictures that belong together,
    mixed in as implicit pairs. Records and file as `run_fit`'s; a file `stop` ends it."""
    method = start_domains(recipe, steps, model)
    pace = Pace(preview=PREVIEW_S, limit=seconds)
    destination = Destination(Path(out), about)
    yield from run_fit(method, a, b, destination, pairs=pairs, stop=stops_by_file(stop), pace=pace)


def start_domains(
    recipe: str, steps: int, model: Start = None, crop_size: int = 128, seed: int = 0
) -> Method:
    """The method that is to learn two domains by this recipe, from crops of so many pixels."""
    settings = {"crop_size": crop_size, "load_size": round(ZOOM * crop_size), "seed": seed}
    return find_recipe("domains", recipe, steps).start(model, steps=steps, **settings)


def finetune_single_pair(
    a: Image.Image, b: Image.Image, out: str | Path, *, recipe: str = SINGLE_PAIR_RECIPE,
    steps: int = SINGLE_PAIR_STEPS, stop: str | Path | None = None, seconds: float = 600,
    about: str = "",
) -> Work:  # fmt: skip
    """Learn from one picture each to make `a` look like `b`, by a recipe of "single pair"; as
    `finetune_domains` otherwise, with a preview as large as is learnt from."""
    start = find_recipe("single pair", recipe, steps).start
    method = start(None, steps=steps, load_size=SINGLE_PAIR_SIDE)
    sides = [check_image(a, "Picture 1")], [check_image(b, "Picture 2")]
    pace = Pace(preview=SINGLE_PAIR_PREVIEW_S, limit=seconds)
    destination = Destination(Path(out), about)
    yield from run_fit(method, *sides, destination, stop=stops_by_file(stop), pace=pace)
