"""The benchmark of discriminators, with two steps on pictures that the test makes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import discriminators
from tests.helpers import picture


def test_it_teaches_each_once_and_prints_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    for folder in ("trainA", "trainB", "testA", "testB"):
        (tmp_path / "monet2photo" / folder).mkdir(parents=True)
        for number in range(3):
            picture(300, 260, number).save(tmp_path / "monet2photo" / folder / f"{number}.png")
    task = discriminators.TASKS["monet"]
    small = {**task.settings, "width": 4, "blocks": 1, "nce_layers": (0, 4), "crop_size": 64}
    small |= {"load_size": 64, "projected_width": 8, "steps": 2}
    monkeypatch.setitem(discriminators.TASKS, "monet", task._replace(settings=small))
    monkeypatch.chdir(tmp_path)
    variants = ["--variants", "patch", "projected"]
    call = ["discriminators", "monet", "--data", str(tmp_path), "--minutes", "0", *variants]
    monkeypatch.setattr(sys, "argv", call)
    discriminators.main()
    lines = capsys.readouterr().out.splitlines()[1:]
    rows = {line[:24].strip(): [float(x) for x in line[24:].split()] for line in lines}
    assert set(rows) == {"patch", "projected"}
    assert all(len(row) == len(discriminators.COLUMNS) and row[1] > 0 for row in rows.values())
    assert (tmp_path / "out/benchmarks/discriminators_monet.png").is_file()
    monkeypatch.setattr(discriminators, "teach", None)  # what is taught is not taught again
    discriminators.main()
