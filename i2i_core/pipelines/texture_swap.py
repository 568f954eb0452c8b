"""Texture swap: the structure of one picture with the texture of another, by a swapping autoencoder
that fits both, or by patches for any pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from i2i_core.checkpoints.model_zoo import find_models
from i2i_core.errors import InputError, check_range
from i2i_core.images.files import check_image
from i2i_core.images.sizes import fit_short_side
from i2i_core.method import Progress, Work
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.pipelines.analogy import structural_analogy
from i2i_core.pipelines.domain_transfer import blend
from i2i_core.pipelines.texture_codes import (
    LARGEST,
    NARROWEST,
    SMALLEST,
    Codes,
    Floats,
    at_size,
    decode_with,
    encode_with,
    open_swapper,
)
from i2i_core.pipelines.texture_statistics import misfit

AUTO, PATCHES = "auto", "patches"
METHOD = "swapping_autoencoder"
MOST = 1.5  # strength
GUIDE = "figures and lightness"  # what in one picture answers to what in the other
GRANULARITY = 0.6  # how far patches follow the structure's detail


@dataclass(frozen=True)
class Choice:
    """The model that fits two pictures, or PATCHES if none does."""

    model: str

    @property
    def why(self) -> str:
        """Which of the two made the picture, and why, in a sentence."""
        if self.model != PATCHES:
            return f"Made by the model {self.model}: both pictures are like those it was taught."
        return (
            "Made by patches of the texture picture: no model here was taught pictures like both "
            "of these. Choose one to see what it makes of them, or teach one."
        )


def swap(
    structure: Image.Image,
    texture: Image.Image,
    model: str | Path = AUTO,
    *,
    strength: float = 1.0,
    detail: float = 1.0,
    size: int | None = None,
    seed: int = 0,
) -> Work:
    """The `structure` picture with the texture of the other; the last record holds the result, its
    note says what made it and why.

    `model`: a swapping autoencoder, PATCHES, or AUTO for whichever fits (`choose`). `strength`: 0
    is the structure picture, 1 the whole swap, beyond exaggerated (which patches cannot be).
    `detail`: so much of the structure picture's fine detail, which a small network loses, is laid
    over a model's swap. `size`: pixels of the result's shorter side, by default what the model
    learnt at; of patches 256 on the longer side. Raises InputError for settings out of range and
    for models of other methods.
    """
    check_range("strength", strength, 0, MOST)
    check_range("detail", detail, 0, 1)
    if size is not None:
        check_range("size", size, SMALLEST, LARGEST)
    one = check_image(structure, "The structure picture")
    other = check_image(texture, "The texture picture")
    why = ""
    if model == AUTO:
        yield Progress(0, 2, note="Which model fits both pictures?")
        choice = choose(one, other)
        model, why = choice.model, choice.why
    if model == PATCHES:
        longer = 256 if size is None else min(1024, round(size * max(one.size) / min(one.size)))
        yield from _by_patches(one, other, strength, longer, seed, why)
        return
    method = open_swapper(model)
    source = at_size(method, one, size)
    own, wanted = encode_with(method, source, min(source.size)), encode_with(method, other, size)
    shown = _decoded(method, source, own, wanted, strength, detail)
    yield Progress(1, 1, picture=shown, note=why or f"Made by the model {_name(model)}.")


def _decoded(
    method: SwappingAutoencoder,
    source: Image.Image,
    own: Codes,
    wanted: Codes,
    strength: float,
    detail: float,
) -> Image.Image:
    made, rebuilt = (decode_with(method, c) for c in (own.textured(wanted, strength), own))
    return with_rest(made, source, rebuilt, max(0.0, 1 - strength), detail)


def with_rest(
    made: Image.Image,
    source: Image.Image,
    rebuilt: Image.Image,
    rest: float = 0.0,
    detail: float = 0.0,
) -> Image.Image:
    """`made` plus a share of what the network loses of the picture that it started from: `rest` of
    all of it, and `detail` of its fine lightness alone, which has no colour to disturb."""
    if not rest and not detail:
        return made
    lost = np.asarray(source, np.float32) - np.asarray(rebuilt, np.float32)
    fine = _fine(source) - _fine(rebuilt)
    value = np.asarray(made, np.float32) + rest * lost + (1 - rest) * detail * fine[..., None]
    return Image.fromarray(value.round().clip(0, 255).astype(np.uint8))


def _fine(picture: Image.Image) -> Floats:
    """A picture's lightness without what is larger than a few pixels."""
    light = picture.convert("L")
    smooth = light.filter(ImageFilter.GaussianBlur(3))
    return np.asarray(light, np.float32) - np.asarray(smooth, np.float32)


