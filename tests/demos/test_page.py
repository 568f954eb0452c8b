"""The page as developers meet it: its endpoints, called through the Gradio client."""

from __future__ import annotations

import inspect
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demos.shared import jobs
from demos.shared.widgets import starter
from i2i_core.pipelines.analogy import structural_analogy
from i2i_core.progress import Progress

PEBBLES, CRACKED = starter("pebbles.jpg"), starter("cracked.jpg")
LAKE, LABELS, EDITED = (starter(f"lake{x}") for x in (".jpg", "_labels.png", "_edited.png"))
FIELDS = starter("fields.jpg")
CHELSEA = starter("chelsea.jpg")


@pytest.fixture(scope="module")
def client(page_url: str) -> Any:
    client = Client(page_url, verbose=False)
    yield client
    client.close()


def pixels(path: str) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"), np.float32)


def test_the_endpoints_are_named_and_typed(client: Client) -> None:
    api = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    names = {
        "/structural_analogy": "a b preset granularity correspondence seed size reverse",
        "/semantic_analogy": "photo labels target_labels size keep seed layout classes",
        "/remove_object": "photo mask size seed",
        "/find_correspondence": "a b x y",
        "/remove_background": "photo",
        "/segment": "photo classes",
        "/sketch_to_photo": "sketch model seed",
        "/trace": "photo detector detail",
        "/list_models": "",
        "/transfer_domain": "image model reverse strength seed reference keep_colours",
        "/teach_domains": "a b kind steps start",
        "/swap_texture": "structure texture strength model",
        "/encode": "image model",
        "/decode": "codes model texture strength",
        "/edit": "image direction amount model",
    }
    assert set(api) == set(names)
    for name, parameters in names.items():
        assert [p["parameter_name"] for p in api[name]["parameters"]] == parameters.split()
        if parameters and name != "/teach_domains":  # which takes files and tells of its steps
            given = "File" if name == "/decode" else "Image"
            assert given in {p["component"] for p in api[name]["parameters"][:2]}
            returned = api[name]["returns"][0]["component"]
            assert returned == ("File" if name == "/encode" else "Image")


def test_structural_analogy_takes_b_stuff_in_a_shape(client: Client, tmp_path: Path) -> None:
    wide = tmp_path / "wide.png"
    Image.open(PEBBLES).crop((0, 0, 384, 256)).save(wide)
    out = client.predict(
        a=handle_file(wide), b=handle_file(CRACKED), size=96, api_name="/structural_analogy"
    )
    assert Path(out).suffix == ".png"
    assert Image.open(out).size == (96, 64)
    assert np.abs(pixels(out).mean((0, 1)) - pixels(CRACKED).mean((0, 1))).max() < 30


def test_semantic_analogy_follows_the_edited_map(client: Client) -> None:
    out = client.predict(
        photo=handle_file(LAKE), labels=handle_file(LABELS), target_labels=handle_file(EDITED),
        size=128, keep=True, api_name="/semantic_analogy",
    )  # fmt: skip
    made = pixels(out)
    small = np.asarray(Image.open(LAKE).resize((128, 128), Image.Resampling.LANCZOS), np.float32)
    assert np.abs(made[:20] - small[:20]).mean() < 2  # the sky was not repainted
    assert np.abs(made - small).mean() > 3  # but the lake was


def test_semantic_analogy_takes_the_layout_of_another_photograph(client: Client) -> None:
    out = client.predict(
        photo=handle_file(LAKE), layout=handle_file(FIELDS), classes=3, size=96,
        api_name="/semantic_analogy",
    )  # fmt: skip
    assert pixels(out).shape == (96, 96, 3)
    assert np.abs(pixels(out).mean((0, 1)) - pixels(LAKE).mean((0, 1))).max() < 40


def test_remove_object_fills_only_the_mask(client: Client, tmp_path: Path) -> None:
    mask = Image.new("L", (512, 512))
    mask.paste(255, (200, 400, 280, 460))
    mask.save(tmp_path / "mask.png")
    out = client.predict(
        photo=handle_file(LAKE), mask=handle_file(tmp_path / "mask.png"), size=128,
        api_name="/remove_object",
    )  # fmt: skip
    made, photo = pixels(out), pixels(LAKE)
    assert made.shape == photo.shape
    assert np.array_equal(made[:390], photo[:390])
    assert not np.array_equal(made[400:460, 200:280], photo[400:460, 200:280])


