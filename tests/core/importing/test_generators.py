"""Published checkpoints: the same pictures as the published networks make, and sentences for the
files that cannot be used. The files are made here, of the plain networks with random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from benchmarks.plain_networks import PlainPatchGAN, PlainResNet, PlainUNet
from i2i_core.checkpoints import checkpoint
from i2i_core.errors import InputError
from i2i_core.importing.generators import import_published
from i2i_core.method import Method, training_mode
from i2i_core.methods.cut import CUT
from i2i_core.methods.cyclegan import CycleGAN
from i2i_core.methods.pix2pix import Pix2Pix

Tensors = dict[str, Tensor]


def random(network: nn.Module, seed: int = 0) -> nn.Module:
    """`network` with weights, norms and statistics that all matter and are all unlike."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in network.state_dict().items():
        if name.endswith((".filt", "num_batches_tracked")):
            continue
        if value.ndim == 4:
            value.normal_(0, 0.4 / value[0].numel() ** 0.5, generator=generator)
        elif name.endswith(("running_var", "weight")):
            value.uniform_(0.5, 1.5, generator=generator)
        else:
            value.normal_(0, 0.3, generator=generator)
    return network


def picture(side: int, channels: int = 3) -> Tensor:
    """A tensor in [0, 1], wider than it is high."""
    return torch.rand(1, channels, side, 2 * side, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def made_by(network: nn.Module, x: Tensor) -> Tensor:
    """What a published network makes of `x` in [0, 1], in [0, 1]."""
    return network(x * 2 - 1) / 2 + 0.5


def saved(content: object, folder: Path, name: str = "latest_net_G.pth", **kind: Any) -> Path:
    path = folder / name
    if isinstance(content, nn.Module):
        content = content.state_dict()
    torch.save(content, path, **kind)
    return path


@torch.no_grad()
def check_same(method: Method, network: nn.Module, x: Tensor) -> None:
    expected = made_by(network, x)
    assert float(expected.std()) > 0.02  # a flat picture would prove nothing
    with training_mode(method, network.training):
        assert torch.allclose(method(x), expected, atol=2e-5)


@pytest.mark.parametrize("depth", [5, 6, 7, 8])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_unets_make_the_same_pictures(depth: int, norm: str, tmp_path: Path) -> None:
    network = random(PlainUNet(width=2 + depth % 3, depth=depth, norm=norm))
    method = import_published(saved(network, tmp_path), test_time="eval")
    assert isinstance(method, Pix2Pix)
    c = method.config
    assert (c.generator, c.depth, c.width, c.norm) == ("unet", depth, 2 + depth % 3, norm)
    assert method.capabilities.multiple_of == 2**depth
    assert c.crop_size % 2**depth == 0
    assert c.load_size > c.crop_size
    check_same(method, network.eval(), picture(2**depth))


def test_a_unet_translates_as_in_training_unless_told_otherwise(tmp_path: Path) -> None:
    # Five halvings have no dropout, so only the norm's statistics differ between the two.
    network = random(PlainUNet(width=4, depth=5))
    path, x = saved(network, tmp_path), picture(32)
    as_trained = made_by(network.train(), x)
    path = saved(random(network), tmp_path)  # its statistics moved when it was used
    check_same(import_published(path), network.train(), x)
    assert import_published(path).infers_in_training_mode
    method = import_published(path, test_time="eval")
    assert not method.infers_in_training_mode
    with torch.no_grad():
        evaluated = method.eval()(x)
    assert float((evaluated - as_trained).abs().max()) > 0.01


def test_a_unet_of_more_levels_has_the_papers_dropout(tmp_path: Path) -> None:
    network = random(PlainUNet(width=4, depth=6, norm="instance", dropout=0))
    method = import_published(saved(network, tmp_path))
    x = picture(64)
    with torch.no_grad():
        assert float((method(x) - made_by(network, x)).abs().max()) > 1e-3
        assert torch.equal(method(x), method(x))


VARIANTS = {
    "6 blocks": {"blocks": 6},
    "9 blocks": {"blocks": 9},
    "dropout": {"blocks": 6, "dropout": True},
    "batch": {"blocks": 2, "norm": "batch"},
    "batch, dropout": {"blocks": 2, "norm": "batch", "dropout": True},
    "no norm": {"blocks": 2, "norm": "none"},
    "grey to colours": {"blocks": 2, "in_channels": 1},
    "colours to grey": {"blocks": 1, "out_channels": 1},
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("antialias", [False, True])
def test_resnets_make_the_same_pictures(variant: str, antialias: bool, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"width": 4, "antialias": antialias, **VARIANTS[variant]}
    network = random(PlainResNet(**changes))
    method = import_published(saved(network, tmp_path))
    assert type(method) is (CUT if antialias else CycleGAN)
    for name, value in changes.items():
        assert getattr(method.config, name, False) == value, name
    check_same(method.eval(), network.eval(), picture(16, changes.get("in_channels", 3)))


def test_cut_compares_the_papers_layers_as_far_as_there_are_so_many(tmp_path: Path) -> None:
    for blocks, layers in ((9, (0, 4, 8, 12, 16)), (2, (0, 4, 8, 12))):
        path = saved(PlainResNet(width=2, blocks=blocks, antialias=True), tmp_path)
        assert import_published(path).config.nce_layers == layers


@pytest.mark.parametrize("kind", ["unet", "resnet", "cut"])
def test_statistics_of_old_instance_norms_are_left_out(kind: str, tmp_path: Path) -> None:
    network: nn.Module
    if kind == "unet":
        network = random(PlainUNet(width=4, depth=5, norm="instance", track=True))
    else:
        network = random(PlainResNet(width=4, blocks=3, antialias=kind == "cut", track=True))
    assert any(name.endswith("running_mean") for name in network.state_dict())
    method = import_published(saved(network, tmp_path))
    assert method.config.norm == "instance"
    check_same(method, network.train(), picture(32))


def old(tensors: Tensors) -> Tensors:
    """As programs before torch 0.4.1 saved it: without counters."""
    return {k: v for k, v in tensors.items() if not k.endswith("num_batches_tracked")}


WRAPPED: dict[str, Callable[[Tensors], object]] = {
    "DataParallel": lambda tensors: {f"module.{name}": v for name, v in tensors.items()},
    "state_dict": lambda tensors: {"state_dict": tensors, "epoch": 5},
    "old": old,
    "half": lambda tensors: {k: v.half() if v.ndim else v for k, v in tensors.items()},
    "parameters": lambda tensors: {k: nn.Parameter(v) for k, v in old(tensors).items()},
}


@pytest.mark.parametrize("how", WRAPPED)
@pytest.mark.parametrize("zipped", [True, False])
def test_files_of_every_age_are_read(how: str, zipped: bool, tmp_path: Path) -> None:
    network = random(PlainUNet(width=4, depth=5))
    if how == "half":
        network = network.half().float()
    content = WRAPPED[how](network.state_dict())
    path = saved(content, tmp_path, _use_new_zipfile_serialization=zipped)
    check_same(import_published(path, test_time="eval"), network.eval(), picture(32))


@pytest.mark.parametrize("network", ["unet", "resnet", "cut"])
def test_an_imported_model_is_a_model_like_any_other(network: str, tmp_path: Path) -> None:
    made = {
        "unet": lambda: PlainUNet(width=4, depth=6),
        "resnet": lambda: PlainResNet(width=4, blocks=2, dropout=True),
        "cut": lambda: PlainResNet(width=4, blocks=2, antialias=True),
    }
    method = import_published(saved(random(made[network]()), tmp_path))
    path = tmp_path / "model.safetensors"
    checkpoint.save(method, path)
    source = colours(70, 50)
    result = checkpoint.load(path).translate(source)
    assert result.size == source.size
    assert np.array_equal(np.asarray(result), np.asarray(method.translate(source)))


def colours(width: int, height: int, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def test_an_imported_pix2pix_learns_on(tmp_path: Path) -> None:
    method = import_published(saved(random(PlainUNet(width=2, depth=7)), tmp_path))
    before = {name: value.clone() for name, value in method.inference_state_dict().items()}
    fitting = method.fit([colours(128, 128)], [colours(128, 128, 1)])
    for step in (1, 2):
        progress = next(fitting)
        assert progress.step == step
        assert all(np.isfinite(value) for value in progress.losses.values())
    fitting.close()
    after = method.inference_state_dict()
    assert not torch.equal(before["generator.downs.0.weight"], after["generator.downs.0.weight"])
    assert method.translate(colours(128, 128)).size == (128, 128)


def test_one_direction_of_cyclegan_goes_one_way(tmp_path: Path) -> None:
    method = import_published(saved(random(PlainResNet(width=4, blocks=2)), tmp_path))
    assert not method.capabilities.two_way
    with pytest.raises(InputError, match="one direction only"):
        method.translate(colours(32, 32), reverse=True)
    with pytest.raises(InputError, match="import both directions"):
        next(method.fit([colours(32, 32)], [colours(32, 32)]))


def test_both_directions_of_cyclegan_make_a_whole_one(tmp_path: Path) -> None:
    there = random(PlainResNet(1, 3, width=4, blocks=2))
    back = random(PlainResNet(3, 1, width=4, blocks=2), seed=1)
    method = import_published(
        saved(there, tmp_path, "latest_net_G_A.pth"), saved(back, tmp_path, "latest_net_G_B.pth")
    )
    assert isinstance(method, CycleGAN)
    assert method.capabilities.two_way
    check_same(method, there, picture(16, 1))
    with torch.no_grad():
        x = picture(16)
        assert torch.allclose(method(x, reverse=True), made_by(back, x), atol=2e-5)


def test_both_directions_can_be_fitted(tmp_path: Path) -> None:
    a = saved(random(PlainResNet(width=4, blocks=1)), tmp_path, "a.pth")
    b = saved(random(PlainResNet(width=4, blocks=1), seed=1), tmp_path, "b.pth")
    fitting = import_published(a, b).fit([colours(128, 128)], [colours(128, 128, 1)])
    assert next(fitting).step == 1
    fitting.close()


def test_two_files_must_belong_together(tmp_path: Path) -> None:
    one = saved(PlainResNet(width=4, blocks=2), tmp_path, "one.pth")
    other = saved(PlainResNet(width=4, blocks=3, dropout=True), tmp_path, "other.pth")
    unet = saved(PlainUNet(width=4, depth=5), tmp_path, "unet.pth")
    cut = saved(PlainResNet(width=4, blocks=2, antialias=True), tmp_path, "cut.pth")
    with pytest.raises(InputError, match=r"one.pth and other.pth .* blocks 2 and 3, dropout"):
        import_published(one, other)
    for path in (unet, cut):
        for pair in ((one, path), (path, one)):
            with pytest.raises(InputError, match=f"{path.name} is not of CycleGAN.* Give one file"):
                import_published(*pair)


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
        ({"epoch": 3, "model": {"a": weight}}, 'entry "epoch"'),
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
