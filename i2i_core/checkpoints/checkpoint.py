"""Model and training files: saved and loaded, with the method and its settings in the header. A
model's file holds what translating needs, a training file all that going on with a fit needs."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from i2i_core.checkpoints.migrations import FORMATS, migrate_header, migrate_tensors
from i2i_core.errors import InputError
from i2i_core.method import Method, with_prefix
from i2i_core.methods import METHODS, find_method
from i2i_core.networks.meta import on_meta_device

ENDING = ".safetensors"
LFS = b"version https://git-lfs"  # how a pointer begins
TRAINING = "training."  # before the names of what only looking inside and further fits need


def save(
    method: Method, path: str | Path, *, half: bool = False, about: str = "", takes: str = "",
    makes: str = "",
) -> None:  # fmt: skip
    """Write the model to `path` (…​.safetensors), `half` for half precision, `about` for a sentence
    on what it does. `takes` and `makes` say what kind of picture it is given and gives: "sketch",
    "labels:" and a name of LABEL_SETS, or "" for any. The file is written whole or not at all.
    Raises InputError for a model that has learnt nothing and for a path that cannot be written."""
    method.check_is_fitted()
    tensors = _contents(method, method.has_training_networks)
    if half:
        tensors = {k: v.half() if v.is_floating_point() else v for k, v in tensors.items()}
    _write(path, tensors, {**_header(method), "about": about, "takes": takes, "makes": makes})


def save_training(method: Method, path: str | Path) -> None:
    """Write all that `load_training` needs to go on as if the fit had never stopped."""
    if method.fit_state is None:
        raise InputError("This method learns in one go: there is no training to go on with.")
    tensors = {f"networks.{name}": value for name, value in method.state_dict().items()}
    tensors |= {f"state.{name}": value for name, value in method.fit_state.tensors().items()}
    _write(path, tensors, {**_header(method), "training": "yes"})


def load(path: str | Path, *, device: str = "cpu", header: dict[str, str] | None = None) -> Method:
    """The model in `path`, ready to translate; `header` is its header, where that was read before.
    Raises InputError for a file that is missing, damaged, or not a model of this version."""
    header = read_header(path) if header is None else header
    method, tensors = _build(path, header)
    try:
        if "training" in header:
            _load_training(method, tensors)
        else:
            tensors = {k: v.float() if v.dtype == torch.half else v for k, v in tensors.items()}
            for name, network in method.training_networks().items():
                weights = with_prefix(tensors, f"{TRAINING}{name}.")
                if weights:
                    network.load_state_dict(weights)
                    method.training_networks_loaded = True
            others = {k: v for k, v in tensors.items() if not k.startswith(TRAINING)}
            method.load_inference_state_dict(others)
    except (RuntimeError, KeyError, ValueError) as error:
        problem = f"does not fit the {header['method']} that its header describes"
        advice = f"{_first_line(error)} It is damaged, or was made by another version."
        raise InputError(f"{Path(path).name} {problem}: {advice}") from None
    return method.to(device)


def load_training(path: str | Path, *, device: str = "cpu", **changes: Any) -> Method:
    """The method in a training file, ready to go on with `fit`. `changes` to its configuration are
    for what does not change its networks, such as more `steps`. Raises InputError as `load`."""
    header = read_header(path)
    if "training" not in header:
        problem = "is a finished model: it translates, but lacks what going on needs"
        advice = "Give the training file that was saved beside it."
        raise InputError(f"{Path(path).name} {problem}. {advice}")
    method, tensors = _build(path, header, changes)
    method.to(device)
    try:
        _load_training(method, tensors)
    except (RuntimeError, KeyError, ValueError) as error:
        problem = f"{Path(path).name} cannot go on with these settings: {_first_line(error)}"
        advice = "Leave the sizes of the networks as they were."
        raise InputError(f"{problem} {advice}") from None
    return method


def read_header(path: str | Path) -> dict[str, str]:
    """A model file's header, as `save` writes it today. Reads no weights."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no file {path.name}. Check the path.")
    try:
        with safe_open(path, "pt") as file:
            header: dict[str, str] = file.metadata() or {}
    except (SafetensorError, OSError):
        check_fetched(path)
        advice = "Published .pth files are turned into one by the command import."
        raise InputError(f"{path.name} is not a .safetensors file. {advice}") from None
    if header.get("format") not in FORMATS or not {"method", "config", "step"} <= set(header):
        raise InputError(
            f"{path.name} holds weights, but not a model of this studio (or of a newer version of "
            "it): its header does not say how it was made. Fit one, or import a published .pth."
        )
    try:
        header = migrate_header(header)
        if "capabilities" not in header:  # from before headers had them
            with on_meta_device():
                method = build(header["method"], json.loads(header["config"]))
            header["capabilities"] = json.dumps(asdict(method.capabilities))
    except InputError:
        raise
    except (KeyError, ValueError, TypeError, ZeroDivisionError):
        raise InputError(f"{path.name} is damaged: its header cannot be read.") from None
    return header


