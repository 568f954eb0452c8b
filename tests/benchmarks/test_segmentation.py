"""The benchmark of segmentation: matching by hand, true maps of each kind, and the tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import segmentation


def test_labels_are_matched_one_to_one() -> None:
    table = np.array([[6.0, 2.0], [1.0, 0.0], [0.0, 3.0]])  # three true labels, two found
    accuracy, mean_iou = segmentation.matched(table)
    assert accuracy == pytest.approx(9 / 12)
    assert mean_iou == pytest.approx((6 / 9 + 0 + 3 / 5) / 3)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with one grey label map of two halves, an unknown row and a speck."""
    folder = tmp_path / "labelled_photos" / "cocostuff"
    ids = np.full((96, 128), 7, np.uint8)
    ids[:, 64:] = 120
    ids[0], ids[5, 5] = 255, 3
    photo = np.where((ids == 120)[..., None], (40, 90, 30), (150, 190, 240)).astype(np.uint8)
    for name, picture in (("label/1.png", ids), ("img/1.jpg", photo)):
        (folder / f"train_{name}").parent.mkdir(parents=True)
        Image.fromarray(picture).save(folder / f"train_{name}")
    return tmp_path


def test_true_maps_are_read_and_found_again(data: Path) -> None:
    (case,) = segmentation.scenes(data)
    assert set(np.unique(case.truth)) == {3, 7, 120, 255}
    scores, ids = segmentation.measure(case)
    assert ids.shape == (96, 128)
    assert scores.accuracy > 0.97
    assert scores.mean_iou > 0.95


def test_it_prints_tables_and_skips_what_is_not_there(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert segmentation.main(["--data", str(data), "--out", str(data / "out")]) == 0
    out = capsys.readouterr().out
    assert "| mean |" in out
    assert "streets: skipped" in out
    assert Image.open(data / "out" / "segmentation_scenes.png").width == 3 * 244
