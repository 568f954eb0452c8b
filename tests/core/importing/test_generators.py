"""Published checkpoints: the same pictures as the published networks make. The files are made here,
of the plain networks with random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from benchmarks.plain_networks import PlainResNet, PlainUNet
from i2i_core.checkpoints import checkpoint
from i2i_core.errors import InputError
from i2i_core.importing.generators import import_published
from i2i_core.method import Method, training_mode
from i2i_core.methods.cut import CUT
from i2i_core.methods.cyclegan import CycleGAN
from i2i_core.methods.pix2pix import Pix2Pix
from tests.core.importing.pth_files import Tensors, saved


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
    "model": lambda tensors: {"model": tensors, "optimizer": {}},
    "averaged": lambda tensors: {"params": None, "params_ema": tensors},
    "Lightning": lambda tensors: {
        "state_dict": {f"generator.{name}": v for name, v in tensors.items()}
    },
    "compiled": lambda tensors: {f"module._orig_mod.{name}": v for name, v in tensors.items()},
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
