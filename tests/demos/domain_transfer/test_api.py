"""The tab "Domain transfer" as developers meet it: its endpoint, through the Gradio client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demos.shared.widgets import starter
from i2i_core.checkpoints.model_zoo import model_info
from tests.helpers import gallery

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


def test_the_colours_can_be_kept(client: Client, small: Path) -> None:
    source = np.asarray(Image.open(small).convert("YCbCr"), np.float32)
    for keep_colours in (False, True):
        result = translated(client, small, keep_colours=keep_colours).astype(np.uint8)
        change = np.abs(np.asarray(Image.fromarray(result).convert("YCbCr"), np.float32) - source)
        assert change[..., 0].mean() > 3
        assert (change[..., 1:].mean() < 2) == keep_colours


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"reference": handle_file(LAKE)}, "takes no reference picture"),
        ({"seed": -1}, "The seed is -1"),
        ({"model": "cut.monet", "reverse": True}, "one direction"),
        ({"model": "cut.manet"}, "There is no model"),
        ({"model": "/etc/passwd"}, "There is no model"),
        ({"model": "pix2pix.cats"}, "learnt from pairs"),
    ],
)
def test_what_cannot_be_is_said(client: Client, small: Path, settings: dict, sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        translated(client, small, **settings)


def test_a_fit_streams_how_far_it_is_and_ends_with_a_model(client: Client, tmp_path: Path) -> None:
    files = [handle_file(file) for file, _ in gallery(tmp_path, 5)]
    job = client.submit(a=files, b=files, kind="CUT", steps=3, api_name="/teach_domains")
    seen = list(job)
    notes, previews, made = zip(*seen, strict=True)
    assert any("first steps" in note for note in notes)
    assert "3 of 3 steps" in notes[-1]
    assert any(previews)
    assert made[:-1] == (None,) * (len(seen) - 1)
    assert (model_info(made[-1]).method, model_info(made[-1]).steps) == ("cut", 3)


@pytest.mark.parametrize(
    ("count", "start", "sentence"),
    [(4, "", "Add 5 pictures a"), (5, "cyclegan.monet", "made by CUT"), (5, "x", "no model")],
)
def test_what_cannot_be_taught_is_said(
    client: Client, tmp_path: Path, count: int, start: str, sentence: str
) -> None:
    files = [handle_file(file) for file, _ in gallery(tmp_path, count)]
    with pytest.raises(AppError, match=sentence):
        client.predict(a=files, b=files, steps=3, start=start, api_name="/teach_domains")
