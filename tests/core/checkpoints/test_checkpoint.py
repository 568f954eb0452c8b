"""Model files: what is refused, and with which sentence; the contract test does the rest."""

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from i2i_core.checkpoints.checkpoint import (
    build,
    load,
    load_training,
    read_header,
    save,
    save_training,
)
from i2i_core.checkpoints.migrations import FORMATS
from i2i_core.checkpoints.model_zoo import find_models
from i2i_core.errors import InputError
from tests.helpers import ROWS, A, B, fitted

HEADER = {"format": FORMATS[-1], "method": "pix2pix", "config": "{}", "step": "1"}


def written(path: Path, **header: str | None) -> Path:
    """A file with one small tensor and HEADER, some of it changed or, for None, left out."""
    entries = {key: value for key, value in {**HEADER, **header}.items() if value is not None}
    save_file({"generator.x": torch.zeros(2)}, path, entries)
    return path


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"format": "i2i-3"}, "newer version"),
        ({"format": None}, "not a model of this studio"),
        ({"config": None}, "not a model of this studio"),
        ({"config": "{"}, "damaged"),
        ({"config": '{"width": "64"}'}, "width is '64'"),
        ({"config": '{"width": true}'}, "width is True"),
        ({"config": '{"learning_rate": 9}'}, "learning_rate is 9"),
        ({"config": '{"in_channels": 2}'}, "in_channels is 2"),
        ({"config": '{"colour": 1}'}, 'no setting "colour"'),
        ({"method": "magic"}, 'no method "magic"'),
        ({"training": "yes"}, "does not fit"),
        ({"method": "structural_analogy", "training": "yes"}, "does not fit"),
        ({}, "does not fit"),
    ],
)
def test_a_header_that_is_not_ours_or_damaged_is_answered(
    tmp_path: Path, header: dict[str, str | None], said: str
) -> None:
    path = written(tmp_path / "m.safetensors", **header)
    with pytest.raises(InputError, match=said):
        load(path)
    find_models([tmp_path])  # and does not hide the others


def test_a_small_file_does_not_make_us_build_a_huge_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = json.dumps({"width": 512, "depth": 11, "crop_size": 2048, "load_size": 2048})
    path = written(tmp_path / "m.safetensors", config=config)
    real = torch.nn.init.normal_

    def watched(tensor: torch.Tensor, *more: object, **named: object) -> torch.Tensor:
        assert tensor.is_meta, "memory was taken"
        return real(tensor, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(torch.nn.init, "normal_", watched)
    with pytest.raises(InputError, match="does not fit"):
        load(path)


def test_what_is_no_safetensors_file_is_answered(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        load(tmp_path / "nowhere.safetensors")
    (tmp_path / "text.safetensors").write_text("Once upon a time")
    with pytest.raises(InputError, match="import"):
        load(tmp_path / "text.safetensors")
    method = fitted(ROWS["pix2pix"])
    save(method, tmp_path / "m.safetensors")
    with pytest.raises(InputError, match="finished model"):
        load_training(tmp_path / "m.safetensors")
    whole = (tmp_path / "m.safetensors").read_bytes()
    (tmp_path / "half.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"half\.safetensors"):
        load(tmp_path / "half.safetensors")


def test_a_pointer_of_git_lfs_is_named(tmp_path: Path) -> None:
    pointer = tmp_path / "m.safetensors"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(InputError, match=r"m\.safetensors is not here yet.*git lfs pull"):
        read_header(pointer)


def test_weights_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    method = fitted(ROWS["cut"])
    with torch.no_grad():
        next(method.ema.network.parameters()).view(-1)[0] = torch.inf
    save(method, tmp_path / "m.safetensors")
    save_training(method, tmp_path / "m.training.safetensors")
    for read, name in ((load, "m"), (load_training, "m.training")):
        with pytest.raises(InputError, match=rf"{name}\.safetensors holds weights that are not"):
            read(tmp_path / f"{name}.safetensors")


def test_a_file_of_another_size_of_network_is_told_apart(tmp_path: Path) -> None:
    save(fitted(ROWS["pix2pix"]), tmp_path / "m.safetensors")
    save_training(fitted(ROWS["pix2pix"]), tmp_path / "m.training.safetensors")
    with pytest.raises(InputError, match=r"generator|does not fit"):
        load_training(tmp_path / "m.training.safetensors", width=8)


def test_where_a_file_cannot_be_written_is_said_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = fitted(ROWS["pix2pix"])
    with pytest.raises(InputError, match="ending"):
        save(method, tmp_path / "m.pth")
    with pytest.raises(InputError, match="no folder"):
        save(method, tmp_path / "no" / "m.safetensors")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        save(method, tmp_path / "m.safetensors")
    assert not list(tmp_path.iterdir())


def test_a_failed_save_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    method = fitted(ROWS["cut"])
    save(method, tmp_path / "m.safetensors")
    before = (tmp_path / "m.safetensors").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError):
        save(method, tmp_path / "m.safetensors", half=True)
    assert (tmp_path / "m.safetensors").read_bytes() == before
    assert os.stat(tmp_path / "m.safetensors").st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_another_number_of_processes_cannot_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = ROWS["pix2pix"].new()
    next(iter(method.fit(A, B)))
    save_training(method, tmp_path / "m.training.safetensors")
    again = load_training(tmp_path / "m.training.safetensors")
    assert again.fit_state is not None
    again.fit_state.world = 2
    with pytest.raises(InputError, match="2 processes"):
        next(iter(again.fit(A, B)))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("batch", 0), ("learning_rate", -1.0), ("beta1", 1.5), ("in_channels", 2), ("steps", -5),
        ("discriminator_width", 0), ("width", 0), ("ema", 1.0), ("seed", -1), ("depth", 99),
        ("flip", 1), ("generator", 3),
    ],
)  # fmt: skip
def test_settings_out_of_range_are_named(setting: str, value: float) -> None:
    with pytest.raises(InputError, match=setting):
        build("pix2pix", {setting: value})


def test_the_methods_that_learn_from_pairs_say_so() -> None:
    paired = {name for name, row in ROWS.items() if row.kind.capabilities.needs_pairs}
    assert paired == {"pix2pix", "pix2pixhd"}


def test_a_part_of_what_further_fits_need_is_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save(fitted(ROWS["cut"]), path)
    with safe_open(path, "pt") as file:
        header = file.metadata()
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    del tensors[next(key for key in tensors if key.startswith("training."))]
    save_file(tensors, path, header)
    with pytest.raises(InputError, match="does not fit"):
        load(path)
