"""Published .pth files, opened safely (nothing in them runs) and held against a network."""

import argparse
import pickle
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from i2i_core.checkpoints.checkpoint import check_fetched
from i2i_core.errors import InputError
from i2i_core.importing.names import known_but_unusable

Tensors = Mapping[str, Tensor]
ASK = "Ask for a plain state dict: torch.save(generator.state_dict(), path)."
# Names under which programs keep one network's weights, averaged ones first, and what they put
# before each name: nn.DataParallel, torch.compile, Lightning.
WRAPPERS = ("params_ema", "state_dict", "params", "generator", "netG", "model", "net")
PREFIXES = ("module.", "_orig_mod.", "generator.", "netG.")
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
_REFUSED = re.compile(r"GLOBAL (\S+) was not an allowed|unsupported class <class '(\S+)'>")


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors in the file `path` by name, on the CPU, without what older programs added to the
    names. Raises InputError for anything that is not the state dict of one network."""
    content = _load(path)
    if not isinstance(content, Mapping):
        kind = type(content).__name__
        raise InputError(f"{path.name} holds a {kind}, not weights by name. {ASK}")
    content = _unwrapped(content)
    # Of rosinality's training checkpoints those networks that make pictures, averaged if possible.
    for parts in (("e_ema", "g_ema"), ("e", "g")):
        if all(isinstance(content.get(part), Mapping) for part in parts):
            content = {f"{part}.{key}": v for part in parts for key, v in content[part].items()}
    if not content:
        raise InputError(f"{path.name} is empty: it holds no weights. {ASK}")
    odd = next((key for key, value in content.items() if not _is_plain(key, value)), None)
    if odd is not None:
        if unusable := known_but_unusable(map(str, content)):
            raise InputError(f"{path.name} is {unusable}")
        problem = f'its entry "{odd}" is no plain tensor'
        raise InputError(f"{path.name} is not the state dict of one network: {problem}. {ASK}")
    tensors = {name: value.detach() for name, value in content.items()}
    if sum(value.nbytes for value in tensors.values()) > path.stat().st_size:
        # Such as one number seen as a million: the network would be larger than memory.
        raise InputError(f"{path.name} announces more weights than it has room for. {ASK}")
    tensors = _plain_names(tensors)
    _check_finite(tensors, path.name)
    # Before torch 0.4.1 instance normalisation, which has no weights, saved statistics in vain.
    return {
        name: value
        for name, value in tensors.items()
        if not (_leaf(name) in _STATISTICS and f"{name[: -len(_leaf(name))]}weight" not in tensors)
    }


def _unwrapped(content: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """What a file holds of weights, without the mappings around them and what lies beside those."""
    for _ in range(2):
        wrapper = next((w for w in WRAPPERS if isinstance(content.get(w), Mapping)), None)
        if wrapper is None:
            return content
        content = content[wrapper]
    return content


def _plain_names(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    for prefix in PREFIXES * 2:  # one may be around another
        if all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
    return tensors


def _check_finite(tensors: Tensors, file: str) -> None:
    if not all(
        value.float().isfinite().all() for value in tensors.values() if value.is_floating_point()
    ):
        problem = "holds weights that are not numbers: its training went wrong before it was saved"
        raise InputError(f"{file} {problem}. Ask for one that was saved earlier.")


def _load(path: Path) -> object:
    if not path.is_file():
        raise InputError(f"There is no file {path.name}. Check the path.")
    if path.suffix == ".safetensors":
        advice = "If it is a model of this studio, open it as it is."
        raise InputError(f"{path.name} is no .pth file. {advice}")
    try:
        with path.open("rb") as file:
            pickled = file.read(1) in (b"P", b"\x80")  # zip and legacy
    except OSError as error:
        raise InputError(f"{path.name} could not be read: {error.strerror or error}.") from None
    check_fetched(path)
    try:
        # Options are often saved beside the weights: of a Namespace only its values are read.
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # from a damaged file PyTorch raises almost anything
        text = str(error)
        refused = isinstance(error, pickle.UnpicklingError) and "Unsupported operand" not in text
        if not pickled or not (refused or "TorchScript" in text):
            advice = "check that it is the .pth file itself and not a page about it."
            problem = f"{path.name} is not a PyTorch file, or is damaged."
            raise InputError(f"{problem} Download it again, and {advice}") from None
    match = _REFUSED.search(text)
    what = f"code or other objects{f' ({match[1] or match[2]})' if match else ''}"
    problem = f"holds {what}, not only weights, and cannot be opened safely"
    raise InputError(f"{path.name} {problem}. {ASK}")


def _is_plain(key: object, value: object) -> bool:
    if not (isinstance(key, str) and isinstance(value, Tensor)):
        return False
    common = value.layout == torch.strided and value.device.type == "cpu"
    return common and not value.is_quantized and not value.is_complex()


def _leaf(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def first_sides(tensors: Tensors, name: str, file: str) -> tuple[int, int]:
    """P and Q of the convolution's weights (P, Q, h, w) of this `name`: channels on both sides."""
    if name not in tensors:
        raise InputError(f"{file} lacks {name}. It is damaged, or of a changed network. {ASK}")
    shape = tensors[name].shape
    if len(shape) != 4 or 0 in shape:
        size = _size(shape)
        raise InputError(f"{file}: {name} is {size}, not the weights of a convolution. {ASK}")
    return shape[0], shape[1]


def norm_kind(tensors: Tensors, output: str) -> str:
    """Which normalisation the network has whose last layer is `output`: batch normalisation has
    weights, instance normalisation leaves the convolutions their biases."""
    if any(value.ndim == 1 and _leaf(name) == "weight" for name, value in tensors.items()):
        return "batch"
    biased = any(_leaf(name) == "bias" and name != f"{output}.bias" for name in tensors)
    return "instance" if biased else "none"


def matched(
    tensors: Tensors, network: nn.Module, published: Mapping[str, str], norm: str, what: str
) -> dict[str, Tensor]:
    """`tensors` by the names of `network`, which `published` turns into the file's; `norm` is its
    normalisation, `what` what the file seems to be. Raises InputError that names misfits."""
    expected = {published[ours]: value for ours, value in network.state_dict().items()}
    renamed = dict(tensors)
    for name, value in expected.items():
        # Counters came with torch 0.4.1. Without norms, ours has biases and the published ones not.
        if _leaf(name) == "num_batches_tracked" or (norm == "none" and _leaf(name) == "bias"):
            renamed.setdefault(name, torch.zeros(value.shape, dtype=value.dtype))
    faults = []
    if missing := [name for name in expected if name not in renamed]:
        faults.append(f"lacks {_few(missing)}")
    if surplus := [name for name in renamed if name not in expected]:
        faults.append(f"has {_few(surplus)} too much")
    unlike = [
        f"{name}, which is {_size(renamed[name].shape)} and should be {_size(value.shape)}"
        for name, value in expected.items()
        if name in renamed and renamed[name].shape != value.shape
    ]
    if unlike:
        faults.append(f"has another size of {_few(unlike)}")
    if faults:
        advice = "It is damaged or was changed: give the file as it was published."
        raise InputError(f"{what}, but {' and '.join(faults)}. {advice}")
    return {ours: renamed[theirs] for ours, theirs in published.items()}


def _few(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more


def _size(shape: Iterable[int]) -> str:
    return "×".join(map(str, shape)) or "one number"
