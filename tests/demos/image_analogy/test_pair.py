"""Two pictures: both directions, the guesses of what answers to what, marks, and stopping."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from demos.image_analogy import pair, scribbles
from demos.image_analogy.pair import PairView
from demos.shared.widgets import starter
from examples.starters import PAIRS
from i2i_core.errors import InputError
from i2i_core.methods.structural_analogy import StructuralAnalogy

PEBBLES, CRACKED = starter("pebbles.jpg"), starter("cracked.jpg")
SKIPPED = gr.skip()


def make(**changes: Any) -> list[PairView]:
    settings = {
        "a": PEBBLES, "b": CRACKED, "preset": "structure", "granularity": 0.5,
        "correspondence": "auto", "seed": 0, "long_side": 64, "marks_a": None, "marks_b": None,
    }  # fmt: skip
    return list(pair.make(**{**settings, **changes}))


def test_stopping_keeps_what_there_is() -> None:
    """The handler yields pictures from the first trial on, and can be closed between any two."""
    work = pair.make(PEBBLES, CRACKED, "structure", 0.5, "auto", 0, 64, None, None)
    views = [next(work) for _ in range(3)]
    work.close()
    before, after = views[1].forth
    assert before.size == after.size
    assert all(view.back == SKIPPED for view in views)


def test_both_directions_are_made_and_the_guesses_shown_best_first() -> None:
    views = make()
    forth, back = ([v for v in views if getattr(v, name) != SKIPPED] for name in ("forth", "back"))
    assert f"{pair.FORTH}: " in forth[0].status
    assert f"{pair.BACK}: " in back[0].status
    for view, name in ((forth[-1], "forth"), (back[-1], "back")):
        before, after = getattr(view, name)
        assert before.size == after.size == (64, 64)
    trials = views[-1].trials
    assert {name for _, name in trials} <= set(pair.CORRESPONDENCES)
    assert f"by {trials[0][1]}" in forth[-1].status
    # Of the way back no guesses are shown, and at the end those of the way forth once more.
    assert all(view.trials == SKIPPED for view in back)
    assert views[-1].guide_a.size == views[-1].guide_b.size == (64, 64)
    assert "Done" in views[-1].status
    assert pair._chosen(trials, SimpleNamespace(index=1)) == trials[1][1]


def test_a_guess_that_was_asked_for_leaves_the_earlier_ones_to_choose_from() -> None:
    views = make(correspondence="lightness")
    assert all(view.trials == SKIPPED for view in views)
    assert "by lightness" in views[-3].status
    assert isinstance(views[-1].guide_a, Image.Image)


def test_scribbles_of_the_page_reach_the_engine() -> None:
    """Strokes on both editors choose what answers to what: the trials are skipped."""

    def marks(left: tuple[int, ...], right: tuple[int, ...]) -> dict[str, Any]:
        layer = Image.new("RGBA", (100, 100))
        layer.paste(left, (5, 40, 20, 60))
        layer.paste(right, (80, 40, 95, 60))
        return {"layers": [layer], "composite": None, "background": None}

    first, second = ((*colour, 255) for colour in scribbles.MARKS[:2])
    both = marks(first, second), marks(second, first)
    *_, almost, _ = make(marks_a=both[0], marks_b=both[1])
    assert "made of" in almost.status
    assert "by your marks" in almost.status
    assert almost.back[1].size == (64, 64)
    with pytest.raises(InputError, match="Only one picture is marked"):
        make(marks_a=both[0])


def test_editors_get_the_picture_but_keep_their_strokes(tmp_path: Path) -> None:
    paper = scribbles._background(PEBBLES)
    assert paper["background"].size == (scribbles.EDITOR_SIDE, scribbles.EDITOR_SIDE)
    assert scribbles._background(PEBBLES, paper) == SKIPPED
    (tmp_path / "note.png").write_text("not a picture")
    for path in (None, str(tmp_path / "note.png")):
        assert scribbles._background(path) is None


def test_a_missing_picture_and_a_missing_result_are_said() -> None:
    with pytest.raises(InputError, match="Add the structure picture"):
        make(a=None)
    with pytest.raises(InputError, match="Add the appearance picture"):
        make(b=None)
    with pytest.raises(InputError, match="Make an analogy first"):
        pair._after(None)


def test_presets_are_the_methods_own() -> None:
    assert set(pair.PRESETS) == set(StructuralAnalogy.presets) - {"paper"}
    for name, changes in pair.PRESETS.items():
        view = pair._preset(name)
        assert view.granularity == changes["granularity"]
        assert view.correspondence == changes["correspondence"]
        assert view.correspondence in pair.CORRESPONDENCES


def test_new_pictures_forget_the_guess_that_was_picked_for_the_old_ones() -> None:
    view = pair._new_question("style")
    assert view.correspondence == pair.PRESETS["style"]["correspondence"]
    assert view.trials is None
    assert "press" in view.status


@pytest.mark.parametrize("index", range(len(PAIRS)))
def test_a_starter_shows_its_stored_results(index: int) -> None:
    view, stored = pair._starter(index), PAIRS[index]
    assert (Path(view.a).stem, Path(view.b).stem) == (stored.structure, stored.appearance)
    assert (view.preset, view.granularity) == (stored.preset, stored.granularity)
    assert view.correspondence == stored.correspondence
    for picture, result in (view.forth, view.back):
        with Image.open(picture) as before, Image.open(result) as after:
            assert before.size == after.size
    assert view.trials is view.guide_a is view.guide_b is None
