"""The recipes of the shipped models: two fits one after the other, and what is shipped."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from i2i_core.checkpoints.checkpoint import load, load_training
from i2i_core.methods.pix2pixhd import Pix2PixHD
from tests.helpers import label_map, noisy
from weights import train

SMALL = (
    *("--set", "width=4", "--set", "depth=3", "--set", "fine_width=4", "--set", "code=2"),
    *("--set", "crop_size=32", "--set", "load_size=32", "--set", "discriminator_width=4"),
    *("--set", "discriminator_layers=1"),
)


def pairs(data: Path, _work: Path) -> tuple[Path, Path]:
    for side in ("a", "b"):
        (data / side).mkdir(parents=True, exist_ok=True)
    for number in range(2):
        label_map(20 + number).save(data / "a" / f"{number}.png")
        noisy((9, 9, 90), (200, 9, 9), 20 + number, number).save(data / "b" / f"{number}.png")
    return data / "a", data / "b"


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *more: str) -> int:
    call = ["train.py", "pix2pix.facades", "--data", str(folder), "--work", str(folder / "work")]
    monkeypatch.setattr(sys, "argv", [*call, *more])
    return train.main()


def test_the_second_fit_goes_on_from_the_first_and_the_file_leaves_judges_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = ("pix2pixhd", "--preset", "finetune", "--steps", "1", "--set", "projected_width=8")
    first = ("pix2pixhd", *SMALL, "--steps", "2", "--set", "coarse=0.5")
    recipe = train.Recipe(pairs, first, "Maps to noise", then=then)
    monkeypatch.setitem(train.RECIPES, "pix2pix.facades", recipe)
    assert run(monkeypatch, tmp_path) == 0
    work = tmp_path / "work" / "pix2pix.facades"
    method = load_training(work / "pix2pix.facades.training.safetensors")
    assert isinstance(method, Pix2PixHD)
    assert method.config.discriminator == "both"
    assert method.config.width == 4  # the first fit's
    assert method.fit_state.step == 1
    before = (work / "pix2pix.facades.safetensors").stat().st_mtime_ns
    assert run(monkeypatch, tmp_path) == 0  # both are finished: nothing is done again
    assert (work / "pix2pix.facades.safetensors").stat().st_mtime_ns == before

    monkeypatch.setattr(train, "__file__", str(tmp_path / "train.py"))
    assert run(monkeypatch, tmp_path, "--ship") == 0
    shipped = load(tmp_path / "pix2pix.facades.safetensors")
    assert not shipped.has_training_networks


def test_labels_are_cleaned_of_blur() -> None:
    from i2i_core.labels.palettes import FACADES

    blurred = label_map(30).resize((32, 16)).resize((64, 32))
    colours = {colour for _, colour in train.clean_labels(blurred).convert("RGB").getcolors()}
    assert colours <= set(FACADES.values())
