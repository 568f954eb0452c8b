"""The tab "Texture swap" below its layout: what is swapped, chosen and taught."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from demos.shared import finetune as fits
from demos.shared import jobs
from demos.shared import models as shared_models
from demos.shared.widgets import starter
from demos.texture_swap import finetune, models, swap
from demos.texture_swap.swap import SwapView
from examples.starters import FOLDER
from examples.swaps import CATS, GRID, LANDSCAPES, STRUCTURE, SWAPS, Swapped, grid, swapped
from i2i_core.checkpoints.model_zoo import ModelInfo, model_info, open_model
from i2i_core.errors import InputError
from i2i_core.finetuning.textures import RECIPE
from i2i_core.images.files import open_image
from i2i_core.pipelines import texture_swap
from i2i_core.pipelines.domain_transfer import difference
from i2i_core.pipelines.texture_edits import begin
from i2i_core.pipelines.texture_swap import AUTO, PATCHES, reason
from tests.helpers import gallery

CHELSEA, KITTEN, LETTER = (starter(f"{n}.jpg") for n in ("chelsea", "kitten_photo", "letter"))
MODEL = str(model_info(CATS).path)


def test_models_patches_and_whatever_fits_can_be_chosen(swapper: str) -> None:
    values = [value for _, value in models.choices([swapper])]
    assert values[0] == AUTO
    assert values[-1] == PATCHES
    assert set(values[1:-1]) == {MODEL, str(model_info(LANDSCAPES).path), swapper}
    labels = {value: label for label, value in models.choices([swapper])}
    assert "Small" in labels[swapper]
    assert models.first() == MODEL


def test_a_choice_is_a_model_or_one_of_two_words(swapper: str) -> None:
    assert models.model_of(AUTO) == AUTO
    assert models.model_of(PATCHES) == PATCHES
    assert models.model_of(swapper) == model_info(swapper)
    assert isinstance(models.model_of(swapper), ModelInfo)  # opened where it is used


@pytest.mark.parametrize("stored", SWAPS, ids=lambda stored: stored.name)
def test_a_stored_swap_is_what_is_made(stored: Swapped) -> None:
    result, expected = swapped(stored), open_image(FOLDER / f"{stored.name}.jpg")
    assert result.size == expected.size
    small = (x.resize((24, 24), Image.Resampling.BOX) for x in (result, expected))
    assert difference(*small) < 4  # patches settle elsewhere with another number of threads


def test_the_stored_grid_and_structure_are_what_is_made() -> None:
    expected = open_image(FOLDER / f"{GRID.name}.jpg")
    assert difference(grid(GRID).resize(expected.size), expected) < 6
    colours = begin(open_image(CHELSEA), open_model(CATS)).colours
    assert difference(colours, open_image(FOLDER / f"{STRUCTURE}.png")) < 3


def make(structure: str | None, texture: str | None, choice: str, **changes: Any) -> list[SwapView]:
    settings = {"strength": 1.0, "detail": 1.0, "size": "as learnt", **changes}
    return list(swap.make(structure, texture, choice, **settings))


def test_the_page_says_which_made_it_and_why() -> None:
    *_, almost, last = make(CHELSEA, KITTEN, AUTO)
    before, after = almost.pair
    assert before.size == after.size == (256, 256)
    assert difference(before, after) > 5
    assert reason(PATCHES) in last.status
    assert CATS in last.status  # which was tried
    assert "256 × 256 pixels in" in last.status
    *_, last = make(CHELSEA, KITTEN, MODEL)
    assert f"Made by the model {CATS}" in last.status
    *_, last = make(LETTER, CHELSEA, AUTO, strength=0.5)
    assert "Recoloured" in last.status


def test_the_recoloured_picture_stands_there_until_it_is_remade() -> None:
    _, first, *between, almost, last = make(CHELSEA, KITTEN, PATCHES)
    assert first.pair[1].size == (256, 256)
    assert all(view.pair == gr.skip() for view in between)
    assert difference(first.pair[1], almost.pair[1]) > 2
    assert last.pair == gr.skip()


def test_size_and_strength_reach_the_swap() -> None:
    *_, almost, _ = make(CHELSEA, KITTEN, MODEL, size="384", strength=0.0)
    before, after = almost.pair
    assert after.size == (384, 384)
    assert difference(before, after) < 3


def test_a_missing_picture_is_no_mistake() -> None:
    (view,) = make(CHELSEA, None, AUTO)
    assert "Add a picture" in view.status
    assert view.pair == gr.skip()


def test_a_grid_appears_row_by_row(swapper: str) -> None:
    files = [(CHELSEA, None), (KITTEN, None)]
    *rows, last = swap.make_grid(files, files[:1], swapper, 1.0, "as learnt")
    assert [view.grid.size for view in rows] == [(128, 192)] * 2
    assert "by the model small" in last.status
    for sides, sentence in (([None, files], "structures first"), ([files, files * 4], "too many")):
        with pytest.raises(InputError, match=sentence):
            list(swap.make_grid(*sides, swapper, 1.0, "as learnt"))


@pytest.mark.parametrize("index", range(len(SWAPS)))
def test_a_starter_shows_its_stored_swap(index: int) -> None:
    view, stored = swap._starter(index), SWAPS[index]
    assert (Path(view.structure).stem, Path(view.texture).stem) == stored[:2]
    assert (view.chooser, view.strength, view.detail) == (AUTO, 1, 1)
    assert ("patches" if stored.made_by == PATCHES else stored.made_by) in view.status
    assert [Path(path).stem for path in view.pair] == [stored.structure, stored.name]


@pytest.fixture
def chooser() -> shared_models.Chooser:
    with gr.Blocks():
        return swap.build()


def test_a_model_that_was_brought_is_chosen(chooser: shared_models.Chooser, swapper: str) -> None:
    visit_paths, update = chooser.bring(swapper, [])
    assert visit_paths == [swapper]
    assert update.value == swapper
    assert swapper in [value for _, value in update.choices]
    with pytest.raises(InputError, match="bring it to the tab “Domain transfer”"):
        chooser.bring(str(model_info("cut.monet").path), [])


def test_a_gallery_is_taught_and_used(
    chooser: shared_models.Chooser, swapper: str, tmp_path: Path
) -> None:
    target, *_ = fits.begin("my cats")
    files = gallery(tmp_path, 10)
    *_, last = finetune.fit(target, files, RECIPE, 2, swapper)
    assert "2 of 2 steps" in last.status
    assert last.use.visible
    assert (model_info(target).capabilities.task, model_info(target).steps) == (models.TASK, 2)
    visit_paths, update, tabs = chooser.use(target, [])
    assert visit_paths == [target]
    assert update.value == target
    assert tabs.selected == "swap"
    with pytest.raises(InputError, match="Add 10"):
        list(finetune.fit(target, files[:9], RECIPE, 2, swapper))


def test_what_can_be_gone_on_from_is_offered(swapper: str) -> None:
    start = finetune._starts(RECIPE, [swapper], MODEL)
    assert start.value == MODEL
    assert {MODEL, swapper, fits.NOTHING} <= {value for _, value in start.choices}
    # A choice that is gone leaves nothing chosen.
    assert finetune._starts(RECIPE, [], swapper).value == fits.NOTHING
    assert set(dict(shared_models.choices([swapper], models.TASK)).values()) >= {MODEL, swapper}


def test_zerogpu_gives_a_swap_its_seconds() -> None:
    assert 0 < jobs._seconds(texture_swap.swap, None, None, AUTO, short_side=None) <= 30
