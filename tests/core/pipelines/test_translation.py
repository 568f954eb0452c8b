"""Models given what they take: drawings in any pen, labels in about the right colours."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFilter
from safetensors.torch import load_file, save_file

from i2i_core.checkpoints.checkpoint import read_header, save
from i2i_core.checkpoints.model_zoo import LoadedModel, find_models, model_info, open_model
from i2i_core.cli.main import main
from i2i_core.errors import InputError
from i2i_core.labels.maps import decode, encode
from i2i_core.labels.palettes import FACADES, LABEL_SETS
from i2i_core.networks.layers import Noise
from i2i_core.pipelines.translation import Prepared, prepare, translate, translate_prepared
from i2i_core.progress import last_picture
from tests.helpers import ROWS, small


def write(path: Path, takes: str = "", makes: str = "", **changes: Any) -> LoadedModel:
    """The model of a file that is written anew."""
    method = small(**changes)
    method.fitted = True
    save(method, path, takes=takes, makes=makes, about="A test")
    return open_model(path)


def drawing(width: int = 3, size: int = 64) -> Image.Image:
    picture = Image.new("RGB", (size, size), "white")
    ImageDraw.Draw(picture).line((size // 4, 10, size // 2, size - 10), "black", width)
    return picture


def front() -> Image.Image:
    picture = Image.new("RGB", (64, 64), FACADES["wall"])
    picture.paste(FACADES["window"], (10, 10, 30, 40))
    picture.paste(FACADES["door"], (40, 30, 54, 64))
    return picture


def translated(picture: Image.Image, model: LoadedModel, **settings: Any) -> np.ndarray:
    return np.asarray(last_picture(translate(picture, model, **settings)), float)


def test_a_model_of_sketches_sees_one_pen_at_the_size_it_learnt(tmp_path: Path) -> None:
    model = write(tmp_path / "m.safetensors", "sketch", in_channels=1)
    thin, thick = translated(drawing(2), model), translated(drawing(6), model)
    assert thin.shape == (32, 32, 3)
    assert np.abs(thin - thick).mean() < 2
    assert translated(drawing(), model, short_side=64).shape == (64, 64, 3)
    with pytest.raises(InputError, match="Nothing is drawn"):
        translated(Image.new("RGB", (64, 64), "white"), model)


def test_blurred_labels_are_read_as_exact_ones(tmp_path: Path) -> None:
    model = write(tmp_path / "m.safetensors", "labels:facades")
    blurred = front().filter(ImageFilter.GaussianBlur(0.6))
    exact, read = (prepare(x, "labels:facades", 64) for x in (front(), blurred))
    assert set(FACADES.values()) >= {colour for _, colour in read.getcolors()}
    assert (np.asarray(exact) == np.asarray(read)).all(-1).mean() > 0.97
    assert np.abs(translated(front(), model) - translated(blurred, model)).mean() < 3


def test_a_model_of_labels_makes_exact_ones(tmp_path: Path) -> None:
    model = write(tmp_path / "m.safetensors", makes="labels:facades", code=0)
    out = last_picture(translate(front(), model))
    assert {colour for _, colour in out.getcolors()} <= set(FACADES.values())


def test_what_it_takes_and_makes_stands_in_the_header(tmp_path: Path) -> None:
    model = write(tmp_path / "m.safetensors", "sketch", "labels:facades", in_channels=1)
    path = model.info.path
    assert read_header(path)["takes"] == "sketch"
    (found,) = [m for m in find_models([tmp_path]) if m.path == path]
    assert found == model_info(path) == model.info
    assert (found.takes, found.makes, found.about) == ("sketch", "labels:facades", "A test")


@pytest.mark.parametrize("name", ROWS)
def test_what_it_can_do_stands_in_the_header(name: str, tmp_path: Path) -> None:
    row = ROWS[name]
    method = row.new()
    for _ in method.fit(row.a, row.b):
        break
    save(method, tmp_path / "m.safetensors")
    model = open_model(tmp_path / "m.safetensors")
    assert model.info.capabilities == method.capabilities == model.method.capabilities
    assert model.info.method_title == row.kind.title


@pytest.mark.parametrize(
    "changes",
    [{"task": "magic"}, {"task": None}, {"channels": 3}, {"surprise": True}, "no JSON", "[]", "{}"],
)
def test_a_header_that_is_no_header_is_refused(changes: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors").info.path
    header = read_header(path)
    if isinstance(changes, dict):
        changes = json.dumps({**json.loads(header["capabilities"]), **changes})
    save_file(load_file(path), path, {**header, "capabilities": changes})
    with pytest.raises(InputError, match="damaged: its header cannot be read"):
        model_info(path)
    assert path not in [m.path for m in find_models([tmp_path])]


def test_a_file_written_anew_is_read_anew(tmp_path: Path) -> None:
    first = write(tmp_path / "m.safetensors", seed=1)
    path = first.info.path
    assert open_model(path) is open_model(first.info) is first
    time.sleep(0.01)
    second = write(path, seed=2)
    assert second is open_model(path) is not first
    path.unlink()
    with pytest.raises(InputError, match="no file m"):
        open_model(second.info)
    with pytest.raises(InputError, match=r"There is no model .*gone"):
        open_model(tmp_path / "gone.safetensors")


def test_seeds_are_for_those_that_take_them() -> None:
    assert small().capabilities.takes_seed
    assert small(code=0, noise=True).capabilities.takes_seed
    assert not small(code=0).capabilities.takes_seed
    plain = ROWS["pix2pix"].new()
    plain.fitted = True
    one, two = (np.asarray(plain.translate(drawing(), seed=seed)) for seed in (1, 2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("colours", LABEL_SETS.values(), ids=list(LABEL_SETS))
def test_label_sets_come_back_from_pictures(colours: dict[str, tuple[int, int, int]]) -> None:
    palette = tuple(colours.values())
    assert len(set(palette)) == len(palette)
    ids = np.repeat(np.repeat(np.arange(len(palette), dtype=np.uint8)[None], 8, 0), 8, 1)
    assert np.array_equal(decode(encode(ids, palette), palette).ids, ids)


def test_the_command_prepares_drawings_too(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    model = write(tmp_path / "m.safetensors", "sketch", in_channels=1)
    for name, width in (("thin", 2), ("thick", 6)):
        drawing(width).save(tmp_path / f"{name}.png")
        call = ["translate", str(model.info.path), str(tmp_path / f"{name}.png"), "--seed", "3"]
        assert main([*call, "-o", str(tmp_path / f"{name}_out.png")]) == 0
    thin, thick = (
        np.asarray(Image.open(tmp_path / f"{name}_out.png"), float) for name in ("thin", "thick")
    )
    assert thin.shape == (32, 32, 3)
    assert np.abs(thin - thick).mean() < 2
    assert np.array_equal(thin, translated(drawing(2), model, seed=3))
    Image.new("RGB", (64, 64), "white").save(tmp_path / "empty.png")
    call = ["translate", str(model.info.path), str(tmp_path / "empty.png")]
    call += ["-o", str(tmp_path / "o.png")]
    assert main(call) == 2
    assert "Nothing is drawn" in capsys.readouterr().err


def test_a_fit_says_what_its_model_takes(tmp_path: Path) -> None:
    for side, picture in (("a", drawing()), ("b", front())):
        (tmp_path / side).mkdir()
        for number in range(2):
            picture.save(tmp_path / side / f"{number}.{'png' if side == 'a' else 'bmp'}")
    out = tmp_path / "m.safetensors"
    call = ["fit", "pix2pixhd", "--a", str(tmp_path / "a"), "--b", str(tmp_path / "b"), "-o"]
    call += [str(out), "--takes", "sketch"]
    settings = {"width": 4, "depth": 3, "fine_width": 4, "in_channels": 1, "crop_size": 32}
    settings |= {"load_size": 32, "discriminator_width": 4, "discriminator_layers": 1, "ema": 0}
    sets = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    assert main([*call, *sets, "--steps", "2"]) == 0
    assert model_info(out).takes == "sketch"
    assert main([*call[:-2], "--resume", "--steps", "3"]) == 0
    assert (model_info(out).takes, model_info(out).steps) == ("sketch", 3)


def test_a_drawing_may_lie_on_transparent_or_dark_paper(tmp_path: Path) -> None:
    model = write(tmp_path / "m.safetensors", "sketch", in_channels=1)
    usual = drawing().convert("L")
    inked = Image.fromarray(255 - np.asarray(usual))
    clear = Image.new("RGBA", usual.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=inked)
    for given in (usual, inked, clear, clear.convert("LA"), clear.quantize(4)):
        assert np.abs(translated(given, model) - translated(usual, model)).mean() < 1


def test_pictures_are_made_at_their_own_size_up_to_a_limit(tmp_path: Path) -> None:
    model = write(tmp_path / "m.safetensors")
    for size in ((10, 12), (70, 41)):  # smaller than a size one may ask for, too
        assert translated(Image.new("RGB", size, "grey"), model).shape == (*size[::-1], 3)
    assert translated(Image.new("RGB", (70, 35), "grey"), model, short_side=16).shape == (16, 32, 3)
    for side in (0, 15, 5000):
        with pytest.raises(InputError, match="short side"):
            translated(front(), model, short_side=side)


def test_a_seed_chooses_among_translations_and_is_checked(tmp_path: Path) -> None:
    model = write(tmp_path / "m.safetensors", "sketch", in_channels=1, noise=True)
    for module in model.method.modules():  # as if it had learnt to use noise
        if isinstance(module, Noise):
            torch.nn.init.constant_(module.strength, 3.0)
    zero, again, unsaid, one = (translated(drawing(), model, **s) for s in (
        {"seed": 0}, {"seed": 0}, {}, {"seed": 1}))  # fmt: skip
    assert np.array_equal(zero, again)
    assert np.array_equal(zero, unsaid)
    assert np.abs(zero - one).mean() > 0.1
    for seed in (-1, 2**31, 2**32 + 1):
        with pytest.raises(InputError, match="seed"):
            translated(drawing(), model, seed=seed)


def test_what_is_missing_or_impossible_is_said_in_a_sentence(tmp_path: Path) -> None:
    model = write(tmp_path / "m.safetensors", "labels:facades")
    with pytest.raises(InputError, match="one direction"):
        last_picture(translate(front(), model, reverse=True))
    with pytest.raises(InputError, match="no labelled pixel"):  # in none of the colours
        translated(Image.new("RGB", (64, 64), (128, 128, 128)), model)


def test_a_model_of_a_label_set_makes_the_nearest_label(tmp_path: Path) -> None:
    """A model that makes one even colour, a little off that of windows."""
    near = (9, 137, 240)
    assert FACADES["window"] == (0, 128, 255)
    method = small(code=0)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.zero_()
        values = torch.tensor(near) / 127.5 - 1
        method.generator.last.bias.copy_(values.atanh())
    method.fitted = True
    for makes, colour in (("", near), ("labels:facades", FACADES["window"])):
        path = tmp_path / f"{makes[:3]}m.safetensors"
        save(method, path, makes=makes)
        out = last_picture(translate(drawing(), open_model(path)))
        assert out.getcolors() == [(64 * 64, colour)]


def test_prepared_pictures_are_those_that_translate_gives_its_model() -> None:
    pictures = [drawing(2), drawing(7)]
    prepared = Prepared(pictures, "sketch", 32)
    assert len(prepared) == 2
    for index, picture in enumerate(pictures):
        assert prepared[index].tobytes() == prepare(picture, "sketch", 32).tobytes()
    assert prepared[0].size == (32, 32)
    assert prepare(front(), "labels:facades", 32).size == (32, 32)
    assert prepare(front().resize((128, 64)), "", 32).size == (64, 32)


def test_a_reference_says_what_the_translation_should_be_like(tmp_path: Path) -> None:
    method = ROWS["swapping_autoencoder"].new()
    method.fitted = True
    save(method, tmp_path / "m.safetensors")
    model = open_model(tmp_path / "m.safetensors")
    warm, cold = (Image.new("RGBA", (50, 40), colour) for colour in ("orange", "navy"))
    one, again, other, without = (
        translated(front(), model, **settings)
        for settings in ({"reference": warm}, {"reference": warm}, {"reference": cold}, {})
    )
    assert np.array_equal(one, again)
    assert np.abs(one - other).mean() > 0.1
    assert np.abs(one - without).mean() > 0.1
    plain = write(tmp_path / "plain.safetensors", code=0)
    with pytest.raises(InputError, match="takes no reference picture: leave it out"):
        translated(front(), plain, reference=warm)
    with pytest.raises(InputError, match="reference picture is 4 × 4"):
        translated(front(), model, reference=Image.new("RGB", (4, 4)))


def test_a_prepared_picture_is_translated_as_it_is(tmp_path: Path) -> None:
    model = write(tmp_path / "m.safetensors", "sketch", in_channels=1)
    source = prepare(drawing(5), "sketch", 32)
    out = last_picture(translate_prepared(source, model, None, seed=2, reverse=False))
    assert np.array_equal(np.asarray(out, float), translated(drawing(5), model, seed=2))
