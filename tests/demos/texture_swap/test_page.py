"""The tab "Texture swap" below its layout: what is swapped, edited, taken back and taught."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image, ImageDraw

from demos.shared import finetune as fitting
from demos.shared import jobs, models
from demos.shared.widgets import starter
from demos.texture_swap import edit as edit_textures
from demos.texture_swap import edit_handlers as texture_editing
from demos.texture_swap import finetune as teach_textures
from demos.texture_swap import models as swappers
from demos.texture_swap import swap as swap_textures
from examples.starters import FOLDER
from examples.swaps import CATS, GRID, LANDSCAPES, STRUCTURE, SWAPS, Swapped, grid, swapped
from i2i_core.checkpoints.model_zoo import model_info
from i2i_core.images.files import open_image
from i2i_core.pipelines.domain_transfer import difference
from i2i_core.pipelines.texture_codes import encode
from i2i_core.pipelines.texture_edits import Edited, structure_colours
from i2i_core.pipelines.texture_swap import AUTO, PATCHES, Choice
from tests.demos.sketch_to_photo.test_finetune import gallery

CHELSEA, KITTEN = starter("chelsea.jpg"), starter("kitten_photo.jpg")
MODEL = str(models.shipped_path(CATS))
LETTER = starter("letter.jpg")


def test_models_patches_and_whatever_fits_can_be_chosen(swapper: str) -> None:
    values = [value for _, value in swappers.ways([swapper])]
    assert values[0] == AUTO
    assert values[-1] == PATCHES
    assert set(values[1:-1]) == {
        MODEL, str(models.shipped_path(LANDSCAPES)), swapper
    }  # fmt: skip
    assert "Small" in dict(map(reversed, swappers.choices([swapper])))[swapper]
    assert swappers.first() == MODEL


@pytest.mark.parametrize("stored", SWAPS, ids=lambda stored: stored.name)
def test_a_stored_swap_is_what_is_made(stored: Swapped) -> None:
    made, kept = swapped(stored), open_image(FOLDER / f"{stored.name}.jpg")
    assert made.size == kept.size
    assert difference(made, kept) < 6  # what JPEG leaves


def test_the_stored_grid_and_structure_are_what_is_made() -> None:
    kept = open_image(FOLDER / f"{GRID.name}.jpg")
    assert difference(grid(GRID).resize(kept.size), kept) < 6
    shown = open_image(FOLDER / f"{STRUCTURE}.png")
    assert difference(structure_colours(encode(open_image(CHELSEA), CATS), CATS), shown) < 3


def run(structure: str | None, texture: str | None, way: str, **settings: Any) -> list[list[Any]]:
    given = {"strength": 1.0, "detail": 1.0, "size": "as learnt", **settings}
    return list(swap_textures.run(structure, texture, way, **given))


def test_the_page_says_which_made_it_and_why() -> None:
    *_, almost, last = run(CHELSEA, KITTEN, AUTO)
    before, after = almost[1]
    assert before.size == after.size == (256, 256)
    assert difference(before, after) > 5
    assert Choice(CATS).why in last[0]
    assert "256 × 256 pixels in" in last[0]
    *_, last = run(LETTER, CHELSEA, AUTO)
    assert "Made by patches" in last[0]


def test_size_and_strength_reach_the_swap() -> None:
    *_, almost, _ = run(CHELSEA, KITTEN, MODEL, size="384", strength=0.0)
    before, after = almost[1]
    assert after.size == (384, 384)
    assert difference(before, after) < 3


def test_a_missing_picture_is_no_mistake() -> None:
    (record,) = run(CHELSEA, None, AUTO)
    assert "Add a picture" in record[0]


def test_a_grid_appears_row_by_row(swapper: str) -> None:
    files = [(CHELSEA, None), (KITTEN, None)]
    *rows, last = swap_textures.run_grid(files, files[:1], swapper, 1.0, "as learnt")
    assert [row[1].size for row in rows] == [(128, 192)] * 2
    assert "by the model small" in last[0]
    for sides, sentence in (([None, files], "structures first"), ([files, files * 4], "too many")):
        with pytest.raises(gr.Error, match=sentence):
            list(swap_textures.run_grid(*sides, swapper, 1.0, "as learnt"))


def test_a_starter_shows_its_stored_swap() -> None:
    structure, texture, way, *_, said, pair = swap_textures._starter(1)
    assert (Path(structure).stem, Path(texture).stem) == SWAPS[1][:2]
    assert way == AUTO
    assert LANDSCAPES in said
    assert Path(pair[1]).stem == SWAPS[1].name


def test_a_model_that_was_brought_is_chosen(swapper: str) -> None:
    own, chooser = swap_textures._bring(swapper, [])
    assert own == [swapper]
    assert chooser.value == swapper
    with pytest.raises(gr.Error, match="swaps no textures"):
        swap_textures._bring(str(models.shipped_path("cut.monet")), [])


# The editor: done, mask, inside, brush, status, canvas, colours, shown


def opened(model: str) -> list[Edited]:
    done, mask, inside, paper, said, canvas, colours, shown = texture_editing.open_picture(
        CHELSEA, model
    )
    assert mask is inside is None
    assert canvas.size == colours.size == paper["background"].size
    assert shown is None  # nothing is pending
    assert "Move a slider" in said
    return done


def test_sliders_show_an_edit_that_can_be_kept_and_taken_back(swapper: str) -> None:
    done = opened(swapper)
    amounts = [2.0, *[0.0] * 10]
    again, said, canvas, _, shown = texture_editing.preview(
        CHELSEA, swapper, done, None, 1.0, *amounts
    )
    assert again == done
    assert "Not kept yet" in said
    assert difference(canvas, done[0].picture) > 0.5
    done, pending, said, paper, *sliders = texture_editing.keep_it(done, shown)
    assert pending is None
    assert len(done) == 2
    assert len(sliders) == 11
    assert {slider.value for slider in sliders} == {0}
    assert difference(paper["background"], canvas) < 1
    done, said, canvas, _, pending, _, *_ = texture_editing.undo(CHELSEA, swapper, done, None)
    assert len(done) == 1
    assert pending is None
    assert "as it was" in said
    assert difference(canvas, done[0].picture) == 0
    # Nothing is left to take back.
    done, said, *_ = texture_editing.undo(CHELSEA, swapper, done, None)
    assert len(done) == 1


def test_the_picture_as_it_was_is_never_forgotten(swapper: str) -> None:
    done = opened(swapper)
    for _ in range(texture_editing.REMEMBERED + 5):
        done = texture_editing._longer(done, Edited(done[0].codes, done[0].picture.copy()))
    assert len(done) == texture_editing.REMEMBERED + 1
    assert done[0] is not done[1]
    assert difference(done[0].picture, open_image(CHELSEA).resize(done[0].picture.size)) < 3


def test_taking_back_what_was_not_kept_leaves_what_was(swapper: str) -> None:
    done = opened(swapper)
    *_, first = texture_editing.preview(CHELSEA, swapper, done, None, 1.0, 2.0, *[0.0] * 10)
    done, *_ = texture_editing.keep_it(done, first)
    *_, second = texture_editing.preview(CHELSEA, swapper, done, None, 1.0, 1.0, *[0.0] * 10)
    after, _, canvas, *_ = texture_editing.undo(CHELSEA, swapper, done, second)
    assert len(after) == 2
    assert difference(canvas, first.picture) == 0


def test_the_starter_is_edited_without_being_opened_first(swapper: str) -> None:
    done, *_ = texture_editing.preview(CHELSEA, swapper, [], None, 1.0, 1.0, *[0.0] * 10)
    assert len(done) == 1
    with pytest.raises(gr.Error, match="Add the picture"):
        texture_editing.preview(None, swapper, [], None, 1.0, *[0.0] * 11)
    with pytest.raises(gr.Error, match="Nothing is edited"):
        texture_editing.keep_it(done, None)
    done, said, *_ = texture_editing.undo(CHELSEA, swapper, [], None)  # all sliders to 0
    assert "as it was" in said


def test_a_click_and_a_slider_change_a_region(swapper: str) -> None:
    done = opened(swapper)
    done, mask, inside = texture_editing.choose(CHELSEA, swapper, done, (0.3, 0.4), 0.1)
    assert mask.any()
    assert inside.size == done[0].picture.size
    amounts = [0.0] * 8 + [3.0, 0.0, 0.0]
    _, _, canvas, *_ = texture_editing.preview(CHELSEA, swapper, done, mask, 1.0, *amounts)
    changed = np.abs(np.asarray(canvas, float) - np.asarray(done[0].picture, float)).max(2)
    assert changed.max() > 3
    assert texture_editing.choose(CHELSEA, swapper, done, None, 0.1)[1:] == [None, None]
    with pytest.raises(gr.Error, match="Choose a region"):
        texture_editing.preview(CHELSEA, swapper, done, None, 1.0, *amounts)


def stroke(box: tuple[int, int, int, int]) -> dict[str, Any]:
    layer = Image.new("RGBA", (64, 64))
    ImageDraw.Draw(layer).rectangle(box, fill="#ff3366")
    return {"background": None, "layers": [layer], "composite": None}


def test_what_is_painted_is_a_region_and_cloned_into(swapper: str) -> None:
    done = opened(swapper)
    brush = stroke((40, 0, 63, 63))
    _, mask, _ = texture_editing.paint(CHELSEA, swapper, done, brush)
    assert mask[:, 10:].all()
    assert not mask[:, :10].any()
    for source in (None, KITTEN):
        after, _, said, canvas, *_ = texture_editing.clone(
            CHELSEA, swapper, done, brush, source, (0.2, 0.5), (0.2, 0.5)
        )
        assert "Cloned" in said
        assert len(after) == 2
        before, now = (np.asarray(p, float) for p in (done[0].picture, canvas))
        assert np.abs(now - before)[:, 50:].mean() > 1
        assert np.array_equal(now[:, :32], before[:, :32])
    with pytest.raises(gr.Error, match="where to copy from"):
        texture_editing.clone(CHELSEA, swapper, done, brush, None, (0.2, 0.5), None)
    for nothing in (None, {"layers": []}, stroke((70, 70, 80, 80))):
        with pytest.raises(gr.Error, match="Paint on the picture"):
            texture_editing.paint(CHELSEA, swapper, done, nothing)


def test_a_starter_comes_with_the_model_that_knows_its_kind() -> None:
    for index, name in enumerate(edit_textures.STARTERS):
        path, model = edit_textures._starter(index)
        assert Path(path).stem == name
        assert (model == MODEL) == ("photo" in name or name == "chelsea")


def test_galleries_are_added(swapper: str) -> None:
    done = opened(swapper)
    plus, minus = [(KITTEN, None)], [(LETTER, None)]
    after, said, *_ = texture_editing.add(CHELSEA, swapper, done, plus, minus, 1.5, 1.0)
    assert "Added" in said
    assert difference(after[-1].picture, done[0].picture) > 0.5
    with pytest.raises(gr.Error, match="more of"):
        texture_editing.add(CHELSEA, swapper, done, None, minus, 1.0, 1.0)


def test_sliders_are_named_by_what_the_model_does(swapper: str) -> None:
    sliders = texture_editing.names(swapper)
    assert len(sliders) == 11
    assert sliders[0].label.startswith("1. ")


def test_a_gallery_is_taught_and_used(swapper: str, tmp_path: Path) -> None:
    target, *_ = fitting.begin("my cats")
    files = gallery(tmp_path, 10)
    *_, last = teach_textures.fit(target, files, 2, swapper)
    assert "2 of 2 steps" in last[0]
    assert (model_info(target).method, model_info(target).steps) == ("swapping_autoencoder", 2)
    own, chooser, tabs = swappers.use(target, [])
    assert own == [target]
    assert chooser.value == target
    assert tabs.selected == "swap"
    with pytest.raises(gr.Error, match="Add 10"):
        list(teach_textures.fit(target, files[:9], 2, swapper))


def test_zerogpu_gives_a_swap_its_seconds() -> None:
    from i2i_core.pipelines.texture_swap import swap

    assert 0 < jobs._seconds(swap, None, None, AUTO, size=None) <= 30
