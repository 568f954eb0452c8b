"""The editor of textures: sliders, regions, strokes, galleries, and how edits are taken back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image, ImageDraw

from demos.shared.widgets import starter
from demos.texture_swap import edit
from demos.texture_swap import edit_handlers as handlers
from demos.texture_swap.edit_handlers import GLOBAL, REGIONAL, Editor
from examples.swaps import CATS
from i2i_core.checkpoints.model_zoo import model_info
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.pipelines.domain_transfer import difference
from i2i_core.pipelines.texture_edits import Edited

CHELSEA, KITTEN, LETTER = (starter(f"{n}.jpg") for n in ("chelsea", "kitten_photo", "letter"))
REGION_AMOUNTS = [0.0] * GLOBAL + [3.0, 0.0, 0.0]


@pytest.fixture
def editor(swapper: str) -> Editor:
    """With Chelsea opened."""
    started = handlers.start(CHELSEA, swapper)
    assert started.region is None
    view = handlers.open_picture(started.editor)
    assert view.canvas.size == view.colours.size == view.paper["background"].size
    assert "Move a slider" in view.status
    opened: Editor = view.editor
    assert len(opened.history) == 1
    assert opened.pending is opened.region is opened.spot is None
    return opened


def move(editor: Editor, amount: float) -> handlers.EditorView:
    """The first slider of the whole picture moved."""
    return handlers.preview(editor, 1.0, amount, *[0.0] * (GLOBAL + REGIONAL - 1))


def test_sliders_show_an_edit_that_can_be_kept_and_taken_back(editor: Editor) -> None:
    moved = move(editor, 2.0)
    assert moved.editor.history == editor.history
    assert "Not kept yet" in moved.status
    assert moved.canvas is moved.editor.pending.picture
    assert difference(moved.canvas, editor.last.picture) > 0.5
    kept = handlers.keep_pending(moved.editor)
    assert kept.editor.pending is None
    assert len(kept.editor.history) == 2
    assert "can be taken back: 1" in kept.status
    assert difference(kept.paper["background"], moved.canvas) < 1
    undone = handlers.undo(kept.editor)
    assert undone.editor.history == editor.history
    assert undone.editor.pending is None
    assert "as it was" in undone.status
    assert difference(undone.canvas, editor.last.picture) == 0
    assert undone.colours is editor.last.colours
    # Nothing is left to take back.
    assert len(handlers.undo(undone.editor).editor.history) == 1


def test_with_an_edit_all_sliders_go_to_the_middle(editor: Editor) -> None:
    changed, *_, last = edit._centred(handlers.keep_pending)(move(editor, 2.0).editor)
    assert len(changed.history) == 2
    assert last.value == 0
    answer = edit._centred(handlers.reset)(editor)
    assert handlers.EditorView(*answer[: -(GLOBAL + REGIONAL)]) == handlers.reset(editor)
    sliders = handlers.centre_sliders()
    assert len(sliders) == GLOBAL + REGIONAL
    assert {slider.value for slider in (*sliders, *answer[-(GLOBAL + REGIONAL) :])} == {0}


def test_the_picture_as_it_was_is_never_forgotten(editor: Editor) -> None:
    changed = editor
    for _ in range(handlers.MAX_UNDO_STEPS + 5):
        changed = changed.keep(replace(editor.last, picture=editor.last.picture.copy()))
    assert len(changed.history) == handlers.MAX_UNDO_STEPS + 1
    assert changed.history[0] is editor.last
    assert changed.history[0] is not changed.history[1]
    size = editor.last.picture.size
    assert difference(changed.history[0].picture, open_image(CHELSEA).resize(size)) < 3


def test_taking_back_what_was_not_kept_leaves_what_was(editor: Editor) -> None:
    first = move(editor, 2.0)
    second = move(handlers.keep_pending(first.editor).editor, 1.0)
    for back in (handlers.undo, handlers.reset):
        view = back(second.editor)
        assert len(view.editor.history) == 2
        assert view.editor.pending is None
        assert difference(view.canvas, first.canvas) == 0
        assert "Edits before this one: 1" in view.status
    # What was kept is only taken back by the one of them.
    assert len(handlers.reset(view.editor).editor.history) == 2
    assert len(handlers.undo(view.editor).editor.history) == 1


def test_the_starter_is_edited_without_being_opened_first(swapper: str) -> None:
    unopened = Editor(CHELSEA, swapper)
    assert len(move(unopened, 1.0).editor.history) == 1
    assert "as it was" in handlers.reset(unopened).status
    with pytest.raises(InputError, match="Nothing is edited"):
        handlers.keep_pending(unopened)
    with pytest.raises(InputError, match="Add the picture"):
        move(Editor(None, swapper), 1.0)


def test_another_picture_ends_what_was_done_even_if_it_cannot_be_opened(
    editor: Editor, tmp_path: Path
) -> None:
    view = handlers.start(None, editor.model)
    assert view.editor == Editor(None, editor.model)
    cleared = handlers.open_picture(view.editor)
    assert cleared.canvas is cleared.colours is cleared.paper is None
    assert "Add a picture first" in cleared.status
    (tmp_path / "note.png").write_text("not a picture")
    view = handlers.start(str(tmp_path / "note.png"), editor.model)
    assert view.editor.history == ()
    with pytest.raises(InputError, match="is not a picture"):
        handlers.open_picture(view.editor)


def test_a_click_and_a_slider_change_a_region(editor: Editor) -> None:
    width, height = editor.last.picture.size
    event = SimpleNamespace(index=(round(0.3 * width), round(0.4 * height)))
    clicked = handlers.click(editor, 0.1, editor.last.picture, event)
    assert clicked.editor.spot == pytest.approx((0.3, 0.4), abs=0.01)
    assert clicked.editor.region.any()
    assert clicked.region.size == editor.last.picture.size
    view = handlers.preview(clicked.editor, 1.0, *REGION_AMOUNTS)
    changed = np.abs(np.asarray(view.canvas, float) - np.asarray(editor.last.picture, float)).max(2)
    assert changed.max() > 3
    # The same click may reach less far.
    nearer = handlers.choose(clicked.editor, 0.0).editor.region
    assert 0 < nearer.sum() < clicked.editor.region.sum()
    for nothing in (handlers.choose(editor, 0.1), handlers.drop_region(clicked.editor)):
        assert nothing.editor.region is nothing.region is None
    with pytest.raises(gr.Error, match="Choose a region"):
        handlers.preview(editor, 1.0, *REGION_AMOUNTS)


def stroke(box: tuple[int, int, int, int]) -> dict[str, Any]:
    layer = Image.new("RGBA", (64, 64))
    ImageDraw.Draw(layer).rectangle(box, fill="#ff3366")
    return {"background": None, "layers": [layer], "composite": None}


def test_what_is_painted_is_a_region_and_cloned_into(editor: Editor) -> None:
    paper = stroke((40, 0, 63, 63))
    mask = handlers.paint(editor, paper).editor.region
    assert mask[:, 10:].all()
    assert not mask[:, :10].any()
    here = replace(editor, spot=(0.2, 0.5))
    for source, spot in ((None, None), (KITTEN, (0.2, 0.5))):
        view = handlers.clone(here, paper, source, spot)
        assert "Cloned" in view.status
        assert len(view.editor.history) == 2
        assert view.editor.pending is None
        before, after = (np.asarray(p, float) for p in (editor.last.picture, view.canvas))
        assert np.abs(after - before)[:, 50:].mean() > 1
        assert np.array_equal(after[:, :32], before[:, :32])
    for source in (None, KITTEN):
        with pytest.raises(InputError, match="where to copy from"):
            handlers.clone(editor, paper, source, None)
    for nothing in (None, {"layers": []}, stroke((70, 70, 80, 80))):
        with pytest.raises(InputError, match="Paint on the picture"):
            handlers.paint(editor, nothing)


def test_a_click_on_another_picture_is_a_share_of_its_sides() -> None:
    width, height = open_image(KITTEN).size
    event = SimpleNamespace(index=(width // 2, height + 3))
    assert handlers.click_source(KITTEN, event) == (0.5, 1.0)


def test_a_starter_comes_with_the_model_that_knows_its_kind() -> None:
    for index, name in enumerate(edit.STARTERS):
        path, model = edit._starter(index)
        assert Path(path).stem == name
        knows_cats = "photo" in name or name == "chelsea"
        assert (model == str(model_info(CATS).path)) == knows_cats


def test_galleries_are_added(editor: Editor) -> None:
    plus, minus = [(KITTEN, None)], [(LETTER, None)]
    view = handlers.add(editor, plus, minus, 1.5, 1.0)
    assert "Added" in view.status
    assert difference(view.editor.last.picture, editor.last.picture) > 0.5
    assert view.canvas is view.editor.last.picture
    assert view.editor.pending is None
    with pytest.raises(gr.Error, match="more of"):
        handlers.add(editor, None, minus, 1.0, 1.0)


def test_sliders_are_named_by_what_the_model_does(swapper: str) -> None:
    sliders = handlers.name_sliders(swapper)
    assert len(sliders) == GLOBAL + REGIONAL
    assert sliders[0].label.startswith("1. ")
    assert {slider.value for slider in sliders} == {0}


def test_an_editor_is_a_value(editor: Editor) -> None:
    before = (editor.history, editor.pending, editor.region, editor.spot)
    move(editor, 2.0)
    handlers.paint(editor, stroke((0, 0, 30, 30)))
    assert (editor.history, editor.pending, editor.region, editor.spot) == before
    assert all(isinstance(edited, Edited) for edited in editor.history)
