"""The commands about textures: swaps, and pictures as codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2i_core.cli import main as cli
from i2i_core.methods.swapping_codes import load_codes
from tests.core.cli.fits import fit


def test_swap_gives_a_picture_the_texture_of_another(
    pictures: Path, swapper: str, capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(["swap", "a.png", "b.png", "-o", "c.png", "--model", swapper]) == 0
    out, said = capsys.readouterr()
    assert out.strip() == "c.png"
    assert "Made by the model small." in said
    with Image.open("c.png") as made:
        assert made.size == (128, 64)  # its shorter side as was learnt
    assert cli.main(["swap", "a.png", "b.png", "-o", "d.png", "--size", "64"]) == 0
    assert "Re-made by patches" in capsys.readouterr().err
    few = ["--size", "64", "--strength", "0.5"]
    assert cli.main(["swap", "a.png", "b.png", "-o", "d.png", *few]) == 0
    assert "Recoloured" in capsys.readouterr().err
    assert cli.main(["swap", "a.png", "b.png", "-o", "e.png", "--strength", "9"]) == 2
    assert "strength" in capsys.readouterr().err
    assert not Path("e.png").exists()
    assert cli.main(["translate", swapper, "a.png", "-o", "e.png"]) == 2
    assert "use the command swap" in capsys.readouterr().err


def test_a_picture_goes_to_codes_and_comes_back_with_its_own_texture_or_anothers(
    pictures: Path, swapper: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = ["--model", swapper]
    for name in ("a", "b"):
        assert cli.main(["encode", f"{name}.png", "-o", f"{name}.safetensors", *model]) == 0
    assert capsys.readouterr().out == "a.safetensors\nb.safetensors\n"
    assert load_codes("a.safetensors").size == (128, 64)  # its shorter side as was learnt
    assert cli.main(["encode", "a.png", "-o", "c.safetensors", *model, "--short-side", "80"]) == 0
    assert load_codes("c.safetensors").size == (160, 80)
    decode = ["decode", "a.safetensors", *model]
    textured = [*decode, "--texture", "b.safetensors"]
    assert cli.main([*decode, "-o", "own.png"]) == 0
    assert cli.main([*textured, "-o", "swapped.png"]) == 0
    assert cli.main([*textured, "--strength", "0", "-o", "zero.png"]) == 0
    capsys.readouterr()
    # As the command swap makes it of both pictures.
    swap = ["swap", "a.png", "b.png", *model, "--detail", "0", "-o"]
    assert cli.main([*swap, "whole.png"]) == 0
    own, swapped, zero, whole = (
        np.asarray(Image.open(f"{name}.png")) for name in ("own", "swapped", "zero", "whole")
    )
    assert np.array_equal(swapped, whole)
    assert np.array_equal(own, zero)
    assert not np.array_equal(own, swapped)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["encode", "a.png", "-o", "o.png"], ".safetensors"),
        (["encode", "a.png", "-o", "no/o.safetensors"], "no folder no"),
        (["encode", "text.png", "-o", "o.safetensors"], "text.png"),
        (["encode", "a.png", "-o", "o.safetensors", "--size", "8"], "64 to 1024"),
        (["decode", "a.safetensors", "-o", "o.txt"], "ending"),
        (["decode", "a.png", "-o", "o.png"], "no codes"),
        (["decode", "a.safetensors", "-o", "o.png", "--texture", "b.png"], "no codes"),
        (["decode", "a.safetensors", "-o", "o.png", "--strength", "2"], "0 to 1.5"),
    ],
)
def test_a_mistake_with_codes_is_answered_in_one_line(
    pictures: Path,
    swapper: str,
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["encode", "a.png", "-o", "a.safetensors", "--model", swapper]) == 0
    capsys.readouterr()
    before = sorted(pictures.iterdir())
    assert cli.main([*arguments, "--model", swapper]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert said in err
    assert sorted(pictures.iterdir()) == before


def test_codes_of_another_model_and_models_without_codes_are_refused(
    collections: Path, swapper: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(method="swapping_autoencoder", out="other.safetensors") == 0
    for name, model in (("one", swapper), ("other_codes", "other.safetensors")):
        encode = ["encode", "a/0.png", "-o", f"{name}.safetensors", "--model", model]
        assert cli.main([*encode, "--short-side", "64"]) == 0
    decode = ["decode", "one.safetensors", "-o", "o.png", "--model"]
    assert cli.main([*decode, "other.safetensors"]) == 2
    assert "another model" in capsys.readouterr().err
    assert cli.main([*decode, swapper, "--texture", "other_codes.safetensors"]) == 2
    assert "another model" in capsys.readouterr().err
    assert cli.main([*decode, "cut.monet"]) == 2
    assert "no swapping autoencoder" in capsys.readouterr().err
    assert not Path("o.png").exists()
