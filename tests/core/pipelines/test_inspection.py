"""Looking inside: judged patches, patches taken for alike, and their colours."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.checkpoints.checkpoint import save
from i2i_core.checkpoints.model_zoo import LoadedModel, find_models, open_model
from i2i_core.errors import InputError
from i2i_core.methods.cut import CUT, CUTConfig
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig
from i2i_core.methods.sincut import SinCUT, SinCUTConfig
from i2i_core.pipelines import inspection
from i2i_core.pipelines.inspection import (
    Inspection,
    embedding_colours,
    inspect,
    layers_of,
    match_patches,
    middle,
    score_patches,
)

SMALL: dict[str, Any] = {"width": 4, "blocks": 1, "discriminator_width": 4}
COLOURS_OF_QUARTERS = ((200, 40, 40), (40, 180, 60), (50, 60, 200), (220, 210, 60))


def quarters(side: int = 256) -> Image.Image:
    """Four squares of different colours."""
    picture = Image.new("RGB", (side, side))
    half = side // 2
    for number, colour in enumerate(COLOURS_OF_QUARTERS):
        x, y = number % 2 * half, number // 2 * half
        picture.paste(colour, (x, y, x + half, y + half))
    return picture


def faithful(**settings: Any) -> CUT:
    """A CUT whose translation is the low frequencies of its input: away from edges, the picture
    itself."""
    method = CUT(CUTConfig(**SMALL, lowpass=8, **settings))
    for network in {method.generator, method.ema.network}:
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


@pytest.fixture
def small_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that are looked at small: principal components of many patches take seconds."""
    monkeypatch.setattr(inspection, "SHORT_SIDE", 96)


@pytest.fixture
def cut(tmp_path: Path, small_side: None) -> LoadedModel:
    save(faithful(nce_layers=(0, 4, 12)), tmp_path / "cut.safetensors")
    return open_model(tmp_path / "cut.safetensors")


@pytest.fixture
def cycle(tmp_path: Path, small_side: None) -> LoadedModel:
    method = CycleGAN(CycleGANConfig(**SMALL, lowpass=8))
    method.fitted = method.training_networks_loaded = True
    save(method, tmp_path / "cycle.safetensors")
    return open_model(tmp_path / "cycle.safetensors")


def same(one: Image.Image | None, other: Image.Image | None) -> bool:
    return (one and one.tobytes()) == (other and other.tobytes())


@pytest.mark.parametrize("layer", [None, 0, 12])
def test_of_cut_all_is_shown(cut: LoadedModel, layer: int | None) -> None:
    method, picture, point = cut.method, quarters(96), (0.3, 0.6)
    shown = inspect(picture, cut, point=point, layer=layer)
    translation = method.translate(picture)
    matches = match_patches(method, picture, point, layer)
    expected = Inspection(
        translation,
        score_patches(method, picture).overlay,
        score_patches(method, translation).overlay,
        matches.overlay,
        matches.marked,
        *embedding_colours(method, picture, layer),
    )
    assert all(map(same, astuple(shown), astuple(expected)))
    assert {picture.size for picture in astuple(shown)} == {(96, 96)}


@pytest.mark.parametrize("reverse", [False, True])
def test_of_cyclegan_the_discriminators_are_shown(cycle: LoadedModel, reverse: bool) -> None:
    method, picture = cycle.method, quarters(96)
    shown = inspect(picture, cycle, reverse=reverse)
    translation = method.translate(picture, reverse=reverse)
    expected = Inspection(
        translation,
        score_patches(method, picture, reverse=reverse).overlay,
        score_patches(method, translation, reverse=reverse).overlay,
    )
    assert all(map(same, astuple(shown), astuple(expected)))
    assert astuple(shown)[3:] == (None,) * 4


def test_pictures_of_any_size_and_mode_are_shrunk_or_enlarged(cut: LoadedModel) -> None:
    for picture, size in (
        (quarters().convert("RGBA").resize((300, 600)), (96, 192)),
        (quarters(40).convert("L"), (96, 96)),
    ):
        assert {shown.size for shown in astuple(inspect(picture, cut))} == {size}
    with pytest.raises(InputError, match="too small"):
        inspect(Image.new("RGB", (4, 4)), cut)
    with pytest.raises(InputError, match="one direction"):
        inspect(quarters(), cut, reverse=True)


def test_the_middle_layer_is_looked_at_unless_asked_otherwise(cut: LoadedModel) -> None:
    assert middle(layers_of(cut.method)) == 4
    assert same(inspect(quarters(), cut).matched, inspect(quarters(), cut, layer=4).matched)
    assert not same(inspect(quarters(), cut).matched, inspect(quarters(), cut, layer=0).matched)


@pytest.mark.parametrize(
    "name", [m.name for m in find_models() if m.capabilities.task == "domains"]
)
def test_the_shipped_models_of_domains_can_be_looked_into(name: str, small_side: None) -> None:
    model = open_model(name)
    shown = inspect(quarters(), model)
    assert (shown.matched is not None) == bool(layers_of(model.method))
