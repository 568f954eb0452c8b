"""Pictures through a model file, prepared as it takes them: drawings tidied, labels exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from i2i_core import labels
from i2i_core.checkpoint import load
from i2i_core.device import best_device
from i2i_core.errors import InputError, check_range
from i2i_core.images import check_image
from i2i_core.label_colours import Colour, nearest_colour
from i2i_core.label_sets import LABEL_SETS
from i2i_core.method import Method, Work
from i2i_core.sampling import fit_short_side
from i2i_core.sketches import field, tidy
from i2i_core.weights import describe, locate

KEPT = 4  # models held in memory


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


def open_model(path: str | Path) -> Method:
    """The model in the file, ready on the best device; those used last are kept in memory."""
    path = Path(path).resolve()
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        raise InputError(f"There is no file {path.name}. Check the path.") from None
    return _opened(path, changed)


@lru_cache(maxsize=KEPT)
def _opened(path: Path, changed: int) -> Method:
    return load(path, device=best_device())


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
