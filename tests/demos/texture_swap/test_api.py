"""The tab "Texture swap" as developers meet it: its endpoints, through the Gradio client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demos.shared.widgets import starter
from i2i_core.pipelines.texture_codes import decode, encode, load_codes
from i2i_core.pipelines.texture_edits import direction_names

CATS = "swapping_autoencoder.cats"
CHELSEA, KITTEN, LETTER = (starter(f"{n}.jpg") for n in ("chelsea", "kitten_photo", "letter"))


@pytest.fixture(scope="module")
def client(page_url: str) -> Iterator[Client]:
    client = Client(page_url, verbose=False)
    yield client
    client.close()


def pixels(path: str | Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"), np.float32)


def swapped(client: Client, structure: str, texture: str, **settings: object) -> np.ndarray:
    out = client.predict(
        structure=handle_file(structure), texture=handle_file(texture),
        api_name="/swap_texture", **settings,
    )  # fmt: skip
    assert Path(out).suffix == ".png"
    return pixels(out)


def test_one_cat_gets_the_colours_of_another(client: Client) -> None:
    made, own, wanted = swapped(client, CHELSEA, KITTEN), pixels(CHELSEA), pixels(KITTEN)
    assert made.shape == (256, 256, 3)
    means = [x.mean((0, 1)) for x in (made, own, wanted)]
    nearer, before = (np.abs(mean - means[2]).max() for mean in means[:2])
    assert nearer < before
    by_name = swapped(client, CHELSEA, KITTEN, model=CATS)
    assert np.array_equal(by_name, made)


def test_strength_blends_from_the_picture_itself(client: Client) -> None:
    nothing = swapped(client, CHELSEA, KITTEN, strength=0, model=CATS)
    assert np.abs(nothing - pixels(CHELSEA)).mean() < 1
    half = swapped(client, CHELSEA, KITTEN, strength=0.5, model=CATS)
    assert (
        1
        < np.abs(half - nothing).mean()
        < np.abs(swapped(client, CHELSEA, KITTEN, model=CATS) - nothing).mean()
    )


def test_any_pair_gets_an_answer(client: Client) -> None:
    made = swapped(client, LETTER, CHELSEA)
    assert made.std() > 10
    assert np.array_equal(swapped(client, LETTER, CHELSEA, model="patches"), made)


def test_codes_come_as_a_file(client: Client) -> None:
    out = client.predict(image=handle_file(CHELSEA), model=CATS, api_name="/encode")
    assert Path(out).suffix == ".safetensors"
    codes = load_codes(out)
    expected = encode(Image.open(CHELSEA), CATS)
    assert np.allclose(codes.structure, expected.structure, atol=1e-5)
    assert decode(codes, CATS).size == (256, 256)


def test_edits_go_both_ways_and_stop_at_nothing(client: Client) -> None:
    def edited(direction: str, amount: float) -> np.ndarray:
        return pixels(
            client.predict(
                image=handle_file(CHELSEA), direction=direction, amount=amount, model=CATS,
                api_name="/edit",
            )
        )  # fmt: skip

    own = pixels(CHELSEA)
    assert np.abs(edited("1", 0) - own).mean() < 0.6
    more, less = (edited("1", amount) for amount in (2, -2))
    assert np.abs(more - own).mean() > 2
    assert float(((more - own) * (less - own)).mean()) < 0  # one undoes the other
    assert np.array_equal(edited(direction_names(CATS)[0], 2), more)


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("/edit", {"direction": "warmer"}, "no direction"),
        ("/edit", {"direction": "99"}, "from 1 to 8"),
        ("/edit", {"amount": 100}, "amount"),
        ("/edit", {"model": "cut.monet"}, "no swapping autoencoder"),
        ("/encode", {"model": "/etc/passwd"}, "There is no model"),
    ],
)
def test_what_cannot_be_is_said(client: Client, name: str, settings: dict, sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(image=handle_file(CHELSEA), api_name=name, **settings)


def test_a_text_file_named_png_gets_one_clear_sentence(client: Client, tmp_path: Path) -> None:
    (tmp_path / "note.png").write_text("not a picture")
    with pytest.raises(AppError, match="is not a picture"):
        swapped(client, str(tmp_path / "note.png"), CHELSEA)
