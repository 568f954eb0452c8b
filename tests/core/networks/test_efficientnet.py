"""EfficientNet-Lite0: the same as timm's with the same weights, and it knows a cat."""

import hashlib
import sys
from pathlib import Path

import pytest
import torch
from skimage import data

from i2i_core.errors import InputError
from i2i_core.networks import efficientnet
from i2i_core.networks.deep_features import EFFICIENTNET, DeepFeatures, WeightsUnavailable
from i2i_core.networks.efficientnet import (
    CHANNELS,
    REDUCTIONS,
    EfficientNetLite0,
    efficientnet_lite0,
    fold_batch_norms,
)


def test_the_maps_have_the_channels_and_sizes_that_the_constants_say():
    network = EfficientNetLite0()
    with torch.no_grad():
        maps = network(torch.rand(2, 3, 70, 97))
    for features, channels, reduction in zip(maps, CHANNELS, REDUCTIONS, strict=True):
        assert features.shape == (2, channels, -(-70 // reduction), -(-97 // reduction))


def test_only_the_layers_asked_for_are_built_and_they_are_the_same():
    whole, part = efficientnet_lite0((0, 1, 2, 3, 4)), efficientnet_lite0((1, 3))
    assert len(part.blocks) < len(whole.blocks)
    picture = torch.rand(1, 3, 64, 64)
    for one, other in zip(part(picture), whole(picture)[1:4:2], strict=True):
        assert torch.equal(one, other)
    with pytest.raises(InputError, match="from 0 to 4"):
        EfficientNetLite0((5,))


@pytest.mark.parametrize("size", [(64, 64), (75, 98)])
def test_it_computes_what_timms_computes_with_the_same_weights(size):
    timm = pytest.importorskip("timm", reason="timm is not installed", exc_type=Exception)
    theirs = timm.create_model("tf_efficientnet_lite0", features_only=True).eval()
    for module in theirs.modules():  # statistics that make the batch norms do something
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.3, 0.3)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.3, 0.3)
    ours = EfficientNetLite0()
    ours.load_state_dict(fold_batch_norms(theirs.state_dict()))
    picture = torch.rand(1, 3, *size)
    with torch.no_grad():
        expected, maps = theirs((255 * picture - 127) / 128), ours(picture)
    for one, other in zip(maps, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-4 * float(other.abs().max()))


def test_weights_are_those_of_the_card_frozen_and_loaded_once():
    digest = hashlib.sha256(efficientnet.WEIGHTS.read_bytes()).hexdigest()
    assert digest in Path(efficientnet.WEIGHTS.parent, "README.md").read_text()
    network = efficientnet_lite0((4,))
    assert network is efficientnet_lite0((4,))
    assert not any(weight.requires_grad for weight in network.parameters())
    picture = torch.rand(1, 3, 32, 32, requires_grad=True)
    network(picture)[0].sum().backward()
    assert float(picture.grad.abs().max()) > 0


def test_two_cats_are_nearer_to_each_other_than_to_a_cup():
    """Chelsea, half of her mirrored and darker, and coffee."""
    cat, cup = (
        torch.from_numpy(x).permute(2, 0, 1)[None].float() / 255
        for x in (data.chelsea(), data.coffee())
    )
    other = cat[..., 150:].flip(3) * 0.7
    seen = [efficientnet_lite0((4,))(x)[0].mean((2, 3))[0] for x in (cat, other, cup)]
    same, different = (torch.cosine_similarity(seen[0], x, dim=0) for x in seen[1:])
    assert same > different + 0.2


def test_missing_weights_are_said(monkeypatch, tmp_path):
    monkeypatch.setattr(efficientnet, "WEIGHTS", tmp_path / "efficientnet_lite0.safetensors")
    efficientnet_lite0.cache_clear()
    with pytest.raises(InputError, match="how they are made"):
        efficientnet_lite0((0,))


def test_the_network_of_the_studio_needs_no_timm(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    features = DeepFeatures(EFFICIENTNET, (1, 3))
    assert features.channels == [24, 112]
    assert features.reductions == [4, 16]
    picture = torch.rand(1, 3, 50, 70, requires_grad=True)
    maps = features(picture)
    assert [tuple(x.shape[1:]) for x in maps] == [(24, 16, 20), (112, 4, 5)]
    sum(x.sum() for x in maps).backward()
    assert float(picture.grad.abs().sum()) > 0
    # Nobody else's network goes along when it moves to another device or type.
    features.double()
    assert efficientnet_lite0((1, 3)).stem.weight.dtype == torch.float32


def test_loading_draws_no_random_number():
    state = torch.get_rng_state()
    DeepFeatures(EFFICIENTNET)
    assert torch.equal(torch.get_rng_state(), state)


def test_what_needs_features_says_what_it_does_without(monkeypatch, tmp_path):
    monkeypatch.setattr(efficientnet, "WEIGHTS", tmp_path / "efficientnet_lite0.safetensors")
    with pytest.raises(WeightsUnavailable, match=r"how they are made\. Nothing is lost"):
        DeepFeatures(without="Nothing is lost.")
    assert len(DeepFeatures(pretrained=False)(torch.rand(1, 3, 32, 32))) == 5
