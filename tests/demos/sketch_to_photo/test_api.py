"""The tab "Sketch to photo" as developers meet it: its endpoints, through the Gradio client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image, ImageFilter

from demos.shared.widgets import starter

CAT, HOUSE = starter("cat_drawing.png"), starter("townhouse_drawing.png")
SHIPPED = {"pix2pix.cats", "pix2pix.facades", "pix2pix.facades-to-labels"}


@pytest.fixture(scope="module")
def client(page_url: str) -> Iterator[Client]:
    client = Client(page_url, verbose=False)
    yield client
    client.close()


def pixels(path: str) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"), np.float32)


def photo_of(
    client: Client, drawing: str | Path, model: str = "pix2pix.cats", seed: int = 0
) -> str:
    return client.predict(
        sketch=handle_file(drawing), model=model, seed=seed, api_name="/sketch_to_photo"
    )


def test_a_drawing_becomes_a_picture_of_many_tones(client: Client) -> None:
    out = photo_of(client, CAT)
    assert Path(out).suffix == ".png"
    assert Image.open(out).size == (256, 256)
    made, drawn = pixels(out), pixels(CAT)
    assert made.std() > 15
    assert len(np.unique(made.reshape(-1, 3), axis=0)) > 2000 > 256 >= len(np.unique(drawn))


def test_the_picture_depends_on_the_drawing(client: Client, tmp_path: Path) -> None:
    Image.open(CAT).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "flipped.png")
    other = starter("tomcat_drawing.png")
    first, second = pixels(photo_of(client, CAT)), pixels(photo_of(client, other))
    assert np.abs(first - second).mean() > 4


def test_any_pen_will_do(client: Client, tmp_path: Path) -> None:
    """A thick pen, white chalk and transparent paper: nearly the same photograph."""
    drawing = Image.open(CAT).convert("L")
    drawing.filter(ImageFilter.MinFilter(5)).save(tmp_path / "thick.png")
    drawing.point(lambda v: 255 - v).save(tmp_path / "chalk.png")
    ink = drawing.point(lambda v: 255 - v)
    clear = Image.new("RGBA", drawing.size, (0, 0, 0, 0))
    clear.putalpha(ink)
    clear.save(tmp_path / "clear.png")
    usual = pixels(photo_of(client, CAT))
    for name in ("thick", "chalk", "clear"):
        assert np.abs(pixels(photo_of(client, tmp_path / f"{name}.png")) - usual).mean() < 8, name


def test_a_seed_is_another_coat_and_the_same_seed_the_same(client: Client) -> None:
    one, two, again = (pixels(photo_of(client, CAT, seed=seed)) for seed in (1, 2, 1))
    assert np.abs(one - two).mean() > 4
    assert np.array_equal(one, again)


def test_labels_become_a_front_and_a_front_labels(client: Client, tmp_path: Path) -> None:
    front = photo_of(client, HOUSE, "pix2pix.facades")
    made = pixels(front)
    labels = pixels(HOUSE)[::2, ::2]
    assert made.shape == labels.shape
    window, wall = ((labels == colour).all(-1) for colour in ((0, 128, 255), (0, 48, 255)))
    assert made[window].mean() < made[wall].mean() - 10  # windows are darker than walls
    read = photo_of(client, front, "pix2pix.facades-to-labels")
    found = pixels(read)
    assert len(np.unique(found.reshape(-1, 3), axis=0)) <= 12
    assert (found[window] == (0, 128, 255)).all(-1).mean() > 0.3
    assert (found[wall] == (0, 128, 255)).all(-1).mean() < 0.2


def test_a_photograph_is_traced(client: Client) -> None:
    out = client.predict(
        photo=handle_file(starter("lake.jpg")), detector="edges", detail=0.5, api_name="/trace"
    )
    traced = pixels(out)
    assert traced.shape == pixels(starter("lake.jpg")).shape
    assert np.median(traced) == 255
    assert 0.005 < (traced < 128).mean() < 0.3


def test_the_models_are_listed(client: Client) -> None:
    found = {model["name"]: model for model in client.predict(api_name="/list_models")}
    assert set(found) >= SHIPPED
    assert found["pix2pix.cats"]["takes"] == "sketch"
    assert found["pix2pix.facades"]["takes"] == "labels:facades"
    assert found["pix2pix.facades-to-labels"]["makes"] == "labels:facades"
    assert all(model["about"] for model in found.values())


def test_a_model_is_named_not_opened_by_path(client: Client, tmp_path: Path) -> None:
    with pytest.raises(AppError, match="no model"):
        photo_of(client, CAT, "pix2pix.dogs")
    with pytest.raises(AppError, match="no model"):
        photo_of(client, CAT, str(tmp_path / "secret.safetensors"))


def test_an_empty_paper_gets_a_sentence(client: Client, tmp_path: Path) -> None:
    Image.new("RGB", (300, 300), "white").save(tmp_path / "empty.png")
    with pytest.raises(AppError, match="Nothing is drawn"):
        photo_of(client, tmp_path / "empty.png")
    (tmp_path / "text.png").write_text("a cat")
    with pytest.raises(AppError, match="not a picture"):
        photo_of(client, tmp_path / "text.png")
