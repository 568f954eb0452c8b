"""The benchmark of building fronts, on fronts that our own code paints."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import facades
from examples.drawings import front


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Four pairs each to learn from and to test on: label maps, and "photographs" of grey tones."""
    for part in ("train", "test"):
        for kind in ("label", "photo"):
            (tmp_path / "facades" / f"{part}_{kind}").mkdir(parents=True)
        for number in range(4):
            label = front(3 + number % 2, 4 + number // 2).resize((256, 256), 0)
            label.save(tmp_path / "facades" / f"{part}_label" / f"{number}.png")
            label.convert("L").save(tmp_path / "facades" / f"{part}_photo" / f"{number}.jpg")
    return tmp_path


def test_it_prints_a_table_and_saves_a_grid(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    out = data / "out"
    call = ["--data", str(data), "--out", str(out), "--limit", "2", "--reader-steps", "25"]
    monkeypatch.setattr(sys, "argv", ["facades", *call])
    facades.main()
    rows = {
        line[:28].strip(): [float(value) for value in line[28:].split()]
        for line in capsys.readouterr().out.splitlines()[1:]
    }
    assert set(rows) == {"real photographs", "the label maps themselves", "pix2pix.facades"}
    assert all(len(row) == len(facades.COLUMNS) for row in rows.values())
    real, made = rows["real photographs"], rows["pix2pix.facades"]
    # SWD, L1, SSIM, kernel, Fréchet and feature distance of the same pictures
    assert real[3:] == [0, 0, 1, 0, 0, 0]
    assert made[3] > 0.1
    assert min(made[6:]) > 0.1
    assert 0.3 < real[0] <= 1  # a reader of 25 steps knows sky and wall
    assert Image.open(out / "facades.png").size == (8 * 256, 4 * 256)


def test_a_reader_of_what_it_has_learnt_reads_it(data: Path) -> None:
    root = data / "facades"
    maps, photos = (facades.Folder(root / f"train_{kind}") for kind in ("label", "photo"))
    reader = facades.teach_reader(maps, photos, 40)
    pixel, per_class, iou = facades.read(reader, list(maps), list(photos))
    shuffled = [Image.fromarray(np.asarray(p)[::-1].copy()) for p in photos]
    assert pixel > facades.read(reader, list(maps), shuffled)[0]
    assert 0 < iou <= per_class <= 1
