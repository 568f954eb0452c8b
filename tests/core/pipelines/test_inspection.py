"""Looking inside: judged patches, patches taken for alike, and their colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.checkpoints.checkpoint import save
from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.errors import InputError
from i2i_core.methods.cut import CUT, CUTConfig
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig
from i2i_core.methods.sincut import SinCUT, SinCUTConfig
from i2i_core.pipelines.inspection import (
    embedding_colours,
    inspect,
    layers_of,
    match_patches,
    score_patches,
)

SMALL = {"width": 4, "blocks": 1, "discriminator_width": 4}
COLOURS_OF_QUARTERS = ((200, 40, 40), (40, 180, 60), (50, 60, 200), (220, 210, 60))


def quarters(side: int = 256) -> Image.Image:
    """Four squares of different colours."""
    picture = Image.new("RGB", (side, side))
    half = side // 2
    for number, colour in enumerate(COLOURS_OF_QUARTERS):
        x, y = number % 2 * half, number // 2 * half
        picture.paste(colour, (x, y, x + half, y + half))
    return picture


def faithful(**settings: object) -> CUT:
    """A CUT whose translation is the tones of its input: away from edges, the picture itself."""
    method = CUT(CUTConfig(**SMALL, lowpass=8, **settings))  # type: ignore[arg-type]
    for network in (method.ema.network, method.ema.average):
        if network is not None:
            for parameter in network.model[-1].parameters():
                torch.nn.init.zeros_(parameter)
    for head in method.projection.heads:
        for layer in (head[0], head[2]):
            torch.nn.init.normal_(layer.weight, 0, 0.5)
            torch.nn.init.zeros_(layer.bias)
    method.fitted = method.training_networks_loaded = True
    return method


@pytest.mark.parametrize("corner", range(4))
def test_what_looks_alike_is_found_where_it_is(corner: int) -> None:
    method = faithful(nce_layers=(0,))
    point = (0.25 + 0.5 * (corner % 2), 0.25 + 0.5 * (corner // 2))
    found = match_patches(method, quarters(), point)
    values = found.values
    height, width = values.shape
    assert values.max() == pytest.approx(1)
    inner = [
        values[
            y * height // 8 : (y + 2) * height // 8, x * width // 8 : (x + 2) * width // 8
        ].mean()
        for y, x in ((1, 1), (1, 5), (5, 1), (5, 5))
    ]
    assert int(np.argmax(inner)) == corner
    assert inner[corner] > 0.9 > 0.5 > sorted(inner)[-2]
    assert found.overlay.size == found.marked.size == (256, 256)
    ring = np.abs(np.asarray(found.marked, int) - np.asarray(quarters(), int)).sum(2)
    y, x = np.argwhere(ring[8:-8, 8:-8] > 250).mean(0) + 8
    assert abs(x / 256 - point[0]) < 0.1
    assert abs(y / 256 - point[1]) < 0.1


def test_colours_of_the_embedding_tell_the_quarters_apart_and_agree() -> None:
    before, after = embedding_colours(faithful(nce_layers=(0, 4)), quarters(), 0)
    a, b = (np.asarray(picture, int) for picture in (before, after))
    places = ((64, 64), (64, 192), (192, 64), (192, 192))
    for number, place in enumerate(places):
        assert np.abs(a[place] - b[place]).max() <= 12
        for other in places[:number]:
            assert np.abs(a[place] - a[other]).max() > 30


def test_any_size_and_layer_can_be_looked_at() -> None:
    method = faithful(nce_layers=(0, 4, 12))
    assert layers_of(method) == (0, 4, 12)
    tall = quarters().resize((301, 517))
    for layer in (None, 0, 4):
        found = match_patches(method, tall, (1, 1), layer)
        assert found.overlay.size == (256, 440)
    with pytest.raises(InputError, match="Layer 8"):
        match_patches(method, tall, (0.5, 0.5), 8)
    with pytest.raises(InputError, match=r"point.s y is 1\.5"):
        match_patches(method, tall, (0.5, 1.5))


@pytest.mark.parametrize("reverse", [False, True])
def test_the_discriminator_of_the_target_domain_judges(reverse: bool) -> None:
    method = CycleGAN(CycleGANConfig(**SMALL, lowpass=8))
    method.fitted = method.training_networks_loaded = True
    judges = (method.discriminator_b, method.discriminator_a)
    for judge, verdict in zip(judges, (0.9, 0.1), strict=True):
        torch.nn.init.zeros_(judge.model[-1].weight)
        torch.nn.init.constant_(judge.model[-1].bias, verdict)
    found = score_patches(method, quarters(), reverse=reverse)
    assert found.values == pytest.approx(0.1 if reverse else 0.9)
    red, _, blue = np.asarray(found.overlay, float).mean((0, 1))
    assert (red > blue) == reverse
    assert found.overlay.size == (256, 256)


def test_what_cannot_be_seen_is_said() -> None:
    imported = CUT(CUTConfig(**SMALL, nce_layers=(0,)))
    imported.fitted = True
    with pytest.raises(InputError, match="no projection"):
        match_patches(imported, quarters(), (0.5, 0.5))
    with pytest.raises(InputError, match="no discriminator"):
        score_patches(imported, quarters())
    one_each = SinCUT(SinCUTConfig(width=4, discriminator_width=4, crop_size=16, load_size=48))
    with pytest.raises(InputError, match="Only CUT"):
        match_patches(one_each, quarters(), (0.5, 0.5))
    with pytest.raises(InputError, match="Only CycleGAN and CUT"):
        score_patches(one_each, quarters())
    assert layers_of(one_each) == ()


def test_look_shows_what_there_is(tmp_path: Path) -> None:
    cycle = CycleGAN(CycleGANConfig(**SMALL))
    cycle.fitted = cycle.training_networks_loaded = True
    usual = {"translation", "scored_source", "scored_translation"}
    contrast = {"matched", "marked", "source_colours", "translation_colours"}
    for method, names in ((faithful(nce_layers=(0, 4)), usual | contrast), (cycle, usual)):
        path = tmp_path / f"{type(method).__name__}.safetensors"
        save(method, path)
        inspection = inspect(quarters(), open_model(path), point=(0.3, 0.3))
        pictures = {name: value for name, value in vars(inspection).items() if value is not None}
        assert set(pictures) == names
        assert {picture.size for picture in pictures.values()} == {(256, 256)}
