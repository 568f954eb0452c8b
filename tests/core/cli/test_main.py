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
from i2i_core.method import Progress
from i2i_core.pipelines import analogy as applications

RED, BLUE = (220, 20, 20), (20, 20, 220)


def halves(
    left: tuple[int, ...], right: tuple[int, ...], grain: int = 0, size: tuple[int, int] = (64, 32)
) -> Image.Image:
    pixels = np.full((size[1], size[0], 3), right)
    pixels[:, : size[0] // 2] = left
    noise = np.random.default_rng(0).integers(-grain, grain + 1, (size[1], size[0], 1))
    return Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, entered, with two pictures, two label maps, a mask, scribbles, and bad files."""
    monkeypatch.chdir(tmp_path)
    halves((60, 60, 60), (200, 200, 200), 20).save("a.png")
    halves((200, 170, 90), (40, 90, 150), 20).save("b.png")
    halves(RED, BLUE).save("labels.png")
    halves(BLUE, RED).save("wanted.png")
    mask = Image.new("L", (64, 32))
    mask.paste(255, (10, 12, 18, 20))
    mask.save("mask.png")
    mask.resize((32, 64)).save("tall_mask.png")
    strokes = Image.new("RGBA", (64, 32))
    strokes.paste((255, 0, 200, 255), (10, 10, 16, 22))
    strokes.paste((0, 220, 220, 255), (46, 10, 52, 22))
    strokes.save("strokes.png")
    Path("text.png").write_text("Not a picture, but a sentence.")
    Path("empty.png").touch()
    Path("folder.png").mkdir()
    Image.new("RGB", (1, 1)).save("speck.png")
    return tmp_path


STRUCTURAL = ["structural-analogy", "a.png", "b.png", "--size", "64"]
SEMANTIC = ["semantic-analogy", "b.png", "labels.png", "wanted.png", "--size", "64"]
REMOVE = ["remove", "b.png", "mask.png"]


@pytest.mark.parametrize(
    "arguments",
    [
        [*STRUCTURAL, "--guide", "lightness", "-o", "out.png"],
        [*STRUCTURAL, "--preset", "style", "--granularity", "0.2", "--reverse", "-o", "out.jpg"],
        [*STRUCTURAL, "--scribbles", "strokes.png", "strokes.png", "--out", "OUT.PNG"],
        [*SEMANTIC, "-o", "out.webp"],
        [*SEMANTIC, "--keep", "--seed", "3", "-o", "out.png"],
        [*REMOVE, "--size", "64", "-o", "out.tif"],
    ],
)
def test_a_picture_is_written_and_named(
    here: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 0
    out, err = capsys.readouterr()
    assert out.strip() == arguments[-1]
    assert err == ""
    with Image.open(arguments[-1]) as written:
        assert written.size == (64, 32)


def test_segment_writes_a_label_map(here: Path) -> None:
    assert cli.main(["segment", "b.png", "-o", "out.png", "--classes", "2"]) == 0
    ids = decode(Image.open("out.png"), PALETTE).ids
    assert set(np.unique(ids)) == {0, 1}
    assert len({int(v) for v in np.unique(ids[:, :28])}) == 1


def test_evaluate_prints_numbers(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "b.png", "--appearance", "b.png", "--structure", "b.png"]
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


COMMANDS = {
    "structural-analogy": (
        "A", "B", "--reverse", "--preset", "--granularity", "--guide", "--scribbles",
        "--out", "--seed", "--size",
    ),
    "semantic-analogy": (
        "PHOTO", "LABELS", "TARGET_LABELS", "--keep", "--out", "--seed", "--size",
    ),
    "remove": ("PHOTO", "MASK", "--out", "--seed", "--size"),
    "segment": ("PHOTO", "--classes", "--out"),
    "evaluate": ("RESULT", "--appearance", "--structure", "--labels", "--json"),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_every_option(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([command, "--help"])
    assert stop.value.code == 0
    words = capsys.readouterr().out
    assert all(option in words for option in COMMANDS[command])


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
        (["remove", "b.png", "tall_mask.png", "-o", "o.png"], "same shape"),
        (["remove", "b.png", "text.png", "-o", "o.png"], "text.png"),
        ([*REMOVE, "-o", "o.xyz"], "ending"),
        ([*REMOVE, "--size", "0", "-o", "o.png"], "choose"),
        (["evaluate", "b.png", "--appearance", "nowhere.png"], "nowhere.png"),
        (["evaluate", "empty.png", "--appearance", "b.png"], "empty.png"),
    ],
)  # fmt: skip
def test_a_mistake_is_answered_in_one_line(
    here: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(here.iterdir())
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert said in err
    assert sorted(here.iterdir()) == before


def test_a_command_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([])
    assert stop.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_what_was_made_before_an_interrupt_is_kept(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> Iterator[Progress]:
        yield Progress(1, 3, picture=Image.new("RGB", (16, 12), RED))
        yield Progress(2, 3, note="no picture this time")
        raise KeyboardInterrupt

    monkeypatch.setattr(applications, "structural_analogy", interrupted)
    assert cli.main([*STRUCTURAL, "-o", "o.png"]) == 130
    assert Image.open("o.png").getpixel((3, 3)) == RED
    out, err = capsys.readouterr()
    assert out == "o.png\n"
    assert err.splitlines() == ["i2i: stopped."]


def test_nothing_is_written_when_nothing_was_made(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> Iterator[Progress]:
        yield Progress(1, 3)
        raise KeyboardInterrupt

    monkeypatch.setattr(applications, "remove_object", interrupted)
    assert cli.main([*REMOVE, "-o", "o.png"]) == 130
    assert not Path("o.png").exists()


def test_a_defect_of_ours_is_not_hidden(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Iterator[Progress]:
        yield Progress(1, 2)
        raise ZeroDivisionError

    monkeypatch.setattr(applications, "semantic_analogy", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main([*SEMANTIC, "-o", "o.png"])


def test_the_package_runs_as_a_program() -> None:
    root = Path(cli.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "i2i_core", "--help"],
        cwd=root, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)


def test_a_file_that_cannot_be_written_is_said(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", refuse)
    assert cli.main([*STRUCTURAL, "-o", "out.png"]) == 2
    assert "out.png could not be written: No space left" in capsys.readouterr().err


def test_swap_gives_a_picture_the_texture_of_another(
    here: Path, swapper: str, capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(["swap", "a.png", "b.png", "-o", "c.png", "--model", swapper]) == 0
    out, said = capsys.readouterr()
    assert out.strip() == "c.png"
    assert "Made by the model small." in said
    with Image.open("c.png") as made:
        assert made.size == (128, 64)  # its shorter side as was learnt
    assert cli.main(["swap", "a.png", "b.png", "-o", "d.png", "--size", "64"]) == 0
    assert "Made by patches" in capsys.readouterr().err
    assert cli.main(["swap", "a.png", "b.png", "-o", "e.png", "--strength", "9"]) == 2
    assert "strength" in capsys.readouterr().err
    assert not Path("e.png").exists()
    assert cli.main(["translate", swapper, "a.png", "-o", "e.png"]) == 2
    assert "use the command swap" in capsys.readouterr().err
