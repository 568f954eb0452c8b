"""Fits of textures for somebody who watches: one gallery, from a shipped model on."""

from pathlib import Path

from i2i_core.data.batches import Pictures
from i2i_core.finetuning.run import PREVIEW_S, Destination, Pace, run_fit, stops_by_file
from i2i_core.finetuning.starts import Start, find_recipe
from i2i_core.method import Method
from i2i_core.progress import Work

RECIPE = "swapping autoencoder"
STEPS = 600


def finetune_textures(
    pictures: Pictures, out: str | Path, *, recipe: str = RECIPE, steps: int = STEPS,
    model: Start = None, stop: str | Path | None = None, seconds: float = 600, about: str = "",
) -> Work:  # fmt: skip
    """Learn to swap the textures of `pictures` by a recipe of "textures"; with a `model`, going on
    from that. Records and file as `run_fit`'s; a file `stop` ends it."""
    method = start_textures(steps, recipe, model)
    pace = Pace(preview=PREVIEW_S, limit=seconds)
    destination = Destination(Path(out), about)
    yield from run_fit(method, pictures, pictures, destination, stop=stops_by_file(stop), pace=pace)


def start_textures(steps: int, recipe: str = RECIPE, model: Start = None, seed: int = 0) -> Method:
    """The method that is to learn textures by this recipe; see `Recipe.start`."""
    choice = find_recipe("textures", recipe, steps)
    presets = ("short",) if "short" in choice.kind.presets else ()
    return choice.start(model, *presets, steps=steps, seed=seed)
