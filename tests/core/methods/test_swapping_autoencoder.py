"""The swapping autoencoder learns, and its settings are checked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.errors import InputError
from i2i_core.images.tensors import to_tensor
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder, SwappingAutoencoderConfig
from i2i_core.networks.swapping import Encoder
from tests.helpers import ROWS, A, B

SMALL = ROWS["swapping_autoencoder"].new().config
assert isinstance(SMALL, SwappingAutoencoderConfig)


def losses(**changes: Any) -> list[dict[str, float]]:
    method = SwappingAutoencoder(replace(SMALL, **changes))
    return [dict(record.losses) for record in method.fit(A, B)]


def test_it_is_judged_after_the_warm_up_and_flattened_now_and_then() -> None:
    names = [set(record) for record in losses(warm_up=0.2, steps=5, r1_every=2)]
    judged = {"L1", "adversarial", "adversarial, swapped", "patches"}
    judged |= {"discriminator", "patch discriminator"}
    slopes = {"R1", "patch R1"}
    assert names == [{"L1"}, judged, judged | slopes, judged, judged | slopes]


@pytest.mark.parametrize("steps", [4, 6])
def test_the_warm_up_is_a_share_of_however_many_steps(steps: int) -> None:
    names = ["discriminator" in record for record in losses(warm_up=0.5, steps=steps)]
    assert names == [False] * (steps // 2) + [True] * (steps // 2)
    with pytest.raises(InputError, match="warm_up"):
        replace(SMALL, warm_up=2.0)


def test_a_model_without_discriminators_is_not_taught_by_a_visitor() -> None:
    method = ROWS["swapping_autoencoder"].new()
    method.fitted = True
    with pytest.raises(InputError, match="without its discriminators"):
        method.check_trainable()
    next(method.fit(A, B))
    method.check_trainable()


def test_reconstructions_need_not_be_judged() -> None:
    assert "adversarial" not in losses(reconstruction_weight=0.0)[0]


def test_warming_up_leaves_the_discriminators_alone() -> None:
    method = SwappingAutoencoder(replace(SMALL, warm_up=1.0))
    before = {k: v.clone() for k, v in method.discriminator.state_dict().items()}
    list(method.fit(A, B))
    for name, value in method.discriminator.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize(
    "changes", [{"window": 0}, {"recolour": False}, {"window": 0, "recolour": False}]
)
def test_whole_pictures_and_true_colours(changes: dict[str, Any]) -> None:
    assert np.isfinite([*losses(**changes)[-1].values()]).all()


def test_textures_are_read_at_the_same_scale_in_a_fit_and_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = replace(SMALL, recolour=False, window=0, texture_scale=0.5, warm_up=1.0)
    seen: list[int] = []
    texture = Encoder.texture
    monkeypatch.setattr(
        Encoder, "texture", lambda self, x: (seen.append(x.shape[-1]), texture(self, x))[1]
    )
    list(SwappingAutoencoder(config).fit(A, B))
    assert set(seen) == {16}


def striped(colours: tuple[tuple[int, ...], tuple[int, ...]], seed: int) -> Image.Image:
    """32 pixels: two colours, in stripes or squares by the seed."""
    random = np.random.default_rng(seed)
    cells = random.integers(0, 2, (4, 4)).repeat(8, 0).repeat(8, 1)
    return Image.fromarray(np.array(colours, np.uint8)[cells])


def test_it_learns_to_return_pictures_and_to_give_one_the_colours_of_another() -> None:
    """Two palettes, many arrangements: after a few hundred steps of warming up, colours go with
    the texture and arrangements with the structure."""
    cold, warm = ((20, 40, 120), (90, 160, 220)), ((150, 40, 20), (240, 200, 90))
    a = [striped(cold, seed) for seed in range(24)]
    b = [striped(warm, seed) for seed in range(24, 48)]
    config = replace(
        SMALL, widths=(8, 12, 16), texture_widths=(16,), up_widths=(16, 12), head_widths=(16,),
        texture_gain=4.0, texture_scale=1.0, warm_up=1.0, steps=300, batch=2, window=0, ema=0.9,
        load_size=32, learning_rate=4e-3,
    )  # fmt: skip
    method = SwappingAutoencoder(config)
    history = [record.losses["L1"] for record in method.fit(a, b)]
    assert np.mean(history[-20:]) < 0.4 * np.mean(history[:20])

    one, other = striped(cold, 100), striped(warm, 200)
    swapped = np.asarray(method.translate(one, other), float)
    wanted = np.asarray(striped(warm, 100), float)  # its arrangement in the other's colours
    rebuilt = np.asarray(method.translate(one), float)
    assert np.abs(swapped - wanted).mean() < 0.5 * np.abs(np.asarray(one, float) - wanted).mean()
    assert np.abs(swapped - wanted).mean() < 0.5 * np.abs(np.asarray(other, float) - wanted).mean()
    assert np.abs(rebuilt - np.asarray(one, float)).mean() < 40


def test_a_small_picture_has_a_texture_too() -> None:
    method = SwappingAutoencoder(SMALL)
    method.fitted = True
    tiny = torch.rand(1, 3, 8, 8)
    structure, texture = method.encode(tiny)
    assert structure.shape[-2:] == (2, 2)
    assert bool(torch.isfinite(texture).all())


def test_the_same_codes_make_the_same_picture_noise_and_all() -> None:
    method = SwappingAutoencoder(SMALL)
    method.fitted = True
    for name, value in method.state_dict().items():
        if name.endswith(".noise"):
            value.fill_(1.0)
    codes = method.encode(to_tensor(A[0]))
    with torch.no_grad():
        assert torch.equal(method.decode(*codes), method.decode(*codes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"widths": (4, 6)}, "one up_widths fewer"),
        ({"widths": ()}, "whole numbers"),
        ({"up_widths": (8, 0)}, "whole numbers"),
        ({"window": 18}, "power of two"),
        ({"window": 64}, "multiple of 4 up to crop_size"),
        ({"patch_size": 20}, "patch_size is 20: choose one of 16, 32"),
        ({"texture_widths": (8, 8, 8, 8)}, "too small for so many halvings"),
        ({"texture_scale": 0.0}, "too small|texture_scale"),
        ({"largest_patch": 0.05}, "largest_patch"),
        ({"variant": "mine"}, "choose official or rosinality"),
        ({"structure_channels": 1}, "structure_channels"),
    ],
)
def test_settings_that_cannot_be_are_named(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        replace(SMALL, **changes)
