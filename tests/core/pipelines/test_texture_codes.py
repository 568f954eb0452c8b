"""Pictures as codes and back: sizes, files, directions and what they do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file

from i2i_core.checkpoints.checkpoint import save
from i2i_core.checkpoints.model_zoo import LoadedModel, open_model
from i2i_core.errors import InputError
from i2i_core.images.descriptors import QUALITIES, qualities
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder
from i2i_core.methods.swapping_codes import (
    FORMAT,
    Codes,
    decode,
    encode,
    load_codes,
    save_codes,
)
from i2i_core.methods.swapping_statistics import fit_statistics
from i2i_core.networks.statistics import COUNT
from i2i_core.pipelines.domain_transfer import difference
from i2i_core.pipelines.texture_swap import as_swapper, decode_codes
from tests.helpers import picture


@pytest.fixture
def method(swapper_model: LoadedModel) -> SwappingAutoencoder:
    return as_swapper(swapper_model)


@pytest.mark.parametrize("size", [(64, 64), (90, 64), (64, 101), (333, 200)])
def test_a_picture_comes_back_in_its_shape(
    method: SwappingAutoencoder, size: tuple[int, int]
) -> None:
    codes = encode(method, picture(*size))
    result = decode(method, codes)
    assert min(result.size) == 64  # as learnt
    assert abs(result.width / result.height - size[0] / size[1]) < 0.03
    assert codes.step == 4
    assert codes.structure.shape[1:] == (-(-result.height // 4), -(-result.width // 4))


def test_it_is_what_the_method_translates_to(method: SwappingAutoencoder) -> None:
    source, other = picture(64, 64), picture(80, 64, seed=1)
    codes, texture = encode(method, source), encode(method, other)
    assert difference(decode(method, codes), method.translate(source)) < 0.01
    swapped = decode(method, codes.textured(texture))
    assert difference(swapped, method.translate(source, other)) < 0.01
    assert difference(swapped, method.translate(source)) > 1


def test_a_texture_goes_to_the_other_in_a_straight_line(method: SwappingAutoencoder) -> None:
    one, other = (encode(method, picture(64, 64, seed)) for seed in (0, 1))
    assert np.allclose(one.textured(other, 0).texture, one.texture, atol=1e-6)
    assert np.allclose(one.textured(other, 1).texture, other.texture, atol=1e-6)
    half = one.textured(other, 0.5).texture
    assert np.allclose(half, (one.texture + other.texture) / 2, atol=1e-6)
    beyond = one.textured(other, 1.5).texture
    assert np.allclose(beyond - other.texture, half - one.texture, atol=1e-6)
    assert np.array_equal(one.textured(other).structure, one.structure)


def test_another_size_can_be_asked_for(method: SwappingAutoencoder) -> None:
    assert min(decode(method, encode(method, picture(120, 90), 96)).size) == 96
    with pytest.raises(InputError, match="from 64 to 1024"):
        encode(method, picture(90, 90), 8)
    with pytest.raises(InputError, match="too narrow"):
        encode(method, picture(900, 90))


def test_codes_are_kept_in_a_file(method: SwappingAutoencoder, tmp_path: Path) -> None:
    codes = encode(method, picture(90, 64))
    save_codes(codes, tmp_path / "codes.safetensors")
    again = load_codes(tmp_path / "codes.safetensors")
    assert (again.size, again.step) == (codes.size, codes.step)
    assert np.array_equal(again.structure, codes.structure)
    assert difference(decode(method, again), decode(method, codes)) == 0


def damaged(folder: Path, **changes: object) -> Path:
    path = folder / "codes.safetensors"
    arrays = {"structure": np.zeros((4, 2, 2), np.float32), "texture": np.zeros(12, np.float32)}
    header = {"format": FORMAT, "width": "8", "height": "8", "step": "4"}
    for name, value in changes.items():
        (arrays if isinstance(value, np.ndarray) else header)[name] = value  # type: ignore[index]
    save_file(arrays, path, header)
    return path


def test_files_that_hold_no_codes_are_refused(tmp_path: Path, swapper: str) -> None:
    assert load_codes(damaged(tmp_path)).size == (8, 8)
    for changes in (
        {"width": "eight"},
        {"width": "9"},
        {"height": "0"},
        {"format": "other"},
        {"structure": np.zeros((2, 2), np.float32)},
        {"structure": np.zeros(4, np.float32)},
        {"texture": np.zeros((1, 12), np.float32)},
    ):
        with pytest.raises(InputError, match="codes"):
            load_codes(damaged(tmp_path, **changes))
    (tmp_path / "text.safetensors").write_text("no")
    for path in (tmp_path / "text.safetensors", tmp_path / "nothing.safetensors", Path(swapper)):
        with pytest.raises(InputError, match="no codes"):
            load_codes(path)


def test_codes_become_a_picture_with_their_own_texture_or_anothers(
    swapper_model: LoadedModel, method: SwappingAutoencoder
) -> None:
    codes, other = (encode(method, picture(64, 64, seed)) for seed in (0, 1))
    rebuilt, none, half, whole = (
        decode_codes(codes, swapper_model, texture, strength)
        for texture, strength in ((None, 1), (other, 0), (other, 0.5), (other, 1))
    )
    assert difference(rebuilt, decode(method, codes)) == 0
    assert difference(none, rebuilt) < 0.01
    assert difference(whole, decode(method, codes.textured(other))) == 0
    assert difference(whole, rebuilt) > difference(half, rebuilt) > 0
    with pytest.raises(InputError, match="strength"):
        decode_codes(codes, swapper_model, other, 2)


def test_codes_of_another_model_are_refused(
    swapper_model: LoadedModel, method: SwappingAutoencoder
) -> None:
    codes = encode(method, picture(64, 64))
    for stranger in (
        Codes(np.zeros((3, 2, 2)), np.zeros(12), (8, 8), 4),
        Codes(np.zeros((4, 2, 2)), np.zeros(11), (8, 8), 4),
    ):
        with pytest.raises(InputError, match="another model"):
            decode(method, stranger)
        for pair in ((codes, stranger), (stranger, codes)):
            with pytest.raises(InputError, match="another model"):
                decode_codes(pair[0], swapper_model, pair[1])


def test_other_models_have_no_codes(tmp_path: Path) -> None:
    method = CycleGAN(CycleGANConfig(width=4, blocks=1, discriminator_width=4))
    method.fitted = True
    save(method, tmp_path / "m.safetensors")
    with pytest.raises(InputError, match="no swapping autoencoder"):
        as_swapper(open_model(tmp_path / "m.safetensors"))


def test_directions_are_kept_with_the_model_and_name_what_they_do(
    method: SwappingAutoencoder,
) -> None:
    directions = method.statistics.directions
    assert directions.fitted
    lengths = directions.texture.norm(dim=1)
    assert bool((lengths.diff() <= 1e-5).all())  # the widest first
    assert directions.effects.shape == (COUNT, len(QUALITIES))
    # What changes most, a step forward makes more of.
    strongest = directions.effects.gather(1, directions.effects.abs().argmax(1, keepdim=True))
    assert bool((strongest > 0).all())


def test_an_effect_is_what_a_step_really_does(method: SwappingAutoencoder) -> None:
    effects = method.statistics.directions.effects.cpu().numpy()
    number, quality = np.unravel_index(effects.argmax(), effects.shape)
    step = method.statistics.directions.texture[number].cpu().numpy()
    gains = []
    for seed in range(4):
        codes = encode(method, picture(64, 64, seed))
        more, less = (
            qualities(decode(method, replace(codes, texture=codes.texture + way * step)))
            for way in (1, -1)
        )
        gains.append(more[quality] - less[quality])
    assert np.mean(gains) > 0


def test_a_survey_takes_two_pictures(method: SwappingAutoencoder) -> None:
    before = {name: value.clone() for name, value in method.statistics.state_dict().items()}
    assert "at least two" in fit_statistics(method, [picture(64, 64)])
    for name, value in method.statistics.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize(
    ("index", "less", "more"),
    [
        (0, lambda p: p.point(lambda v: v // 2), lambda p: p),
        (1, lambda p: p.point(lambda v: 96 + v // 4), lambda p: p),
        (2, lambda p: p.convert("L").convert("RGB"), lambda p: p),
        (3, lambda p: Image.merge("RGB", p.split()[::-1]), lambda p: p),
        (4, lambda p: p.resize((16, 16)).resize((64, 64)), lambda p: p),
    ],
)
def test_qualities_are_what_their_words_say(index: int, less: object, more: object) -> None:
    grain = np.random.default_rng(0).integers(0, 90, (64, 64, 3))
    warm = Image.fromarray((grain + np.array([120, 60, 20])).astype(np.uint8))
    assert qualities(less(warm))[index] < qualities(more(warm))[index]  # type: ignore[operator]


def test_the_mean_texture_is_that_of_the_collection(method: SwappingAutoencoder) -> None:
    mean = method.statistics.directions.texture_mean
    assert 0.1 < float(mean.norm()) <= 1 + 1e-5
    assert torch.isfinite(mean).all()
