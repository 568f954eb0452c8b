"""Fits of pairs: from partners, or from photographs that are traced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2i_core.checkpoints.checkpoint import load, save
from i2i_core.checkpoints.model_zoo import LoadedModel, model_info, open_model
from i2i_core.errors import InputError
from i2i_core.finetuning.pairs import MARGIN, drawings_of, finetune_pairs, start_pairs
from i2i_core.finetuning.starts import recipes
from i2i_core.method import Method
from i2i_core.methods.pix2pix import Pix2Pix
from i2i_core.methods.pix2pixhd import BOTH, Pix2PixHD
from tests.helpers import A, B, picture, small

RECIPES = recipes("pairs")


@pytest.fixture(autouse=True)
def small_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's networks, narrow."""
    narrow = {"width": 4, "discriminator_width": 4, "discriminator_layers": 1, "depth": 3}
    for kind in (Pix2Pix, Pix2PixHD):
        laptop = {**kind.presets["laptop"], **narrow}
        laptop |= {"fine_width": 4} if kind is Pix2PixHD else {}
        monkeypatch.setattr(kind, "presets", {**kind.presets, "laptop": laptop})


def opened(method: Method, path: Path) -> LoadedModel:
    method.fitted = True
    save(method, path)
    return open_model(path)


@pytest.mark.parametrize("recipe", RECIPES)
def test_pairs_become_a_model(recipe: str, tmp_path: Path) -> None:
    out, stop = tmp_path / "m.safetensors", tmp_path / "stop"
    work = finetune_pairs(
        A, B, out, recipe=recipe, steps=4, crop_size=32, stop=stop, about="Sand: to rock"
    )
    *_, last = work
    assert (last.step, last.total) == (4, 4)
    assert last.picture is not None
    assert last.picture.size == (3 * 64, 3 * 32)  # three samples: source, translation, partner
    assert np.array_equal(np.asarray(last.picture.crop((0, 0, 64, 32))), np.asarray(A[0]))
    model = model_info(out)
    assert (model.about, model.takes, model.steps) == ("Sand: to rock", "", 4)
    assert model.capabilities.channels == (3, 3)
    stop.touch()
    *_, last = finetune_pairs(A, B, out, recipe=recipe, steps=10**5, crop_size=32, stop=stop)
    assert last.note == "Stopped: 1 of 100000 steps were made."


@pytest.mark.parametrize("recipe", RECIPES)
def test_photographs_alone_are_traced(recipe: str, tmp_path: Path) -> None:
    out = tmp_path / "m.safetensors"
    photos = [picture(60, 50, seed) for seed in range(2)]
    records = list(finetune_pairs(None, photos, out, recipe=recipe, steps=3, crop_size=32))
    assert (records[0].step, records[0].note) == (0, "Tracing 2 photographs")
    assert [record.step for record in records] == [0, 1, 3]
    model = model_info(out)
    assert model.takes == "sketch"
    assert model.capabilities.channels == (1, 3)
    assert load(out).config.load_size == round(32 * MARGIN)


def test_drawings_leave_much_open_and_so_get_noise() -> None:
    assert start_pairs(1, steps=5, crop_size=32).config.noise
    assert not start_pairs(3, steps=5, crop_size=32).config.noise


def test_pictures_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    class Broken(list):  # type: ignore[type-arg]
        def __getitem__(self, index):  # type: ignore[no-untyped-def]
            if index == 0:
                raise InputError("holiday.png is not a picture.")
            return super().__getitem__(index)

    *_, last = finetune_pairs(
        Broken(A), Broken(B), tmp_path / "m.safetensors", steps=2, crop_size=32
    )
    assert last.picture is not None
    assert last.picture.width == 2 * 64
    for a, b in ((Broken(A[:1]), Broken(B[:1])), (None, Broken(B[:1]))):
        with pytest.raises(InputError, match="None of these pictures"):
            list(finetune_pairs(a, b, tmp_path / "n.safetensors", steps=2, crop_size=32))
    assert not (tmp_path / "n.safetensors").exists()


