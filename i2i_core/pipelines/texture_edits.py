"""The swapping autoencoder's editor: textures moved, structure changed where a mask is. After Park
et al. 2020, section 4.4: along principal directions, or by arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image

from i2i_core.checkpoints.model_zoo import LoadedModel
from i2i_core.errors import InputError, check_range
from i2i_core.images.descriptors import QUALITIES
from i2i_core.images.files import check_image
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.methods.swapping_codes import Codes, Floats, at_size, decode, encode
from i2i_core.networks.statistics import Directions, principal_directions
from i2i_core.pipelines.structure_masks import Mask, Point, enlarged, middle, place, show_mask
from i2i_core.pipelines.texture_swap import as_swapper

Pictures = Sequence[Image.Image]
MAX_DEVIATIONS = 6.0  # standard deviations that an edit may go


@dataclass(frozen=True)
class Edited:
    """A picture in the editor: its codes, and at their size its look and structure as colours."""

    codes: Codes
    picture: Image.Image
    colours: Image.Image


def begin(picture: Image.Image, model: LoadedModel, short_side: int | None = None) -> Edited:
    """`picture` in the editor; `short_side` pixels, by default as many as the model learnt at."""
    source = at_size(as_swapper(model), check_image(picture), short_side)
    codes = encode(as_swapper(model), source, min(source.size))
    return Edited(codes, source, structure_colours(codes, model))


def preview(
    before: Edited, model: LoadedModel, amounts: Sequence[float], mask: Mask | None = None,
    region_amounts: Sequence[float] = (), keep: float = 1.0,
) -> Edited:  # fmt: skip
    """The texture moved by `amounts` (see `moved`), and inside the `mask` the structure by
    `region_amounts` (see `reshaped`). `keep` as in `edit`."""
    if amounts := _without_zeros(amounts):
        before = edit(before, moved(before.codes, model, amounts), model, keep=keep)
    region_amounts = _without_zeros(region_amounts)
    if not region_amounts:
        return before
    if mask is None:
        raise InputError("Choose a region first: click the picture, or paint it.")
    return edit(before, reshaped(before.codes, model, mask, region_amounts), model, mask, keep)


def clone(
    before: Edited, model: LoadedModel, mask: Mask, point: Point, source: Image.Image | None = None
) -> Edited:
    """The structure around `point` of the `source` picture (else of this one), painted into the
    `mask`, whose middle is where `point` comes to."""
    if not mask.any():
        raise InputError("Paint first where to clone to.")
    origin = before.codes
    if source is not None:
        origin = encode(as_swapper(model), check_image(source), min(before.codes.size))
    codes = cloned(before.codes, mask, origin, point, middle(before.codes, mask))
    # What is cloned was not there: there is no detail of the picture's own to keep.
    return edit(before, codes, model, mask, keep=0)


def add(
    before: Edited, model: LoadedModel, plus: Pictures, minus: Pictures, gain: float = 1.0,
    keep: float = 1.0,
) -> Edited:  # fmt: skip
    """The texture plus `gain` times what the pictures `plus` have and those of `minus` lack."""
    return edit(before, arithmetic(before.codes, model, plus, minus, gain), model, keep=keep)


def edit_direction(
    picture: Image.Image, model: LoadedModel, direction: int, amount: float
) -> Image.Image:
    """`picture` with its texture moved by `amount` standard deviations along the principal
    `direction` (1 is the widest). Raises InputError for a direction that there is not."""
    names = direction_names(model)
    if not 1 <= direction <= len(names):
        remedy = f"choose one from 1 to {len(names)}." if names else "this model knows none."
        raise InputError(f"There is no direction {direction}: {remedy}")
    amounts = [0.0] * (direction - 1) + [amount]
    return preview(begin(picture, model), model, amounts).picture


def edit(
    before: Edited, codes: Codes, model: LoadedModel, mask: Mask | None = None, keep: float = 1.0
) -> Edited:
    """`before` with its codes changed to `codes`; the picture only inside the `mask`, softly edged.
    With `keep` 1 the picture gets the difference that the edit makes, and so keeps all detail that
    the network cannot rebuild; with 0 it is what the network makes of the codes."""
    check_range("keep", keep, 0, 1)
    method = as_swapper(model)
    values = np.asarray(decode(method, codes), np.float32)
    if keep:
        change = values - np.asarray(decode(method, before.codes), np.float32)
        values = (1 - keep) * values + keep * (np.asarray(before.picture, np.float32) + change)
    after = Image.fromarray(values.round().clip(0, 255).astype(np.uint8))
    if mask is not None:
        after = Image.composite(after, before.picture, show_mask(codes, mask))
    return Edited(codes, after, structure_colours(codes, model))


def direction_names(model: LoadedModel) -> list[str]:
    """A name for each principal direction of the model's textures: what it does, less – more, as
    far as that can be said. Empty if the model's file has no directions."""
    directions = as_swapper(model).statistics.directions
    if not directions.fitted:
        return []
    effects = directions.effects[directions.texture.any(1)].cpu().numpy()
    return [f"{n}. {_name(effect)}" for n, effect in enumerate(effects, 1)]


