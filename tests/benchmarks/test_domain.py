"""The benchmark of domains, on pictures that our own code draws."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import domain
from demos.shared.widgets import starter
from i2i_core.checkpoints.checkpoint import save
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A scene's pieces as photographs, the same in warm colours as paintings."""
    scene = Image.open(starter("lake.jpg")).convert("RGB")
    for part in ("train", "test"):
        for side in "AB":
            (tmp_path / "monet2photo" / f"{part}{side}").mkdir(parents=True)
        for number in range(4):
            x, y = 100 * (number % 2), 100 * (number // 2)
            piece = scene.crop((x, y, x + 300, y + 300)).resize((128, 128))
            folder = tmp_path / "monet2photo"
            piece.save(folder / f"{part}B" / f"{number}.png")
            warm = piece.point([*range(60, 188)] * 2 + [*range(256)] + [v // 2 for v in range(256)])
            warm.save(folder / f"{part}A" / f"{number}.png")
    return tmp_path


def test_it_prints_a_table_for_every_direction(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    method = CycleGAN(CycleGANConfig(width=4, blocks=1, discriminator_width=4, lowpass=8))
    method.fitted = True
    save(method, data / "cyclegan.monet.safetensors")
    call = ["--data", str(data), "--models", "cyclegan.monet", "--folder", str(data)]
    monkeypatch.setattr(sys, "argv", ["domain", *call, "--out", str(data / "out")])
    monkeypatch.setattr(domain, "TIMED", ((64, 48),))
    domain.main()
    lines = capsys.readouterr().out.splitlines()
    rows = [
        (line[:44].strip(), [*map(float, line[44:].split())])
        for line in lines
        if line[44:].strip() and "SWD" not in line and "peak" not in line
    ]
    translated = [numbers for name, numbers in rows if name == "translated"]
    assert len(translated) == 2  # there, and back
    as_they_are = [numbers for name, numbers in rows if name == "pictures as they are"]
    coloured = [numbers for name, numbers in rows if name == "colours of a target picture"]
    for given, warm in zip(as_they_are, coloured, strict=True):
        assert (given[1], given[4]) == (0, 1)
        assert warm[2] < given[2]  # the network sees colours, too, though things more
        assert warm[0] < 0.5 * given[0]  # the domains differ in colours alone
        assert warm[1] > 0.5
    for _, _, _, _, kept, cycle in translated:
        assert 0 < kept <= 1
        assert cycle > 0
    ((_, (seconds, each, peak)),) = [r for r in rows if r[0] == "cyclegan.monet, 64 x 48"]
    assert 0 < seconds < each
    assert peak > 50
    assert {path.name for path in (data / "out").iterdir()} == {
        "domain_cyclegan.monet_there.png", "domain_cyclegan.monet_back.png"
    }  # fmt: skip
