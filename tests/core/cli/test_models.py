"""The commands about models: translate, import, list, evaluate, as a person would."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.plain_networks import PlainResNet
from i2i_core.checkpoints.checkpoint import load
from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.cli.main import main
from i2i_core.pipelines.domain_transfer import transfer
from i2i_core.pipelines.translation import translate
from i2i_core.progress import last_picture
from tests.core.cli.fits import fit, set_options
from tests.helpers import ROWS, A, B


def test_a_folder_is_not_translated_onto_itself(collections: Path) -> None:
    assert fit() == 0
    before = Path("a/0.png").read_bytes()
    assert main(["translate", "m.safetensors", "a", "-o", "a"]) == 0
    assert Path("a/0.png").read_bytes() == before
    assert Path("a/0_2.png").exists()


def test_translate_one_picture_a_folder_and_the_way_back(
    collections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(method="cyclegan") == 0
    capsys.readouterr()
    assert main(["translate", "m.safetensors", "a/0.png", "-o", "one.jpg"]) == 0
    assert capsys.readouterr().out == "one.jpg\n"
    assert main(["translate", "m.safetensors", "b", "-o", "back", "--reverse"]) == 0
    out, err = capsys.readouterr()
    assert sorted(out.split()) == ["back/0.png", "back/1.png", "back/2.png"]
    assert "broken.png" in err
    with Image.open("back/0.png") as back:
        assert back.size == B[0].size
    # Two files that would get the same name.
    A[0].save("0.jpg")
    assert main(["translate", "m.safetensors", "a/0.png", "0.jpg", "-o", "both"]) == 0
    assert sorted(p.name for p in Path("both").iterdir()) == ["0.png", "0_2.png"]
    # A large picture is shrunk, and that is said.
    assert main(["translate", "m.safetensors", "a/0.png", "-o", "s.png", "--size", "40"]) == 0
    assert "40 × 20" in capsys.readouterr().err
    with Image.open("s.png") as small:
        assert small.size == (40, 20)


def test_translate_blends_as_the_page_does(collections: Path) -> None:
    assert fit(method="cut") == 0
    call = ["translate", "m.safetensors", "a/0.png", "-o"]
    options = {
        "whole": {},
        "half": {"strength": 0.5},
        "none": {"strength": 0.0},
        "grey": {"keep_colours": True},
    }
    for name, settings in options.items():
        words = ["--keep-colours"] if "keep_colours" in settings else []
        words += ["--strength", str(settings["strength"])] if "strength" in settings else []
        assert main([*call, f"{name}.png", *words]) == 0
        page = last_picture(transfer(A[0], open_model("m.safetensors"), **settings))
        assert np.array_equal(np.asarray(Image.open(f"{name}.png")), np.asarray(page)), name
    assert np.array_equal(np.asarray(Image.open("none.png")), np.asarray(A[0]))
    assert not np.array_equal(np.asarray(Image.open("whole.png")), np.asarray(A[0]))


def test_translate_takes_the_colours_of_another_picture(
    collections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(method="pix2pixhd") == 0
    call = ["translate", "m.safetensors", "a/0.png", "-o", "o.png"]
    assert main([*call, "--reference", "b/1.png"]) == 0
    model = open_model("m.safetensors")
    expected = last_picture(translate(A[0], model, reference=B[1]))
    assert np.array_equal(np.asarray(Image.open("o.png")), np.asarray(expected))
    assert main([*call, "--strength", "0.5"]) == 2
    assert "not one of domains" in capsys.readouterr().err
    assert fit(method="pix2pix", out="n.safetensors") == 0
    call[1] = "n.safetensors"
    assert main([*call, "--reference", "b/1.png"]) == 2
    assert "takes no reference" in capsys.readouterr().err


def test_import_makes_a_model_of_a_published_file(collections: Path) -> None:
    torch.save(PlainResNet(width=4, blocks=6).state_dict(), "latest_net_G_A.pth")
    torch.save(PlainResNet(width=4, blocks=6).state_dict(), "latest_net_G_B.pth")
    assert main(["import", "latest_net_G_A.pth", "-o", "one.safetensors", "--half"]) == 0
    both = ["--reverse-file", "latest_net_G_B.pth"]
    assert main(["import", "latest_net_G_A.pth", *both, "-o", "two.safetensors"]) == 0
    assert not load("one.safetensors").capabilities.two_way
    assert load("two.safetensors").capabilities.two_way
    assert main(["translate", "two.safetensors", "a/0.png", "-o", "o.png", "--reverse"]) == 0


def test_models_lists_what_is_here(collections: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit("--about", "Rock to sand.") == 0
    Path("other.safetensors").write_bytes(b"not a model")
    capsys.readouterr()
    assert main(["models"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("m ")]
    assert "pix2pix" in line
    assert "3 steps" in line
    assert "Rock to sand." in line
    assert main(["models", ".", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    (model,) = [m for m in listed if m["path"] == "m.safetensors"]
    assert (model["name"], model["steps"]) == ("m", 3)
    assert model["capabilities"]["needs_pairs"]


def test_evaluate_measures_a_model(collections: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(method="cut") == 0
    for side, pictures in (("a", A), ("b", B)):
        Path(f"{side}/broken.png").unlink()
        pictures[0].rotate(180).save(f"{side}/4.png")
    capsys.readouterr()
    command = ["evaluate", "m.safetensors", "--a", "a", "--b", "b", "--json"]
    assert main(command) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["sliced_wasserstein"] > 0
    assert -1 <= scores["self_similarity"] <= 1
    assert {"kernel", "frechet"} <= set(scores)
    assert main([*command, "--network", "magic"]) == 2
    assert "efficientnet_lite0" in capsys.readouterr().err


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
        (["fit", "cut", "--a", "a", "--b", "b", "-o", "m.safetensors", "--resume"], "no CUT model"),
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
          *set_options(ROWS["cut"].settings)], "a/0.png"),
        (["fit", "cut", "--a", "a", "--b", "b", "-o", "n.safetensors", "--preview-every", "0"],
         "1 or more"),
        (["translate", "m.safetensors", "a", "-o", "a/0.png/x"], "a/0.png"),
        (["translate", "m.safetensors", "a/0.png", "-o", "o.png", "--strength", "2"], "domains"),
        (["translate", "m.safetensors", "a/0.png", "-o", "o.png", "--keep-colours"], "domains"),
        (["translate", "m.safetensors", "a/0.png", "-o", "o.png", "--reference", "x"], "file x"),
        (["models", "nowhere"], "nowhere"),
        (["evaluate", "m.safetensors"], "--a and --b"),
        (["evaluate", "n.safetensors", "--a", "a", "--b", "b"], "n.safetensors"),
    ],
)  # fmt: skip
def test_a_mistake_is_answered_in_one_line(
    collections: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit() == 0
    capsys.readouterr()
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert said in err
    assert not Path("n.safetensors").exists()
