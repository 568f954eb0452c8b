"""Texture swap by a swapping autoencoder that fits both pictures, or by patches."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from i2i_core.checkpoints.model_zoo import LoadedModel, ModelInfo, find_models, open_model
from i2i_core.errors import InputError, check_choice, check_range
from i2i_core.images.files import check_image
from i2i_core.images.sizes import fit_short_side
from i2i_core.methods import swapping_codes
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.methods.swapping_codes import Codes, Floats, at_size, decode, encode
from i2i_core.methods.swapping_statistics import out_of_distribution_score
from i2i_core.pipelines.analogy import structural_analogy
from i2i_core.pipelines.domain_transfer import blend
from i2i_core.progress import Progress, Work

AUTO, PATCHES = "auto", "patches"
MAX_STRENGTH = 1.5
CORRESPONDENCE = "figures and lightness"  # what in one picture answers to what in the other


def swap(
    structure: Image.Image, texture: Image.Image, model: LoadedModel | str = AUTO, *,
    strength: float = 1.0, detail: float = 1.0, short_side: int | None = None, seed: int = 0,
) -> Work:  # fmt: skip
    """The `structure` picture with the other's texture; the last note says what made it and why.

    `model`: a swapping autoencoder, PATCHES, or AUTO for whichever fits (`choose`). `strength`: 0
    is the structure picture, 1 the whole swap, beyond exaggerated (which patches cannot be).
    `detail`: how much of the structure picture's fine detail, which a small network loses, is laid
    over a model's swap. `short_side`, pixels: by default as the model learnt; of patches by default
    the longer side has 256. Raises InputError for settings out of range and for other models."""
    check_range("strength", strength, 0, MAX_STRENGTH)
    check_range("detail", detail, 0, 1)
    if short_side is not None:
        limits = swapping_codes.MIN_SHORT_SIDE, swapping_codes.MAX_SHORT_SIDE
        check_range("short side", short_side, *limits)
    structure = check_image(structure, "The structure picture")
    texture = check_image(texture, "The texture picture")
    why = ""
    if model == AUTO:
        yield Progress(0, 1, note="Which model fits both pictures?")
        model = choose(structure, texture)
        why = reason(model.info if isinstance(model, LoadedModel) else model)
    if not isinstance(model, LoadedModel):
        check_choice("way to swap textures", model, (AUTO, PATCHES))
        long_side = 256
        if short_side is not None:
            long_side = min(1024, round(short_side * max(structure.size) / min(structure.size)))
        settings: dict[str, Any] = {"preset": "texture", "correspondence": CORRESPONDENCE}
        settings |= {"seed": seed, "long_side": long_side}
        work = structural_analogy(structure, texture, **settings)
        yield from _blended(work, structure, min(1.0, strength), why)
        return
    method = as_swapper(model)
    source = at_size(method, structure, short_side)
    source_codes = encode(method, source, min(source.size))
    texture_codes = encode(method, texture, short_side)
    result = decode(method, source_codes.textured(texture_codes, strength))
    result = with_rest(result, source, decode(method, source_codes), max(0.0, 1 - strength), detail)
    yield Progress(1, 1, picture=result, note=why or f"Made by the model {model.info.name}.")


def decode_codes(
    codes: Codes, model: LoadedModel, texture: Codes | None = None, strength: float = 1.0
) -> Image.Image:
    """The picture of `codes`, `strength` of the way to the `texture` of other ones, if any. Raises
    InputError for codes of another model."""
    check_range("strength", strength, 0, MAX_STRENGTH)
    method = as_swapper(model)
    if texture is not None:
        for each in (codes, texture):
            swapping_codes.check_codes(method, each)
        codes = codes.textured(texture, strength)
    return decode(method, codes)


def as_swapper(model: LoadedModel) -> SwappingAutoencoder:
    """The model's method. Raises InputError if it is no swapping autoencoder."""
    if not isinstance(model.method, SwappingAutoencoder):
        problem = "is no swapping autoencoder and has no codes of structure and texture"
        raise InputError(f"{model.info.name} {problem}: choose one of the models for texture swap.")
    return model.method


def with_rest(
    result: Image.Image, source: Image.Image, copy: Image.Image, rest: float, detail: float
) -> Image.Image:
    """`result` plus a share of what the network's `copy` of the `source` lacks: `rest` of it all,
    and `detail` of its fine lightness alone, which has no colour to disturb."""
    if not rest and not detail:
        return result
    lost = np.asarray(source, np.float32) - np.asarray(copy, np.float32)
    fine = _fine(source) - _fine(copy)
    value = np.asarray(result, np.float32) + rest * lost + (1 - rest) * detail * fine[..., None]
    return Image.fromarray(value.round().clip(0, 255).astype(np.uint8))


