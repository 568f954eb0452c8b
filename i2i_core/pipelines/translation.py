"""Pictures through a model file, prepared as it takes them: drawings tidied, labels exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from i2i_core.checkpoints.model_zoo import describe, locate, open_model
from i2i_core.errors import check_range
from i2i_core.images.files import check_image
from i2i_core.images.line_drawings import field, tidy
from i2i_core.images.sizes import fit_short_side
from i2i_core.labels import maps as labels
from i2i_core.labels.colours import Colour, nearest_colour
from i2i_core.labels.palettes import LABEL_SETS
from i2i_core.method import Work


def translate(
    picture: Image.Image,
    model: str | Path,
    *,
    seed: int = 0,
    size: int | None = None,
    reverse: bool = False,
) -> Work:
    """Translate `picture` with a shipped model (by name) or a model's file; the last record holds
    the result. `size`: pixels of the shorter side. By default drawings and label maps get the size
    that the model learnt at, whose strokes it knows; other pictures keep theirs, up to 1024.

    What a model takes is made of whatever is given: a drawing in any pen for a model of sketches,
    any picture in about the right colours for one of labels. Raises InputError for files that are
    no models and for an empty drawing.
    """
    path = locate(model)
    kind = describe(path)
    method = open_model(path)
    check_range("seed", seed, 0, 2**32)
    given = check_image(picture, "The picture", flatten=kind.takes != "sketch")
    own = int(getattr(getattr(method, "config", None), "size", 256)) if kind.takes else 1024
    if size is not None:
        check_range("size", size, 16, 4096)
    side = size or (own if kind.takes else min(*given.size, own))
    for progress in method.render(prepare(given, kind.takes, side), reverse=reverse, seed=seed):
        shown = progress.picture
        if shown is not None and kind.makes in _palettes():
            shown = _nearest(shown, _palettes()[kind.makes])
        yield replace(progress, picture=shown)


class Prepared(Sequence[Image.Image]):
    """Pictures, prepared when asked for as a model that `takes` this kind learnt to read them."""

    def __init__(self, pictures: Sequence[Image.Image], takes: str, size: int) -> None:
        self.pictures, self.takes, self.size = pictures, takes, size

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        return prepare(self.pictures[index], self.takes, self.size)


def prepare(picture: Image.Image, takes: str, size: int) -> Image.Image:
    """`picture` as a model that `takes` this kind learnt to read it, its shorter side `size`."""
    if takes == "sketch":
        return field(tidy(fit_short_side(picture, size)))
    if takes in _palettes():
        scale = size / min(picture.size)
        width, height = (max(size, round(side * scale)) for side in picture.size)
        exact = _cleaned(picture, _palettes()[takes])
        return exact.resize((width, height), Image.Resampling.NEAREST)
    return fit_short_side(picture, size)


def _palettes() -> dict[str, Mapping[str, Colour]]:
    return {f"labels:{name}": colours for name, colours in LABEL_SETS.items()}


def _nearest(picture: Image.Image, palette: Mapping[str, Colour]) -> Image.Image:
    """Every pixel in the nearest colour of `palette`."""
    ids, _ = nearest_colour(np.asarray(picture.convert("RGB")), tuple(palette.values()))
    return labels.encode(ids, tuple(palette.values()))


def _cleaned(picture: Image.Image, palette: Mapping[str, Colour]) -> Image.Image:
    """The same for what a person brings: blurred edges get no thin bands of a third label."""
    colours = tuple(palette.values())
    ids = labels.fill_unlabelled(labels.decode(picture, colours).ids)
    return labels.encode(ids, colours)