def test_a_model_to_go_on_from_is_not_passed_off_as_taught(tmp_path: Path) -> None:
    model = opened(small(), tmp_path / "known.safetensors")
    out = tmp_path / "m.safetensors"
    with pytest.raises(InputError, match="Pairs are needed"):
        list(finetune_pairs(A, B[:2], out, steps=5, crop_size=32, model=model))
    assert not out.exists()
    assert len(list(finetune_pairs(A, B, out, steps=5, crop_size=32, model=model))) >= 2
    assert model_info(out).steps == 5


def test_going_on_is_at_the_size_asked_for_and_both_stages_learn_at_once(tmp_path: Path) -> None:
    model = opened(small(seed=3), tmp_path / "known.safetensors")
    config = start_pairs(3, steps=7, crop_size=48, model=model).config
    expected = {
        "steps": 7,
        "crop_size": 48,
        "load_size": 54,
        "coarse": 0.0,
        "ema": 0.995,
        "seed": 0,
    }
    assert vars(config) == {**vars(model.method.config), **BOTH, **expected}


def test_only_models_that_take_as_much_can_be_gone_on_from(tmp_path: Path) -> None:
    other = opened(
        Pix2Pix.from_settings({"width": 4, "depth": 3, "crop_size": 32, "load_size": 32}),
        tmp_path / "other.safetensors",
    )
    colour = opened(small(), tmp_path / "colour.safetensors")
    drawings = opened(small(in_channels=1), tmp_path / "drawings.safetensors")
    with pytest.raises(InputError, match=r"other is a model of pix2pix: .* made by pix2pixHD"):
        start_pairs(3, steps=5, crop_size=32, model=other)
    with pytest.raises(InputError, match=r"colour takes pictures in colour: .* takes drawings"):
        start_pairs(1, steps=5, crop_size=32, model=colour)
    with pytest.raises(InputError, match=r"drawings takes drawings: .* or start from nothing"):
        start_pairs(3, steps=5, crop_size=32, model=drawings)
    with pytest.raises(InputError, match="multiple of 16"):
        start_pairs(3, steps=5, crop_size=40, model=colour)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"steps": 0}, "steps is 0: choose one from 1 to 100000"),
        ({"recipe": "CUT"}, 'no method "CUT". Choose one of: pix2pix, pix2pixHD'),
        ({"crop_size": 30}, "multiple of"),
    ],
)
def test_what_cannot_be_is_refused(settings: dict, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=sentence):
        list(finetune_pairs(A, B, tmp_path / "m.safetensors", **settings))
    assert not list(tmp_path.iterdir())


def test_every_drawing_has_its_photograph() -> None:
    photo = Image.new("RGB", (90, 60), (40, 60, 90))
    photo.paste((220, 200, 180), (30, 15, 70, 45))
    drawings, photos = drawings_of([photo, photo], 48)
    assert len(drawings) == len(photos) == 6
    assert {d.size for d in drawings} == {p.size for p in photos} == {(72, 48)}
    assert any((np.asarray(d) < 100).any() for d in drawings)


def test_drawings_differ_but_follow_from_the_seed() -> None:
    photo = Image.new("L", (60, 60), 40)
    photo.paste(220, (15, 15, 45, 45))
    first, _ = drawings_of([photo], 48)
    again, photos = drawings_of([photo.convert("RGBA")], 48)
    other, _ = drawings_of([photo], 48, seed=1)
    assert [d.tobytes() for d in first] == [d.tobytes() for d in again]
    assert [d.tobytes() for d in first] != [d.tobytes() for d in other]
    assert len({d.tobytes() for d in first}) == 3
    assert {d.mode for d in first} == {"L"}
    assert {p.mode for p in photos} == {"RGB"}
    with pytest.raises(InputError, match="None of these pictures"):
        drawings_of([], 48)
