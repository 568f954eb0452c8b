"""Models at hand: found, told by their headers, opened once."""

from pathlib import Path

import pytest

from i2i_core.checkpoints import checkpoint, model_zoo
from i2i_core.checkpoints.checkpoint import save, save_training, training_path
from i2i_core.checkpoints.model_zoo import find_models, model_info, open_model, resolve
from i2i_core.errors import InputError
from i2i_core.methods.pix2pix import Pix2Pix, Pix2PixConfig
from tests.helpers import ROWS, A, B, fitted


def test_models_are_found_by_path_and_by_shipped_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_zoo, "SHIPPED", tmp_path)
    method = Pix2Pix(Pix2PixConfig(width=4, depth=4, crop_size=32, load_size=32, steps=1))
    list(method.fit(A, B))
    save(method, tmp_path / "pix2pix.rocks.safetensors", about="Rock to sand.")
    (model,) = find_models()
    assert (model.name, model.method, model.about) == ("pix2pix.rocks", "pix2pix", "Rock to sand.")
    assert resolve("pix2pix.rocks") == resolve(model.path) == model.path
    with pytest.raises(InputError, match=r"pix2pix\.rocks"):
        resolve("nothing")


def test_what_a_model_takes_and_makes_is_kept_or_else_anything(tmp_path: Path) -> None:
    method = fitted(ROWS["pix2pixhd"])
    path = tmp_path / "m.safetensors"
    save(method, path, takes="sketch", makes="labels:facades", half=True)
    assert (model_info(path).takes, model_info(path).makes) == ("sketch", "labels:facades")
    save(method, path)
    assert (model_info(path).takes, model_info(path).makes, model_info(path).about) == ("", "", "")
    with pytest.raises(InputError, match="no model"):
        model_info(tmp_path / "nowhere.safetensors")


def test_a_models_info_is_read_without_its_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rock.safetensors"
    save(fitted(ROWS["cut"]), path, about="Rock to sand: grainy")
    monkeypatch.setattr(checkpoint, "build", None)
    info = model_info(path)
    assert (info.name, info.method, info.method_title) == ("rock", "cut", "CUT")
    assert (info.title, info.about, info.steps) == ("Rock to sand", "Rock to sand: grainy", 4)
    assert info.bytes == path.stat().st_size
    assert model_info(info) is info


def test_a_model_is_opened_once_until_its_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save(fitted(ROWS["cut"]), path)
    first = open_model(path)
    assert open_model(str(path)) is first
    assert open_model(model_info(path)) is first
    assert first.info.method == "cut"
    assert first.method.fitted
    save(fitted(ROWS["pix2pix"]), path)
    second = open_model(path)
    assert second.info.method == "pix2pix"
    path.unlink()
    for model in (path, second.info):
        with pytest.raises(InputError, match=r"no (model|file)"):
            open_model(model)


def test_training_files_are_not_listed_but_stand_in_for_a_model_that_was_not_saved(
    tmp_path: Path,
) -> None:
    method, path = fitted(ROWS["pix2pix"]), tmp_path / "m.safetensors"
    save_training(method, training_path(path))
    assert not [model for model in find_models([tmp_path]) if model.path.parent == tmp_path]
    assert resolve(path) == training_path(path)
    assert open_model(path).method.translate(A[0]).size == A[0].size
    with pytest.raises(InputError, match="no folder"):
        find_models([tmp_path / "nowhere"])
