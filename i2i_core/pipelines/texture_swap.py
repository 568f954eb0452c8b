"""Texture swap: recoloured and re-made for any two pictures, or by a swapping autoencoder."""

from collections.abc import Iterator, Sequence

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
from i2i_core.pipelines.instant_swap import LONG_SIDE, RECOLOURED, InstantSwap, recoloured_rows
from i2i_core.progress import Progress, Work

AUTO, PATCHES = "auto", "patches"
MAX_STRENGTH = 1.5
NO_MODEL = (
    "No model here was taught pictures like both of these: choose one to see what it makes of "
    "them, or teach one."
)
BY_COLOURS = "Recoloured: what answers to each other in both pictures has the same colours."
BY_PATCHES = "Re-made by patches of the texture picture, each where the same kind of thing is."


def swap(
    structure: Image.Image, texture: Image.Image, model: LoadedModel | str = AUTO, *,
    strength: float = 1.0, detail: float = 1.0, short_side: int | None = None, seed: int = 0,
) -> Work:  # fmt: skip
    """The `structure` picture with the other's texture; the last note says what made it and why.

    `model`: PATCHES for the two ways that suit any pictures; AUTO for these too, unless a shipped
    model, taught pictures like both, is measured to do better; or a swapping autoencoder.
    `strength`: 0 is the structure picture. Of the two ways, RECOLOURED is that picture in the
    other's colours, which comes at once, 1 and above it re-made of the other's patches; of a model,
    1 is the whole swap, beyond exaggerated. `detail`: how much of the structure picture's fine
    detail, which a small network loses, is laid over a model's swap. `short_side`, pixels: by
    default as the model learnt; without a model by default the longer side has 256. Raises
    InputError for settings out of range and for other models.
    """
    check_range("strength", strength, 0, MAX_STRENGTH)
    check_range("detail", detail, 0, 1)
    if short_side is not None:
        limits = swapping_codes.MIN_SHORT_SIDE, swapping_codes.MAX_SHORT_SIDE
        check_range("short side", short_side, *limits)
    structure = check_image(structure, "The structure picture")
    texture = check_image(texture, "The texture picture")
    if isinstance(model, LoadedModel):
        picture = _by_model(structure, texture, model, strength, detail, short_side)
        yield Progress(1, 1, picture=picture, note=f"Made by the model {model.info.name}.")
        return
    check_choice("way to swap textures", model, (AUTO, PATCHES))
    pair = InstantSwap(structure, texture, _long_side(structure, short_side))
    if strength <= RECOLOURED:
        yield Progress(1, 1, picture=pair.gentle(strength), note=BY_COLOURS)
        return
    yield Progress(0, 1, picture=pair.recoloured, note="Recoloured. Now it is re-made …")
    why = BY_PATCHES
    if model == AUTO:
        fitting = choose(structure, texture)
        why = f"{BY_PATCHES} {NO_MODEL}"
        if isinstance(fitting, LoadedModel):
            picture = _by_model(structure, texture, fitting, strength, detail, short_side)
            if pair.is_beaten_by(picture):
                yield Progress(1, 1, picture=picture, note=reason(fitting.info))
                return
            tried = f"The model {fitting.info.name} was tried too"
            why = f"{BY_PATCHES} {tried}, and its swap is measured to be worse."
    yield from pair.remade(strength, seed, why)


def _by_model(
    structure: Image.Image,
    texture: Image.Image,
    model: LoadedModel,
    strength: float,
    detail: float,
    short_side: int | None,
) -> Image.Image:
    method = as_swapper(model)
    source = at_size(method, structure, short_side)
    codes = encode(method, source, min(source.size))
    result = decode(method, codes.textured(encode(method, texture, short_side), strength))
    return with_rest(result, source, decode(method, codes), max(0.0, 1 - strength), detail)


def _long_side(structure: Image.Image, short_side: int | None) -> int:
    """Pixels of the longer side of a swap without a model."""
    if short_side is None:
        return LONG_SIDE
    return min(1024, round(short_side * max(structure.size) / min(structure.size)))


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
    textures in its first row, the structures in its first column. Without a model, which is with
    PATCHES or AUTO, each is recoloured: to re-make them all would take minutes.
    """
    structures = [check_image(picture, "The structure picture") for picture in structures]
    textures = [check_image(picture, "The texture picture") for picture in textures]
    size = short_side or LONG_SIDE
    if isinstance(model, LoadedModel) and short_side is None:
        size = as_swapper(model).config.crop_size
    sheet = Image.new("RGB", (size * (len(textures) + 1), size * (len(structures) + 1)), "white")
    for x, picture in enumerate(textures, 1):
        sheet.paste(_square(picture, size), (x * size, 0))
    if isinstance(model, LoadedModel):
        rows = _model_rows(structures, textures, as_swapper(model), size, detail)
        made = f"by the model {model.info.name}"
    else:
        check_choice("way to swap textures", model, (AUTO, PATCHES))
        rows, made = recoloured_rows(structures, textures, size), "recoloured"
    for y, row in enumerate(rows, 1):
        for x, picture in enumerate(row):
            sheet.paste(_square(picture, size), (x * size, y * size))
        note = f"Row {y} of {len(structures)}, {made}"
        yield Progress(y, len(structures), picture=sheet.copy(), note=note)


def _model_rows(
    structures: Sequence[Image.Image],
    textures: Sequence[Image.Image],
    method: SwappingAutoencoder,
    size: int,
    detail: float,
) -> Iterator[list[Image.Image]]:
    """Each structure, and the model's swaps of it."""
    columns = [encode(method, picture, size) for picture in textures]
    sources = [at_size(method, picture, size) for picture in structures]
    for source, row in [(source, encode(method, source, size)) for source in sources]:
        copy = decode(method, row)
        results = [decode(method, row.textured(column)) for column in columns]
        yield [source, *(with_rest(result, source, copy, 0, detail) for result in results)]


def choose(structure: Image.Image, texture: Image.Image) -> LoadedModel | str:
    """The shipped model whose collection both (checked) pictures are most like, or PATCHES."""
    if any(max(p.size) > swapping_codes.MAX_ASPECT * min(p.size) for p in (structure, texture)):
        return PATCHES
    models = [open_model(m) for m in find_models() if m.capabilities.task == "textures"]
    one, other = (_nearest_model(models, picture) for picture in (structure, texture))
    return one if one is not None and one is other else PATCHES


def reason(choice: ModelInfo | str) -> str:
    """What made a picture, this model or PATCHES, and why it did, in a sentence."""
    if isinstance(choice, ModelInfo):
        return (
            f"Made by the model {choice.name}: both pictures are like those it was taught, and its "
            "swap is measured to be the better one."
        )
    return BY_PATCHES


def _nearest_model(models: Sequence[LoadedModel], picture: Image.Image) -> LoadedModel | None:
    """The model whose collection the picture is most like, if it is like one's."""
    scores = [out_of_distribution_score(as_swapper(model), picture) for model in models]
    score = min(scores, default=2.0)
    return models[scores.index(score)] if score <= 1 else None


def _square(picture: Image.Image, size: int) -> Image.Image:
    """The middle of a picture, `size` pixels a side."""
    picture = fit_short_side(picture, size)
    left, top = (picture.width - size) // 2, (picture.height - size) // 2
    return picture.crop((left, top, left + size, top + size))
