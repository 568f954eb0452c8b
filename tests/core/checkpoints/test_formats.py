"""Files of older formats: the same pictures, and fits that go on as they would have then."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

from i2i_core.checkpoints.checkpoint import load, load_training, read_header, save
from i2i_core.checkpoints.migrations import (
    FORMATS,
    RENAMED_SETTINGS,
    RENAMED_SETTINGS_OF,
    migrate_header,
    migrate_tensors,
)
from i2i_core.checkpoints.model_zoo import SHIPPED, find_models, model_info, open_model
from i2i_core.method import Capabilities
from i2i_core.methods import METHODS
from tests.helpers import ROWS, A, B, label_map

FOLDER = Path(__file__).parent / "formats"  # its README says how they were made
OLD = FOLDER / "i2i-1"
STEPWISE = [name for name, row in ROWS.items() if row.stepwise]
REFERENCE: dict[str, Any] = {"reference": B[1], "seed": 3}
# What the settings of these files are called today; none has its default.
FIT = {"steps": 42, "ema": 0.5, "decay_start": 0.25, "learning_rate": 0.01}
CROPS = {"crop_size": 16, "load_size": 20, **FIT}
SETTINGS: dict[str, dict[str, Any]] = {
    "structural_analogy": {"long_side": 64, "correspondence": "lightness", "granularity": 0.8},
    "semantic_analogy": {"long_side": 64, "keep": True},
    "pix2pix": {**CROPS, "max_multiple": 2},
    "pix2pixhd": {**CROPS, "max_multiple": 2, "discriminator_max_multiple": 2, "code": 2},
    "cyclegan": {**CROPS, "lowpass": 4, "pool": 1},
    "cut": {**CROPS, "lowpass": 4, "full_images_at_end": False, "nce_layers": (0, 4, 12)},
    "sincut": {**FIT, "crop_size": 16, "load_size": 48},
    "swapping_autoencoder": {
        **FIT,
        "crop_size": 32,
        "load_size": 36,
        "discriminator_max_width": 4,
        "patch_max_width": 4,
        "warm_up": 41 / 42,
        "decay_start": 0.5,
    },
}


def picture(name: str) -> np.ndarray:
    with Image.open(OLD / f"{name}.png") as file:
        return np.asarray(file.convert("RGB"), np.int16)


def unpacked(name: str, folder: Path) -> Path:
    path = folder / f"{name}.training.safetensors"
    path.write_bytes(gzip.decompress((OLD / f"{path.name}.gz").read_bytes()))
    return path


def test_there_is_a_small_file_of_every_method() -> None:
    files = [path for path in OLD.iterdir() if path.suffix in (".safetensors", ".gz")]
    assert {path.name.split(".")[0] for path in files} == set(METHODS) == set(SETTINGS)
    assert len(files) == len(METHODS) + len(STEPWISE)
    assert max(path.stat().st_size for path in files) < 100_000
    for path in OLD.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            assert file.metadata()["format"] == "i2i-1"


@pytest.mark.parametrize("name", METHODS)
def test_an_old_model_makes_the_picture_that_it_made(name: str) -> None:
    method = load(OLD / f"{name}.safetensors")
    source = label_map(24) if name == "semantic_analogy" else A[1]
    takes = REFERENCE if method.capabilities.takes_reference else {}
    result = np.asarray(method.translate(source, **takes), np.int16)
    assert result.std() > 20  # it can be told from another
    assert np.abs(result - picture(name)).max() <= 1


def test_an_old_way_back_makes_the_picture_that_it_made() -> None:
    method = load(OLD / "cyclegan.safetensors")
    result = np.asarray(method.translate(B[1], reverse=True), np.int16)
    assert np.abs(result - picture("cyclegan.reverse")).max() <= 1
    assert np.abs(picture("cyclegan.reverse") - picture("cyclegan")).max() > 20


@pytest.mark.parametrize("name", STEPWISE)
def test_an_old_fit_goes_on_as_it_would_have(name: str, tmp_path: Path) -> None:
    method, row = load_training(unpacked(name, tmp_path)), ROWS[name]
    assert method.fit_state is not None
    assert method.fit_state.step == 40
    a, b = (A[:1], B[:1]) if row.one_each else (A, B)
    losses = [dict(record.losses) for record in method.fit(a, b)]
    expected = json.loads((OLD / "losses.json").read_text())[name]
    assert len(losses) == len(expected) == 2
    for found, wanted in zip(losses, expected, strict=True):
        assert found == pytest.approx(wanted, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("name", STEPWISE)
def test_an_old_training_file_translates_as_well(name: str, tmp_path: Path) -> None:
    method = load(unpacked(name, tmp_path))
    takes = REFERENCE if method.capabilities.takes_reference else {}
    result = np.asarray(method.translate(A[1], **takes), np.int16)
    most = 4 if name == "swapping_autoencoder" else 1  # whose model was in half precision
    assert np.abs(result - picture(name)).max() <= most
    assert method.has_training_networks


@pytest.mark.parametrize("name", METHODS)
def test_old_settings_have_todays_names(name: str) -> None:
    path = OLD / f"{name}.safetensors"
    config = load(path).config
    for setting, value in SETTINGS[name].items():
        assert getattr(config, setting) == pytest.approx(value), setting
    info = model_info(path)
    assert info.capabilities == load(path).capabilities
    assert info.about == f"An old {name}"
    assert info.steps == (40 if name in STEPWISE else 0)


def test_every_renamed_setting_is_one_of_todays_and_no_more_one_of_them() -> None:
    for name, kind in METHODS.items():
        own = RENAMED_SETTINGS_OF.get(name, {})
        known = vars(kind.Config())
        for old, new in own.items():
            assert new in known
            assert old not in known
        for old in RENAMED_SETTINGS:
            assert old not in known
    everywhere = {new for kind in METHODS.values() for new in vars(kind.Config())}
    assert set(RENAMED_SETTINGS.values()) <= everywhere


@pytest.mark.parametrize("name", METHODS)
def test_an_old_file_saved_again_is_one_of_today(name: str, tmp_path: Path) -> None:
    old, path = OLD / f"{name}.safetensors", tmp_path / "m.safetensors"
    save(load(old), path)
    header = read_header(path)
    assert header["format"] == FORMATS[-1]
    config = json.loads(header["config"])
    for setting, value in json.loads(read_header(old)["config"]).items():
        assert config[setting] == value
    with safe_open(path, "pt") as today, safe_open(old, "pt") as before:
        tensors = dict.fromkeys(before.keys())
        renamed = migrate_tensors(tensors, name, before.metadata())  # type: ignore[arg-type]
        assert set(renamed) == set(today.keys())
        assert migrate_tensors(renamed, name, today.metadata()) == renamed
        assert migrate_header(today.metadata()) == today.metadata()


def test_what_old_files_lack_is_not_made_up() -> None:
    """Of their discriminators they held those of CUT, CycleGAN and the swapping autoencoder."""
    having = {name for name in METHODS if load(OLD / f"{name}.safetensors").has_training_networks}
    assert having == {"cut", "cyclegan", "swapping_autoencoder"}


def test_statistics_of_an_old_collection_are_there() -> None:
    statistics: Any = load(OLD / "swapping_autoencoder.safetensors").statistics  # type: ignore[assignment]
    assert statistics.directions.fitted
    assert float(statistics.layouts.threshold) > 0
    assert float(statistics.features.threshold) > 0


# The shipped models

DOMAINS = {"task": "domains", "mixes_pairs": True, "multiple_of": 4, "working_size": 128}
CAN: dict[str, dict[str, Any]] = {
    "cut.monet": DOMAINS,
    "cut.yosemite-summer": DOMAINS,
    "cut.yosemite-winter": DOMAINS,
    "cyclegan.monet": {**DOMAINS, "two_way": True},
    "pix2pix.cats": {"task": "pairs", "needs_pairs": True, "channels": (1, 3)},
    "pix2pix.facades": {"task": "pairs", "needs_pairs": True},
    "pix2pix.facades-to-labels": {"task": "pairs", "needs_pairs": True},
    "swapping_autoencoder.cats": {"task": "textures", "takes_reference": True},
    "swapping_autoencoder.landscapes": {"task": "textures", "takes_reference": True},
}


def test_the_shipped_models_are_these() -> None:
    assert {model.name for model in find_models()} == set(CAN)


@pytest.mark.parametrize("name", CAN)
def test_every_shipped_model_opens_and_can_what_its_header_says(name: str) -> None:
    info = model_info(name)
    for capability, value in CAN[name].items():
        assert getattr(info.capabilities, capability) == value
    assert info.path.parent == SHIPPED
    model = open_model(info)
    assert model.info == info
    assert model.method.capabilities == info.capabilities
    assert isinstance(info.capabilities, Capabilities)
    assert model.method.fitted
    if info.capabilities.task in ("domains", "textures"):
        assert model.method.has_training_networks
    small = A[0].resize((48, 32))
    assert model.method.translate(small).size == small.size
