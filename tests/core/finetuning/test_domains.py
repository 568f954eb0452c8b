"""Fits of domains: two small collections or one picture each become a model's file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2i_core.checkpoints.checkpoint import load, read_header
from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.data.implicit_pairs import ImplicitPairs
from i2i_core.errors import InputError
from i2i_core.finetuning.domains import finetune_domains, finetune_single_pair, start_domains
from i2i_core.finetuning.starts import recipes
from i2i_core.methods.cut import CUT
from i2i_core.methods.cyclegan import CycleGAN


def pictures(count: int, tint: tuple[int, int, int]) -> list[Image.Image]:
    random = np.random.default_rng(0)
    shapes = random.integers(0, 60, (count, 40, 52, 3))
    return [
        Image.fromarray((shape + tint).clip(0, 255).astype(np.uint8)).resize((150, 130))
        for shape in shapes
    ]


COLD, WARM = pictures(5, (20, 60, 150)), pictures(6, (180, 90, 20))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's networks, narrow."""
    for kind in (CUT, CycleGAN):
        laptop = {**kind.presets["laptop"], "width": 4, "blocks": 1, "discriminator_width": 4}
        laptop |= {"nce_layers": (0, 4, 12)} if kind is CUT else {}
        monkeypatch.setattr(kind, "presets", {**kind.presets, "laptop": laptop})


@pytest.mark.parametrize("recipe", recipes("domains"))
def test_two_collections_become_a_model(recipe: str, tmp_path: Path) -> None:
    out = tmp_path / "cold to warm.safetensors"
    records = list(finetune_domains(COLD, WARM, out, recipe=recipe, steps=4, about="Cold to warm"))
    assert "4 of 4 steps" in records[-1].note
    assert read_header(out)["about"] == "Cold to warm"
    model = load(out)
    assert model.has_training_networks
    can = model.capabilities
    assert can.two_way == recipes("domains")[recipe].kind.capabilities.two_way
    sheet = records[-1].picture
    assert sheet is not None
    rows = 3 if can.two_way else 2  # there, and back again
    assert sheet.size[1] == rows * 256


@pytest.mark.parametrize("recipe", recipes("domains"))
def test_a_picture_is_twice_as_large_as_a_crop(recipe: str) -> None:
    config = start_domains(recipe, steps=3, crop_size=64, seed=5).config
    assert (config.crop_size, config.load_size, config.steps, config.seed) == (64, 128, 3, 5)


def test_fastcut_is_more_faithful_by_its_settings() -> None:
    fast, plain = (start_domains(recipe, steps=3).config for recipe in ("FastCUT", "CUT"))
    assert fast.nce_weight == 10
    assert fast.flip_equivariance
    assert fast.decay_start == 0.75
    assert not plain.flip_equivariance


def test_a_fit_goes_on_from_a_model(tmp_path: Path) -> None:
    out = tmp_path / "first.safetensors"
    list(finetune_domains(COLD, WARM, out, recipe="CUT", steps=3))
    model = open_model(out)
    for recipe in ("CUT", "FastCUT"):
        method = start_domains(recipe, steps=3, model=model, seed=5)
        assert method.fitted
        assert method.has_training_networks
    with pytest.raises(InputError, match="made by CycleGAN"):
        start_domains("CycleGAN", steps=3, model=model)
    further = tmp_path / "second.safetensors"
    list(finetune_domains(COLD, WARM, further, recipe="FastCUT", steps=2, model=model))
    assert read_header(further)["step"] == "2"
    before, after = (load(path).translate(COLD[0]) for path in (out, further))
    assert np.abs(np.asarray(before, int) - np.asarray(after, int)).mean() < 25


def test_known_pairs_are_mixed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    look = ImplicitPairs.__getitem__
    monkeypatch.setattr(
        ImplicitPairs, "__getitem__", lambda self, i: asked.append(len(self)) or look(self, i)
    )
    pairs = (COLD[:2], WARM[:2])
    list(finetune_domains(COLD, WARM, tmp_path / "m.safetensors", steps=2, pairs=pairs))
    assert {7, 8} >= set(asked) >= {7}  # 5 and 6 pictures, and a quarter of pairs


def test_stop_keeps_what_was_learnt(tmp_path: Path) -> None:
    out, stop = tmp_path / "m.safetensors", tmp_path / "stop"
    stop.touch()
    records = list(finetune_domains(COLD, WARM, out, steps=500, stop=stop))
    assert "Stopped" in records[-1].note
    assert 0 < int(read_header(out)["step"]) < 5


def test_the_limit_stops_it(tmp_path: Path) -> None:
    out = tmp_path / "m.safetensors"
    *_, last = finetune_domains(COLD, WARM, out, steps=500, seconds=0)
    assert "which is the limit here" in last.note
    assert 0 < int(read_header(out)["step"]) < 5


def test_one_picture_each(tmp_path: Path) -> None:
    out = tmp_path / "one.safetensors"
    *_, last = finetune_single_pair(COLD[0], WARM[0].convert("RGBA"), out, steps=2, about="Warm")
    assert last.picture is not None
    assert last.picture.size == (295, 2 * 256)  # as large as is learnt from
    assert read_header(out)["about"] == "Warm"
    assert load(out).translate(COLD[0]).size == COLD[0].size


@pytest.mark.parametrize("settings", [{"recipe": "pix2pix"}, {"steps": 0}, {"recipe": "SinCUT"}])
def test_what_cannot_be_is_refused(settings: dict, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(finetune_domains(COLD, WARM, tmp_path / "m.safetensors", **settings))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("settings", [{"recipe": "CUT"}, {"steps": 0}])
def test_what_cannot_be_of_one_picture_each_is_refused(settings: dict, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(finetune_single_pair(COLD[0], WARM[0], tmp_path / "m.safetensors", **settings))
    speck = Image.new("RGB", (4, 4))
    with pytest.raises(InputError, match="Picture 2 is 4 × 4"):
        list(finetune_single_pair(COLD[0], speck, tmp_path / "m.safetensors", steps=2))
    assert not list(tmp_path.iterdir())
