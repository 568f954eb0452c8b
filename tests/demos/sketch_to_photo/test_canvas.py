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

from demos.shared import models
from demos.shared.widgets import starter
from demos.sketch_to_photo import draw
from demos.sketch_to_photo.canvas import (
    MAX_CHARACTERS,
    SIDE,
    DrawingCanvas,
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


def test_a_canvas_of_one_colour_is_nothing_drawn() -> None:
    for ground in ((255, 255, 255), FACADES["background"]):
        empty = Image.new("RGB", (SIDE, SIDE), ground)
        assert to_picture(to_value(empty)) is None
        assert to_picture(to_value(empty, FACADES)) is None


def test_a_huge_drawing_is_refused_before_it_is_decoded() -> None:
    head = struct.pack(">IIBBBBB", 5_000, 5_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    bomb = b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", 0)
    with pytest.raises(InputError, match="too many pixels"):
        to_picture(sent(bomb))
    with pytest.raises(InputError, match="too large"):
        to_picture("x" * (MAX_CHARACTERS + 1))


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


def model(name: str) -> str:
    return str(models.shipped_model(name).path)


def test_every_starter_of_a_kind_comes_round() -> None:
    count, drawings = 0, set()
    for _ in range(4):
        count, value, _ = draw._surprise(count, model("pix2pix.facades"))
        message = json.loads(value)
        assert message["kind"] == "labels"
        drawings.add(message["png"])
    assert len(drawings) == 4


def test_a_model_that_takes_photographs_gets_a_place_for_one() -> None:
    view = draw._changed(model("pix2pix.facades-to-labels"), "photograph")
    assert view.canvas["visible"] == "hidden"
    assert view.photo.visible
    assert not view.kind.visible
    view = draw._changed(model("pix2pix.cats"), "photograph")
    assert view.canvas["visible"] is True
    assert not view.photo.visible
    assert json.loads(view.canvas["value"])["keep"]


def test_an_empty_paper_says_what_to_do_and_shows_no_old_photograph() -> None:
    paper = to_value(Image.new("RGB", (SIDE, SIDE), "white"))
    view = draw.follow(paper, None, model("pix2pix.cats"), "drawing", 0)
    assert "Draw on the paper" in view.status
    assert view.picture is None


def test_a_photograph_becomes_a_drawing_or_labels_by_what_the_model_takes() -> None:
    front = starter("townhouse_photo.jpg")
    message = json.loads(draw._trace(model("pix2pix.cats"), front, "edges", 0.5))
    assert message["kind"] == "sketch"
    value = draw._trace(model("pix2pix.facades"), front, "edges", 0.5)
    labels = to_picture(value)
    assert json.loads(value)["kind"] == "labels"
    assert labels is not None
    assert {colour for _, colour in labels.getcolors()} <= set(FACADES.values())
    with pytest.raises(InputError, match="Add a photo first"):
        draw._trace(model("pix2pix.cats"), None, "edges", 0.5)
