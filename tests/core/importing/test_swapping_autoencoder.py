"""Published swapping autoencoders, of made-up weights under the published names: the same pictures
as the published networks make, and sentences for files that cannot be used."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from i2i_core.checkpoints import checkpoint
from i2i_core.errors import InputError
from i2i_core.images.tensors import to_image, to_tensor
from i2i_core.importing.generators import import_published
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder, SwappingAutoencoderConfig
from i2i_core.methods.swapping_codes import decode, encode
from i2i_core.networks.swapping import unit
from i2i_core.pipelines.domain_transfer import difference
from tests.core.importing.plain_swapping import (
    official_decode,
    official_encode,
    rosinality_decode,
    rosinality_encode,
)
from tests.core.importing.pth_files import Tensors, saved
from tests.core.importing.swapping_files import STRUCTURE, TEXTURE, official, rosinality


def pictures(side: int = 64) -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    return torch.rand(1, 3, side, side + 32), 0.2 * torch.rand(1, 3, side + 8, side)


def check_same(
    method: SwappingAutoencoder,
    encode: Callable[[Tensor], tuple[Tensor, Tensor]],
    decode: Callable[[Tensor, Tensor], Tensor],
) -> None:
    source, reference = pictures(max(64, method.config.smallest_input))
    with torch.no_grad():
        structure, texture = encode(source * 2 - 1)
        other = encode(reference * 2 - 1)[1]
        ours = method.encode(source)
        assert torch.allclose(ours[0], structure, atol=1e-4)
        assert torch.allclose(ours[1], texture, atol=1e-4)
        expected = decode(structure, other) / 2 + 0.5
        scale = float(expected.std()) * 2
        assert scale > 0.02  # a flat picture would prove nothing
        # Unclamped, for made-up weights leave the range of pictures.
        result = method.ema.network.generator(structure, other) / 2 + 0.5
        assert torch.allclose(result, expected, atol=1e-4 * scale)
        swapped = method(source, reference)
        assert torch.allclose(swapped, expected.clamp(0, 1), atol=1e-3)
        assert not torch.allclose(swapped, method(source), atol=1e-3)


SHAPES: dict[str, dict[str, tuple[int, ...]]] = {
    "three halvings": {},
    "five, as for 1024 pixels": {
        "widths": (4, 5, 6, 7, 8, 9),
        "deeper": (10, 12),
        "ups": (8, 8, 7, 6, 5),
    },
    "channels that stay": {"heads": (5, 8), "ups": (8, 8, 4)},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_official_files_make_the_same_pictures(shape: str, tmp_path: Path) -> None:
    tensors = official(**SHAPES[shape])
    method = import_published(saved(tensors, tmp_path))
    assert isinstance(method, SwappingAutoencoder)
    c = method.config
    assert c.variant == "official"
    assert (c.structure_channels, c.texture_size) == (STRUCTURE, TEXTURE)
    downs, heads = len(c.widths) - 1, len(c.head_widths)
    check_same(
        method,
        lambda x: official_encode(tensors, x, downs, len(c.texture_widths)),
        lambda s, t: official_decode(tensors, s, t, heads, downs),
    )


@pytest.mark.parametrize("ema", ["_ema", ""])
def test_rosinalitys_files_make_the_same_pictures(ema: str, tmp_path: Path) -> None:
    content = rosinality(ema)
    method = import_published(saved(content, tmp_path))
    assert isinstance(method, SwappingAutoencoder)
    assert method.config.variant == "rosinality"
    e, g = content[f"e{ema}"], content[f"g{ema}"]
    check_same(
        method, lambda x: rosinality_encode(e, x, 3), lambda s, t: rosinality_decode(g, s, t, 2, 3)
    )


@pytest.mark.parametrize("make", [official, rosinality])
def test_swaps_by_codes_are_those_of_the_network(
    make: Callable[[], object], tmp_path: Path
) -> None:
    """Whatever the length of its codes."""
    method = import_published(saved(make(), tmp_path))
    assert isinstance(method, SwappingAutoencoder)
    source, reference = (to_image(p[..., :64, :64]) for p in pictures())
    one, other = (encode(method, p, 64) for p in (source, reference))
    with torch.no_grad():
        expected = method(to_tensor(source), to_tensor(reference))
        rebuilt = method(to_tensor(source))
    assert difference(decode(method, one.textured(other)), to_image(expected)) < 0.6
    assert difference(decode(method, one.textured(other, 0)), to_image(rebuilt)) < 0.6


def test_the_defaults_are_the_published_numbers() -> None:
    with torch.device("meta"):
        method = SwappingAutoencoder()
        unofficial = SwappingAutoencoderConfig(
            variant="rosinality", head_widths=(128, 256, 384, 512), texture_widths=(1024, 2048)
        ).build()

    def millions(network: torch.nn.Module) -> float:
        return round(sum(p.numel() for p in network.parameters()) / 1e6, 2)

    networks = (method.autoencoder.encoder, method.autoencoder.generator)
    assert [millions(network) for network in networks] == [30.58, 25.06]
    assert millions(method.discriminator) == 28.86
    assert millions(method.patch_discriminator) == 24.52
    networks = (unofficial.encoder, unofficial.generator)
    assert [round(millions(network), 1) for network in networks] == [32.9, 30.8]


@pytest.mark.parametrize("make", [official, rosinality])
def test_an_imported_one_is_a_model_like_any_other(
    make: Callable[[], object], tmp_path: Path
) -> None:
    method = import_published(saved(make(), tmp_path))
    checkpoint.save(method, tmp_path / "model.safetensors")
    again = checkpoint.load(tmp_path / "model.safetensors")
    source, reference = pictures()
    with torch.no_grad():
        assert torch.equal(again(source, reference), method(source, reference))


def change(tensors: Tensors, name: str, value: Tensor | None) -> Tensors:
    changed = {key: kept for key, kept in tensors.items() if key != name}
    return changed if value is None else {**changed, name: value}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: {k: v for k, v in official().items() if k[0] != "G"}, "whole checkpoint"),
        (lambda: {k: v for k, v in official().items() if k[0] == "D"}, "whole checkpoint"),
        (lambda: rosinality()["e"], "whole checkpoint"),
        (lambda: change(official(), "G.ToRGB.bias", None), "lacks G.ToRGB.bias"),
        (lambda: change(official(), "E.ToGlobalCode.0.bias", None), "lacks E.ToGlobalCode.0.bias"),
        (
            lambda: change(official(), "E.FromRGB.Conv.weight", torch.zeros(4, 3)),
            "not the weights of a convolution",
        ),
        (
            lambda: change(
                official(), "G.HeadResnetBlock0.conv1.conv.weight", torch.zeros(1, 6, 9, 3, 3)
            ),
            "another size of G.HeadResnetBlock0.conv1.conv.weight",
        ),
        (lambda: change(official(), "G.extra.weight", torch.zeros(3)), "G.extra.weight too much"),
        (
            lambda: change(
                official(),
                "E.DownToSpatialCode.ResBlockDownBy1.conv2.Blur.kernel",
                torch.ones(1, 1),
            ),
            "use_antialias",
        ),
    ],
)
def test_what_cannot_be_used_is_named(
    content: Callable[[], object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=words):
        import_published(saved(content(), tmp_path))


class Harmful:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return Path.touch, (Path("harm"),)  # type: ignore[return-value]


def test_options_beside_the_weights_are_read_and_code_is_not_run(tmp_path: Path) -> None:
    content = rosinality()
    content["args"] = argparse.Namespace(size=Harmful())
    with pytest.raises(InputError, match="holds code"):
        import_published(saved(content, tmp_path))
    assert not Path("harm").exists()


def test_codes_are_of_length_one_in_the_official_one_only(tmp_path: Path) -> None:
    source, _ = pictures()
    method = import_published(saved(official(), tmp_path))
    assert isinstance(method, SwappingAutoencoder)
    with torch.no_grad():
        for code in method.encode(source):
            assert torch.allclose(code, unit(code), atol=1e-5)