def check_fetched(path: Path) -> None:
    """Raise InputError for a pointer that Git LFS left in the place of the file."""
    with path.open("rb") as file:
        if file.read(len(LFS)) == LFS:
            problem = "is not here yet: Git LFS has left a pointer in its place"
            raise InputError(f"{path.name} {problem}. Fetch it with `git lfs pull`.") from None


def training_path(path: str | Path) -> Path:
    """Where the training file of the model at `path` lies."""
    return Path(path).with_suffix(f".training{ENDING}")


def check_writable(path: str | Path) -> Path:
    """`path`, if a .safetensors file can be written there. Raises InputError if not."""
    path = Path(path)
    if path.suffix != ENDING:
        raise InputError(f"{path.name}: name a file with the ending {ENDING}.")
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to write {path.name} into.")
    return path


def build(name: str, config: Mapping[str, Any]) -> Method:
    """The method `name` with `config`, untrained. Raises InputError for unknown names."""
    return find_method(name).from_settings(config)


def _contents(method: Method, with_training_networks: bool) -> dict[str, Tensor]:
    """What a model's file holds."""
    tensors = method.inference_state_dict()
    if with_training_networks:
        for name, network in method.training_networks().items():
            tensors |= {f"{TRAINING}{name}.{key}": v for key, v in network.state_dict().items()}
    return tensors


def _header(method: Method) -> dict[str, str]:
    name = next(name for name, kind in METHODS.items() if type(method) is kind)
    step = method.fit_state.step if method.fit_state else 0
    config, capabilities = (json.dumps(asdict(x)) for x in (method.config, method.capabilities))
    header = {"format": FORMATS[-1], "method": name, "config": config, "step": str(step)}
    return header | {"capabilities": capabilities}


def _build(
    path: str | Path, header: Mapping[str, str], changes: Mapping[str, Any] | None = None
) -> tuple[Method, dict[str, Tensor]]:
    """A file's method, untrained, and tensors, if they fit: no small file builds a huge network."""
    name = header["method"]
    with safe_open(path, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        tensors = migrate_tensors(tensors, name, file.metadata())
    numbers = (value for value in tensors.values() if value.is_floating_point())
    if not all(value.float().isfinite().all() for value in numbers):
        problem = "holds weights that are not numbers: its fit went wrong, or the file is damaged"
        raise InputError(f"{Path(path).name} {problem}. Take one that was saved earlier.")
    try:
        config = {**json.loads(header["config"]), **(changes or {})}
        with on_meta_device():
            outline = build(name, config)
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{Path(path).name} is damaged: its header cannot be read.") from None
    if outline.fit_state is None:
        return build(name, config), tensors
    complete = "training" in header or any(key.startswith(TRAINING) for key in tensors)
    weights, expected = tensors, _contents(outline, complete)
    if "training" in header:
        expected = {f"networks.{key}": value for key, value in outline.state_dict().items()}
        weights = {key: value for key, value in tensors.items() if key.startswith("networks.")}
    shapes, expected_shapes = ({(k, v.shape) for k, v in d.items()} for d in (weights, expected))
    odd = sorted({key for key, _ in shapes ^ expected_shapes})
    if odd:
        others = f"{odd[0]} and {len(odd) - 1} others are missing, too much or of another size"
        problem = f"does not fit the {name} that its header describes: {others}"
        advice = "It is damaged, or was made with other settings."
        raise InputError(f"{Path(path).name} {problem}. {advice}")
    # With all weights in the file none need be drawn; those that are not there begin anew.
    return outline.to_empty(device="cpu") if complete else build(name, config), tensors


def _load_training(method: Method, tensors: Mapping[str, Tensor]) -> None:
    if method.fit_state is None:
        raise KeyError("This method has no training.")
    method.load_state_dict(with_prefix(tensors, "networks."))
    method.fit_state.load(with_prefix(tensors, "state."))
    method.fitted = method.fit_state.step > 0


def _write(path: str | Path, tensors: Mapping[str, Tensor], header: dict[str, str]) -> None:
    path, layout = check_writable(path), torch.contiguous_format
    # Copies, for tensors that share memory or lie channels-last cannot be written.
    plain = {k: v.detach().cpu().clone(memory_format=layout) for k, v in tensors.items()}
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        save_file(plain, part, header)
        part.chmod(0o666 & ~_umask())  # the library makes it its owner's alone
        os.replace(part, path)
    except (OSError, SafetensorError) as error:
        part.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path.name} could not be written: {reason}.") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[1] if len(lines) > 1 else lines[0]).rstrip(".") + "."
