"""The commands about models: fit, resume, translate, import, list, evaluate, as a person would."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.plain_networks import PlainResNet
from i2i_core.checkpoints.checkpoint import load, read_header
from i2i_core.cli import fit as cli_fit
from i2i_core.cli import main as cli
from i2i_core.cli.fit import Stop
from i2i_core.data.folders import open_domains
from i2i_core.method import Progress
from i2i_core.methods.pix2pix import Pix2Pix
from i2i_core.methods.pix2pixhd import Pix2PixHD
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.training.optim import Optimizer
from tests.contract.test_contract import ROWS, A, B

TINY = ["--set", "width=4", "--set", "discriminator_width=4", "--set", "size=32"]
TINY += ["--set", "load_size=32", "--set", "ema=0.9"]
PIX2PIX = [*TINY, "--set", "depth=3"]
PIX2PIXHD = [*PIX2PIX, "--set", "fine_width=4", "--set", "discriminator_layers=1"]
CUT = [*TINY, "--set", "blocks=1", "--set", "nce_layers=[0,4,12]"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, entered, with two folders of three pictures, paired by name, and a bad file."""
    monkeypatch.chdir(tmp_path)
    for side, pictures in (("a", A), ("b", B)):
        Path(side).mkdir()
        for number, picture in enumerate(pictures):
            picture.save(f"{side}/{number}.png")
    Path("a/broken.png").write_text("not a picture")
    Path("b/broken.png").write_text("not a picture")
    return tmp_path


def fit(*more: str, method: str = "pix2pix", out: str = "m.safetensors") -> int:
    tiny = {"pix2pix": PIX2PIX, "cyclegan": [*TINY, "--set", "blocks=1"], "cut": CUT}
    tiny = {**tiny, "pix2pixhd": PIX2PIXHD}[method]
    sides = ["--a", "a", "--b", "b"]
    return cli.main(["fit", method, *sides, "-o", out, "--steps", "3", *tiny, *more])


