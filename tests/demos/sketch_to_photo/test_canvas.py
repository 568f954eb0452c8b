"""The drawing canvas: what Python sends it and reads of it."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from demos.sketch_to_photo import draw
from demos.sketch_to_photo.canvas import (
    MOST_TEXT,
    SIDE,
    DrawingCanvas,
    blank,
    kind_of,
    to_picture,
    to_value,
)
from i2i_core.errors import InputError
from i2i_core.labels.palettes import FACADES


def drawing() -> Image.Image:
    picture = Image.new("RGB", (SIDE, SIDE), "white")
    picture.paste((0, 0, 0), (100, 100, 200, 110))
    return picture


def sent(data: bytes) -> str:
    url = "data:image/png;base64," + base64.b64encode(data).decode()
    return json.dumps({"kind": "sketch", "png": url})


def test_a_drawing_comes_back_as_it_was() -> None:
    back = to_picture(to_value(drawing()))
    assert back is not None
    assert np.array_equal(np.asarray(back), np.asarray(drawing()))


def test_labels_bring_their_palette_and_exact_colours() -> None:
    labels = Image.new("RGB", (SIDE, SIDE), FACADES["wall"])
    labels.paste(FACADES["door"], (10, 10, 90, 200))
    value = to_value(labels, FACADES)
    told = json.loads(value)
    assert told["kind"] == "labels"
    assert ["door", "#00cfff"] in told["palette"]
    assert len(told["palette"]) == len(FACADES)
    back = to_picture(value)
    assert back is not None
    assert {colour for _, colour in back.getcolors()} == {FACADES["wall"], FACADES["door"]}


def test_the_same_drawing_twice_is_two_messages() -> None:
    assert to_value(drawing()) != to_value(drawing())


@pytest.mark.parametrize("value", [None, "", to_value(None), to_value(Image.new("RGB", (9, 9)))])
def test_nothing_drawn_is_none(value: str | None) -> None:
    assert to_picture(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "cat",
        "{}",
        "[]",
        "7",
        7,
        "[" * 100_000,
        '{"png": 3}',
        '{"png": "data:image/png;base64,!!"}',
        sent(b"GIF89a"),
    ],
)
def test_what_is_no_drawing_gets_a_sentence(value: str) -> None:
    with pytest.raises(InputError, match="did not arrive whole"):
        to_picture(value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(None, "sketch"), (to_value(None), "sketch"), (to_value(None, FACADES), "labels")],
)
def test_the_kind_is_read_of_the_value(value: str | None, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize("value", ["cat", "[]", "{}", '{"kind": "cat"}', '{"kind": []}'])
def test_a_value_of_no_kind_gets_a_sentence(value: str) -> None:
    with pytest.raises(InputError, match="did not arrive whole"):
        kind_of(value)


def test_an_empty_canvas_is_nothing_drawn() -> None:
    assert blank("sketch").getcolors() == [(SIDE * SIDE, (255, 255, 255))]
    assert blank("labels", FACADES).getcolors() == [(SIDE * SIDE, FACADES["background"])]
    assert to_picture(to_value(blank("labels", FACADES), FACADES)) is None


def test_a_huge_drawing_is_refused_before_it_is_decoded() -> None:
    head = struct.pack(">IIBBBBB", 5_000, 5_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    bomb = b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", 0)
    with pytest.raises(InputError, match="too many pixels"):
        to_picture(sent(bomb))
    with pytest.raises(InputError, match="too large"):
        to_picture("x" * (MOST_TEXT + 1))


def test_other_formats_are_not_opened() -> None:
    stored = io.BytesIO()
    drawing().save(stored, "BMP")
    with pytest.raises(InputError):
        to_picture(sent(stored.getvalue()))


def test_the_template_holds_nothing_that_gradio_would_fill_in() -> None:
    """Else it would be rendered anew with every stroke, and the drawing lost."""
    canvas = DrawingCanvas(to_value(drawing()), render=False)
    assert "${" not in canvas.html_template
    assert "{{" not in canvas.html_template
    assert "<script" not in canvas.html_template


def test_every_starter_of_a_kind_comes_round() -> None:
    model = str(draw.models.shipped_path("pix2pix.facades"))
    count, seen = 0, set()
    for _ in range(4):
        count, value, _ = draw._surprise(count, model)
        told = json.loads(value)
        assert told["kind"] == "labels"
        seen.add(told["png"])
    assert len(seen) == 4


def test_a_model_that_takes_photographs_gets_a_place_for_one() -> None:
    canvas, photo, gives, *_ = draw._changed(
        str(draw.models.shipped_path("pix2pix.facades-to-labels")), "photograph"
    )
    assert canvas["visible"] == "hidden"
    assert photo.visible
    assert not gives.visible
    canvas, photo, *_ = draw._changed(str(draw.models.shipped_path("pix2pix.cats")), "photograph")
    assert canvas["visible"] is True
    assert not photo.visible
    assert json.loads(canvas["value"])["keep"]


def test_an_empty_paper_says_what_to_do_and_shows_no_old_photograph() -> None:
    blank = to_value(Image.new("RGB", (SIDE, SIDE), "white"))
    model = str(draw.models.shipped_path("pix2pix.cats"))
    ((said, photo),) = draw.follow(blank, None, model, "drawing", 0)
    assert "Draw on the paper" in said
    assert photo is None
