"""Pictures through a model file, prepared as it takes them: drawings tidied, labels exact."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL.Image import Image, Resampling

from i2i_core.checkpoints.model_zoo import LoadedModel
from i2i_core.errors import MAX_SEED, InputError, check_range
from i2i_core.images.files import check_image
from i2i_core.images.line_drawings import field, tidy
from i2i_core.images.sizes import fit_short_side
from i2i_core.labels import maps
from i2i_core.labels.colours import nearest_colour
from i2i_core.labels.palettes import LABEL_SETS
from i2i_core.progress import Work

MIN_SHORT_SIDE = 16  # that one may ask for
MAX_SHORT_SIDE = 1024  # pixels that other pictures than drawings and label maps keep
# What models take and make besides sketches and any picture: label maps of these colours.
PALETTES = {f"labels:{name}": tuple(colours.values()) for name, colours in LABEL_SETS.items()}


def translate(
    picture: Image, model: LoadedModel, *, reference: Image | None = None, seed: int = 0,
    short_side: int | None = None, reverse: bool = False,
) -> Work:  # fmt: skip
    """Translate `picture` with a model; the last record holds the result.

    `short_side`, pixels: by default drawings and label maps get the size that the model learnt at,
    whose strokes it knows; other pictures keep theirs, up to MAX_SHORT_SIDE. `reference`: what the
    translation should be like, for models that take one; `seed`: one of several translations.
    Models of sketches take drawings in any pen, models of labels about the labels' colours. Raises
    InputError for an empty drawing, a reference that is not taken, and what is out of range."""
    takes = model.info.takes
    picture = check_image(picture, "The picture", flatten=takes != "sketch")
    if reference is not None:
        reference = check_image(reference, "The reference picture")
    if short_side is None:
        working_size = model.method.capabilities.working_size or 256
        short_side = working_size if takes else min(*picture.size, MAX_SHORT_SIDE)
    else:
        check_range("short side", short_side, MIN_SHORT_SIDE, 4096)
    source = prepare(picture, takes, short_side)
    yield from translate_prepared(source, model, reference, seed=seed, reverse=reverse)


def translate_prepared(
    source: Image, model: LoadedModel, reference: Image | None, *, seed: int, reverse: bool
) -> Work:
    """`translate` for a `source` that `prepare` made, and a `reference` that was checked."""
    check_range("seed", seed, 0, MAX_SEED)
    if reference is not None and not model.method.capabilities.takes_reference:
        raise InputError("This model takes no reference picture: leave it out.")
    palette = PALETTES.get(model.info.makes)
    for progress in model.method.render(source, reference, reverse=reverse, seed=seed):
        if progress.picture is not None and palette is not None:
            ids, _ = nearest_colour(np.asarray(progress.picture.convert("RGB")), palette)
            progress = replace(progress, picture=maps.encode(ids, palette))
        yield progress


class Prepared(Sequence[Image]):
    """Pictures, prepared when asked for as a model that `takes` this kind learnt to read them."""

    def __init__(self, pictures: Sequence[Image], takes: str, size: int) -> None:
        self.pictures, self.takes, self.size = pictures, takes, size

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Image:  # type: ignore[override]
        return prepare(self.pictures[index], self.takes, self.size)


def prepare(picture: Image, takes: str, size: int) -> Image:
    """`picture` as a model that `takes` this kind learnt to read it, its shorter side `size`."""
    if takes == "sketch":
        return field(tidy(fit_short_side(picture, size)))
    if takes in PALETTES:
        scale = size / min(picture.size)
        width, height = (max(size, round(side * scale)) for side in picture.size)
        # Blurred edges get no thin bands of a third label.
        ids = maps.fill_unlabelled(maps.decode(picture, PALETTES[takes]).ids)
        exact = maps.encode(ids, PALETTES[takes])
        return exact.resize((width, height), Resampling.NEAREST)
    return fit_short_side(picture, size)
