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
from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.methods.swapping_codes import encode, load_codes
from i2i_core.pipelines.domain_transfer import difference
from i2i_core.pipelines.texture_edits import direction_names
from i2i_core.pipelines.texture_swap import as_swapper, decode_codes, swap
from i2i_core.progress import last_picture

CATS, LANDSCAPES = "swapping_autoencoder.cats", "swapping_autoencoder.landscapes"
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
    result, structure, texture = (
        swapped(client, CHELSEA, KITTEN), pixels(CHELSEA), pixels(KITTEN)
    )  # fmt: skip
    assert result.shape == (256, 256, 3)
    means = [x.mean((0, 1)) for x in (result, structure, texture)]
    after, before = (np.abs(mean - means[2]).max() for mean in means[:2])
    assert after < before
    by_model = swapped(client, CHELSEA, KITTEN, model=CATS)
    recoloured = swapped(client, CHELSEA, KITTEN, strength=0.5)
    assert min(np.abs(x - result).mean() for x in (by_model, recoloured)) > 1
    # The nearest in colours, with no network that was taught cats.
    gaps = [np.abs(x.mean((0, 1)) - means[2]).max() for x in (recoloured, by_model)]
    assert gaps[0] < gaps[1]


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
    result = swapped(client, LETTER, CHELSEA)
    assert result.std() > 10
    assert np.array_equal(swapped(client, LETTER, CHELSEA, model="patches"), result)


def encoded(client: Client, picture: str, model: str = CATS) -> str:
    return client.predict(image=handle_file(picture), model=model, api_name="/encode")


def decoded(client: Client, codes: str, **settings: object) -> Image.Image:
    out = client.predict(codes=handle_file(codes), api_name="/decode", **settings)
    assert Path(out).suffix == ".png"
    return Image.open(out)


def test_codes_come_as_a_file(client: Client) -> None:
    path = encoded(client, CHELSEA)
    assert Path(path).suffix == ".safetensors"
    codes, model = load_codes(path), open_model(CATS)
    expected = encode(as_swapper(model), Image.open(CHELSEA))
    assert np.allclose(codes.structure, expected.structure, atol=1e-5)
    assert decode_codes(codes, model).size == (256, 256)


def test_codes_become_a_picture_again(client: Client) -> None:
    one, other = (encoded(client, path) for path in (CHELSEA, KITTEN))
    rebuilt = decoded(client, one)
    assert difference(rebuilt, decode_codes(load_codes(one), open_model(CATS))) == 0
    assert difference(rebuilt, Image.open(CHELSEA)) < 15
    textured = decoded(client, one, texture=handle_file(other), model=CATS)
    pair = (Image.open(path) for path in (CHELSEA, KITTEN))
    expected = last_picture(swap(*pair, open_model(CATS), detail=0))
    assert difference(textured, expected) < 0.1
    half = decoded(client, one, texture=handle_file(other), strength=0.5)
    assert 0 < difference(half, rebuilt) < difference(textured, rebuilt)


def test_what_are_no_codes_of_the_model_is_said(client: Client, tmp_path: Path) -> None:
    cat, scene = encoded(client, CHELSEA), encoded(client, starter("lake.jpg"), LANDSCAPES)
    (tmp_path / "note.safetensors").write_text("no codes")
    with pytest.raises(AppError, match="no codes"):
        decoded(client, str(tmp_path / "note.safetensors"))
    with pytest.raises(AppError, match="no codes"):
        decoded(client, cat, texture=handle_file(CHELSEA))
    with pytest.raises(AppError, match="no swapping autoencoder"):
        decoded(client, cat, model="cut.monet")
    assert decoded(client, scene, model=LANDSCAPES).size == (256, 256)


def test_edits_go_both_ways_and_stop_at_nothing(client: Client) -> None:
    def edited(direction: str, amount: float) -> np.ndarray:
        return pixels(
            client.predict(
                image=handle_file(CHELSEA), direction=direction, amount=amount, model=CATS,
                api_name="/edit",
            )
        )  # fmt: skip

    picture = pixels(CHELSEA)
    assert np.abs(edited("1", 0) - picture).mean() < 0.6
    more, less = (edited("1", amount) for amount in (2, -2))
    assert np.abs(more - picture).mean() > 2
    assert float(((more - picture) * (less - picture)).mean()) < 0  # one undoes the other
    assert np.array_equal(edited(direction_names(open_model(CATS))[0], 2), more)


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
