"""The benchmark of texture swap, on pictures that our own code draws."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import texture
from demos.shared.widgets import starter


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Pieces of a scene, in four tints."""
    scene = Image.open(starter("lake.jpg")).convert("RGB")
    (tmp_path / "scenes").mkdir()
    for number in range(4):
        x, y = 100 * (number % 2), 100 * (number // 2)
        piece = scene.crop((x, y, x + 300, y + 300)).resize((128, 128))
        tint = [lambda v: v, lambda v: v // 2, lambda v: 255 - v, lambda v: 60 + v // 2][number]
        piece.point(tint).save(tmp_path / "scenes" / f"{number}.png")
    return tmp_path


def test_it_prints_reconstructions_swaps_and_costs(
    data: Path, swapper: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(texture, "TASKS", (texture.Task("small", ("scenes",)),))
    monkeypatch.setattr(texture, "TIMED", (64,))
    monkeypatch.setattr(texture, "SIZE", 64)
    folder, out = str(Path(swapper).parent), str(data / "out")
    call = ["--data", str(data), "--folder", folder, "--pairs", "4", "--out", out]
    monkeypatch.setattr(sys, "argv", ["texture", *call])
    texture.main()
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("small: 4 pictures rebuilt") for line in lines)
    assert any("SSIM at whole, half and quarter size" in line for line in lines)
    rows = {
        line[:40].strip(): [*map(float, line[40:].split())]
        for line in lines
        if line.startswith("  ") and len(line) > 60 and "SSIM" not in line
    }
    assert rows["the structure picture"][2] == 1
    assert rows["the texture picture"][0] == 0
    # The texture picture has its textures where it has them, not where they belong.
    assert rows["the texture picture"][1] > 0
    assert rows["recoloured"][1] < rows["the structure picture"][1]
    assert rows["colour transfer"][0] < rows["the structure picture"][0]
    assert rows["the model"][0] > 0
    assert set(rows) >= {"re-made", "the network alone (detail 0)"}
    assert any("left to choose, the model makes" in line for line in lines)
    (cost,) = [line for line in lines if line.startswith("small, 64 x 64")]
    seconds, peak = map(float, cost[50:].split())
    assert 0 < seconds < 60
    assert peak > 50
    assert (data / "out" / "texture_small.png").is_file()
