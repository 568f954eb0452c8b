"""The statistics of a collection that a swapping autoencoder's file keeps."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from i2i_core.errors import InputError
from i2i_core.images.descriptors import layout_descriptor, qualities
from i2i_core.images.tensors import to_tensor
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.methods.swapping_codes import Codes, Floats, at_size, decode, encode

MAX_PICTURES = 400


def fit_statistics(method: SwappingAutoencoder, pictures: Sequence[Image.Image]) -> str:
    """Learn the method's `statistics` from (at most MAX_PICTURES of) `pictures`: the principal
    directions of the codes, what a step along each of the texture's does to pictures, and what the
    pictures are like. Returns "", or for fewer than two that can be read a sentence."""
    codes, layouts, features = [], [], []
    count = min(MAX_PICTURES, len(pictures))
    for index in np.linspace(0, len(pictures) - 1, count).round().astype(int):
        try:
            picture = at_size(method, pictures[int(index)].convert("RGB"))
        except InputError:
            continue  # it cannot be read, or is too narrow
        codes.append(encode(method, picture))
        layouts.append(torch.from_numpy(layout_descriptor(picture)))
        features.append(_encoder_features(method, picture))
    if len(codes) < 2:
        advice = "Directions take at least two pictures: add some."
        return f"Nothing is known of its collection. {advice}"
    method.statistics.layouts.fit(torch.stack(layouts).to(method.device))
    method.statistics.features.fit(torch.stack(features))
    random = np.random.default_rng(0)
    places = [code.structure.reshape(len(code.structure), -1) for code in codes]
    few = [place[:, random.permutation(place.shape[1])[:64]] for place in places]
    structures = torch.from_numpy(np.concatenate(few, 1).T.copy()).to(method.device)
    textures = torch.from_numpy(np.stack([code.texture for code in codes])).to(method.device)
    method.statistics.directions.fit(structures, textures)
    _measure_effects(method, codes)
    return ""


def out_of_distribution_score(method: SwappingAutoencoder, picture: Image.Image) -> float:
    """How unlike the model's collection a (checked) `picture` is, by its layout and its features'
    means and deviations: up to 1 it may belong there. Infinite for models without statistics."""
    picture = at_size(method, picture)
    layout, features = layout_descriptor(picture), _encoder_features(method, picture)
    return method.statistics.out_of_distribution_score(torch.from_numpy(layout), features)


def _measure_effects(method: SwappingAutoencoder, codes: Sequence[Codes]) -> None:
    """What a step along each direction does, in deviations of the collection in that respect."""
    directions = method.statistics.directions
    some = codes[:: max(1, len(codes) // 24)]
    usual = np.std([qualities(decode(method, code)) for code in some], 0)
    for number, direction in enumerate(directions.texture.cpu().numpy()):
        if direction.any():
            ends = [_mean_qualities(method, some[:8], way * direction) for way in (1, -1)]
            effect = (ends[0] - ends[1]) / 2 / np.maximum(usual, 1e-3)
            # Which way is forward is free: the way that makes more of what changes most.
            way = 1.0 if effect[np.abs(effect).argmax()] > 0 else -1.0
            directions.texture[number] *= way
            directions.effects[number] = torch.from_numpy((way * effect).astype(np.float32))


def _mean_qualities(method: SwappingAutoencoder, codes: Sequence[Codes], step: Floats) -> Floats:
    moved = [replace(code, texture=code.texture + step) for code in codes]
    mean: Floats = np.mean([qualities(decode(method, code)) for code in moved], 0)
    return mean


@torch.no_grad()
def _encoder_features(method: SwappingAutoencoder, picture: Image.Image) -> Tensor:
    pixels = to_tensor(picture).to(method.device) * 2 - 1
    features: Tensor = method.ema.network.encoder.trunk(pixels)[0]
    return torch.cat([features.mean((1, 2)), features.std((1, 2))])
