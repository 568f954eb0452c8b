"""Published files that cannot be used: each is told apart in a sentence, and no code is run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from benchmarks.plain_networks import PlainPatchGAN, PlainResNet, PlainUNet
from i2i_core.errors import InputError
from i2i_core.importing.generators import import_published
from tests.core.importing.pth_files import Tensors, saved


def sentence(path: Path) -> str:
    """What the import of `path` complains of: one or two sentences that name the file."""
    with pytest.raises(InputError) as caught:
        import_published(path)
    message = str(caught.value)
    assert path.name in message
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 330
    return message


UNUSABLE: list[tuple[str, Callable[[], object]]] = [
    ("discriminator", lambda: PlainPatchGAN(width=4).state_dict()),
    ("is a discriminator", lambda: PlainPatchGAN(width=4, antialias=True).state_dict()),
    ("which judges patches", lambda: PlainPatchGAN(6, 4, norm="batch").state_dict()),
    ("which judges pixels", lambda: named("net.0.weight", "net.2.weight")),
    ("several scales", lambda: named("scale0_layer0.0.weight", "scale1_layer0.0.weight")),
    ("netF", lambda: named("mlp_0.0.weight", "mlp_0.0.bias", "mlp_0.2.weight")),
    ("local enhancer", lambda: named("model.1.weight", "model1_1.1.weight", "model1_2.0.weight")),
    ("pix2pixHD's global generator", lambda: hd(4)),
    ("more than two halvings", lambda: hd(3)),
    (
        "BicycleGAN's generator",
        lambda: named("model.down.0.weight", "model.submodule.down.1.weight"),
    ),
    ("BicycleGAN's encoder", lambda: named("conv.0.weight", "fc.0.weight", "fcVar.0.weight")),
    ("SPADE", lambda: named("fc.weight", "head_0.conv_0.weight_orig")),
    ("GauGAN", lambda: named("up_0.norm_0.mlp_shared.0.weight")),
    ("official swapping autoencoder", lambda: named("E.FromRGB.0.weight", "E.ToSpatialCode.0")),
    ("empty", lambda: {"e": {}, "g": {}, "e_ema": {}, "g_ema": {}, "d": {}}),
    ("part of rosinality's", lambda: named("stem.0.0.weight", "structure.0.weight")),
    ("SemIA", lambda: named("encoder_c.conv.weight", "FiLM_c2i_alpha.0.weight")),
    ("SinGAN", lambda: named("head.conv.weight", "body.block1.conv.weight", "tail.0.weight")),
    ('first tensor is "layer1', lambda: named("layer1.0.weight", "layer2.0.weight")),
]


def named(*names: str) -> Tensors:
    return {name: torch.zeros(4, 4, 3, 3) for name in names}


def hd(halvings: int) -> Tensors:
    """Names of pix2pixHD's global generator."""
    tensors = named(*[f"model.{1 + 3 * number}.weight" for number in range(halvings + 1)])
    first = 4 + 3 * halvings
    return tensors | named(
        *[f"model.{first + n}.conv_block.{k}.weight" for n in (0, 1) for k in (1, 5)]
    )


@pytest.mark.parametrize(("what", "make"), UNUSABLE)
def test_other_networks_are_called_by_their_names(
    what: str, make: Callable[[], object], tmp_path: Path
) -> None:
    message = sentence(saved(make(), tmp_path, "file.pth"))
    assert what in message
    # A discriminator or netF has its generator beside it, and an encoder is half a checkpoint.
    if "discriminator" in message or "netF" in message:
        assert "latest_net_G.pth" in message
    elif "swapping autoencoder. " in message:
        assert "whole checkpoint" in message
    elif "empty" not in message:
        assert "pix2pix, CycleGAN, CUT" in message


def test_a_small_file_that_announces_a_huge_network_is_found_out(tmp_path: Path) -> None:
    tensors = dict(PlainUNet(width=2, depth=11).state_dict())  # of width 512 it takes 18 GB
    tensors["model.model.0.weight"] = torch.zeros(512, 3, 4, 4)
    assert "another size" in sentence(saved(tensors, tmp_path))
    repeated = {name: torch.zeros(1).expand(10**4) for name in ("model.1.weight", "model.1.bias")}
    assert "more weights than it has room for" in sentence(saved(repeated, tmp_path))


def test_networks_larger_than_any_of_ours_are_refused(tmp_path: Path) -> None:
    for network in (PlainResNet(width=1, blocks=33), PlainUNet(width=1, depth=12)):
        with pytest.raises(InputError, match="choose one from"):
            import_published(saved(network, tmp_path))


def test_a_pointer_of_git_lfs_is_named(tmp_path: Path) -> None:
    pointer = tmp_path / "latest_net_G.pth"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    assert "git lfs pull" in sentence(pointer)


def test_weights_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    network = PlainResNet(width=2, blocks=1)
    with torch.no_grad():
        next(network.parameters()).view(-1)[0] = torch.nan
    assert "not numbers" in sentence(saved(network, tmp_path))