def test_remove_background_keeps_transparency(client: Client) -> None:
    out = client.predict(photo=handle_file(CHELSEA), api_name="/remove_background")
    with Image.open(out) as made:
        assert (made.mode, made.size) == ("RGBA", Image.open(CHELSEA).size)
        assert made.getchannel("A").getextrema() == (0, 255)


def test_find_correspondence_gives_a_heat_map_and_the_spot(client: Client) -> None:
    heat, x, y = client.predict(
        a=handle_file(CHELSEA), b=handle_file(CHELSEA), x=0.3, y=0.6,
        api_name="/find_correspondence",
    )  # fmt: skip
    assert (x, y) == pytest.approx((0.3, 0.6), abs=0.03)
    made = pixels(heat)
    spot = made[int(y * made.shape[0]), int(x * made.shape[1])]
    assert spot.mean() > made.mean()


def test_segment_gives_as_many_labels_as_asked(client: Client) -> None:
    out = client.predict(photo=handle_file(LAKE), classes=3, api_name="/segment")
    assert Image.open(out).size == (512, 512)
    assert len(np.unique(pixels(out).reshape(-1, 3), axis=0)) == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"not a picture", "is not a picture"), (b"", "is empty"), (None, "too small")],
)
def test_a_bad_file_gets_one_clear_sentence(
    client: Client, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    path = tmp_path / "holiday.png"
    if content is None:
        Image.new("RGB", (1, 1)).save(path)
    else:
        path.write_bytes(content)
    with pytest.raises(AppError, match=sentence):
        client.predict(photo=handle_file(path), classes=3, api_name="/segment")


def test_a_mask_of_another_shape_is_refused(client: Client, tmp_path: Path) -> None:
    Image.new("L", (300, 100), 255).save(tmp_path / "mask.png")
    with pytest.raises(AppError, match="must have the same shape"):
        client.predict(
            photo=handle_file(LAKE), mask=handle_file(tmp_path / "mask.png"),
            api_name="/remove_object",
        )  # fmt: skip


def test_a_forty_megapixel_photograph_is_accepted(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    Image.open(LAKE).resize((7300, 5500)).save(path, quality=70)
    out = client.predict(
        a=handle_file(path), b=handle_file(CRACKED), size=64, correspondence="lightness",
        api_name="/structural_analogy",
    )  # fmt: skip
    assert max(Image.open(out).size) == 64


def test_what_zerogpu_needs_of_the_dispatcher() -> None:
    """One generator function, a duration that takes its arguments, all of it picklable."""
    pictures = (Image.open(PEBBLES).resize((64, 64)), Image.open(CRACKED).resize((64, 64)))
    call = (structural_analogy, *pictures)
    assert 0 < jobs._seconds(*call, long_side=256) <= jobs._seconds(*call, long_side=1024) <= 60
    assert inspect.isgeneratorfunction(inspect.unwrap(jobs.compute))
    work, *arguments = pickle.loads(pickle.dumps(call))
    events = list(jobs.compute(work, *arguments, long_side=64, correspondence="lightness"))
    again = pickle.loads(pickle.dumps(events[-1]))
    assert isinstance(again, Progress)
    assert again.picture is not None
    assert again.picture.size == (64, 64)


def test_nothing_offers_to_publish_a_visitor_s_picture(client: Client) -> None:
    shown = [c for c in client.config["components"] if "buttons" in c["props"]]
    assert {"image", "gallery", "imageeditor"} <= {c["type"] for c in shown}
    kinds = ("image", "gallery", "imageeditor")
    # Those called "result" and "preview" are the API's, which no page shows.
    hidden = [c for c in shown if c["type"] in kinds and c["props"].get("visible") is False]
    offering = [
        c["props"].get("label") for c in shown
        if c["type"] in kinds and c not in hidden
        and c["props"].get("label") not in ("result", "preview")
        and (c["props"]["buttons"] is None or "share" in c["props"]["buttons"])
    ]  # fmt: skip
    assert offering == []
