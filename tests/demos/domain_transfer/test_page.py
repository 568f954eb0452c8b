"""The tab "Domain transfer" below its layout: what is translated, learnt and looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from demos.domain_transfer import finetune, inspect, single_pair, translate
from demos.domain_transfer import models as domains
from demos.domain_transfer.translate import Controls, View
from demos.shared import finetune as fits
from demos.shared import models
from demos.shared.widgets import clicked_point, starter
from examples.starters import FOLDER
from examples.translations import ONE_EACH, SCENES, TRANSLATIONS, Translated
from i2i_core.checkpoints.checkpoint import save
from i2i_core.checkpoints.model_zoo import model_info, open_model
from i2i_core.errors import InputError
from i2i_core.finetuning.starts import recipes
from i2i_core.images.files import open_image
from i2i_core.methods.cut import CUT
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig
from i2i_core.pipelines.domain_transfer import blend, difference, transfer
from i2i_core.progress import last_picture
from tests.helpers import gallery

MEADOW = starter("meadow.jpg")
MONET, TWO_WAY = (str(models.shipped_model(name).path) for name in ("cut.monet", "cyclegan.monet"))


def model_file(folder: Path, about: str, both: bool = True) -> str:
    method = CycleGAN(CycleGANConfig(width=4, blocks=1, discriminator_width=4, both=both))
    method.fitted = True
    path = folder / "m.safetensors"
    save(method, path, about=about)
    return str(path)


def test_every_direction_of_every_model_can_be_chosen() -> None:
    labels = dict(domains.choices([]))
    assert {"Summer to winter (CUT)", "Winter to summer (CUT)"} <= set(labels)
    there, back = (domains.Translation(model_info(TWO_WAY), reverse) for reverse in (False, True))
    assert domains.parse(labels["Photograph to Monet (CycleGAN)"]) == there
    assert domains.parse(labels["Monet to photograph (CycleGAN)"]) == back
    assert sum(value.startswith(MONET) for value in labels.values()) == 1
    assert not any("pix2pix" in value for value in labels.values())
    assert domains.stored().value in labels.values()


@pytest.mark.parametrize(
    ("about", "both", "expected"),
    [
        ("Horse to zebra: both ways", True, ("Horse to zebra", "Zebra to horse")),
        ("Horse to zebra", False, ("Horse to zebra",)),
        ("stripes", True, ("stripes", "stripes, back")),
        (" to zebra", True, (" to zebra", " to zebra, back")),
        ("", True, ("m", "m, back")),
    ],
)
def test_directions_are_named_by_what_a_model_does(
    tmp_path: Path, about: str, both: bool, expected: tuple[str, ...]
) -> None:
    path = model_file(tmp_path, about, both)
    assert domains.directions(model_info(path)) == expected


@pytest.mark.parametrize("chosen", TRANSLATIONS, ids=lambda chosen: chosen.name)
def test_a_stored_translation_is_what_its_model_makes(chosen: Translated) -> None:
    source = open_image(FOLDER / f"{chosen.source}.jpg")
    made = last_picture(transfer(source, open_model(chosen.model), reverse=chosen.reverse))
    kept = open_image(FOLDER / f"{chosen.name}.jpg")
    assert made.size == kept.size
    assert difference(made, kept) < 6  # what JPEG leaves of strokes
    assert difference(made, source) > 2 * difference(made, kept)


def test_all_starters_are_there() -> None:
    for name in (*SCENES, *ONE_EACH, *(t.name for t in TRANSLATIONS)):
        assert (FOLDER / f"{name}.jpg").stat().st_size < 200_000


def run(translation: str, picture: str | None = MEADOW, **settings: Any) -> View:
    """What stands on the page at the end: of every output the last value that was not skipped."""
    page = View()
    for view in translate.run(*Controls(picture, translation, **{"brush": "broad", **settings})):
        page = View(
            *(old if new == gr.skip() else new for old, new in zip(page, view, strict=True))
        )
    return page


def test_a_picture_is_translated_and_comes_back() -> None:
    view = run(TWO_WAY)
    before, after = view.slider
    assert "320 × 320" in view.status
    assert before.size == after.size == view.back.size == (320, 320)
    assert difference(before, after) > 3
    assert f"{difference(before, view.back):.1f}" in view.cycle_error
    assert not view.rival_slider.visible
    # The strength is applied to what was made already.
    (_, weaker), rival_slider = translate._blended(view.results, 0.5, False)
    assert difference(weaker, blend(before, after, 0.5)) < 0.01
    assert not rival_slider.visible


def test_a_removed_picture_is_no_mistake() -> None:
    (view,) = translate.run(*Controls(None, MONET, "broad"))
    assert "Add a picture" in view.status
    assert view[1:] == (gr.skip(),) * 5


def test_two_models_side_by_side() -> None:
    way_back = TWO_WAY + domains.BACK
    view = run(MONET, rival=way_back, strength=0.5)
    result, rival = view.results
    assert view.back is None
    assert "one way" in view.cycle_error
    assert view.rival_slider.visible
    model = open_model(TWO_WAY)
    work = transfer(open_image(MEADOW), model, reverse=True, short_side=320)
    assert difference(rival.translation, last_picture(work)) < 0.1
    assert difference(view.slider[1], result.translation) > 1
    assert difference(view.slider[1], result.blended(0.5)) < 0.01


def test_a_gallery_is_translated_one_by_one(tmp_path: Path) -> None:
    files = gallery(tmp_path, 3)
    chosen = Controls(None, MONET, "finest")
    records = list(translate.run_many(files, *chosen))
    assert [len(translations) for _, translations in records] == [1, 2, 3, 3]
    assert records[-1][1][0].size == (140, 140)
    for wrong, sentence in ((None, "Add pictures"), (files * 20, "too many")):
        with pytest.raises(InputError, match=sentence):
            list(translate.run_many(wrong, *chosen))


@pytest.mark.parametrize("index", range(len(TRANSLATIONS)))
def test_a_starter_stands_there_with_its_translation(index: int) -> None:
    values = translate._starter(index)
    controls, view = Controls(*values[:8]), View(*values[8:])
    assert controls.picture == view.slider[0]
    model, reverse = domains.parse(controls.translation)
    assert (model.name, reverse) == TRANSLATIONS[index][2:]
    assert (controls.rival, controls.strength, controls.keep_colours) == ("nothing", 1, False)
    (before, after), _ = translate._blended(view.results, 1, False)
    assert [before, after] == [open_image(path) for path in view.slider]


@pytest.fixture
def chooser() -> models.Chooser:
    with gr.Blocks():
        return translate.build()


def test_a_brought_model_can_be_chosen_unless_it_learnt_from_pairs(
    chooser: models.Chooser, tmp_path: Path
) -> None:
    path = model_file(tmp_path, "Mud to gold")
    visit_paths, update = chooser.bring(path, [])
    assert visit_paths == [path]
    assert update.value == path
    assert ("Gold to mud (CycleGAN)", path + domains.BACK) in [tuple(c) for c in update.choices]
    assert path in [value for _, value in translate._rivals(visit_paths).choices]
    sentence = "This model learnt from pairs: bring it to the tab “Sketch to photo” instead."
    with pytest.raises(InputError, match=sentence):
        chooser.bring(str(models.shipped_model("pix2pix.cats").path), [])


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (CUT, CycleGAN):
        laptop = {**kind.presets["laptop"], "width": 4, "blocks": 1, "discriminator_width": 4}
        laptop |= {"nce_layers": (0, 4)} if kind is CUT else {}
        monkeypatch.setattr(kind, "presets", {"paper": {}, "laptop": laptop})


@pytest.mark.parametrize("recipe", ["CUT", "CycleGAN"])
def test_what_is_taught_is_used(
    chooser: models.Chooser, recipe: str, tmp_path: Path, narrow: None
) -> None:
    galleries = [gallery(tmp_path, n, seed=s) for s, n in enumerate((5, 6, 2, 2))]
    target = str(models.new_file("discs to discs"))
    views = list(finetune.fit(target, *galleries, recipe, 3, fits.NOTHING))
    assert any(isinstance(view.picture, Image.Image) for view in views)
    assert "3 of 3 steps" in views[-1].status
    assert views[-1].use.visible
    visit_paths, update, parts = chooser.use(target, [])
    assert update.value == target
    assert parts.selected == "translate"
    assert run(update.value).slider[1].size == (320, 320)
    choices = finetune._starts(recipe, visit_paths).choices
    assert target in [value for _, value in choices]


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((4, 5, 0, 0), "Add 5 pictures to gallery 1"),
        ((5, 4, 0, 0), "Add 5 pictures to gallery 2"),
        ((5, 5, 2, 1), "2 and 1 pictures of pairs"),
        ((5, 5, 0, 1), "0 and 1 pictures of pairs"),
    ],
)
def test_what_cannot_be_taught_is_said(
    tmp_path: Path, counts: tuple[int, ...], sentence: str
) -> None:
    galleries = [gallery(tmp_path, n, seed=s) if n else None for s, n in enumerate(counts)]
    with pytest.raises(InputError, match=sentence):
        list(finetune.fit("x", *galleries, "CUT", 3, fits.NOTHING))
    with pytest.raises(InputError):
        finetune.known_pairs([("a.png", None)], None)


@pytest.mark.parametrize(
    ("recipe", "usual"),
    [("CUT", "cut.monet"), ("FastCUT", "cut.monet"), ("CycleGAN", "cyclegan.monet")],
)
def test_the_usual_starts_fit_their_methods(recipe: str, usual: str) -> None:
    start, pairs = finetune._chosen(recipe, [])
    assert start.value == str(models.shipped_model(usual).path)
    assert start.value in [value for _, value in start.choices]
    assert pairs.visible
    assert recipe in recipes("domains")


def test_one_direction_of_two_is_no_start(tmp_path: Path) -> None:
    path = model_file(tmp_path, "Horse to zebra", both=False)
    choices = finetune._starts("CycleGAN", [path]).choices
    assert path not in [value for _, value in choices]
    assert path in [value for _, value in domains.choices([path])]


def test_one_picture_each_at_once_and_learnt(tmp_path: Path) -> None:
    (a, _), (b, _) = gallery(tmp_path, 2, (160, 120))
    views = list(single_pair.paint(a, b))
    pairs = [view.slider for view in views if isinstance(view.slider, tuple)]
    assert pairs[-1][0].size == pairs[-1][1].size == (384, 288)
    assert "Made of patches" in views[-1].status
    target = str(models.new_file("one"))
    fit = list(single_pair.fit(target, a, b, 2))
    assert "2 of 2 steps" in fit[-1].status
    assert model_info(target).method == "sincut"
    assert target in [value for _, value in domains.choices([target])]
    with pytest.raises(InputError, match="Add the picture to paint it like"):
        list(single_pair.paint(a, None))


def test_a_click_asks_where_a_spot_comes_from() -> None:
    first = inspect.see(MEADOW, MONET, (0.2, 0.2), "8")
    other = inspect.see(MEADOW, MONET, (0.8, 0.9), "8")
    assert {picture.size for picture in first[1:]} == {(256, 256)}
    # The judgement does not depend on it.
    assert difference(first.scored_source, other.scored_source) == 0
    one, two = (np.asarray(view.matched, int) for view in (first, other))
    assert np.abs(one - two).max() > 60  # another place glows
    event = gr.SelectData(None, {"index": [64, 192], "value": None})
    assert clicked_point(first.marked, event) == (0.25, 0.75)


def test_a_model_that_compares_no_patches_is_judged_only() -> None:
    radio, column = inspect._chosen(TWO_WAY)
    assert not radio.visible
    assert not column.visible
    view = inspect.see(MEADOW, TWO_WAY, (0.5, 0.5), None)
    assert "CycleGAN compares no patches" in view.status
    assert view.scored_source.size == view.scored_translation.size == (256, 256)
    assert view[3:] == (None,) * 4
    assert inspect._chosen(MONET)[0].visible


def test_stopping_without_a_fit_says_so() -> None:
    assert "Nothing is being fitted" in fits.stop("")


def test_a_layer_is_chosen_from_the_start() -> None:
    with gr.Blocks() as page:
        inspect.build(gr.State([]))
    (layer,) = [block for block in page.blocks.values() if isinstance(block, gr.Radio)]
    assert layer.value == "8"
    assert [value for value, _ in layer.choices] == ["0", "4", "8", "12", "16"]