def test_a_fit_begins_with_what_another_model_has_learnt(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(method="cut") == 0
    first = load("m.safetensors")
    slow = ("--set", "learning_rate=1e-8", "--set", "ema=0", "--seed", "7")
    assert fit("--start", "m.safetensors", *slow, method="cut", out="n.safetensors") == 0
    assert fit(*slow, method="cut", out="o.safetensors") == 0
    near, far = load("n.safetensors"), load("o.safetensors")
    for part in ("generator", "discriminator", "projection"):
        ours, theirs, others = (
            torch.cat([p.flatten() for p in getattr(model, part).parameters()])
            for model in (near, first, far)
        )
        assert torch.allclose(ours, theirs, atol=1e-5)
        assert not torch.allclose(others, theirs, atol=1e-3)
    wider = ("--start", "m.safetensors", "--set", "width=8")
    assert fit(*wider, method="cut", out="p.safetensors") == 2
    assert "cannot be begun with" in capsys.readouterr().err
    assert fit("--start", "m.safetensors", out="p.safetensors") == 2
    assert "another method" in capsys.readouterr().err


def test_fit_writes_a_model_and_previews_and_names_what_it_left_out(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    A[0].save("a/lonely.png")
    assert fit("--preview", "look", "--preview-every", "2", "--about", "Rock to sand.") == 0
    out, err = capsys.readouterr()
    assert "1 of a have no partner" in err
    assert "lonely.png" in err
    assert out == "m.safetensors\n"
    assert "Left out: 1" in err
    assert "broken.png" in err
    assert sorted(p.name for p in Path("look").iterdir()) == ["step_000002.png", "step_000003.png"]
    with Image.open("look/step_000003.png") as sheet:
        assert sheet.size == (4 * 256, 2 * 256)
    header = read_header("m.safetensors")
    assert (header["method"], header["step"], header["about"]) == ("pix2pix", "3", "Rock to sand.")
    method = load("m.safetensors")
    assert isinstance(method, Pix2Pix)
    assert (method.config.width, method.config.depth) == (4, 3)


def test_a_swapping_autoencoders_file_says_what_its_pictures_are_like(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ROWS["swapping_autoencoder"].new().config
    changes = {**vars(small), "steps": 2}
    settings = [x for k, v in changes.items() for x in ("--set", f"{k}={json.dumps(v)}")]
    settings = [text.replace('"', "") for text in settings]
    call = ["fit", "swapping_autoencoder", "--a", "a", "--b", "a", "-o", "s.safetensors"]
    assert cli.main([*call, *settings]) == 0
    method = load("s.safetensors")
    assert isinstance(method, SwappingAutoencoder)
    assert method.directions.known
    # Of a single picture there is nothing to say, and that is said.
    for name in ("1.png", "2.png"):
        Path(f"a/{name}").unlink()
    call[-1] = "t.safetensors"
    assert cli.main([*call, *settings]) == 0
    assert "Nothing is known of its collection" in capsys.readouterr().err


def test_a_two_way_preview_shows_both_ways(here: Path) -> None:
    assert fit("--preview", "look", method="cyclegan") == 0
    with Image.open("look/step_000003.png") as sheet:
        assert sheet.size == (4 * 256, 4 * 256)


def test_a_stopped_fit_is_kept_and_goes_on_to_the_same_model(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(out="whole.safetensors") == 0
    through = Pix2Pix.fit

    def interrupted(self: Pix2Pix, a: object, b: object) -> Iterator[Progress]:
        for progress in through(self, a, b):  # type: ignore[arg-type]
            yield progress
            if progress.step == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(Pix2Pix, "fit", interrupted)
    assert fit() == 130
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert read_header("m.safetensors")["step"] == "2"
    assert fit("--resume") == 0
    whole, halved = (
        load("whole.safetensors").inference_state_dict(),
        load("m.safetensors").inference_state_dict(),
    )
    assert all(torch.equal(tensor, halved[name]) for name, tensor in whole.items())
    assert fit("--resume", "--steps", "5") == 0
    assert read_header("m.safetensors")["step"] == "5"


def test_ctrl_c_within_a_step_lets_it_finish_and_goes_on_to_the_same_model(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fit(out="whole.safetensors") == 0
    step = Optimizer.update

    def interrupted(self: Optimizer, loss: torch.Tensor, number: int, factor: float = 1.0) -> None:
        if number == 1:
            os.kill(os.getpid(), signal.SIGINT)
        step(self, loss, number, factor)

    monkeypatch.setattr(Optimizer, "update", interrupted)
    before = signal.getsignal(signal.SIGINT)
    # Both updates of the step ask to stop: noted once, done the second time, so ask only once.
    monkeypatch.setattr(Stop, "_note", lambda self, *_: setattr(self, "asked", True))
    assert fit() == 130
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert read_header("m.safetensors")["step"] == "2"
    assert fit("--resume") == 0
    whole, halved = (
        load("whole.safetensors").inference_state_dict(),
        load("m.safetensors").inference_state_dict(),
    )
    assert all(torch.equal(tensor, halved[name]) for name, tensor in whole.items())


def test_a_second_ctrl_c_stops_at_once() -> None:
    with Stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_fit_that_diverges_leaves_what_was_saved_before(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli_fit, "SAVE_SECONDS", -1)  # after every step
    step = Optimizer.update

    def poisoned(self: Optimizer, loss: torch.Tensor, number: int, factor: float = 1.0) -> None:
        step(self, loss * float("nan") if number == 2 else loss, number, factor)

    monkeypatch.setattr(Optimizer, "update", poisoned)
    assert fit() == 2
    assert "step 2" in capsys.readouterr().err
    assert read_header("m.safetensors")["step"] == "2"  # steps 0 and 1
    assert all(
        torch.isfinite(t).all() for t in load("m.safetensors").inference_state_dict().values()
    )


def test_what_is_measured_is_not_what_was_learnt_from(tmp_path: Path) -> None:
    for name in ("trainA", "trainB", "testA", "testB"):
        (tmp_path / name).mkdir()
        A[0].save(tmp_path / name / f"{name}.png")
    for part in ("train", "test"):
        a, b = open_domains(tmp_path, part=part)
        assert (a.names, b.names) == ([f"{part}A.png"], [f"{part}B.png"])  # type: ignore[attr-defined]


def test_pairs_turn_round_with_their_sides(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "i2i_core.methods.cut.CUT.fit",
        lambda self, a, b, pairs: iter(seen.append((a.path, pairs[0].path)) or ()),
    )
    for direction in ("AtoB", "BtoA"):
        fit(
            "--pairs",
            "a",
            "b",
            "--direction",
            direction,
            method="cut",
            out=f"{direction}.safetensors",
        )
    assert seen == [(Path("a"), Path("a")), (Path("b"), Path("b"))]


def test_a_folder_is_not_translated_onto_itself(here: Path) -> None:
    assert fit() == 0
    before = Path("a/0.png").read_bytes()
    assert cli.main(["translate", "m.safetensors", "a", "-o", "a"]) == 0
    assert Path("a/0.png").read_bytes() == before
    assert Path("a/0_2.png").exists()


def test_side_by_side_pictures_in_either_direction(here: Path) -> None:
    Path("ab").mkdir()
    for number in range(3):
        both = Image.new("RGB", (128, 32))
        both.paste(A[number], (0, 0))
        both.paste(B[number], (64, 0))
        both.save(f"ab/{number}.png")
    for direction in ("AtoB", "BtoA"):
        command = ["fit", "pix2pix", "--ab", "ab", "--direction", direction, "--steps", "2"]
        assert cli.main([*command, "-o", f"{direction}.safetensors", *PIX2PIX]) == 0
    one, other = (load(f"{d}.safetensors").inference_state_dict() for d in ("AtoB", "BtoA"))
    assert any(not torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_pairs_can_be_mixed_into_collections(here: Path) -> None:
    assert fit("--pairs", "a", "b", method="cut") == 0


def test_translate_one_picture_a_folder_and_the_way_back(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(method="cyclegan") == 0
    capsys.readouterr()
    assert cli.main(["translate", "m.safetensors", "a/0.png", "-o", "one.jpg"]) == 0
    assert capsys.readouterr().out == "one.jpg\n"
    assert cli.main(["translate", "m.safetensors", "b", "-o", "back", "--reverse"]) == 0
    out, err = capsys.readouterr()
    assert sorted(out.split()) == ["back/0.png", "back/1.png", "back/2.png"]
    assert "broken.png" in err
    with Image.open("back/0.png") as back:
        assert back.size == B[0].size
    # Two files that would get the same name.
    A[0].save("0.jpg")
    assert cli.main(["translate", "m.safetensors", "a/0.png", "0.jpg", "-o", "both"]) == 0
    assert sorted(p.name for p in Path("both").iterdir()) == ["0.png", "0_2.png"]
    # A large picture is shrunk, and that is said.
    assert cli.main(["translate", "m.safetensors", "a/0.png", "-o", "s.png", "--size", "40"]) == 0
    assert "40 × 20" in capsys.readouterr().err


def test_import_makes_a_model_of_a_published_file(here: Path) -> None:
    torch.save(PlainResNet(width=4, blocks=6).state_dict(), "latest_net_G_A.pth")
    torch.save(PlainResNet(width=4, blocks=6).state_dict(), "latest_net_G_B.pth")
    assert cli.main(["import", "latest_net_G_A.pth", "-o", "one.safetensors", "--half"]) == 0
    both = ["--reverse-file", "latest_net_G_B.pth"]
    assert cli.main(["import", "latest_net_G_A.pth", *both, "-o", "two.safetensors"]) == 0
    assert not load("one.safetensors").two_way
    assert load("two.safetensors").two_way
    assert cli.main(["translate", "two.safetensors", "a/0.png", "-o", "o.png", "--reverse"]) == 0


def test_models_lists_what_is_here(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit("--about", "Rock to sand.") == 0
    Path("other.safetensors").write_bytes(b"not a model")
    capsys.readouterr()
    assert cli.main(["models"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("m ")]
    assert "pix2pix" in line
    assert "3 steps" in line
    assert "Rock to sand." in line
    assert cli.main(["models", ".", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [m["name"] for m in listed if m["path"] == "m.safetensors"] == ["m"]


def test_evaluate_measures_a_model(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(method="cut") == 0
    for side, pictures in (("a", A), ("b", B)):
        Path(f"{side}/broken.png").unlink()
        pictures[0].rotate(180).save(f"{side}/4.png")
    capsys.readouterr()
    command = ["evaluate", "m.safetensors", "--a", "a", "--b", "b", "--json"]
    assert cli.main(command) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["sliced_wasserstein"] > 0
    assert -1 <= scores["self_similarity"] <= 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fit", "magic", "--a", "a", "--b", "b", "-o", "n.safetensors"], "pix2pix"),
        (["fit", "pix2pix", "--a", "a", "--b", "nowhere", "-o", "n.safetensors"], "nowhere"),
        (["fit", "pix2pix", "-o", "n.safetensors"], "--a"),
        (["fit", "pix2pix", "--a", "a", "--b", "b", "-o", "n.pth"], ".safetensors"),
        (["fit", "pix2pix", "--a", "a", "--b", "b", "-o", "no/n.safetensors"], "no folder"),
        (["fit", "pix2pix", "--a", "a", "--b", "b", "-o", "m.safetensors"], "--resume"),
        (["fit", "pix2pix", "--a", "a", "--b", "b", "-o", "n.safetensors", "--resume"], "start"),
        (["fit", "cut", "--a", "a", "--b", "b", "-o", "m.safetensors", "--resume"], "no cut model"),
        (["fit", "cut", "--a", "a", "--b", "b", "-o", "n.safetensors", "--preset", "x"], "fastcut"),
        (["fit", "cut", "--a", "a", "--b", "b", "-o", "n.safetensors", "--set", "x=1"], "width"),
        (["fit", "cut", "--a", "a", "--b", "b", "-o", "n.safetensors", "--set", "width=a"], "int"),
        (["fit", "sincut", "--a", "a", "--b", "b", "-o", "n.safetensors"], "one picture"),
        (["fit", "sincut", "--a", "a", "--pairs", "a", "b", "-o", "n.safetensors"], "folders"),
        (["translate", "n.safetensors", "a/0.png", "-o", "o.png"], "n.safetensors"),
        (["translate", "m.safetensors", "a/9.png", "-o", "o.png"], "9.png"),
        (["translate", "m.safetensors", "a/0.png", "-o", "o.png", "--reverse"], "one direction"),
        (["translate", "m.safetensors", "a/0.png", "a/1.png", "-o", "m.safetensors"], "folder"),
        (["translate", "a/0.png", "a/0.png", "-o", "o.png"], "not a .safetensors"),
        (["import", "a/0.png", "-o", "n.safetensors"], "0.png"),
        (["import", "nowhere.pth", "-o", "n.safetensors"], "nowhere.pth"),
        (["import", "a/0.png", "-o", "m.safetensors"], "exists already"),
        (["fit", "cut", "--a", "a", "--b", "b", "-o", "n.safetensors", "--preview", "a/0.png",
          *CUT], "a/0.png"),
        (["fit", "cut", "--a", "a", "--b", "b", "-o", "n.safetensors", "--preview-every", "0"],
         "1 or more"),
        (["translate", "m.safetensors", "a", "-o", "a/0.png/x"], "a/0.png"),
        (["models", "nowhere"], "nowhere"),
        (["evaluate", "m.safetensors"], "--a and --b"),
        (["evaluate", "n.safetensors", "--a", "a", "--b", "b"], "n.safetensors"),
    ],
)  # fmt: skip
def test_a_mistake_is_answered_in_one_line(
    here: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit() == 0
    capsys.readouterr()
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert said in err
    assert not Path("n.safetensors").exists()


def test_a_loss_that_is_not_a_number_stops_with_advice_and_keeps_the_last_good_state(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit("--set", "l1_weight=1e39") == 2
    err = capsys.readouterr().err
    assert "L1" in err
    assert "step 0" in err
    assert "learning rate" in err
    assert not Path("m.safetensors").exists()  # nothing had been learnt
    assert np.isfinite(np.asarray(A[0])).all()


def test_pairs_of_pix2pixhd_are_matched_by_name(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
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
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in Path("b").iterdir():
        path.write_text("not a picture")
    assert fit(method="pix2pixhd") == 2
    assert "None of the 4 pairs" in capsys.readouterr().err.splitlines()[-1]
    assert not Path("m.safetensors").exists()


def test_what_a_model_takes_and_makes_is_kept_when_going_on_and_can_be_changed(here: Path) -> None:
    kept = ("about", "takes", "makes")
    words = ["--takes", "labels:facades", "--makes", "sketch", "--about", "Fronts."]
    assert fit(*words, method="pix2pixhd") == 0
    assert fit("--resume", "--steps", "4", method="pix2pixhd") == 0
    header = read_header("m.safetensors")
    assert header["step"] == "4"
    assert [header[name] for name in kept] == ["Fronts.", "labels:facades", "sketch"]
    assert fit("--resume", "--steps", "5", "--makes", "labels:facades", method="pix2pixhd") == 0
    header = read_header("m.safetensors")
    assert [header[name] for name in kept] == ["Fronts.", "labels:facades", "labels:facades"]


def test_an_unknown_kind_of_picture_is_refused(here: Path) -> None:
    with pytest.raises(SystemExit):
        fit("--takes", "labels:castles")
    assert not Path("m.safetensors").exists()