class Evil:
    """Unpickling it would run code."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("this must never be run",)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_is_refused_and_never_run(
    zipped: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for content in (Evil(), [nn.Conv2d(1, 1, 1)], {"state_dict": {}, "args": Evil()}):
        path = saved(content, tmp_path, _use_new_zipfile_serialization=zipped)
        message = sentence(path)
        assert "cannot be opened safely" in message
        assert "plain state dict" in message
    assert "this must never be run" not in capsys.readouterr().out
    module = tmp_path / "module.pth"
    torch.save(PlainResNet(width=2, blocks=1), module, _use_new_zipfile_serialization=zipped)
    assert "PlainResNet" in sentence(module)


def test_files_that_are_no_checkpoints(tmp_path: Path) -> None:
    assert "no file gone.pth" in sentence(tmp_path / "gone.pth")
    assert "no file" in sentence(tmp_path)
    whole = saved(PlainResNet(width=2, blocks=1), tmp_path).read_bytes()
    legacy = saved(
        PlainResNet(width=2, blocks=1), tmp_path, _use_new_zipfile_serialization=False
    ).read_bytes()
    for number, damaged in enumerate(
        [
            b"",
            b"PK",
            b"\x80",
            b"<!DOCTYPE html><title>Not found</title>",
            b"configuration\nfile\n",
            b"hello\n",
            whole[: len(whole) // 2],
            whole[:-100],
            legacy[:15],
            legacy[:300],
            legacy[:-50],
            bytes(1000),
        ]
    ):
        path = tmp_path / f"{number}.pth"
        path.write_bytes(damaged)
        assert "damaged" in sentence(path), damaged[:20]
    path = tmp_path / "model.safetensors"
    path.write_bytes(whole)
    assert "no .pth file" in sentence(path)


def test_contents_that_are_no_state_dict(tmp_path: Path) -> None:
    weight = torch.zeros(2)
    for content, words in (
        ([weight], "a list"),
        (weight, "a Tensor"),
        ({}, "empty"),
        ({"state_dict": {}}, "empty"),
        ({"epoch": 3, "weights": {"a": weight}}, 'entry "epoch"'),
        ({0: weight}, 'entry "0"'),
        ({"model.0.weight": torch.eye(2).to_sparse()}, "no plain tensor"),
        ({"model.0.weight": torch.zeros(2, device="meta")}, "no plain tensor"),
    ):
        assert words in sentence(saved(content, tmp_path))


Change = Callable[[Tensors], object]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("model.4.bias"), ["lacks model.4.bias."]),
        (lambda t: t.pop("model.1.weight"), ["lacks model.1.weight."]),
        (lambda t: t.pop("model.20.weight"), ["lacks model.20.weight."]),
        (lambda t: t.pop("model.10.conv_block.5.weight"), ["model.10.conv_block.5.weight"]),
        (lambda t: t.update({"model.99.weight": t["model.1.weight"]}), ["has model.99.weight"]),
        (
            lambda t: t.update({"model.4.weight": torch.zeros(5, 4, 3, 3)}),
            ["model.4.weight, which is 5×4×3×3 and should be 8×4×3×3"],
        ),
        (
            lambda t: [t.pop(name) for name in [*t] if "model.11." in name],
            ["lacks model.11.conv_block.1.weight, model.11.conv_block.1.bias and 2 more"],
        ),
        (lambda t: t.update({"model.1.weight": torch.zeros(4)}), ["model.1.weight is 4, not"]),
        (
            lambda t: t.update({"model.4.bias": torch.tensor(1.0)}),
            ["is one number and should be 8"],
        ),
    ],
)
def test_changed_resnets_are_told_apart(change: Change, words: list[str], tmp_path: Path) -> None:
    tensors = dict(PlainResNet(width=4, blocks=3).state_dict())
    change(tensors)
    message = sentence(saved(tensors, tmp_path))
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("model.model.0.weight"), "lacks model.model.0.weight"),
        (lambda t: t.pop("model.model.1.model.2.weight"), "lacks model.model.1.model.2.weight"),
        (
            lambda t: t.pop("model.model.1.model.2.running_var"),
            "lacks model.model.1.model.2.running_var",
        ),
        (
            lambda t: t.pop("model.model.1.model.3.model.3.model.1.weight"),
            "lacks model.model.1.model.3.model.3.model.1.weight",
        ),
        (
            lambda t: t.update({"model.model.1.model.5.weight": torch.zeros(16, 4, 3, 3)}),
            "which is 16×4×3×3 and should be 16×4×4×4",
        ),
        (lambda t: t.update({"model.model.9.bias": torch.zeros(3)}), "model.model.9.bias too much"),
    ],
)
def test_changed_unets_are_told_apart(change: Change, words: str, tmp_path: Path) -> None:
    tensors = dict(PlainUNet(width=4, depth=5).state_dict())
    change(tensors)
    message = sentence(saved(tensors, tmp_path))
    assert "U-Net of 5 halvings" in message or "model.model.0" in words
    assert words in message


@pytest.mark.parametrize("kind", [PlainUNet, PlainResNet])
def test_only_pictures_of_one_or_three_channels(
    kind: Callable[..., nn.Module], tmp_path: Path
) -> None:
    assert "colourisation" in sentence(saved(kind(1, 2, width=2), tmp_path))
    assert "takes 11 channels and gives 3" in sentence(saved(kind(11, 3, width=2), tmp_path))
    assert "takes 3 channels and gives 19" in sentence(saved(kind(3, 19, width=2), tmp_path))
