"""CUT and CycleGAN: contrast, cycle and identity, rules, implicit pairs, one side grey."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.data.batches import Batches
from i2i_core.data.implicit_pairs import Pictures
from i2i_core.errors import InputError
from i2i_core.finetuning.run import Pace, run_fit
from i2i_core.methods.cut import CUT, CUTConfig
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig
from i2i_core.methods.heuristics import HEURISTICS, colour_transfer, lightness
from i2i_core.networks.layers import BlurDown
from tests.helpers import SMALL, A, B, noisy

LITTLE = {**SMALL, "width": 4}

CUT_CONFIG = CUTConfig(blocks=1, nce_layers=(0, 4, 12), nce_patches=16, **LITTLE)


def losses(method: CycleGAN | CUT) -> list[dict[str, float]]:
    return [dict(record.losses) for record in method.fit(A, B)]


def test_cyclegan_comes_back_to_where_it_was() -> None:
    config = CycleGANConfig(
        width=8, blocks=1, discriminator_width=4, crop_size=32, load_size=32, steps=60,
        learning_rate=2e-3,
    )  # fmt: skip
    first, *_, last = (record.losses["cycle"] for record in CycleGAN(config).fit(A, B))
    assert last < 0.7 * first


def test_cut_learns_to_tell_the_own_patch_from_others() -> None:
    config = replace(CUT_CONFIG, width=8, steps=60, learning_rate=2e-3)
    first, *_, last = (record.losses["NCE"] for record in CUT(config).fit(A, B))
    assert last < 0.8 * first


@pytest.mark.parametrize("kind", [CycleGAN, CUT])
def test_pairs_are_mixed_unmarked_into_both_sides(
    kind: type[CycleGAN] | type[CUT], monkeypatch: pytest.MonkeyPatch
) -> None:
    sides: list[list[Image.Image]] = []

    def batches(a: Pictures, b: Pictures, *more: Any, **settings: Any) -> Batches:
        sides.extend([side[number] for number in range(len(side))] for side in (a, b))
        return Batches(a, b, *more, **settings)

    monkeypatch.setattr(f"{kind.__module__}.Batches", batches)
    config = CUT_CONFIG if kind is CUT else CycleGANConfig(blocks=1, **LITTLE)
    method = kind(replace(config, pair_fraction=0.4))  # type: ignore[arg-type]
    pair = noisy((9, 9, 9), (90, 9, 9), 9, 0), noisy((9, 9, 90), (9, 90, 9), 9, 0)
    pace = Pace(record=0)
    first, *_ = run_fit(method, A, B, None, pairs=([pair[0]], [pair[1]]), pace=pace)
    assert sides == [[*A, pair[0], pair[0]], [*B, pair[1], pair[1]]]  # two of five are 0.4
    assert set(first.losses) == set(losses(kind(config))[0])  # type: ignore[arg-type]  # no new one


@pytest.mark.parametrize("kind", [CycleGAN, CUT])
def test_a_rule_adds_one_loss_and_is_off_by_default(kind: type[CycleGAN] | type[CUT]) -> None:
    config = CUT_CONFIG if kind is CUT else CycleGANConfig(blocks=1, **LITTLE)
    assert config.heuristic == ""
    plain = losses(kind(config))[0]  # type: ignore[arg-type]
    ruled = losses(kind(replace(config, heuristic="colour transfer")))[0]  # type: ignore[arg-type]
    assert set(ruled) - set(plain) == {"heuristic"}
    assert ruled["heuristic"] > 0
    with pytest.raises(InputError, match="colour transfer"):
        replace(config, heuristic="magic")


def test_colour_transfer_gives_the_target_its_moments() -> None:
    source = torch.rand(1, 3, 16, 16) - 0.5
    target = 0.3 * torch.rand(1, 3, 20, 20) + 0.1
    moved = colour_transfer(source, target)
    assert torch.allclose(moved.mean((2, 3)), target.mean((2, 3)), atol=1e-3)
    assert torch.allclose(moved.std((2, 3)), target.std((2, 3)), atol=1e-3)
    grey = lightness(source, target)
    assert torch.equal(grey[:, 0], grey[:, 2])
    assert set(HEURISTICS) == {"colour transfer", "lightness"}


def test_fastcut_is_the_papers() -> None:
    config = CUT.from_preset("fastcut").config
    assert CUT.variants == {"FastCUT": "fastcut"}
    assert (config.nce_weight, config.nce_identity, config.flip_equivariance) == (10, False, True)
    assert (config.epochs, config.decay_start) == (200, 0.75)  # 150 and 50
    small = replace(CUT_CONFIG, nce_identity=False, flip_equivariance=True, nce_weight=10)
    assert set(losses(CUT(small))[0]) == {"discriminator", "adversarial", "NCE"}


def test_external_negatives_are_those_of_the_batch() -> None:
    config = replace(CUT_CONFIG, batch=2)
    inside = losses(CUT(config))[0]["NCE"]
    outside = losses(CUT(replace(config, negatives="external")))[0]["NCE"]
    assert outside > inside + 0.2  # twice as many to be told apart


def test_layers_to_compare_must_be_the_encoders() -> None:
    with pytest.raises(InputError, match="12"):
        CUTConfig(blocks=1, nce_layers=(0, 13))
    with pytest.raises(InputError, match="layers"):
        CUTConfig(nce_layers=())


def test_a_one_way_cyclegan_translates_but_cannot_be_fitted() -> None:
    method = CycleGAN(CycleGANConfig(blocks=1, both=False, **LITTLE))
    assert not method.capabilities.two_way
    with pytest.raises(InputError, match="both directions"):
        next(method.fit(A, B))


def test_grey_on_one_side_only_leaves_no_identity() -> None:
    with pytest.raises(InputError, match="identity_weight"):
        CycleGANConfig(blocks=1, in_channels=1, **LITTLE)
    with pytest.raises(InputError, match="nce_identity"):
        CUTConfig(out_channels=1)
    both = CycleGAN(CycleGANConfig(blocks=1, in_channels=1, identity_weight=0, **LITTLE))
    list(both.fit(A, B))
    back = np.asarray(both.translate(B[0], reverse=True))
    assert (back[..., 0] == back[..., 2]).all()


@pytest.mark.parametrize("channels", [{"in_channels": 1}, {"out_channels": 1}])
def test_cut_cannot_compare_grey_with_colour(channels: dict[str, int]) -> None:
    """An imported one translates, but its encoder takes pictures of one of its sides only."""
    method = CUT(replace(CUT_CONFIG, nce_identity=False, **channels))
    with pytest.raises(InputError, match="grey on one side only"):
        next(method.fit(A, B))
    assert not method.fitted
    method.fitted = True
    assert method.translate(A[0]).size == A[0].size


def test_a_lazy_identity_comes_now_and_then_and_counts_as_much() -> None:
    settings = {**SMALL, "width": 4, "blocks": 1}
    always = list(CycleGAN(CycleGANConfig(**settings)).fit(A, B))
    lazy = list(CycleGAN(CycleGANConfig(identity_every=3, **settings)).fit(A, B))
    assert ["identity" in record.losses for record in always] == [True] * 4
    assert ["identity" in record.losses for record in lazy] == [True, False, False, True]
    first, other = (records[0].losses["identity"] for records in (always, lazy))
    assert other == pytest.approx(3 * first, rel=1e-4)


@pytest.mark.parametrize("whole", [True, False])
def test_cut_sees_whole_pictures_at_the_end_if_it_is_to(
    whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[int | None] = []

    def batches(*sides: object, whole_from: int | None, **settings: object) -> Batches:
        starts.append(whole_from)
        return Batches(*sides, whole_from=whole_from, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr("i2i_core.methods.cut.Batches", batches)
    settings = {**SMALL, "width": 4, "blocks": 1, "nce_layers": (0, 4)}
    next(CUT(CUTConfig(**settings, full_images_at_end=whole)).fit(A, B))
    assert starts == [2 if whole else None]


def test_a_cut_discriminator_can_be_plain() -> None:
    for antialias in (True, False):
        config = CUTConfig(
            width=4, blocks=1, nce_layers=(0, 4), discriminator_antialias=antialias, **SMALL
        )
        blurs = [m for m in CUT(config).discriminator.modules() if isinstance(m, BlurDown)]
        assert bool(blurs) == antialias


@pytest.mark.parametrize("kind", [CycleGAN, CUT])
def test_low_frequencies_are_of_colours_on_both_sides(kind: type[CycleGAN] | type[CUT]) -> None:
    grey = {"in_channels": 1, "nce_identity": False} if kind is CUT else {"in_channels": 1}
    with pytest.raises(InputError, match="set lowpass to 0"):
        kind.Config(lowpass=8, **grey)
