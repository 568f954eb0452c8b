"""The command fit, as a person would use it: begin, watch, stop, go on, from another model on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.checkpoints.checkpoint import load, read_header, save
from i2i_core.cli import fit as cli_fit
from i2i_core.cli.fit import Stop
from i2i_core.cli.main import main
from i2i_core.errors import InputError
from i2i_core.methods.cut import CUT, CUTConfig
from i2i_core.methods.pix2pix import Pix2Pix
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.progress import Progress
from i2i_core.training.optim import Optimizer
from tests.core.cli.fits import fit, set_options
from tests.helpers import ROWS, A


def test_a_fit_begins_with_what_another_model_has_learnt(
    collections: Path, capsys: pytest.CaptureFixture[str]
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
    assert "networks of other sizes" in capsys.readouterr().err
    assert fit("--start", "m.safetensors", out="p.safetensors") == 2
    assert "m is a model of CUT" in capsys.readouterr().err


def test_a_fit_begins_with_the_settings_of_the_other_model(collections: Path) -> None:
    wider = ("--set", "width=8", "--set", "lowpass=4")
    assert fit(*wider, method="cut") == 0
    begin = ["fit", "cut", "--a", "a", "--b", "b", "-o", "n.safetensors", "--steps", "2"]
    assert main([*begin, "--start", "m.safetensors", "--set", "nce_weight=2"]) == 0
    config = load("n.safetensors").config
    assert config == CUTConfig(
        **{**vars(load("m.safetensors").config), "steps": 2, "nce_weight": 2.0}
    )


def test_a_start_without_discriminators_is_said(
    collections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generator = ROWS["cut"].new()
    generator.fitted = True
    save(generator, "generator.safetensors")
    assert fit("--start", "generator.safetensors", method="cut") == 0
    assert "comes without discriminators of this kind" in capsys.readouterr().err


def test_presets_are_joined(collections: Path) -> None:
    settings = {k: v for k, v in ROWS["cut"].settings.items() if k not in ("steps", "ema")}
    call = ["fit", "cut", "--a", "a", "--b", "b", "-o", "m.safetensors", "--steps", "2"]
    assert main([*call, "--preset", "laptop+fastcut", *set_options(settings)]) == 0
    config = load("m.safetensors").config
    assert config.nce_weight == CUT.presets["fastcut"]["nce_weight"] == 10
    assert not config.nce_identity
    assert config.lowpass == CUT.presets["laptop"]["lowpass"] > 0


def test_fit_writes_a_model_and_previews_and_names_what_it_left_out(
    collections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    A[0].save("a/lonely.png")
    assert fit("--preview", "look", "--preview-every", "2", "--about", "Rock to sand.") == 0
    out, err = capsys.readouterr()
    assert "1 of a have no partner" in err
    assert "lonely.png" in err
    assert out == "m.safetensors\n"
    assert "Left out: 1" in err
    assert "Done: 3 of 3 steps were made." in err
    assert "broken.png" in err
    assert sorted(p.name for p in Path("look").iterdir()) == ["step_000002.png", "step_000003.png"]
    with Image.open("look/step_000003.png") as sheet:
        assert sheet.size == (3 * 64, 3 * 32)  # originals, translations, partners
    header = read_header("m.safetensors")
    assert (header["method"], header["step"], header["about"]) == ("pix2pix", "3", "Rock to sand.")
    method = load("m.safetensors")
    assert isinstance(method, Pix2Pix)
    assert (method.config.width, method.config.depth) == (4, 5)


def test_a_swapping_autoencoders_file_says_what_its_pictures_are_like(
    collections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = set_options({**vars(ROWS["swapping_autoencoder"].new().config), "steps": 2})
    call = ["fit", "swapping_autoencoder", "--a", "a", "--b", "a", "-o", "s.safetensors"]
    assert main([*call, *settings]) == 0
    method = load("s.safetensors")
    assert isinstance(method, SwappingAutoencoder)
    assert method.statistics.directions.fitted
    # Of a single picture there is nothing to say, and that is said.
    for name in ("1.png", "2.png"):
        Path(f"a/{name}").unlink()
    call[-1] = "t.safetensors"
    assert main([*call, *settings]) == 0
    assert "Nothing is known of its collection" in capsys.readouterr().err


def test_a_two_way_preview_shows_both_ways(collections: Path) -> None:
    assert fit("--preview", "look", method="cyclegan") == 0
    with Image.open("look/step_000003.png") as sheet:
        assert sheet.size == (3 * 72, 3 * 36)  # there, and back again


def test_a_preview_that_cannot_be_written_stops_the_fit_and_keeps_it(
    collections: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise InputError("The disk is full.")

    monkeypatch.setattr("i2i_core.images.save_picture", refuse)
    assert fit("--preview", "look", "--preview-every", "2") == 2
    assert capsys.readouterr().err.splitlines()[-1] == "i2i: The disk is full."
    assert read_header("m.safetensors")["step"] == "2"


def test_a_stopped_fit_is_kept_and_goes_on_to_the_same_model(
    collections: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
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
    monkeypatch.chdir(collections)
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
    collections: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fit(out="whole.safetensors") == 0
    step = Optimizer.update

    def interrupted(self: Optimizer, loss: torch.Tensor, number: int, factor: float = 1.0) -> None:
        if number == 1:
            os.kill(os.getpid(), signal.SIGINT)
        step(self, loss, number, factor)

    monkeypatch.setattr(Optimizer, "update", interrupted)
    before = signal.getsignal(signal.SIGINT)
    # Both updates of the step ask: the second time it would stop at once.
    monkeypatch.setattr(Stop, "_note", lambda self, *_: setattr(self, "asked", True))
    assert fit() == 130
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.undo()
    monkeypatch.chdir(collections)
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
    collections: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli_fit, "SAVE_S", -1)  # after every step
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


def test_a_loss_that_is_not_a_number_stops_with_advice_and_keeps_the_last_good_state(
    collections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit("--set", "l1_weight=1e39") == 2
    err = capsys.readouterr().err
    assert "L1" in err
    assert "step 0" in err
    assert "learning rate" in err
    assert not Path("m.safetensors").exists()  # nothing had been learnt
    assert np.isfinite(np.asarray(A[0])).all()


def test_what_a_model_takes_and_makes_is_kept_when_going_on_and_can_be_changed(
    collections: Path,
) -> None:
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


def test_an_unknown_kind_of_picture_is_refused(
    collections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit("--takes", "labels:castles") == 2
    assert "sketch, labels:facades" in capsys.readouterr().err
    assert not Path("m.safetensors").exists()
