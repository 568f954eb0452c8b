"""Pictures through a model file, prepared as it takes them: drawings tidied, labels exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from i2i_core.checkpoints.model_zoo import LoadedModel
from i2i_core.errors import MAX_SEED, InputError, check_range
from i2i_core.images.files import check_image
from i2i_core.images.line_drawings import field, tidy
from i2i_core.images.sizes import fit_short_side
from i2i_core.labels import maps
from i2i_core.labels.colours import Colour, nearest_colour
from i2i_core.labels.palettes import LABEL_SETS
from i2i_core.progress import Work

MIN_SHORT_SIDE = 8
MAX_SHORT_SIDE = 1024  # pixels that other pictures than drawings and label maps keep


def translate(
    picture: Image.Image,
    model: LoadedModel,
    *,
    reference: Image.Image | None = None,
    seed: int = 0,
    short_side: int | None = None,
    reverse: bool = False,
) -> Work:
    """Translate `picture` with a model; the last record holds the result. `short_side`, pixels: by
    default drawings and label maps get the size that the model learnt at, whose strokes it knows;
    other pictures keep theirs, up to MAX_SHORT_SIDE. `reference` is a picture that the translation
    should be like, for models that take one; `seed` another translation, where there are several.

    What a model takes is made of whatever is given: a drawing in any pen for a model of sketches,
    any picture in about the right colours for one of labels. Raises InputError for an empty
    drawing, a reference that the model does not take, and what is out of range.
    """
    takes, makes = model.info.takes, model.info.makes
    can = model.method.capabilities
    check_range("seed", seed, 0, MAX_SEED)
    if reference is not None:
        if not can.takes_reference:
            raise InputError("This model takes no reference picture: leave it out.")
        reference = check_image(reference, "The reference picture")
    source = check_image(picture, "The picture", flatten=takes != "sketch")
    if short_side is None:
        usual = can.working_size or 256
        short_side = usual if takes else min(*source.size, MAX_SHORT_SIDE)
    check_range("short side", short_side, MIN_SHORT_SIDE, 4096)
    prepared = prepare(source, takes, short_side)
    for progress in model.method.render(prepared, reference, reverse=reverse, seed=seed):
        shown = progress.picture
        if shown is not None and makes in _palettes():
            shown = _nearest(shown, _palettes()[makes])
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
    return maps.encode(ids, tuple(palette.values()))


def _cleaned(picture: Image.Image, palette: Mapping[str, Colour]) -> Image.Image:
    """The same for what a person brings: blurred edges get no thin bands of a third label."""
    colours = tuple(palette.values())
    ids = maps.fill_unlabelled(maps.decode(picture, colours).ids)
    return maps.encode(ids, colours)