def _fine(picture: Image.Image) -> Floats:
    """A picture's lightness without what is larger than a few pixels."""
    light = picture.convert("L")
    smooth = light.filter(ImageFilter.GaussianBlur(3))
    return np.asarray(light, np.float32) - np.asarray(smooth, np.float32)


def swap_grid(
    structures: Sequence[Image.Image], textures: Sequence[Image.Image], model: LoadedModel | str, *,
    detail: float = 1.0, short_side: int | None = None,
) -> Iterator[Progress]:  # fmt: skip
    """Every structure with every texture; a record a row, whose picture is the sheet so far: the
    textures in its first row, the structures in its first column. AUTO goes by the first of each.
    """
    structures = [check_image(picture, "The structure picture") for picture in structures]
    textures = [check_image(picture, "The texture picture") for picture in textures]
    if model == AUTO:
        model = choose(structures[0], textures[0])
    if not isinstance(model, LoadedModel):
        problem = "No model fits these pictures, and a grid of patches would take minutes"
        raise InputError(f"{problem}: choose a model to see what it makes of them.")
    method = as_swapper(model)
    size = short_side or method.config.crop_size
    sources = [at_size(method, picture, size) for picture in structures]
    rows = [encode(method, source, size) for source in sources]
    columns = [encode(method, picture, size) for picture in textures]
    sheet = Image.new("RGB", (size * (len(columns) + 1), size * (len(rows) + 1)), "white")
    for x, picture in enumerate(textures, 1):
        sheet.paste(_square(picture, size), (x * size, 0))
    for y, (source, row) in enumerate(zip(sources, rows, strict=True), 1):
        sheet.paste(_square(source, size), (0, y * size))
        reconstruction = decode(method, row)
        for x, column in enumerate(columns, 1):
            result = decode(method, row.textured(column))
            result = with_rest(result, source, reconstruction, 0, detail)
            sheet.paste(_square(result, size), (x * size, y * size))
        note = f"Row {y} of {len(rows)}, by the model {model.info.name}"
        yield Progress(y, len(rows), picture=sheet.copy(), note=note)


def choose(structure: Image.Image, texture: Image.Image) -> LoadedModel | str:
    """The shipped model whose collection both (checked) pictures are most like, or PATCHES."""
    if any(max(p.size) > swapping_codes.MAX_ASPECT * min(p.size) for p in (structure, texture)):
        return PATCHES
    models = [open_model(m) for m in find_models() if m.capabilities.task == "textures"]
    one, other = (_nearest_model(models, picture) for picture in (structure, texture))
    return one if one is not None and one is other else PATCHES


def reason(choice: ModelInfo | str) -> str:
    """Which model, or PATCHES, `choose` chose to make a picture, and why, in a sentence."""
    if isinstance(choice, ModelInfo):
        return f"Made by the model {choice.name}: both pictures are like those it was taught."
    return (
        "Made by patches of the texture picture: no model here was taught pictures like both "
        "of these. Choose one to see what it makes of them, or teach one."
    )


def _nearest_model(models: Sequence[LoadedModel], picture: Image.Image) -> LoadedModel | None:
    """The model whose collection the picture is most like, if it is like one's."""
    scores = [out_of_distribution_score(as_swapper(model), picture) for model in models]
    score = min(scores, default=2.0)
    return models[scores.index(score)] if score <= 1 else None


def _blended(work: Work, structure: Image.Image, strength: float, why: str) -> Work:
    """What a structural analogy makes, blended with the structure picture."""
    for progress in work:
        picture, note = progress.picture, progress.note
        if picture is not None:
            source = structure.resize(picture.size, Image.Resampling.LANCZOS)
            picture = blend(source, picture, strength)
        if progress.step == progress.total:
            note = why or "Made by patches of the texture picture."
        yield Progress(progress.step, progress.total, picture=picture, note=note)


def _square(picture: Image.Image, size: int) -> Image.Image:
    """The middle of a picture, `size` pixels a side."""
    picture = fit_short_side(picture, size)
    left, top = (picture.width - size) // 2, (picture.height - size) // 2
    return picture.crop((left, top, left + size, top + size))
