"""Domain transfer: a picture to another domain and back, its strength and its colours."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from i2i_core.checkpoints.model_zoo import LoadedModel
from i2i_core.errors import InputError, check_range
from i2i_core.images.files import check_image
from i2i_core.pipelines.translation import prepare, translate_prepared
from i2i_core.progress import Progress, Work, last_picture

MIN_SHORT_SIDE, MAX_SHORT_SIDE = 32, 1536  # pixels, unless another size is asked for
MAX_STRENGTH = 2.0


@dataclass(frozen=True)
class TransferResult:
    """A picture at the size that it was translated at, its whole translation, and for two-way
    models what that became on the way back, if asked for."""

    source: Image.Image
    translation: Image.Image
    back: Image.Image | None = None

    def blended(self, strength: float = 1.0, keep_colours: bool = False) -> Image.Image:
        """The translation at this strength: see `blend`."""
        return blend(self.source, self.translation, strength, keep_colours)

    @property
    def cycle_error(self) -> float | None:
        """The mean difference of what came back to the picture, in grey levels (0 to 255)."""
        return None if self.back is None else difference(self.source, self.back)


def transfer(
    picture: Image.Image, model: LoadedModel, *, reverse: bool = False, strength: float = 1.0,
    keep_colours: bool = False, short_side: int | None = None, back: bool = False,
    reference: Image.Image | None = None, seed: int = 0,
) -> Work[TransferResult]:  # fmt: skip
    """Translate `picture` to the model's other domain; the last record holds the result.

    `short_side`: pixels to translate at, by default `usual_short_side`; strokes have a size in
    pixels, so they are broader in smaller pictures. `strength` and `keep_colours`: see `blend`.
    `reference` and `seed`: see `translation.translate`. With `back`, two-way models translate their
    translation back again. Raises InputError for models that have no domains."""
    method = model.method
    if method.capabilities.needs_pairs or model.info.takes:
        advice = "use it where sketches become photographs."
        raise InputError(f"{model.info.name} learnt from pairs, not from domains: {advice}")
    method.check_direction(reverse)
    picture = check_image(picture, "The picture")
    if reference is not None:
        reference = check_image(reference, "The reference picture")
    short_side = usual_short_side(picture) if short_side is None else short_side
    check_range("short side", short_side, MIN_SHORT_SIDE, 4096)
    check_range("strength", strength, 0, MAX_STRENGTH)
    source = prepare(picture, "", short_side)
    back = back and method.capabilities.two_way
    result = TransferResult(source, source)
    for progress in translate_prepared(source, model, reference, seed=seed, reverse=reverse):
        result = replace(result, translation=progress.picture or result.translation)
        blended = result.blended(strength, keep_colours)
        total = progress.total + back  # coming back is one step
        yield replace(progress, total=total, picture=blended, result=result)
    if back:
        # Without the reference, which is of the other domain.
        work = translate_prepared(result.translation, model, None, seed=seed, reverse=not reverse)
        result = replace(result, back=last_picture(work))
        yield Progress(total, total, picture=blended, result=result)


def transfer_all(
    pictures: list[Image.Image], model: LoadedModel, *, max_short_side: int = MAX_SHORT_SIDE,
    **settings: Any,
) -> Iterator[Progress[TransferResult]]:  # fmt: skip
    """`transfer` for each, at its `usual_short_side` up to `max_short_side`; a record for each."""
    for number, picture in enumerate(pictures, start=1):
        side = usual_short_side(picture, max_short_side)
        *_, last = transfer(picture, model, short_side=side, **settings)
        note = f"{number} of {len(pictures)} pictures"
        yield replace(last, step=number, total=len(pictures), losses={}, note=note)


def usual_short_side(picture: Image.Image, at_most: int = MAX_SHORT_SIDE) -> int:
    """Pixels of its shorter side, but from MIN_SHORT_SIDE to `at_most`, to translate it at."""
    return max(MIN_SHORT_SIDE, min(*picture.size, at_most))


def blend(
    source: Image.Image, target: Image.Image, strength: float = 1.0, keep_colours: bool = False
) -> Image.Image:
    """The picture `strength` of the way from `source` to `target`, of one size; beyond 1 the change
    is exaggerated. Pixels are blended, not weights: a translation moves nothing, so no ghosts
    arise, and to blend weights one would need a generator that returns its input. With
    `keep_colours` only lightness is taken over (Gatys et al. 2016, *Preserving color in neural
    artistic style transfer*, section 3.2)."""
    source, target = source.convert("RGB"), target.convert("RGB")
    if keep_colours:
        light = target.convert("YCbCr").getchannel(0)
        _, blue, red = source.convert("YCbCr").split()
        target = Image.merge("YCbCr", (light, blue, red)).convert("RGB")
    if strength == 1:
        return target
    one, other = (np.asarray(picture, np.float32) for picture in (source, target))
    pixels = one + strength * (other - one)
    return Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8))


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference of two pictures of one size, in grey levels (0 to 255)."""
    a, b = (np.asarray(picture.convert("RGB"), np.float32) for picture in (one, other))
    return float(np.abs(a - b).mean())
