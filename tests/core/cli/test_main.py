"""The command line: every command writes its file, and every mistake is answered in one line."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2i_core.cli import main as cli
from i2i_core.labels.maps import PALETTE, decode
from i2i_core.methods import METHODS
from i2i_core.methods.structural_analogy import StructuralAnalogy
from i2i_core.pipelines import analogy, object_removal
from i2i_core.progress import Progress
from tests.core.cli.conftest import RED

STRUCTURAL = ["structural-analogy", "a.png", "b.png", "--long-side", "64"]
SEMANTIC = ["semantic-analogy", "b.png", "labels.png", "wanted.png", "--long-side", "64"]
REMOVE = ["remove", "b.png", "mask.png"]


@pytest.mark.parametrize(
    "arguments",
    [
        [*STRUCTURAL, "--correspondence", "lightness", "-o", "out.png"],
        [
            "structural-analogy",
            "a.png",
            "b.png",
            "--size",
            "64",
            "--guide",
            "objects",
            "-o",
            "o.png",
        ],
        [*STRUCTURAL, "--preset", "style", "--granularity", "0.2", "--reverse", "-o", "out.jpg"],
        [*STRUCTURAL, "--scribbles", "strokes.png", "strokes.png", "--out", "OUT.PNG"],
        [*SEMANTIC, "-o", "out.webp"],
        [*SEMANTIC, "--keep", "--seed", "3", "-o", "out.png"],
        [*REMOVE, "--size", "64", "-o", "out.tif"],
    ],
)
def test_a_picture_is_written_and_named(
    pictures: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 0
    out, err = capsys.readouterr()
    assert out.strip() == arguments[-1]
    assert err == ""
    with Image.open(arguments[-1]) as written:
        assert written.size == (64, 32)


def test_a_heat_map_is_written_and_the_best_spot_printed(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["find-correspondence", "a.png", "b.png", "0.2", "0.9", "-o", "out.png"]) == 0
    spot, name = capsys.readouterr().out.strip().split("\n")
    assert name == "out.png"
    assert all(0 <= float(share) <= 1 for share in spot.split())
    assert Path("out.png").is_file()
    assert cli.main(["find-correspondence", "a.png", "b.png", "2", "0", "-o", "out.png"]) == 2
    assert "point's x" in capsys.readouterr().err


def test_segment_writes_a_label_map(pictures: Path) -> None:
    assert cli.main(["segment", "b.png", "-o", "out.png", "--classes", "2"]) == 0
    ids = decode(Image.open("out.png"), PALETTE).ids
    assert set(np.unique(ids)) == {0, 1}
    assert len({int(v) for v in np.unique(ids[:, :28])}) == 1


def test_another_photograph_is_a_layout(pictures: Path) -> None:
    command = ["semantic-analogy", "b.png", "--layout", "a.png", "--classes", "2"]
    assert cli.main([*command, "--long-side", "64", "-o", "out.png"]) == 0
    made, layout = Image.open("out.png").size, Image.open("a.png").size
    assert max(made) == 64
    assert made[0] / made[1] == pytest.approx(layout[0] / layout[1], rel=0.05)


def test_evaluate_prints_numbers(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "b.png", "--appearance", "b.png", "--structure", "b.png"]
    command += ["--target", "b.png"]
    command += ["--labels", "labels.png", "labels.png"]
    assert cli.main(command) == 0
    lines = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert cli.main([*command, "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert set(lines) == set(scores)
    for name, value in scores.items():
        assert float(lines[name]) == pytest.approx(value, abs=6e-4)
    # The picture measured against itself.
    assert scores["coherence"] < 0.5
    assert scores["self_similarity"] > 0.99
    assert scores["mean_iou"] > 0.95


SIZED = ("--out", "--seed", "--long-side", "--size")
COMMANDS = {
    "structural-analogy": (
        *("A", "B", "--reverse", "--preset", "--granularity", "--correspondence", "--guide"),
        *("--scribbles", *SIZED, *StructuralAnalogy.presets, "inverted lightness"),
    ),
    "semantic-analogy": (
        *("PHOTO", "LABELS", "TARGET_LABELS", "--layout", "--classes", "--keep", *SIZED),
    ),
    "find-correspondence": ("A", "B", "X", "Y", "--out"),
    "remove": ("PHOTO", "MASK", *SIZED),
    "segment": ("PHOTO", "--classes", "--out"),
    "evaluate": (
        *("RESULT", "--appearance", "--structure", "--labels", "--json", "--a", "--b", "--ab"),
        *("--direction", "--reverse", "--paired", "--limit", "--train"),
    ),
    "swap": (
        *("STRUCTURE", "TEXTURE", "--model", "--strength", "--detail", "--short-side"),
        *("--size", "--seed", "--out"),
    ),
    "encode": ("PICTURE", "--model", "--short-side", "--out"),
    "decode": ("CODES", "--model", "--texture", "--strength", "--out"),
    "fit": (
        *("METHOD", "--a", "--b", "--ab", "--direction", "--pairs", "--out", "--preset", "--steps"),
        *("--seed", "--set", "--resume", "--start", "--preview", "--preview-every", "--about"),
        *("--takes", "--makes", "sketch", "labels:facades", "torchrun", *METHODS),
        *(word for kind in METHODS.values() for word in (kind.title, *kind.presets)),
    ),
    "translate": (
        *("MODEL", "IMAGE", "--out", "--reverse", "--max-long-side", "--size", "--seed"),
        *("--reference", "--strength", "--keep-colours"),
    ),
    "import": ("FILE.pth", "--out", "--reverse-file", "--test-time", "--half", "--about"),
    "models": ("FOLDER", "--json"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_every_option_and_whatever_there_is_to_choose(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert all(word in text for word in COMMANDS[command])
    assert cli.main([command, "-h"]) == 0
    assert capsys.readouterr().out == text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["segment", "text.png", "-o", "o.png"], "text.png is not a picture"),
        (["segment", "empty.png", "-o", "o.png"], "0 bytes"),
        (["segment", "nowhere.png", "-o", "o.png"], "no file nowhere.png"),
        (["segment", "folder.png", "-o", "o.png"], "no file folder.png"),
        (["segment", "speck.png", "-o", "o.png"], "too small"),
        (["segment", "b.png", "-o", "o.jpg"], "o.jpg"),
        (["segment", "b.png", "-o", "o.png", "--classes", "9"], "2 to 8"),
        (["segment", "b.png", "-o", "folder.png"], "folder"),
        ([*STRUCTURAL, "-o", "o.txt"], "ending"),
        ([*STRUCTURAL, "-o", "o"], "ending"),
        ([*STRUCTURAL, "-o", "o.psd"], "ending"),  # Pillow reads it only
        ([*STRUCTURAL, "-o", "folder.png"], "folder"),
        ([*STRUCTURAL, "-o", "nowhere/o.png"], "no folder nowhere"),
        ([*STRUCTURAL, "--size", "10", "-o", "o.png"], "64 to 1024"),
        ([*STRUCTURAL, "--granularity", "2", "-o", "o.png"], "0 to 1"),
        ([*STRUCTURAL, "--guide", "magic", "-o", "o.png"], "lightness"),
        ([*STRUCTURAL, "--preset", "magic", "-o", "o.png"], "texture"),
        ([*STRUCTURAL, "--scribbles", "a.png", "text.png", "-o", "o.png"], "text.png"),
        (["structural-analogy", "a.png", "speck.png", "-o", "o.png"], "speck.png is 1 × 1"),
        (["semantic-analogy", "b.png", "labels.png", "empty.png", "-o", "o.png"], "empty.png"),
        (["semantic-analogy", "b.png", "tall_mask.png", "wanted.png", "-o", "o.png"], "same shape"),
        (["semantic-analogy", "b.png", "labels.png", "-o", "o.png"], "target label map"),
        (["semantic-analogy", "b.png", "--layout", "text.png", "-o", "o.png"], "text.png"),
        (["remove", "b.png", "tall_mask.png", "-o", "o.png"], "same shape"),
        (["remove", "b.png", "text.png", "-o", "o.png"], "text.png"),
        ([*REMOVE, "-o", "o.xyz"], "ending"),
        ([*REMOVE, "--size", "0", "-o", "o.png"], "choose"),
        (["evaluate", "b.png", "--appearance", "nowhere.png"], "nowhere.png"),
        (["evaluate", "empty.png", "--appearance", "b.png"], "empty.png"),
    ],
)  # fmt: skip
def test_a_mistake_is_answered_in_one_line(
    pictures: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(pictures.iterdir())
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert said in err
    assert sorted(pictures.iterdir()) == before


def test_a_command_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "COMMAND" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["magic"], "No such command 'magic'"),
        (["remove", "b.png", "mask.png"], "'--out'"),
        ([*REMOVE, "-o", "o.png", "--magic"], "--magic"),
        ([*REMOVE, "-o", "o.png", "--seed", "x"], "'--seed'"),
        ([*STRUCTURAL, "-o", "o.png", "--scribbles", "strokes.png"], "--scribbles"),
        (["evaluate", "m", "--a", "a", "--direction", "up"], "AtoB"),
    ],
)
def test_what_cannot_be_understood_is_answered_with_its_name(
    pictures: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Error: " in err
    assert said in err
    assert not Path("o.png").exists()


def test_what_was_made_before_an_interrupt_is_kept(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> Iterator[Progress]:
        yield Progress(1, 3, picture=Image.new("RGB", (16, 12), RED))
        yield Progress(2, 3, note="no picture this time")
        raise KeyboardInterrupt

    monkeypatch.setattr(analogy, "structural_analogy", interrupted)
    assert cli.main([*STRUCTURAL, "-o", "o.png"]) == 130
    assert Image.open("o.png").getpixel((3, 3)) == RED
    out, err = capsys.readouterr()
    assert out == "o.png\n"
    assert err.splitlines() == ["i2i: stopped."]


def test_nothing_is_written_when_nothing_was_made(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> Iterator[Progress]:
        yield Progress(1, 3)
        raise KeyboardInterrupt

    monkeypatch.setattr(object_removal, "remove_object", interrupted)
    assert cli.main([*REMOVE, "-o", "o.png"]) == 130
    assert not Path("o.png").exists()


def test_a_defect_of_ours_is_not_hidden(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Iterator[Progress]:
        yield Progress(1, 2)
        raise ZeroDivisionError

    monkeypatch.setattr(analogy, "semantic_analogy", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main([*SEMANTIC, "-o", "o.png"])


def test_the_package_runs_as_a_program() -> None:
    root = Path(cli.__file__).parents[2]
    for arguments, code in ((["--help"], 0), (["models", "nowhere"], 2)):
        process = subprocess.run(
            [sys.executable, "-m", "i2i_core", *arguments],
            cwd=root, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert process.returncode == code
        if code:
            assert process.stderr == "i2i: There is no folder nowhere. Check the path.\n"
        else:
            assert all(command in process.stdout for command in COMMANDS)


def test_a_file_that_cannot_be_written_is_said(
    pictures: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", refuse)
    assert cli.main([*STRUCTURAL, "-o", "out.png"]) == 2
    assert "out.png could not be written: No space left" in capsys.readouterr().err
