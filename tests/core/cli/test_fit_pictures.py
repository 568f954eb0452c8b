"""What the command fit learns from: folders in every layout, pairs by name, pairs among others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from i2i_core.checkpoints.checkpoint import load, read_header
from i2i_core.cli.main import main
from i2i_core.data.folders import open_domains
from i2i_core.methods.cut import CUT
from i2i_core.methods.pix2pixhd import Pix2PixHD
from i2i_core.progress import Progress
from tests.core.cli.fits import fit, set_options
from tests.helpers import ROWS, A, B


def test_what_is_measured_is_not_what_was_learnt_from(tmp_path: Path) -> None:
    for name in ("trainA", "trainB", "testA", "testB"):
        (tmp_path / name).mkdir()
        A[0].save(tmp_path / name / f"{name}.png")
    for part in ("train", "test"):
        a, b = open_domains(tmp_path, part=part)
        assert (a.names, b.names) == ([f"{part}A.png"], [f"{part}B.png"])  # type: ignore[attr-defined]


def test_pairs_turn_round_with_their_sides(
    collections: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides: list[tuple[Path, ...]] = []

    def watched(self: CUT, a: Any, b: Any) -> Iterator[Progress]:
        sides.append((a.pictures.path, a.of_pairs.path, b.pictures.path, b.of_pairs.path))
        return iter(())

    monkeypatch.setattr(CUT, "fit", watched)
    for direction in ("AtoB", "BtoA"):
        out = f"{direction}.safetensors"
        fit("--pairs", "a", "b", "--direction", direction, method="cut", out=out)
    a, b = Path("a"), Path("b")
    assert sides == [(a, a, b, b), (b, b, a, a)]


def test_side_by_side_pictures_in_either_direction(collections: Path) -> None:
    Path("ab").mkdir()
    for number in range(3):
        both = Image.new("RGB", (128, 32))
        both.paste(A[number], (0, 0))
        both.paste(B[number], (64, 0))
        both.save(f"ab/{number}.png")
    small = set_options({k: v for k, v in ROWS["pix2pix"].settings.items() if k != "steps"})
    for direction in ("AtoB", "BtoA"):
        command = ["fit", "pix2pix", "--ab", "ab", "--direction", direction, "--steps", "2"]
        assert main([*command, "-o", f"{direction}.safetensors", *small]) == 0
    one, other = (load(f"{d}.safetensors").inference_state_dict() for d in ("AtoB", "BtoA"))
    assert any(not torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_pairs_can_be_mixed_into_collections(collections: Path) -> None:
    assert fit("--pairs", "a", "b", method="cut") == 0


def test_methods_of_pairs_take_no_further_pairs(
    collections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit("--pairs", "a", "b") == 2
    assert "pix2pix takes no pairs among its pictures" in capsys.readouterr().err
    assert not Path("m.safetensors").exists()


def test_pairs_of_pix2pixhd_are_matched_by_name(
    collections: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    A[0].save("a/lonely.png")
    Path("b/1.png").unlink()
    B[1].save("b/1.bmp")  # the ending does not matter
    seen: list[tuple[list[str], list[str]]] = []
    through = Pix2PixHD.fit

    def watched(self: Pix2PixHD, a: Any, b: Any) -> Iterator[Progress]:
        seen.append((a.names, b.names))
        return through(self, a, b)

    monkeypatch.setattr(Pix2PixHD, "fit", watched)
    assert fit(method="pix2pixhd") == 0
    ((a, b),) = seen
    assert [Path(name).stem for name in a] == [Path(name).stem for name in b]
    assert set(a) == {"0.png", "1.png", "2.png", "broken.png"}
    assert set(b) == {"0.png", "1.bmp", "2.png", "broken.png"}
    assert "lonely.png" in capsys.readouterr().err
    assert read_header("m.safetensors")["method"] == "pix2pixhd"


def test_pictures_none_of_which_can_be_read_are_answered_in_one_line(
    collections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in Path("b").iterdir():
        path.write_text("not a picture")
    assert fit(method="pix2pixhd") == 2
    assert "None of the 4 pairs" in capsys.readouterr().err.splitlines()[-1]
    assert not Path("m.safetensors").exists()
