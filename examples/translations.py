"""Starter pictures of the tab "Domain transfer": python -m examples.translations

Scenes drawn by code, translated by the shipped models; the results are kept in
`examples/starters/` and shown before the first click.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from examples.scenes import draw
from examples.starters import FOLDER
from i2i_core.checkpoints.model_zoo import SHIPPED, open_model
from i2i_core.finetuning.domains import finetune_single_pair
from i2i_core.images.files import open_image
from i2i_core.pipelines.analogy import structural_analogy
from i2i_core.pipelines.domain_transfer import transfer
from i2i_core.pipelines.translation import translate
from i2i_core.progress import last_picture

SIDE = 512
CELL = 224  # pixels of a picture in a sample grid
SCENES = {"meadow": ("lake", 3)}  # name of a starter: the scene and the seed that it is drawn with


class Translated(NamedTuple):
    """A stored translation: its name, the starter it is made of, the model, and the direction."""

    name: str
    source: str
    model: str
    reverse: bool = False


class OneEach(NamedTuple):
    """Starters to learn from, one picture each, and the names of both stored results."""

    source: str
    like: str
    instant: str
    fitted: str


# The first stands on the page when it opens.
TRANSLATIONS = (
    Translated("meadow_monet", "meadow", "cut.monet"),
    Translated("lake_winter", "lake", "cut.yosemite-winter"),
    Translated("fields_monet", "fields", "cyclegan.monet"),
    Translated("meadow_photo", "meadow_monet", "cyclegan.monet", reverse=True),
)
ONE_EACH = OneEach("fields", "meadow_monet", "fields_in_patches", "fields_learnt")


def sheet(model: str, sources: list[Image.Image], reverse: bool = False) -> Image.Image:
    """Two rows of a model's sample grid: pictures, and what the model makes of them."""
    loaded = open_model(model)
    results = [last_picture(transfer(source, loaded, reverse=reverse)) for source in sources]
    grid = Image.new("RGB", (len(sources) * CELL, 2 * CELL), "white")
    for y, row in enumerate((sources, results)):
        for x, picture in enumerate(row):
            small = picture.convert("RGB").resize((CELL, CELL), Image.Resampling.LANCZOS)
            grid.paste(small, (x * CELL, y * CELL))
    return grid


def main() -> None:
    """Draw, translate and keep everything; eight minutes, most of them for SinCUT."""
    FOLDER.mkdir(exist_ok=True)
    for name, (scene, seed) in SCENES.items():
        draw(scene, SIDE, seed).picture.save(FOLDER / f"{name}.jpg", quality=90)
    for name, source, model, reverse in TRANSLATIONS:
        picture = open_image(FOLDER / f"{source}.jpg")
        result = last_picture(transfer(picture, open_model(model), reverse=reverse))
        result.save(FOLDER / f"{name}.jpg", quality=90)
    scenes = [draw("lake", SIDE, seed).picture for seed in (3, 0, 5)]
    scenes += [draw("fields", SIDE, seed).picture for seed in (0, 2)]
    for model in sorted({translation.model for translation in TRANSLATIONS}):
        sheet(model, scenes).save(SHIPPED / f"{model}.jpg", quality=88)
    one, like = (open_image(FOLDER / f"{name}.jpg") for name in ONE_EACH[:2])
    result = last_picture(structural_analogy(one, like, preset="style", long_side=384))
    result.save(FOLDER / f"{ONE_EACH.instant}.jpg", quality=90)
    with tempfile.TemporaryDirectory() as folder:
        model_file = Path(folder) / "one.safetensors"
        for _ in finetune_single_pair(one, like, model_file, seconds=3600):
            pass
        result = last_picture(translate(one, open_model(model_file)))
    result.save(FOLDER / f"{ONE_EACH.fitted}.jpg", quality=90)


if __name__ == "__main__":
    main()
