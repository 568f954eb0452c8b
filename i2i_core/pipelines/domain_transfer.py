"""Pictures from one domain to another, there and back again, and blended with what they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from i2i_core.checkpoints.checkpoint import ENDING
from i2i_core.checkpoints.model_zoo import describe, locate, open_model
from i2i_core.errors import InputError, check_range
from i2i_core.images.files import check_image
from i2i_core.method import Progress, Work
from i2i_core.pipelines.translation import prepare, translate
from i2i_core.progress import last_picture

SMALLEST, LARGEST = 32, 1536  # pixels of the shorter side, unless another size is asked for
BACK = "back"  # name of the picture that went there and back, among the extras
MOST = 2.0  # strength


def transfer(
    picture: Image.Image,
    model: str | Path,
    *,
    reverse: bool = False,
    strength: float = 1.0,
    keep_colours: bool = False,
    size: int | None = None,
    back: bool = False,
) -> Work:
    """Translate `picture` to the model's other domain; the last record holds the result.

    `size`: pixels of the shorter side to translate at, by default `usual_size`. Strokes
    have a size in pixels: the smaller the picture, the broader they are in it. `strength` and
    `keep_colours`: see `blend`. With `back`, two-way models translate their translation back again:
    the last record's extras hold it as BACK, its losses the "cycle error", the mean difference to
    the picture in grey levels. Raises InputError for models that have no domains.
    """
    path = locate(model)
    method = open_model(path)
    if method.paired or describe(path).takes:
        raise InputError(
            f"{path.name.removesuffix(ENDING)} learnt from pairs, not from domains: use it where "
            "sketches become photographs."
        )
    if reverse and not method.two_way:
        raise InputError("This model translates in one direction only: leave reverse off.")
    given = check_image(picture, "The picture")
    side = usual_size(given) if size is None else size
    check_range("size", side, SMALLEST, 4096)
    check_range("strength", strength, 0, MOST)
    source = prepare(given, "", side)

    made = source
    for progress in translate(source, path, size=side, reverse=reverse):
        made = progress.picture or made
        if progress.step < progress.total or (back and method.two_way):
            yield replace(progress, step=progress.step, total=progress.total + 1)
    shown = blend(source, made, strength, keep_colours)
    if not (back and method.two_way):
        yield Progress(1, 1, picture=shown)
        return
    returned = last_picture(translate(made, path, size=side, reverse=not reverse))
    losses = {"cycle error": difference(source, returned)}
    yield Progress(1, 1, losses, shown, extras={BACK: returned})


def transfer_all(
    pictures: list[Image.Image], model: str | Path, *, most: int = LARGEST, **settings: Any
) -> Iterator[Progress]:
    """`transfer` for one after the other, each at its `usual_size` up to `most`; a record for each,
    with its result."""
    for number, picture in enumerate(pictures, start=1):
        size = usual_size(picture, most)
        made = last_picture(transfer(picture, model, size=size, **settings))
        note = f"{number} of {len(pictures)} pictures"
        yield Progress(number, len(pictures), picture=made, note=note)


def usual_size(picture: Image.Image, most: int = LARGEST) -> int:
    """Pixels of the shorter side that a picture is translated at: its own, within reason."""
    return max(SMALLEST, min(*picture.size, most))


def blend(
    source: Image.Image, translated: Image.Image, strength: float = 1.0, keep_colours: bool = False
) -> Image.Image:
    """The picture `strength` of the way from `source` to `translated`, of one size; beyond 1 the
    change is exaggerated. In the space of pixels: a translation moves nothing, so no ghosts arise,
    while generators between two sets of weights would need one that gives its input.

    With `keep_colours` only lightness is taken over (Gatys et al. 2016, *Preserving color in
    neural artistic style transfer*, section 3.2).
    """
    source, translated = source.convert("RGB"), translated.convert("RGB")
    if keep_colours:
        light = translated.convert("YCbCr").getchannel(0)
        _, blue, red = source.convert("YCbCr").split()
        translated = Image.merge("YCbCr", (light, blue, red)).convert("RGB")
    if strength == 1:
        return translated
    one, other = (np.asarray(picture, np.float32) for picture in (source, translated))
    mixed = one + strength * (other - one)
    return Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8))


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference of two pictures of one size, in grey levels (0 to 255)."""
    a, b = (np.asarray(picture.convert("RGB"), np.float32) for picture in (one, other))
    return float(np.abs(a - b).mean())