def _name(effect: Floats) -> str:
    """The strongest effects of a step, in words."""
    order = np.argsort(-np.abs(effect))
    if abs(effect[order[0]]) < 0.15:  # of what pictures differ by anyway
        return "subtle"
    strong = [k for k in order[:2] if abs(effect[k]) > 0.6 * abs(effect[order[0]])]
    less, more = (
        ", ".join(QUALITIES[k][int((effect[k] > 0) == positive)] for k in strong)
        for positive in (False, True)
    )
    return f"{less} – {more}"


def moved(codes: Codes, model: LoadedModel, amounts: Sequence[float]) -> Codes:
    """The texture moved along the directions of `direction_names`, by `amounts` of deviations."""
    directions = _directions(model).texture.cpu().numpy()
    count = len(directions)
    if len(amounts) > count:
        raise InputError(f"The model has {count} directions: give as many amounts at most.")
    return replace(codes, texture=codes.texture + _step(directions, amounts))


def arithmetic(
    codes: Codes, model: LoadedModel, plus: Pictures, minus: Pictures, gain: float = 1.0
) -> Codes:
    """The texture plus `gain` times the mean texture of the pictures `plus` less that of the
    pictures `minus` (without any, less the model's mean)."""
    check_range("gain", gain, -MAX_DEVIATIONS, MAX_DEVIATIONS)
    method = as_swapper(model)
    if not plus:
        raise InputError("Add pictures of what there should be more of, such as snow.")
    more = _mean_texture(method, plus)
    if minus:
        less = _mean_texture(method, minus)
    elif method.statistics.directions.fitted:
        less = method.statistics.directions.texture_mean.cpu().numpy()
    else:
        raise InputError("Add pictures of what there should be less of, such as summer.")
    texture = codes.texture + gain * (more - less)
    return replace(codes, texture=texture.astype(np.float32))


def _mean_texture(method: SwappingAutoencoder, pictures: Pictures) -> Floats:
    textures = [encode(method, check_image(picture)).texture for picture in pictures]
    return np.asarray(np.mean(textures, 0))


def reshaped(codes: Codes, model: LoadedModel, mask: Mask, amounts: Sequence[float]) -> Codes:
    """The structure moved inside `mask` along its principal directions, as in `moved`."""
    directions = _directions(model).structure.cpu().numpy()
    if len(amounts) > len(directions):
        raise InputError(f"The structure has {len(directions)} directions: give fewer amounts.")
    step = _step(directions, amounts)[:, None, None]
    return replace(codes, structure=codes.structure + step * mask)


def _step(directions: Floats, amounts: Sequence[float]) -> Floats:
    """The sum of the first `directions` (N, C), each times its amount: (C,)."""
    for amount in amounts:
        check_range("amount", amount, -MAX_DEVIATIONS, MAX_DEVIATIONS)
    return np.asarray(np.asarray(amounts, np.float32) @ directions[: len(amounts)])


def cloned(codes: Codes, mask: Mask, source: Codes, point: Point, start: Point) -> Codes:
    """Inside `mask` the structure of `source`, moved so that what is at `point` there comes to
    `start` here. Places that fall outside the source stay as they are."""
    if len(source.structure) != len(codes.structure):
        raise InputError("The picture to clone from was encoded by another model: encode it again.")
    (row, column), (top, left) = place(source, point), place(codes, start)
    structure = codes.structure.copy()
    rows, columns = np.nonzero(mask)
    there = np.stack([rows + row - top, columns + column - left])
    ends = np.reshape(source.structure.shape[1:], (2, 1))
    inside = ((there >= 0) & (there < ends)).all(0)
    if not inside.any():
        raise InputError("What was painted lies outside the picture to clone from: paint nearer.")
    from_rows, from_columns = there[:, inside]
    structure[:, rows[inside], columns[inside]] = source.structure[:, from_rows, from_columns]
    return replace(codes, structure=structure)


def structure_colours(codes: Codes, model: LoadedModel) -> Image.Image:
    """The structure as a picture of the codes' size: its first three principal components (those of
    the model's collection, if known) as red, green and blue."""
    flat = codes.structure.reshape(len(codes.structure), -1).T
    axes = as_swapper(model).statistics.directions.structure.cpu().numpy()[:3]
    if not axes.any():
        axes = principal_directions(torch.from_numpy(flat)).numpy()[:3]
    axes = axes / np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 1e-6)
    values = flat @ axes.T
    low, high = np.percentile(values, (2, 98), axis=0)
    colours = np.zeros((len(flat), 3))
    colours[:, : len(axes)] = (values - low) / np.maximum(high - low, 1e-6)
    pixels = (colours.clip(0, 1) * 255).astype(np.uint8).reshape(*codes.structure.shape[1:], 3)
    return enlarged(codes, Image.fromarray(pixels))


def _directions(model: LoadedModel) -> Directions:
    directions = as_swapper(model).statistics.directions
    if not directions.fitted:
        problem = "This model's file does not say in which directions its pictures differ"
        advice = "teach it for a moment, which finds them, or use a shipped model."
        raise InputError(f"{problem}: {advice}")
    return directions


def _without_zeros(amounts: Sequence[float]) -> list[float]:
    """Amounts without the zeros at their end: a model may have fewer directions than sliders."""
    last = max((n for n, amount in enumerate(amounts, 1) if amount), default=0)
    return list(amounts[:last])
