"""Repaint: every edit of the labels is shown and followed, and other photographs start anew."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from demos.image_analogy import repaint
from demos.image_analogy.label_editor import Canvas
from demos.image_analogy.repaint import RepaintView
from demos.shared.widgets import starter
from examples.starters import SCENES
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.labels.maps import PALETTE, encode
from tests.helpers import picture

LAKE = starter("lake.jpg")
SKIPPED = gr.skip()


@pytest.fixture
def canvas() -> Canvas:
    return repaint._starter_canvas("lake")


def picked(canvas: Canvas) -> Canvas:
    """With the lake picked."""
    height, width = canvas.ids.shape
    view = repaint._pick(canvas, False, SimpleNamespace(index=(width // 2, height * 3 // 4)))
    assert view.picker.size == (width, height)
    return view.canvas


def test_the_photograph_is_rendered_level_by_level(canvas: Canvas) -> None:
    *levels, last, end = repaint.render_map(canvas, keep=True, seed=0, long_side=96)
    assert {view.result.size for view in levels if view.result != SKIPPED} == {(512, 512)}
    assert last.result.size == (96, 96)
    assert end.result is last.result
    assert "Done, at 96 pixels" in end.status
    assert all(view.canvas == view.editor == view.picker == SKIPPED for view in (*levels, end))


def test_live_follows_and_without_it_a_press_of_render_is_asked_for(
    canvas: Canvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repaint, "LIVE_SIDE", 64)
    *_, end = repaint.follow(canvas, live=True, keep=True, seed=None)
    assert end.result.size == (64, 64)
    (view,) = repaint.follow(canvas, live=False, keep=True, seed=0)
    assert "press Render" in view.status
    assert view.result == SKIPPED


def test_a_stroke_changes_the_map_and_leaves_the_editor_alone(canvas: Canvas) -> None:
    editor = canvas.editor_value()
    assert list(repaint.paint(canvas, editor, False, True, 0)) == [RepaintView()]
    assert list(repaint.paint(canvas, None, False, True, 0)) == [RepaintView()]
    editor["composite"] = editor["composite"].copy()
    editor["composite"].paste(PALETTE[1], (0, 0, 100, 100))
    first, then = repaint.paint(canvas, editor, False, True, 0)
    assert (first.canvas.ids[:100, :100] == 1).all()
    assert first.picker.size == canvas.overlay().size
    assert "Live is off" in then.status
    assert first.editor == then.editor == SKIPPED


SIZES = {"Grow": 1, "Shrink": -1, "←": 0, "↑": 0, "↓": 0, "→": 0}
SHIFTS = {"←": (0, -8), "↑": (-8, 0), "↓": (8, 0), "→": (0, 8)}


@pytest.mark.parametrize("name", SIZES)
def test_every_tool_changes_the_picked_region(name: str) -> None:
    ids = np.zeros((90, 120), np.uint8)
    ids[40:60, 50:80] = 1
    before = Canvas(picture(120, 90), ids, ids).picked_at(60, 50)
    (tool,) = (row[name] for row in repaint.TOOLS if name in row)
    view = repaint._edit(tool)(before, 8)
    after = view.canvas
    assert np.sign(int(after.region.sum()) - int(before.region.sum())) == SIZES[name]
    shift = np.argwhere(after.region).mean(0) - np.argwhere(before.region).mean(0)
    assert tuple(shift.round(1)) == SHIFTS.get(name, (0, 0))
    assert np.array_equal(np.asarray(view.editor["background"]), np.asarray(encode(after.ids)))
    assert view.picker.size == (120, 90)
    assert view.photo == view.result == view.status == gr.skip()
    back = repaint._edit(Canvas.undone)(after).canvas
    assert np.array_equal(back.ids, ids)
    assert np.array_equal(repaint._edit(Canvas.restarted)(after).canvas.ids, ids)


def test_every_tool_has_a_button() -> None:
    assert {name for row in repaint.TOOLS for name in row} == set(SIZES)


def test_what_was_picked_is_removed(canvas: Canvas) -> None:
    with pytest.raises(InputError, match="Pick a region first"):
        list(repaint.remove_region(canvas, 0))
    *_, end = repaint.remove_region(picked(canvas), None)
    assert end.result.size == canvas.photo.size
    assert "Removed" in end.status


def test_the_ground_is_cut_away_and_the_result_can_be_gone_on_with() -> None:
    canvas = Canvas.segmented(open_image(starter("chelsea.jpg")), 3)
    view = repaint.remove_ground(canvas)
    assert (view.result.mode, view.result.size) == ("RGBA", canvas.photo.size)
    low, high = view.result.getchannel("A").getextrema()
    assert (low, high) == (0, 255)
    again = repaint._again(view.result, 3)
    assert again.canvas.photo.mode == "RGB"
    assert again.picker.size == (448, 448)


def test_a_new_photograph_is_segmented() -> None:
    view = repaint._load(LAKE, 3)
    assert view.canvas.count == 3
    assert view.result == view.canvas.photo
    assert view.photo == gr.skip()
    assert len(view.editor.brush.colors) == 3
    assert "were found" in view.status
    with pytest.raises(InputError, match="Add a photograph first"):
        repaint._load(None, 3)


def test_a_result_becomes_the_photograph() -> None:
    result = picture(120, 90)
    view = repaint._again(result, 2)
    assert view.photo is view.canvas.photo is result
    with pytest.raises(InputError, match="Make a result first"):
        repaint._again(None, 2)


@pytest.mark.parametrize("index", range(len(SCENES)))
def test_a_starter_is_already_edited(index: int) -> None:
    view = repaint._scene(index)
    assert Path(view.photo).stem == SCENES[index]
    assert Path(view.result).stem == f"{SCENES[index]}_repainted"
    assert not np.array_equal(view.canvas.ids, view.canvas.photo_ids)
    assert repaint.HELLO in view.status


def test_maps_are_uploaded(canvas: Canvas) -> None:
    labels, edited = starter("lake_labels.png"), starter("lake_edited.png")
    view = repaint._use_photo_map(canvas, labels)
    assert np.array_equal(view.canvas.ids, view.canvas.photo_ids)
    assert "labels now" in view.status
    view = repaint._use_target_map(view.canvas, edited)
    assert np.array_equal(view.canvas.ids, canvas.ids)
    assert isinstance(view.editor, dict)  # the brush keeps its colour
    with pytest.raises(InputError, match="Add a label map first"):
        repaint._use_target_map(canvas, None)


def test_the_layout_of_another_photograph_is_taken(canvas: Canvas) -> None:
    other = starter("fields.jpg")
    first, *_, end = repaint.take_layout(canvas, other, 4, None, 96)
    assert first.canvas.ids.shape == first.canvas.photo_ids.shape == canvas.ids.shape
    assert not np.array_equal(first.canvas.ids, first.canvas.photo_ids)
    assert set(np.unique(first.canvas.ids)) <= set(np.unique(first.canvas.photo_ids))
    assert first.keep is False  # all of the photograph was asked for anew
    assert first.picker.size == canvas.overlay().size
    assert end.result.size == (96, 96)
    with pytest.raises(InputError, match="Add a photograph first"):
        list(repaint.take_layout(canvas, None, 4, 0, 96))
