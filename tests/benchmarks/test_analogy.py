"""The benchmark's baselines by hand-computed values, its tables, and one tiny run of each task."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import analogy
from benchmarks.baselines import (
    OURS,
    Case,
    Result,
    colour_transfer,
    mean_colour_per_label,
    measure,
    peak_memory,
    unguided,
)
from examples.scenes import draw
from i2i_core.errors import InputError
from i2i_core.methods import structural_analogy

RED, BLUE = (220, 20, 20), (20, 20, 220)


def halves(first: tuple[int, ...], second: tuple[int, ...], stacked: bool = False) -> Image.Image:
    """32 x 32 pixels, left half and right half (or top and bottom, if `stacked`) of one colour."""
    pixels = np.full((32, 32, 3), second, np.uint8)
    if stacked:
        pixels[:16] = first
    else:
        pixels[:, :16] = first
    return Image.fromarray(pixels)


def test_mean_colour_follows_the_wanted_labels() -> None:
    photo = np.asarray(halves((10, 10, 10), (100, 0, 50))).copy()
    photo[::2, :16] = 30  # Every other line of the left half: its mean is 20.
    labels, wanted = halves(RED, BLUE), halves(BLUE, RED, stacked=True)
    made = np.asarray(mean_colour_per_label(Image.fromarray(photo), labels, wanted, (64, 48)))
    assert made.shape == (48, 64, 3)
    assert (made[:24] == (100, 0, 50)).all()
    assert (made[24:] == 20).all()


def test_colour_transfer_takes_mean_and_deviation() -> None:
    structure, appearance = (
        halves((40,) * 3, (90,) * 3, stacked=True),
        halves((200,) * 3, (60,) * 3),
    )
    made = np.asarray(colour_transfer(structure, appearance)).astype(int)
    # Two equally frequent greys: same mean and deviation means the same two greys, dark on top.
    assert np.abs(made[:16] - 60).max() <= 1
    assert np.abs(made[16:] - 200).max() <= 1


def test_colour_transfer_of_a_flat_picture_is_the_mean_colour() -> None:
    flat, appearance = (
        Image.new("RGB", (32, 32), (7, 7, 7)),
        Image.new("RGB", (8, 8), (90, 120, 30)),
    )
    made = np.asarray(colour_transfer(flat, appearance)).astype(int)
    assert np.abs(made - (90, 120, 30)).max() <= 1


def test_unguided_has_the_size_asked_for_and_repeats() -> None:
    picture = draw("pebbles", 64).picture
    made = unguided(picture, (64, 48))
    assert made.size == (64, 48)
    assert np.array_equal(np.asarray(made), np.asarray(unguided(picture, (64, 48))))
    assert abs(np.asarray(made).mean() - np.asarray(picture).mean()) < 25


def test_peak_memory_is_in_megabytes() -> None:
    assert 30 < peak_memory() < 100_000


def test_table_averages_cases_of_one_name_then_all_names() -> None:
    blank = Image.new("RGB", (8, 8))

    def results(value: float) -> dict[str, Result]:
        return {OURS: Result(blank, {"coherence": value, "cpu": value})}

    cases = [("x", 1.0), ("x", 3.0), ("y", 10.0)]
    measured = [(Case(name, blank, blank), results(value)) for name, value in cases]
    rows = [[c.strip() for c in line.split("|")[1:-1]] for line in _rows(measured, "structural")]
    heading = rows[0]
    table = {row[0]: dict(zip(heading, row, strict=True)) for row in rows[2:]}
    assert table["x"]["coherence"] == "2.000"
    assert table["y"]["coherence"] == "10.0"
    assert table["mean"]["coherence"] == "6.000"
    assert table["mean of both directions together"]["CPU s"] == "12.0"
    assert table["x"]["layout"] == ""


def _rows(measured: analogy.Measured, task: str) -> list[str]:
    lines = analogy.table(task, measured).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    return lines


def test_data_folder_skips_masks_and_reconstructions(tmp_path: Path) -> None:
    cond = tmp_path / "semantic_analogy" / "hill" / "cond"
    cond.mkdir(parents=True)
    draw("lake", 64).picture.save(cond.parent / "img.png")
    for path in (cond.parent / "label.png", cond / "1.png", cond / "mask_1.png", cond / "rec.png"):
        halves(RED, BLUE).save(path)
    (case,) = analogy.semantic_cases(tmp_path, 64)
    assert case.name == "hill"
    assert case.labels is not None


def test_an_empty_data_folder_is_the_persons_to_mend(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="semantic_analogy"):
        list(analogy.semantic_cases(tmp_path, 64))
    with pytest.raises(InputError, match=r"208\.jpg"):
        list(analogy.structural_cases(tmp_path, 64))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure in this process, which is much faster, one case of each task, two guides."""
    monkeypatch.setattr(structural_analogy, "candidates", lambda *_: ("figures", "lightness"))
    monkeypatch.setattr(analogy, "in_fresh_process", lambda _, call, *given: call(*given))
    monkeypatch.setattr(analogy, "measure", partial(measure, warm_up=False))
    monkeypatch.setattr(analogy, "import_seconds", lambda: 0.03)
    monkeypatch.setattr(analogy, "DRAWN_EDITS", analogy.DRAWN_EDITS[1:2])
    monkeypatch.setattr(analogy, "DRAWN_PAIRS", analogy.DRAWN_PAIRS[:1])
    monkeypatch.delenv("I2I_DATA", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def test_semantic_beats_its_baselines_on_a_drawn_scene() -> None:
    case = list(analogy.semantic_cases(None, 64))[1]
    scores = {name: result.scores for name, result in measure(case, 64, warm_up=False).items()}
    assert list(scores) == ["copy of source", "mean colour", "unguided", OURS]
    ours = scores[OURS]
    assert ours["mean_iou"] > scores["copy of source"]["mean_iou"]
    assert ours["mean_iou"] > scores["unguided"]["mean_iou"]
    assert ours["coherence"] < scores["mean colour"]["coherence"]
    assert ours["mean_iou"] <= ours["mean_iou_ceiling"] <= 1
    assert 0 < ours["first_cpu"] <= ours["cpu"]


def test_structural_run_prints_a_table_and_saves_the_grid(
    here: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analogy.main(["--task", "structural", "--size", "64", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "drawn scenes" in printed
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in printed.splitlines()]
    table = {(row[0], row[1]): row for row in rows if len(row) > 2}
    column = table["case", "method"].index
    for case in ("oranges → bowls", "bowls → oranges", "mean"):
        ours, recoloured, copy = (
            table[case, name] for name in (OURS, "colour transfer", "copy of B")
        )
        assert float(ours[column("coherence")]) < float(recoloured[column("coherence")])
        assert float(ours[column("layout")]) > float(copy[column("layout")])
        assert case == "mean" or ours[column("guide")]
    assert ("mean of both directions together", OURS) in table
    with Image.open(tmp_path / "structural_analogy.png") as sheet:
        assert sheet.size == (6 * 68, 64 + 14)


def test_a_person_s_mistake_is_one_sentence(
    here: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--data", str(tmp_path), "--task", "semantic", "--out", str(tmp_path / "out")]
    assert analogy.main(given) == 2
    assert capsys.readouterr().err.count("\n") == 1
