"""Widgets that tabs share: what the picture argument of an endpoint takes."""

import base64
import io
import os

import gradio as gr
import numpy as np
import pytest
from gradio.data_classes import ImageData
from PIL import Image

from demos.shared.widgets import Picture, read


def address(data: bytes) -> ImageData:
    return ImageData(url="data:image/png;base64," + base64.b64encode(data).decode())


def test_a_picture_may_be_its_own_address() -> None:
    buffer = io.BytesIO()
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 14, 3), np.uint8))
    picture.save(buffer, "PNG")
    path = Picture().preprocess(address(buffer.getvalue()))
    try:
        assert np.array_equal(np.asarray(read(path, "the picture")), np.asarray(picture))
    finally:
        os.remove(path)


def test_a_damaged_address_is_refused_and_none_is_none() -> None:
    assert Picture().preprocess(None) is None
    with pytest.raises(gr.Error, match="base64 is damaged"):
        Picture().preprocess(ImageData(url="data:image/png;base64,???"))
