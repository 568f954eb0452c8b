"""A method that is one file, one entry in METHODS and one row of the contract is everywhere: on the
command line, in the tab of its task, in both directions, with its seed and its reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import gradio as gr
import numpy as np
import pytest
from PIL import Image

import app
from demos.domain_transfer import api, finetune, translate
from demos.domain_transfer import models as domains
from demos.domain_transfer.translate import Controls, View
from demos.shared import finetune as fits
from demos.shared import models
from i2i_core.checkpoints import model_zoo
from i2i_core.checkpoints.checkpoint import save
from i2i_core.checkpoints.model_zoo import find_models, model_info, open_model
from i2i_core.cli.main import main
from i2i_core.errors import InputError
from i2i_core.finetuning.starts import recipes
from i2i_core.method import Task
from i2i_core.pipelines.domain_transfer import difference
from tests.contract.conftest import STRANGER
from tests.fakes.munit import MUNIT
from tests.helpers import A, B, fitted, gallery, picture

TITLE = "MUNIT"
ABOUT = "Rock to sand: in any colour"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, entered, with pictures of both domains and one to be like."""
    monkeypatch.chdir(tmp_path)
    for side, pictures in (("a", A), ("b", B)):
        Path(side).mkdir()
        for number, each in enumerate(pictures):
            each.save(f"{side}/{number}.png")
    Image.new("RGB", (64, 64), "red").save("red.png")
    return tmp_path


@pytest.fixture
def model(folder: Path) -> str:
    """The file of a model that has learnt a little."""
    save(fitted(STRANGER), "munit.safetensors", about=ABOUT)
    return str(folder / "munit.safetensors")


def shown(path: str | Path) -> Image.Image:
    with Image.open(path) as file:
        return file.convert("RGB")


# Nobody but its own file, its entry and its row knows it


def test_no_other_file_names_it() -> None:
    root = Path(__file__).parents[2]
    files = [*root.glob("i2i_core/**/*.py"), *root.glob("demos/**/*.py"), root / "app.py"]
    assert not [path for path in files if TITLE.lower() in path.read_text("utf-8").lower()]
    fake = root / "tests" / "fakes" / "munit.py"
    assert len(fake.read_text("utf-8").splitlines()) <= 120


def test_it_is_taught_under_its_title_for_its_task_alone() -> None:
    assert TITLE in recipes("domains")
    assert not any(TITLE in recipes(task) for task in get_args(Task) if task != "domains")


# The command line


def fit(*more: str, out: str = "m.safetensors") -> int:
    settings = {**STRANGER.settings, "steps": 3}
    words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    return main(["fit", "munit", "--a", "a", "--b", "b", "-o", out, *words, *more])


def translated(model: str, *more: str) -> Image.Image:
    assert main(["translate", model, "a/0.png", "-o", "out.png", *more]) == 0
    return shown("out.png")


def test_the_command_line_fits_it_goes_on_and_lists_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit("--about", ABOUT, "--preview", "look") == 0
    assert list((folder / "look").iterdir())
    assert fit("--resume", "--steps", "5") == 0
    info = model_info("m.safetensors")
    assert (info.steps, info.about, info.method_title) == (5, ABOUT, TITLE)
    assert fit("--start", "m.safetensors", "--seed", "3", out="n.safetensors") == 0
    assert open_model("n.safetensors").method.has_training_networks
    capsys.readouterr()
    assert main(["models", "."]) == 0
    assert "munit" in capsys.readouterr().out
    assert main(["fit", "--help"]) == 0
    assert f"{TITLE}; domains" in capsys.readouterr().out


def test_the_command_line_does_not_mix_pairs_into_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit("--pairs", "a", "b") == 2
    assert "takes no pairs" in capsys.readouterr().err


def test_the_command_line_translates_by_seed_by_reference_and_back(model: str) -> None:
    plain, one, other = (translated(model, "--seed", seed) for seed in "011")
    assert difference(plain, one) > 1
    assert difference(one, other) == 0
    red = translated(model, "--reference", "red.png")
    assert difference(plain, red) > 1
    assert difference(red, translated(model, "--reference", "red.png", "--seed", "5")) == 0
    back = translated(model, "--reverse")
    assert difference(plain, back) > 1
    assert difference(back, translated(model, "--reverse", "--seed", "1")) > 1
    expected = open_model(model).method.translate(A[0], shown("red.png"), seed=0)
    assert difference(red, expected) == 0


