"""pix2pixHD in small: its two stages, its discriminators, its colours and its noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.checkpoints.checkpoint import load, load_training, save, save_training
from i2i_core.errors import InputError
from i2i_core.images.tensors import to_tensor
from i2i_core.methods.pix2pixhd import Pix2PixHD
from i2i_core.networks.layers import Noise
from i2i_core.networks.pix2pixhd import ColourCode
from tests.helpers import A, B, small


def run(method: Pix2PixHD, steps: int | None = None) -> list[dict[str, float]]:
    records = []
    work = method.fit(A, B)
    for progress in work:
        records.append(dict(progress.losses))
        if len(records) == steps:
            work.close()
    return records


def copy_of(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


def moved(module: torch.nn.Module, before: dict[str, torch.Tensor]) -> bool:
    return any(not torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_the_coarse_network_learns_alone_first() -> None:
    method = small()
    fine, judge = copy_of(method.generator.refine), copy_of(method.discriminators["fine"])
    coarse = copy_of(method.generator.coarse)
    records = run(method, 2)
    assert moved(method.generator.coarse, coarse)
    assert not moved(method.generator.refine, fine)
    assert not moved(method.discriminators["fine"], judge)
    assert all("fine" not in name for record in records for name in record)
    coarse = copy_of(method.generator.coarse)
    records = run(method)
    assert {"adversarial (fine)", "matching (fine)", "discriminator (fine)"} <= set(records[0])
    assert moved(method.generator.refine, fine)
    assert moved(method.discriminators["fine"], judge)
    assert moved(method.generator.coarse, coarse)


def test_without_adversaries_they_are_not_touched() -> None:
    method = small(adversarial_weight=0.0, matching_weight=0.0)
    before = copy_of(method.discriminators)
    records = run(method)
    assert not moved(method.discriminators, before)
    assert set(records[-1]) == {"L1"}


def test_it_learns_one_pair() -> None:
    method = small(
        steps=160, coarse=0.4, decay_start=1.0, learning_rate=3e-3, load_size=32, flip=False,
        width=8, matching_weight=1.0,
    )  # fmt: skip
    square = A[0].resize((32, 32)), B[0].resize((32, 32))
    losses = [p.losses["L1"] for p in method.fit([square[0]], [square[1]])]
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:10])
    made = to_tensor(method.translate(square[0], reference=square[1]))
    assert (made - to_tensor(square[1])).abs().mean() < 0.14


def test_stopping_between_the_stages_changes_nothing(tmp_path: Any) -> None:
    whole, halved = small(noise=True, ema=0.9), small(noise=True, ema=0.9)
    run(whole)
    run(halved, 2)
    save_training(halved, tmp_path / "m.training.safetensors")
    resumed = load_training(tmp_path / "m.training.safetensors")
    run(resumed)  # type: ignore[arg-type]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_seeds_draw_colours_and_a_reference_brings_its_own() -> None:
    method = small(steps=200, coarse=1.0, learning_rate=4e-3, code=4)
    grey = [A[0]] * 3
    shades = [Image.new("RGB", (64, 32), colour) for colour in ("red", "lime", "blue")]
    for _ in method.fit(grey, shades):
        pass
    same = [np.asarray(method.translate(A[0], seed=seed), float) for seed in (0, 0, 1, 2)]
    assert np.array_equal(same[0], same[1])
    assert np.abs(same[2] - same[3]).mean() > 2
    red, blue = (
        np.asarray(method.translate(A[0], reference=shade), float) for shade in shades[::2]
    )
    assert (red - blue)[..., 0].mean() > 20
    assert (blue - red)[..., 2].mean() > 20


def test_noise_depends_on_the_seed_alone() -> None:
    method = small(noise=True, code=0)
    run(method)
    for module in method.generator.modules():
        if isinstance(module, Noise):
            torch.nn.init.ones_(module.strength)
    assert method.capabilities.takes_seed
    one, two, again = (np.asarray(method.translate(A[0], seed=seed), float) for seed in (1, 2, 1))
    assert np.array_equal(one, again)
    assert np.abs(one - two).mean() > 0.5


def test_a_model_that_learns_on_keeps_its_colour_code() -> None:
    method = small()
    run(method)
    saved = method.inference_state_dict()
    other = small(coarse=0.0)
    other.load_inference_state_dict(saved)
    colours = other.generator.colours
    assert colours is not None
    before = colours.basis.clone()
    for _ in other.fit(A, [Image.new("RGB", (64, 32), "red")] * 3):
        pass
    assert torch.equal(colours.basis, before)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"adversarial": "wasserstein"}, "adversarial"),
        ({"coarse": 1.5}, "coarse"),
        ({"code": 99}, "code"),
        ({"crop_size": 40, "load_size": 40}, "multiple of 16"),
        ({"discriminator_layers": 4}, "too small"),
    ],
)
def test_settings_that_cannot_work_are_named(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        small(**changes)


def test_every_part_of_the_enhancer_waits_for_its_stage() -> None:
    method = small(noise=True)
    parts = {name: part for name, part in method.generator.named_children() if name != "coarse"}
    parts = {name: part for name, part in parts.items() if list(part.parameters())}
    assert set(parts) == {"widen", "refine", "enlarge", "whole", "last", "noises"}
    before = {name: copy_of(part) for name, part in parts.items()}
    run(method, 2)
    assert not any(moved(part, before[name]) for name, part in parts.items())
    run(method)
    assert all(moved(part, before[name]) for name, part in parts.items())


@pytest.mark.parametrize(("coarse", "stages"), [(0.0, "ffff"), (0.25, "cfff"), (1.0, "cccc")])
def test_the_share_of_the_coarse_stage_is_that_of_the_steps(coarse: float, stages: str) -> None:
    records = run(small(coarse=coarse))
    found = "".join("f" if "discriminator (fine)" in record else "c" for record in records)
    assert found == stages
    assert all("discriminator (coarse)" in record for record in records)


def test_either_of_its_adversarial_terms_can_be_had_alone() -> None:
    for changes in ({"adversarial_weight": 0.0}, {"matching_weight": 0.0}):
        method = small(coarse=0.0, **changes)
        before = copy_of(method.discriminators)
        (record, *_) = run(method)
        assert moved(method.discriminators, before)
        nothing = next(iter(changes)).removesuffix("_weight")
        assert record.get(f"{nothing} (fine)", 0) == 0
        assert all(value > 0 for name, value in record.items() if nothing not in name)


@pytest.mark.parametrize("noise", [False, True])
def test_grey_pictures_can_be_made_with_a_code(noise: bool) -> None:
    method = small(in_channels=1, out_channels=1, noise=noise, ema=0.9)
    shades = [Image.new("RGB", (64, 32), (value,) * 3) for value in (40, 120, 200)]
    for _ in method.fit(A, shades):
        pass
    made = np.asarray(method.translate(A[0], reference=shades[0]))
    assert made.shape == (32, 64, 3)
    assert (made[..., 0] == made[..., 2]).all()
    # Grey levels of −0.69, −0.06 and 0.57 deviate alike by √48 times their own deviation, 0.627.
    colours = method.generator.colours
    assert colours is not None
    codes = torch.cat([colours(to_tensor(shade)[:, :1] * 2 - 1) for shade in shades])
    assert codes[:, 0].abs().tolist() == pytest.approx([1, 0, 1], abs=0.01)
    assert not codes[:, 1].any()


def test_without_a_code_a_reference_is_passed_over() -> None:
    method = small(code=0)
    run(method)
    plain = method.translate(A[0])
    assert method.translate(A[0], reference=B[1], seed=3).tobytes() == plain.tobytes()


class Unreadable(list[Image.Image]):
    def __getitem__(self, index: Any) -> Any:
        raise InputError("holiday.png is not a picture.")


@pytest.mark.parametrize(
    ("a", "b", "sentence"),
    [
        ([], [], "no pictures on side A"),
        (A, [], "no pictures on side B"),
        (A, B[:2], "Pairs are needed"),
        (A, Unreadable(B), "None of the 3 pairs"),
        (Unreadable(A), Unreadable(B), "holiday"),
    ],
)
def test_what_cannot_be_learnt_from_is_said_in_a_sentence(
    a: list[Image.Image], b: list[Image.Image], sentence: str
) -> None:
    method = small()
    with pytest.raises(InputError, match=sentence):
        next(method.fit(a, b))
    assert not method.fitted


def test_a_photograph_that_cannot_be_read_is_left_out_of_the_colours_too() -> None:
    class Some(list[Image.Image]):
        def __getitem__(self, index: Any) -> Any:
            if index == 1:
                raise InputError("holiday.png is not a picture.")
            return super().__getitem__(index)

    method = small()
    for _ in method.fit(Some(A), Some(B)):
        pass
    known, colours = ColourCode(2), method.generator.colours
    assert colours is not None
    known.measure([to_tensor(B[0]) * 2 - 1, to_tensor(B[2]) * 2 - 1])
    torch.testing.assert_close(colours.mean, known.mean)


@pytest.mark.parametrize(
    ("layers", "depth", "refused", "smallest"), [(1, 2, 8, 16), (2, 2, 16, 24), (3, 3, 32, 48)]
)
def test_the_smallest_size_that_is_named_works(
    layers: int, depth: int, refused: int, smallest: int
) -> None:
    settings = {"discriminator_layers": layers, "depth": depth, "coarse": 0.0, "steps": 1}
    with pytest.raises(InputError, match=f"Crops of {refused} .* at least {smallest}"):
        small(**settings, crop_size=refused, load_size=64)
    run(small(**settings, crop_size=smallest, load_size=64))


def test_a_models_file_brings_its_colour_code(tmp_path: Any) -> None:
    method = small(ema=0.9)
    run(method)
    save(method, tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert again.capabilities.takes_seed
    for name, value in method.generator.colours.state_dict().items():  # type: ignore[union-attr]
        assert value.any()
        assert torch.equal(value, again.generator.colours.state_dict()[name])  # type: ignore[operator, union-attr]
    for seed in (0, 5):
        one, other = (np.asarray(m.translate(A[0], seed=seed), int) for m in (method, again))
        assert np.abs(one - other).max() <= 1
