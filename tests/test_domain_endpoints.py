"""The tab "Domain transfer" as developers meet it: its endpoint, through the Gradio client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demos.panels import starter

LAKE = starter("lake.jpg")


@pytest.fixture(scope="module")
def client(page_url: str) -> Iterator[Client]:
    client = Client(page_url, verbose=False)
    yield client
    client.close()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    Image.open(LAKE).resize((160, 128)).save(tmp_path / "small.png")
    return tmp_path / "small.png"


def translated(client: Client, picture: Path, **settings: object) -> np.ndarray:
    out = client.predict(image=handle_file(picture), api_name="/transfer_domain", **settings)
    assert Path(out).suffix == ".png"
    return np.asarray(Image.open(out).convert("RGB"), np.float32)


def test_a_picture_is_translated_by_any_model_in_both_directions(
    client: Client, small: Path
) -> None:
    given = np.asarray(Image.open(small), np.float32)
    made = [translated(client, small, model="cut.monet")]
    for reverse in (False, True):
        made.append(translated(client, small, model="cyclegan.monet", reverse=reverse))
    for number, picture in enumerate(made):
        assert picture.shape == given.shape
        assert np.abs(picture - given).mean() > 3
        for other in made[:number]:
            assert np.abs(picture - other).mean() > 3


def test_strength_blends(client: Client, small: Path) -> None:
    given = np.asarray(Image.open(small), np.float32)
    assert np.array_equal(translated(client, small, strength=0), given)
    whole, half = (translated(client, small, strength=strength) for strength in (1, 0.5))
    assert np.abs(half - (given + whole) / 2).max() <= 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"model": "cut.monet", "reverse": True}, "one direction"),
        ({"model": "cut.manet"}, "There is no model"),
        ({"model": "/etc/passwd"}, "There is no model"),
        ({"model": "pix2pix.cats"}, "learnt from pairs"),
    ],
)
def test_what_cannot_be_is_said(client: Client, small: Path, settings: dict, sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        translated(client, small, **settings)