# The page


def test_it_can_be_chosen_in_the_right_tab_alone_and_in_both_directions(model: str) -> None:
    labels = {label: value for label, value in domains.choices([model]) if value.startswith(model)}
    assert set(labels) == {"Rock to sand (MUNIT)", "Sand to rock (MUNIT)"}
    there, back = (domains.parse(value) for value in labels.values())
    assert (there.reverse, back.reverse) == (False, True)
    assert there.model == back.model == model_info(model)
    for task in get_args(Task):
        paths = [path for _, path in models.choices([model], task)]
        assert (model in paths) == (task == "domains")
    for task in ("pairs", "textures"):
        with pytest.raises(InputError, match="Domain transfer"):
            models.bring(model, task)
    assert models.bring(model, *domains.TASKS) == model


def run(model: str, **settings: Any) -> Image.Image:
    """What the page shows of the translation of a picture."""
    views = translate.run(*Controls("a/0.png", model, **settings))
    results = [view.results for view in views if view.results != gr.skip()]
    ((result, _),) = results
    picture: Image.Image = result.translation
    return picture


@pytest.mark.parametrize("back", ["", domains.BACK])
def test_seed_and_reference_reach_the_network_from_the_page(model: str, back: str) -> None:
    plain, other, same = (run(model + back, seed=seed) for seed in (0, 1, 1))
    assert difference(plain, other) > 1
    assert difference(other, same) == 0
    red = run(model + back, reference="red.png")
    assert difference(plain, red) > 1
    method = open_model(model).method
    for result, guide, seed in ((other, None, 1), (red, shown("red.png"), 0)):
        expected = method.translate(A[0], guide, reverse=bool(back), seed=seed)
        assert difference(result, expected) < 0.5


def test_the_page_offers_its_seed_and_its_reference_and_shows_the_way_back(model: str) -> None:
    assert [option.visible for option in translate._options(model)] == [True, True]
    *_, view = translate.run(*Controls("a/0.png", model))
    assert isinstance(view, View)
    assert view.back.size == A[0].size
    assert "Mean difference" in view.cycle_error


def test_the_page_teaches_it(folder: Path, model: str) -> None:
    recipe, target = recipes("domains")[TITLE], folder / "taught.safetensors"
    start, pairs = finetune._chosen(TITLE, [model])
    assert model in [value for _, value in start.choices]
    assert not pairs.visible  # it mixes none in
    a, b = (gallery(folder, 5, seed=seed) for seed in (0, 1))
    begins = {}
    for begin in (fits.NOTHING, model):
        *_, view = finetune.fit(str(target), a, b, None, None, TITLE, 2, begin)
        assert view.file.visible
        assert model_info(target).method_title == TITLE
        begins[begin] = open_model(target).method.config
    assert begins[fits.NOTHING].width == recipe.kind.Config.width
    assert begins[model].width == STRANGER.settings["width"]


def test_the_tab_lists_it_when_it_is_built() -> None:
    page = app.build()
    choices = [
        [value for _, value in block.choices]
        for block in page.blocks.values()
        if isinstance(block, gr.Radio) and "Method" in str(block.label)
    ]
    assert sum(TITLE in values for values in choices) == 1
    page.close()


# What developers call


@pytest.mark.parametrize("reverse", [False, True])
def test_seed_and_reference_reach_the_network_from_the_endpoint(
    model: str, monkeypatch: pytest.MonkeyPatch, reverse: bool
) -> None:
    monkeypatch.setattr(model_zoo, "SHIPPED", Path(model).parent)
    assert "munit" in [info.name for info in find_models()]
    source = picture(64, 48)
    source.save("source.png")
    plain, other, red = (
        api.transfer_domain("source.png", "munit", reverse, 1.0, seed, reference)
        for seed, reference in ((0, None), (1, None), (0, "red.png"))
    )
    assert plain.size == source.size
    assert difference(plain, other) > 1
    assert difference(plain, red) > 1
    expected = open_model(model).method.translate(source, reverse=reverse, seed=1)
    assert np.abs(np.asarray(other, int) - np.asarray(expected, int)).max() <= 1


def test_its_class_is_what_stands_in_the_file(model: str) -> None:
    assert type(open_model(model).method) is MUNIT
