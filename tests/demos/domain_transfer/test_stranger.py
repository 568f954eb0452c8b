"""A method that the page has never heard of: it is listed, taught and used by what it declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from demos.domain_transfer import api, finetune, translate
from demos.domain_transfer import models as domains
from demos.domain_transfer.translate import Controls, View
from demos.shared import finetune as fits
from demos.shared import models
from demos.shared.widgets import starter
from demos.sketch_to_photo import draw
from demos.sketch_to_photo import finetune as pairs_finetune
from i2i_core.checkpoints.checkpoint import save
from i2i_core.checkpoints.model_zoo import model_info
from i2i_core.errors import InputError
from i2i_core.methods import METHODS
from tests.fakes.munit import MUNIT
from tests.helpers import gallery

MONET = str(models.shipped_model("cut.monet").path)


@pytest.fixture(autouse=True)
def munit(monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = {**MUNIT.presets["laptop"], "width": 4, "crop_size": 64, "load_size": 64}
    monkeypatch.setattr(MUNIT, "presets", {"paper": {}, "laptop": laptop})
    monkeypatch.setitem(METHODS, "munit", MUNIT)


@pytest.fixture
def model(munit: None, tmp_path: Path) -> str:
    method = MUNIT.from_settings({"width": 4})
    method.fitted = True
    path = tmp_path / "m.safetensors"
    save(method, path, about="Sand to sea: for tests")
    return str(path)


def components(build: Any, kind: type, label: str) -> list[Any]:
    """Of a part of the page: its components of a kind whose label begins so."""
    with gr.Blocks() as page:
        build()
    blocks = page.blocks.values()
    return [b for b in blocks if isinstance(b, kind) and (b.label or "").startswith(label)]


def translated(translation: str, **settings: Any) -> np.ndarray:
    """The last translation that is shown."""
    values = Controls(starter("lake.jpg"), translation, "broad", **settings)
    views: list[View] = list(translate.run(*values))
    return np.asarray(views[-1].results[0].translation, int)


def test_it_stands_in_its_tab_only_in_both_directions(model: str) -> None:
    labels = dict(domains.choices([model]))
    assert labels["Sand to sea (MUNIT)"] == model
    assert labels["Sea to sand (MUNIT)"] == model + domains.BACK
    assert model not in [value for _, value in models.choices([model], "pairs")]
    with pytest.raises(InputError, match="from two collections: bring it to the tab “Domain"):
        models.bring(model, "pairs")


def test_it_can_be_taught_under_its_title(tmp_path: Path) -> None:
    def build() -> None:
        finetune.build(translate.build(), gr.Tabs())

    (radio,) = components(build, gr.Radio, "3 · Method")
    assert "MUNIT" in [value for value, _ in radio.choices]
    (kind,) = components(api.build, gr.Dropdown, "kind")
    assert "MUNIT" in [value for value, _ in kind.choices]
    start, pairs = finetune._chosen("MUNIT", [])
    assert (start.value, start.choices) == (fits.NOTHING, [(fits.NOTHING, fits.NOTHING)])
    assert not pairs.visible  # it mixes none in
    a, b, c, d = (gallery(tmp_path, n, seed=s) for s, n in enumerate((5, 6, 2, 2)))
    target = str(models.new_file("discs to discs"))
    views = list(finetune.fit(target, a, b, c, d, "MUNIT", 2, fits.NOTHING))
    assert "2 of 2 steps" in views[-1].status
    assert model_info(target).method == "munit"
    assert target in [value for _, value in finetune._chosen("MUNIT", [target])[0].choices]


def test_its_seed_and_reference_reach_it_and_other_models_have_none(
    model: str, tmp_path: Path
) -> None:
    for translation, visible in ((model, True), (model + domains.BACK, True), (MONET, False)):
        assert [update.visible for update in translate._options(translation)] == [visible] * 2
    for kind, label in ((gr.Number, "Seed"), (gr.Image, "Make it like")):
        (component,) = components(translate.build, kind, label)
        assert not component.visible  # the first model takes neither
    (red, _), (blue, _) = gallery(tmp_path, 2)
    Image.new("RGB", (64, 64), "red").save(red)
    Image.new("RGB", (64, 64), "blue").save(blue)
    for translation in (model, model + domains.BACK):
        usual = translated(translation)
        assert np.array_equal(usual, translated(translation, seed=0))
        assert not np.array_equal(usual, translated(translation, seed=1))
        like_red, like_blue = (translated(translation, reference=path) for path in (red, blue))
        assert not np.array_equal(like_red, like_blue)
    # One that takes none is not asked to.
    assert np.array_equal(translated(MONET), translated(MONET, seed=3, reference=red))


def test_a_gallery_gets_them_as_well(model: str, tmp_path: Path) -> None:
    files = gallery(tmp_path, 1)
    results = []
    for seed in (0, 1):
        *_, (_, pictures) = translate.run_many(files, *Controls(None, model, "broad", seed=seed))
        results.append(np.asarray(pictures[0], int))
    assert not np.array_equal(*results)


def test_it_is_no_method_of_pairs() -> None:
    def build() -> None:
        pairs_finetune.build(draw.build(), gr.Tabs())

    (radio,) = components(build, gr.Radio, "Method")
    assert [value for value, _ in radio.choices] == ["pix2pix", "pix2pixHD"]
    assert radio.value == "pix2pixHD"
