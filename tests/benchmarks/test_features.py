"""The benchmark of what a network sees, on fronts that our own code paints and on discs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import features
from examples.drawings import front
from tests.helpers import picture


def test_it_prints_a_table_for_pairs_and_for_swaps(
    tmp_path: Path,
    swapper: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    for part in ("train", "test"):
        for folder in (f"facades/{part}_label", f"facades/{part}_photo", f"cats/{part}"):
            (tmp_path / folder).mkdir(parents=True)
        for number in range(3):
            label = front(3 + number % 2, 4 + number // 2).resize((256, 256), 0)
            label.save(tmp_path / f"facades/{part}_label/{number}.png")
            label.convert("L").save(tmp_path / f"facades/{part}_photo/{number}.jpg")
            for more in (0, 3):  # swaps are compared with every other picture of the training set
                file = tmp_path / f"cats/{part}/{number + more}.png"
                picture(64, 64, number + more).save(file)
    monkeypatch.setattr(features, "TASKS", features.TASKS[1:2])
    monkeypatch.setattr(features, "SWAPS", [(swapper, ("cats/test",))])
    monkeypatch.setattr(sys, "argv", ["features", "--data", str(tmp_path), "--limit", "3"])
    features.main()
    lines = capsys.readouterr().out.splitlines()
    rows = {line[:44].strip(): [float(value) for value in line[44:].split()] for line in lines[1:]}
    translated, untranslated = rows["translated"], rows["what goes in, as it is"]
    assert translated[0] == untranslated[0] == 3
    assert translated[2] > 0
    assert 0 < translated[3] < 20
    assert len(rows["real pictures (of the training set)"]) == 3
    assert len(rows["rebuilt, by the network alone"]) == 4
    assert len(rows["swapped"]) == 3


def test_pictures_are_as_large_as_the_models_take_them(tmp_path: Path) -> None:
    Image.new("L", (100, 50)).save(tmp_path / "0.png")
    (one,) = features.pictures(tmp_path, 5)
    assert one.mode == "RGB"
    assert one.size == (512, 256)