def swap_grid(
    structures: Sequence[Image.Image],
    textures: Sequence[Image.Image],
    model: str | Path,
    *,
    detail: float = 1.0,
    size: int | None = None,
) -> Iterator[Progress]:
    """Every structure with every texture; a record a row, whose picture is the sheet so far: the
    textures in its first row, the structures in its first column. AUTO takes the model that fits
    the first of each. The rest as for `swap`."""
    if model == AUTO:
        model = choose(structures[0], textures[0]).model
    if model == PATCHES:
        raise InputError(
            "No model fits these pictures, and a grid of patches would take minutes: choose a "
            "model to see what it makes of them."
        )
    method = open_swapper(model)
    size = size or method.config.size
    sources = [at_size(method, picture, size) for picture in structures]
    rows = [encode_with(method, source, size) for source in sources]
    columns = [encode_with(method, picture, size) for picture in textures]
    sheet = Image.new("RGB", (size * (len(columns) + 1), size * (len(rows) + 1)), "white")
    for x, picture in enumerate(textures, 1):
        sheet.paste(_square(picture, size), (x * size, 0))
    for y, (source, row) in enumerate(zip(sources, rows, strict=True), 1):
        sheet.paste(_square(source, size), (0, y * size))
        for x, column in enumerate(columns, 1):
            made = _decoded(method, source, row, column, 1.0, detail)
            sheet.paste(_square(made, size), (x * size, y * size))
        yield Progress(
            y,
            len(rows),
            picture=sheet.copy(),
            note=f"Row {y} of {len(rows)}, by the model {_name(model)}",
        )


def choose(structure: Image.Image, texture: Image.Image) -> Choice:
    """The shipped model whose collection both pictures are most like, if it is the same one."""
    nearest = []
    swappers = {m.name: open_swapper(m.path) for m in find_models() if m.method == METHOD}
    for picture in (structure, texture):
        if max(picture.size) > NARROWEST * min(picture.size):
            return Choice(PATCHES)
        misfits = {name: misfit(method, picture) for name, method in swappers.items()}
        best = min(misfits, key=lambda name: misfits[name], default=PATCHES)
        nearest.append(best if misfits.get(best, 2) <= 1 else PATCHES)
    return Choice(nearest[0] if nearest[0] == nearest[1] else PATCHES)


def _by_patches(
    structure: Image.Image, texture: Image.Image, strength: float, size: int, seed: int, why: str
) -> Work:
    """The instant engine's answer: patches of the texture picture, guided by lightness and regions,
    blended with the structure picture."""
    for progress in structural_analogy(
        structure,
        texture,
        preset="texture",
        guide=GUIDE,
        granularity=GRANULARITY,
        seed=seed,
        size=size,
    ):
        picture = progress.picture
        if picture is not None:
            source = structure.resize(picture.size, Image.Resampling.LANCZOS)
            picture = blend(source, picture, min(1.0, strength))
        note = progress.note
        if progress.step == progress.total:
            note = why or "Made by patches of the texture picture."
        yield Progress(progress.step, progress.total, picture=picture, note=note)


def _square(picture: Image.Image, size: int) -> Image.Image:
    """The middle of a picture, `size` pixels a side."""
    scaled = fit_short_side(picture.convert("RGB"), size)
    left, top = (scaled.width - size) // 2, (scaled.height - size) // 2
    return scaled.crop((left, top, left + size, top + size))


def _name(model: str | Path) -> str:
    return Path(model).name.removesuffix(".safetensors")
