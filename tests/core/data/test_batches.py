"""Batches of crops: the same by step and seed, whatever was looked at or stopped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch import Tensor

from i2i_core.data import batches as sampling
from i2i_core.data.batches import Batches, CropSettings
from i2i_core.devices import distributed
from i2i_core.images.sizes import fit_short_side
from i2i_core.images.tensors import to_tensor
from tests.core.data.numbered_pictures import (
    SMALL,
    Holed,
    flat,
    numbers,
    picture,
    pictures,
    same,
)


@pytest.mark.parametrize("paired", [True, False])
def test_a_batch_depends_on_seed_and_step_alone(paired: bool) -> None:
    def batches(seed: int = 3) -> Batches:
        return Batches(pictures(5), pictures(5, 50), SMALL, batch=2, paired=paired, seed=seed)

    plain = [batches()[step] for step in range(8)]
    for a, b in plain:
        assert a.shape == b.shape == (2, 3, 16, 16)
        assert a.dtype == torch.float32
        assert -1 <= float(a.min()) < float(a.max()) <= 1
    with batches() as ahead:
        assert all(same(ahead[step], plain[step]) for step in range(8))
    with batches() as resumed:
        assert all(same(resumed[step], plain[step]) for step in range(5, 8))
    with batches() as jumping:
        assert all(same(jumping[step], plain[step]) for step in (6, 2, 3, 3, 0, 7))
    assert not any(same(batches(4)[step], plain[step]) for step in range(8))
    assert not any(same(plain[step], plain[step + 1]) for step in range(7))


def test_looking_elsewhere_and_torchs_generator_change_nothing() -> None:
    batches = Batches(pictures(3), pictures(3, 50), SMALL)
    torch.manual_seed(0)
    state = torch.get_rng_state()
    first = batches[4]
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(1)
    assert same(batches[4], first)


def test_batches_can_be_used_again_after_the_with() -> None:
    batches = Batches(pictures(3), pictures(3, 50), SMALL)
    with batches:
        first = batches[0]
    assert same(batches[0], first)
    with batches:
        assert same(batches[0], first)


def test_pairs_are_cut_and_mirrored_alike() -> None:
    a = pictures(4)
    b = [ImageOps.invert(one) for one in a]
    batches = Batches(a, b, CropSettings(16, 20), batch=4, paired=True)
    for step in range(4):
        one, other = batches[step]
        torch.testing.assert_close(one, -other, atol=0.02, rtol=0)  # but for rounding
        assert float(one.std()) > 0.1


def test_pairs_of_two_resolutions_are_cut_alike() -> None:
    a = [picture(1).resize((60, 48)), picture(2).resize((40, 40))]
    b = [one.resize((2 * one.width, 2 * one.height), Image.Resampling.BICUBIC) for one in a]
    one, other = Batches(a, b, CropSettings(32, 40), batch=6, paired=True)[0]
    assert float((one - other).abs().mean()) < 0.05
    assert float(one.std()) > 0.2


@pytest.mark.parametrize("paired", [True, False])
def test_mirroring_happens_half_of_the_time_or_never(paired: bool) -> None:
    whole = [picture(0, 16, 16)]
    expected = to_tensor(whole[0]) * 2 - 1
    for flip in (True, False):
        batches = Batches(whole, whole, CropSettings(16, 16, flip), batch=60, paired=paired)
        mirrored = 0
        for crop in batches[0][0].split(1):
            assert torch.equal(crop, expected) or torch.equal(crop, expected.flip(3))
            mirrored += torch.equal(crop, expected.flip(3))
        assert 15 < mirrored < 45 if flip else not mirrored


def test_crops_come_from_everywhere() -> None:
    wide = Image.fromarray(np.arange(64, dtype=np.uint8)[None].repeat(16, 0)).convert("RGB")
    batch = Batches([wide], [wide], CropSettings(16, 16, flip=False), batch=300)[0][0]
    left = {round((float(crop[0, 0, 0]) + 1) / 2 * 255) for crop in batch}
    assert left == set(range(64 - 16 + 1))


@pytest.mark.parametrize("longer", ["a", "b"])
def test_unpaired_an_epoch_goes_once_through_the_longer_side(longer: str) -> None:
    sides = (flat(7), flat(3)) if longer == "a" else (flat(3), flat(7))
    batches = Batches(*sides, SMALL)
    assert batches.epoch_length == 7
    orders, others = [], []
    for epoch in range(6):
        steps = [batches[7 * epoch + step] for step in range(7)]
        a, b = ([numbers(step[side])[0] for step in steps] for side in (0, 1))
        long, short = (a, b) if longer == "a" else (b, a)
        assert sorted(long) == list(range(7))
        orders.append(tuple(long))
        others.append(tuple(short))
    assert len(set(orders)) > 1
    assert len(set(others)) > 1
    assert {number for other in others for number in other} == {0, 1, 2}


def test_unpaired_sides_of_one_length_are_not_tied_to_each_other() -> None:
    batches = Batches(flat(5), flat(5), SMALL, batch=20)
    a, b = (numbers(side) for side in batches[0])
    assert sorted(a) == sorted([*range(5)] * 4)
    assert a != b


def test_pairs_stay_together_and_an_epoch_shows_each_once() -> None:
    batches = Batches(flat(5), flat(5), SMALL, batch=5, paired=True)
    for step in range(3):
        a, b = (numbers(side) for side in batches[step])
        assert a == b
        assert sorted(a) == list(range(5))


def test_processes_take_shares_that_do_not_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed, "world", lambda: 2)
    shares: list[list[int]] = []
    for rank in (0, 1):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        batches = Batches(flat(8), flat(8), SMALL, batch=2, paired=True)
        shares.append([number for step in range(2) for number in numbers(batches[step][0])])
    assert sorted(shares[0] + shares[1]) == list(range(8))
    assert len(shares[0]) == len(shares[1]) == 4


@pytest.mark.parametrize("size", [(40, 160), (160, 40), (8, 8), (9, 80), (20, 20), (21, 20)])
@pytest.mark.parametrize("paired", [True, False])
def test_pictures_of_any_shape_give_crops_of_the_size(size: tuple[int, int], paired: bool) -> None:
    side = [picture(0, *size)]
    a, b = Batches(side, side, CropSettings(16, 20), batch=3, paired=paired)[0]
    assert a.shape == b.shape == (3, 3, 16, 16)
    assert float(a.std()) > 0.02


def steps_at(batches: Batches, steps: Sequence[int]) -> list[tuple[Tensor, Tensor]]:
    with batches:
        return [batches[step] for step in steps]


def test_from_a_given_step_on_nothing_is_cut_off() -> None:
    side = [picture(0, 24, 24)]
    expected = to_tensor(fit_short_side(side[0], 16)) * 2 - 1
    batches = Batches(side, side, CropSettings(16, 22, flip=False), whole_from=3)
    found = [torch.equal(batches[step][0], expected) for step in range(6)]
    assert found == [False] * 3 + [True] * 3


@pytest.mark.parametrize("order", [(2, 3), (3, 2), (5, 0, 3, 2), (0, 5, 1), (2,), (3,)])
def test_what_a_step_sees_does_not_depend_on_when_the_pictures_became_whole(
    order: tuple[int, ...],
) -> None:
    def batches() -> Batches:
        return Batches(pictures(3), pictures(3, 50), CropSettings(16, 22), whole_from=3)

    plain = batches()
    expected = [plain[step] for step in range(6)]
    for step, found in zip(order, steps_at(batches(), order), strict=True):
        assert same(found, expected[step])
    jumping = batches()
    for step in order:
        assert same(jumping[step], expected[step])


def test_pictures_are_opened_once_and_crops_are_the_same_if_none_can_be_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a, b = Holed(pictures(4)), Holed(pictures(4, 50))
    kept = Batches(a, b, SMALL, paired=True)
    found = [kept[step] for step in range(12)]
    assert a.opened == b.opened == [1] * 4
    monkeypatch.setattr(sampling, "CACHE_BYTES", 0)
    forgetful = Batches(a, b, SMALL, paired=True)
    assert all(same(forgetful[step], found[step]) for step in range(12))
    assert a.opened == [1 + 3] * 4
