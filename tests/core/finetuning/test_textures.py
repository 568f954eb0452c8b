"""Fits of textures: a gallery becomes a model's file, with directions, from a model on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.checkpoints.checkpoint import load, read_header, save
from i2i_core.checkpoints.model_zoo import LoadedModel, open_model
from i2i_core.errors import InputError
from i2i_core.finetuning.run import Pace, run_fit
from i2i_core.finetuning.textures import finetune_textures, start_textures
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.methods.swapping_statistics import fit_statistics
from i2i_core.pipelines.texture_swap import swap
from tests.helpers import ROWS, A, B, picture

PICTURES = [picture(80, 64, seed) for seed in range(10)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """A small model with random weights and directions of its own."""
    method = ROWS["swapping_autoencoder"].new()
    assert isinstance(method, SwappingAutoencoder)
    method.fitted = method.training_networks_loaded = True
    fit_statistics(method, [picture(40, 32, seed) for seed in range(20, 32)])
    path = tmp_path_factory.mktemp("textures") / "small.safetensors"
    save(method, path)
    return open_model(path)


def test_a_model_goes_on_with_a_gallery(model: LoadedModel, tmp_path: Path) -> None:
    out = tmp_path / "mine.safetensors"
    records = list(finetune_textures(PICTURES, out, steps=3, model=model, about="Mine: patches"))
    assert records[-1].note == "Done: 3 of 3 steps were made."
    assert set(records[0].losses) == {"L1"}
    assert {"L1", "patches", "discriminator"} <= set(records[-1].losses)  # judged at the end
    sheet = records[-1].picture
    assert isinstance(sheet, Image.Image)
    assert sheet.height == 3 * 36  # pictures, rebuilt, with the texture of the next
    assert read_header(out)["about"] == "Mine: patches"
    method, before = load(out), model.method
    assert isinstance(method, SwappingAutoencoder)
    assert isinstance(before, SwappingAutoencoder)
    assert method.has_training_networks
    directions = method.statistics.directions
    assert directions.fitted
    assert not torch.equal(directions.texture, before.statistics.directions.texture)
    *_, last = swap(PICTURES[0], PICTURES[1], open_model(out))
    assert last.picture is not None


def test_the_preview_shows_reconstructions_and_swaps(model: LoadedModel, tmp_path: Path) -> None:
    first = next(finetune_textures(PICTURES, tmp_path / "m.safetensors", model=model))
    sheet = np.asarray(first.picture, float)
    rows = [sheet[36 * k : 36 * k + 36, :45] for k in range(3)]
    small = PICTURES[0].resize((45, 36), Image.Resampling.BICUBIC, reducing_gap=3.0)
    assert np.abs(rows[0] - np.asarray(small, float)).mean() < 1
    rebuilt = np.asarray(model.method.translate(small), float)
    assert np.abs(rows[1] - rebuilt).mean() < 20  # one step was made since
    assert np.abs(rows[2] - rows[1]).mean() > 0.5


def test_from_nothing_and_from_a_model_the_second_half_is_judged(
    monkeypatch: pytest.MonkeyPatch, model: LoadedModel
) -> None:
    laptop = {**vars(model.method.config), "ema": 0.95, "warm_up": 0.9, "decay_start": 0.8}
    presets = {**SwappingAutoencoder.presets, "laptop": laptop}
    monkeypatch.setattr(SwappingAutoencoder, "presets", presets)
    for start, ema in ((None, 0.95), (model, 0.99)):
        config = start_textures(steps=100, model=start, seed=7).config
        assert (config.warm_up, config.decay_start, config.ema) == (0.5, 0.5, ema)
        assert (config.steps, config.seed) == (100, 7)


@pytest.mark.parametrize("steps", [20, 40])
def test_the_laptops_swaps_are_judged_in_the_last_twentieth_of_any_number_of_steps(
    steps: int,
) -> None:
    kind = SwappingAutoencoder
    assert kind.from_preset("laptop", steps=5000).config.warm_up == 0.95
    method = ROWS["swapping_autoencoder"].new(
        steps=steps, warm_up=kind.presets["laptop"]["warm_up"]
    )
    records = list(run_fit(method, A, B, None, pace=Pace(record=0)))
    judged = [record.step for record in records if "discriminator" in record.losses]
    assert judged == list(range(round(0.95 * steps) + 1, steps + 1))
    assert all("patches" in records[step - 1].losses for step in judged)


def test_stopping_keeps_a_whole_model(model: LoadedModel, tmp_path: Path) -> None:
    out = tmp_path / "mine.safetensors"
    work = finetune_textures(PICTURES, out, steps=1000, model=model)
    next(work)
    work.close()
    method = load(out)
    assert isinstance(method, SwappingAutoencoder)
    assert method.statistics.directions.fitted


def test_what_was_learnt_is_kept_even_if_nothing_can_be_said_of_the_pictures(
    model: LoadedModel, tmp_path: Path
) -> None:
    out = tmp_path / "narrow.safetensors"
    *_, last = finetune_textures([picture(900, 90)] * 10, out, steps=2, model=model)
    assert read_header(out)["step"] == "2"
    assert last.note.startswith("Done: 2 of 2 steps were made. Nothing is known of its collection.")


def test_a_model_without_discriminators_is_not_gone_on_with(
    model: LoadedModel, tmp_path: Path
) -> None:
    method = load(model.info.path)
    method.training_networks_loaded = False
    save(method, tmp_path / "published.safetensors")
    published = open_model(tmp_path / "published.safetensors")
    with pytest.raises(InputError, match="without its discriminators"):
        start_textures(steps=10, model=published)


def test_what_cannot_be_taught_is_said(tmp_path: Path) -> None:
    out = tmp_path / "m.safetensors"
    with pytest.raises(InputError, match="steps"):
        list(finetune_textures(PICTURES, out, steps=0))
    with pytest.raises(InputError, match=r'no method "CUT"\. Choose one of: swapping autoencoder'):
        list(finetune_textures(PICTURES, out, recipe="CUT"))
    with pytest.raises(InputError, match=r"model of CUT: .* made by swapping autoencoder"):
        list(finetune_textures(PICTURES, out, model=open_model("cut.monet")))
    assert not out.exists()
