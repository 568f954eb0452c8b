"""What a swapping autoencoder's file keeps of its collection: directions and usual pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from i2i_core.errors import InputError
from i2i_core.images.descriptors import arrangement
from i2i_core.images.tensors import to_tensor
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.pipelines.texture_codes import Codes, Floats, _on, at_size, decode_with, encode_with


def survey(method: SwappingAutoencoder, pictures: Sequence[Image.Image], most: int = 400) -> None:
    """Learn what the model's file keeps of its collection, from (at most `most` of) `pictures`:
    the principal directions of the codes, what a step along each of the texture's does to pictures
    (`method.directions`), and what the pictures are like (`misfit`)."""
    codes, likenesses = [], []
    spread = np.linspace(0, len(pictures) - 1, min(most, len(pictures))).round().astype(int)
    for index in spread:
        try:
            picture = at_size(method, pictures[int(index)])
        except InputError:
            continue  # it cannot be read, or is too narrow
        codes.append(encode_with(method, picture))
        likenesses.append(_likeness(method, picture))
    if len(codes) < 2:
        raise InputError("Directions take at least two pictures: add some.")
    for number, typical in enumerate((method.arrangements, method.features)):
        typical.learn(torch.stack([both[number] for both in likenesses]).to(typical.mean))
    random, directions = np.random.default_rng(0), method.directions
    places = [code.structure.reshape(len(code.structure), -1) for code in codes]
    few = [place[:, random.permutation(place.shape[1])[:64]] for place in places]
    structures = torch.from_numpy(np.concatenate(few, 1).T.copy()).to(directions.texture)
    textures = torch.from_numpy(np.stack([code.texture for code in codes]))
    directions.learn(structures, textures.to(directions.texture))

    # What a step does, beside how unlike pictures of the collection are in that respect.
    some = codes[:: max(1, len(codes) // 24)]
    usual = np.std([qualities(decode_with(method, code)) for code in some], 0)
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
    mean: Floats = np.mean([qualities(decode_with(method, code)) for code in moved], 0)
    return mean


def misfit(method: SwappingAutoencoder, picture: Image.Image) -> float:
    """How unlike the model's collection a picture is: up to 1 it may belong there. By how it is
    arranged, and by the means and deviations of what the encoder sees in it. Infinite for models
    that were not surveyed."""
    seen = _likeness(method, at_size(method, picture))
    scores = [
        typical.score(one.to(typical.mean))
        for typical, one in zip((method.arrangements, method.features), seen, strict=True)
    ]
    # Both must be usual, and of two models the one wins where both are more so.
    return float(np.mean(scores)) if max(scores) <= 1 else max(scores)


def _likeness(method: SwappingAutoencoder, picture: Image.Image) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        seen = method.translator.encoder.trunk(_on(to_tensor(picture), method) * 2 - 1)[0]
    features = torch.cat([seen.mean((1, 2)), seen.std((1, 2))])
    return torch.from_numpy(arrangement(picture)), features


# What `qualities` measures: the words for less and for more of each.
QUALITIES = (
    ("darker", "lighter"),
    ("softer", "harder"),
    ("greyer", "more colourful"),
    ("cooler", "warmer"),
    ("smoother", "rougher"),
)


def qualities(picture: Image.Image) -> Floats:
    """Lightness, contrast, colourfulness, warmth and roughness of a picture, in units of Lab."""
    from skimage.color import rgb2lab

    lab = rgb2lab(np.asarray(picture.convert("RGB")))
    light, red, yellow = lab[..., 0], lab[..., 1], lab[..., 2]
    slope = np.abs(np.diff(light, axis=0)).mean() + np.abs(np.diff(light, axis=1)).mean()
    return np.array(
        [
            light.mean(),
            light.std(),
            np.hypot(red, yellow).mean(),
            yellow.mean() + red.mean(),
            slope,
        ],
        np.float32,
    )
