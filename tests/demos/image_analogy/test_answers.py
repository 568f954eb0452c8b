"""Pointing at a spot: either picture may ask, and new pictures are shown as they are."""

from pathlib import Path

import numpy as np
import pytest
from gradio.exceptions import Error

from demos.image_analogy import answers
from demos.shared import jobs
from demos.shared.widgets import starter

CAT, TABBY = starter("chelsea.jpg"), starter("tabby_photo.jpg")


def test_the_asking_picture_is_marked_and_the_other_lights_up() -> None:
    forth = answers.ask_first(CAT, TABBY, (0.4, 0.3))
    back = answers.ask_second(CAT, TABBY, (0.4, 0.3))
    plain = answers._unasked(CAT, TABBY)
    assert "1 asks" in forth.status
    assert "2 asks" in back.status
    for asked, dark, shown in (
        (forth.first, forth.second, (plain.first, plain.second)),
        (back.second, back.first, (plain.second, plain.first)),
    ):
        same = np.abs(np.asarray(asked, float) - np.asarray(shown[0], float)).max(2) == 0
        assert same.mean() > 0.99
        assert np.asarray(dark).mean() < 0.8 * np.asarray(shown[1]).mean()


def test_missing_and_unreadable_pictures_are_said_or_left_out(tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("no picture")
    assert answers._unasked(None, str(text))[1:] == (None, None)
    with pytest.raises(Error, match="Add picture 2"):
        jobs.with_gradio_errors(answers.ask_first)(CAT, None, (0.5, 0.5))
