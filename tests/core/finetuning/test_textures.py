"""Teaching textures: a gallery becomes a model's file, with directions, from a model on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.checkpoints.checkpoint import load, read_header, save
from i2i_core.errors import InputError
from i2i_core.finetuning.textures import finetune_textures, texture_learner
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.pipelines.texture_swap import swap
from tests.core.pipelines.test_texture_codes import picture

PICTURES = [picture(80, 64, seed) for seed in range(10)]


def test_a_model_goes_on_with_a_gallery(swapper: str, tmp_path: Path) -> None:
    out = tmp_path / "mine.safetensors"
    records = list(finetune_textures(PICTURES, out, steps=3, start=swapper, about="Mine: patches"))
    assert "3 of 3 steps" in records[-1].note
    assert set(records[0].losses) == {"L1"}
    assert {"L1", "patches", "discriminator"} <= set(records[-1].losses)  # judged at the end
    sheet = records[-1].picture
    assert isinstance(sheet, Image.Image)
    assert sheet.height == 3 * 64  # pictures, rebuilt, with the texture of the next
    assert read_header(out)["about"] == "Mine: patches"
    model, before = load(out), load(swapper)
    assert isinstance(model, SwappingAutoencoder)
    assert model.has_training_networks
    assert model.directions.known
    assert not torch.equal(model.directions.texture, before.directions.texture)  # type: ignore[union-attr]
    (record,) = swap(PICTURES[0], PICTURES[1], out)
    assert record.picture is not None


def test_the_preview_shows_reconstructions_and_swaps(swapper: str, tmp_path: Path) -> None:
    method = load(swapper)
    first = next(iter(finetune_textures(PICTURES, tmp_path / "m.safetensors", start=swapper)))
    sheet = np.asarray(first.picture, float)
    rows = [sheet[64 * k : 64 * k + 64, :80] for k in range(3)]
    assert np.abs(rows[0] - np.asarray(PICTURES[0], float)).mean() < 1
    rebuilt = np.asarray(method.translate(PICTURES[0]), float)
    assert np.abs(rows[1] - rebuilt).mean() < 20  # one step was made since
    assert np.abs(rows[2] - rows[1]).mean() > 0.5


def test_from_nothing_and_from_a_model_the_second_half_is_judged(
    monkeypatch: pytest.MonkeyPatch, swapper: str
) -> None:
    small = {**vars(load(swapper).config), "ema": 0.9}
    monkeypatch.setattr(SwappingAutoencoder, "presets", {"paper": {}, "laptop": small})
    for start in (None, swapper):
        assert texture_learner(steps=100, start=start).config.warm_up == 50


def test_stopping_keeps_a_whole_model(swapper: str, tmp_path: Path) -> None:
    out = tmp_path / "mine.safetensors"
    work = finetune_textures(PICTURES, out, steps=1000, start=swapper)
    next(work)
    work.close()
    model = load(out)
    assert isinstance(model, SwappingAutoencoder)
    assert model.directions.known


def test_what_was_learnt_is_kept_even_if_nothing_can_be_said_of_the_pictures(
    swapper: str, tmp_path: Path
) -> None:
    out = tmp_path / "narrow.safetensors"
    list(finetune_textures([picture(900, 90)] * 10, out, steps=2, start=swapper))
    assert read_header(out)["step"] == "2"


def test_a_model_without_discriminators_is_not_gone_on_with(swapper: str, tmp_path: Path) -> None:
    method = load(swapper)
    method.training_networks_loaded = False
    save(method, tmp_path / "published.safetensors")
    with pytest.raises(InputError, match="without its judges"):
        texture_learner(steps=10, start=tmp_path / "published.safetensors")


def test_what_cannot_be_taught_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="steps"):
        list(finetune_textures(PICTURES, tmp_path / "m.safetensors", steps=0))
    with pytest.raises(InputError, match="no swapping autoencoder"):
        list(finetune_textures(PICTURES, tmp_path / "m.safetensors", start="cut.monet"))
