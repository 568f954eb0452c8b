"""Pictures to learn from: the same by step and seed, whatever was looked at, stopped or broken."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch import Tensor

from i2i_core.data import batches as sampling
from i2i_core.data.batches import Batches, CropSettings
from i2i_core.data.folders import Folder, readable
from i2i_core.data.implicit_pairs import ImplicitPairs
from i2i_core.devices import distributed
from i2i_core.errors import InputError
from i2i_core.images.sizes import fit_short_side
from i2i_core.images.tensors import to_tensor
from i2i_core.training.image_pool import ImagePool
from i2i_core.training.optim import linear_decay

SMALL = CropSettings(size=16, load_size=20)
ORIENTATION = 0x0112


def picture(seed: int, width: int = 30, height: int = 24) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def pictures(count: int, first: int = 0) -> list[Image.Image]:
    return [picture(first + number) for number in range(count)]


def flat(count: int, side: int = 20) -> list[Image.Image]:
    """Pictures of one grey each, which tells their numbers."""
    return [Image.new("RGB", (side, side), (number,) * 3) for number in range(count)]


def numbers(batch: Tensor) -> list[int]:
    return [round((float(crop.mean()) + 1) / 2 * 255) for crop in batch]


def same(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> bool:
    return torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


class Holed(Sequence[Image.Image]):
    """Pictures of which some cannot be read; counts how often each is opened."""

    def __init__(self, pictures: list[Image.Image], holes: set[int] = frozenset()) -> None:
        self.pictures, self.holes = pictures, holes
        self.opened = [0] * len(pictures)

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        self.opened[index] += 1
        if index in self.holes:
            raise InputError(f"number {index} is damaged")
        return self.pictures[index]


# By step and seed


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


# Pairs and epochs


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


# Sizes


@pytest.mark.parametrize("size", [(40, 160), (160, 40), (8, 8), (9, 80), (20, 20), (21, 20)])
@pytest.mark.parametrize("paired", [True, False])
def test_pictures_of_any_shape_give_crops_of_the_size(size: tuple[int, int], paired: bool) -> None:
    side = [picture(0, *size)]
    a, b = Batches(side, side, CropSettings(16, 20), batch=3, paired=paired)[0]
    assert a.shape == b.shape == (3, 3, 16, 16)
    assert float(a.std()) > 0.02


@pytest.mark.parametrize(
    ("size", "side", "expected"),
    [
        ((40, 30), 15, (20, 15)),
        ((30, 40), 60, (60, 80)),
        ((30, 30), 30, (30, 30)),
        ((100, 33), 11, (33, 11)),
        ((1000, 333), 16, (48, 16)),
        ((333, 1001), 286, (286, 860)),
    ],
)
def test_fit_short_side(size: tuple[int, int], side: int, expected: tuple[int, int]) -> None:
    assert fit_short_side(Image.new("RGB", size), side).size == expected


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


# Files


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


def save_rotated(path: Path) -> None:
    """A picture with a white left half, which its file says is to be turned by 90 degrees."""
    stored = Image.new("RGB", (24, 40), "black")
    stored.paste("white", (0, 0, 24, 20))  # the upper half of what is stored
    exif = Image.Exif()
    exif[ORIENTATION] = 8  # turn it anticlockwise to see it upright
    stored.save(path, exif=exif, quality=95)


def save_deep(path: Path) -> None:
    values = np.zeros((24, 40), np.uint16)
    values[:, :20] = 65535
    Image.fromarray(values).save(path)


def save_grey(path: Path) -> None:
    values = np.zeros((24, 40), np.uint8)
    values[:, :20] = 255
    Image.fromarray(values).save(path)


def save_transparent(path: Path) -> None:
    image = Image.new("RGBA", (40, 24), (0, 0, 0, 255))
    image.paste((90, 20, 20, 0), (0, 0, 20, 24))
    image.save(path)


def save_palette(path: Path) -> None:
    image = Image.new("P", (40, 24), 1)
    image.putpalette([255, 255, 255, 0, 0, 0])
    image.paste(0, (0, 0, 20, 24))
    image.save(path)


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("rotated.jpg", save_rotated),
        ("deep.png", save_deep),
        ("grey.png", save_grey),
        ("transparent.png", save_transparent),
        ("palette.png", save_palette),
        ("palette.gif", save_palette),
    ],
)
def test_every_kind_of_file_becomes_the_picture_that_is_seen(
    name: str, save: Callable[[Path], None], tmp_path: Path
) -> None:
    save(tmp_path / name)
    side = Folder(tmp_path)
    batches = Batches(side, side, CropSettings(24, 24, flip=False), batch=30)
    assert side[0].size == (40, 24)
    crops = batches[0][0]
    assert not batches.skipped
    assert crops.shape == (30, 3, 24, 24)
    left, right = crops[..., 0], crops[..., -1]
    assert float(left.mean()) > 0.9  # white: every crop begins left of the middle
    assert float(right.mean()) < -0.9  # and ends right of it


def broken_folder(path: Path, good: int = 4) -> Folder:
    """`good` pictures and three files that cannot be read among them."""
    path.mkdir()
    for number, image in enumerate(pictures(good)):
        image.save(path / f"{number}.png")
    (path / "1-text.png").write_text("not a picture")
    (path / "2-empty.png").write_bytes(b"")
    whole = io.BytesIO()
    picture(9, 200, 200).save(whole, "JPEG")
    (path / "3-cut.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    return Folder(path)


BROKEN = {"1-text.png", "2-empty.png", "3-cut.jpg"}


def test_files_that_cannot_be_read_are_skipped_and_named(tmp_path: Path) -> None:
    side = broken_folder(tmp_path / "a")
    assert len(side) == 7
    with Batches(side, pictures(2, 50), SMALL) as batches:
        found = [batches[step] for step in range(7)]
        assert set(batches.skipped) == BROKEN
        assert all(name in reason for name, reason in batches.skipped.items())
    assert all(a.shape == (1, 3, 16, 16) for a, _ in found)
    with Batches(side, pictures(2, 50), SMALL) as resumed:  # which has not met them yet
        assert all(same(resumed[step], found[step]) for step in range(4, 7))
    assert len(list(readable(side))) == 4


def test_pairs_with_a_broken_half_are_skipped_and_the_others_stay_pairs() -> None:
    a, b = Holed(flat(6), {1}), Holed(flat(6), {4})
    batches = Batches(a, b, SMALL, paired=True)
    found = [batches[step] for step in range(12)]
    for one, other in found:
        assert numbers(one) == numbers(other)
    assert {numbers(one)[0] for one, _ in found} == {0, 2, 3, 5}
    assert batches.skipped == {
        "picture 2": "number 1 is damaged",
        "picture 5": "number 4 is damaged",
    }
    resumed = Batches(a, b, SMALL, paired=True)
    assert all(same(resumed[step], found[step]) for step in range(11, 5, -1))


def test_pairs_of_different_shapes_are_skipped() -> None:
    a, b = flat(3), flat(3)
    b[1] = b[1].resize((30, 20))
    b[2] = b[2].resize((41, 40))  # another size of the same shape, but for rounding
    batches = Batches(a, b, SMALL, batch=6, paired=True)
    assert set(numbers(batches[0][0])) == {0, 2}
    assert list(batches.skipped) == ["picture 2"]
    assert "shape" in batches.skipped["picture 2"]


@pytest.mark.parametrize("paired", [True, False])
def test_when_nothing_can_be_read_that_is_said(paired: bool) -> None:
    holed = Holed(flat(3), {0, 1, 2})
    with (
        pytest.raises(InputError, match=r"None of the 3 .*number \d is damaged"),
        Batches(holed, flat(3), SMALL, paired=paired) as batches,
    ):
        batches[0]


def test_sides_that_cannot_be_learnt_from_are_refused() -> None:
    with pytest.raises(InputError, match="no pictures on side A"):
        Batches([], flat(2), SMALL)
    with pytest.raises(InputError, match="no pictures on side B"):
        Batches(flat(2), [], SMALL)
    with pytest.raises(InputError, match="3 pictures on side A do not match 2"):
        Batches(flat(3), flat(2), SMALL, paired=True)


# Implicit pairs


@pytest.mark.parametrize(
    ("own", "fraction", "added"),
    [(6, 0.25, 2), (6, 0.5, 6), (9, 0.1, 1), (5, 0.0, 0), (4, 0.8, 16)],
)
def test_mixed_adds_as_many_as_make_up_the_fraction(own: int, fraction: float, added: int) -> None:
    mixed = ImplicitPairs(flat(own), pictures(3), fraction)
    assert len(mixed) == own + added
    assert added / len(mixed) == pytest.approx(fraction, abs=0.06)


def test_mixed_goes_through_the_pairs_again_and_again() -> None:
    own, pairs = flat(4), pictures(3)
    mixed = ImplicitPairs(own, pairs, 0.5)
    assert list(mixed) == [*own, *pairs, pairs[0]]
    assert mixed.names == [
        *(f"picture {i}" for i in (1, 2, 3, 4)),
        "pair 1",
        "pair 2",
        "pair 3",
        "pair 1",
    ]
    with pytest.raises(IndexError):
        mixed[8]
    assert list(ImplicitPairs(own, [], 0.5)) == own


def test_mixed_keeps_the_names_of_files(tmp_path: Path) -> None:
    side = broken_folder(tmp_path / "a")
    mixed = ImplicitPairs(side, flat(2), 0.2)
    assert mixed.names == [*side.names, "pair 1", "pair 2"]
    batches = Batches(mixed, flat(2), SMALL, batch=9)
    assert batches[0][0].shape == (9, 3, 16, 16)
    assert set(batches.skipped) == BROKEN


@pytest.mark.parametrize("fraction", [-0.1, 1.0])
def test_impossible_fractions_are_refused(fraction: float) -> None:
    with pytest.raises(InputError, match="choose one from 0 to"):
        ImplicitPairs(flat(2), flat(2), fraction)


# The image pool


def one_value(number: int) -> Tensor:
    return torch.full((1, 3, 2, 2), float(number))


def test_a_pool_fills_first_and_then_gives_back_an_old_one_half_of_the_time() -> None:
    torch.manual_seed(0)
    pool = ImagePool(10)
    for number in range(10):
        assert float(pool.query(one_value(number)).mean()) == number
    given, old = set(range(10)), 0
    returned: list[int] = []
    for number in range(10, 410):
        found = round(float(pool.query(one_value(number)).mean()))
        given.add(number)
        assert found in given
        old += found != number
        returned.append(found)
    assert 160 < old < 240
    assert len(set(returned)) == 400  # an old one goes out once, for the new one in its place
    held = {round(float(x.mean())) for x in pool.pictures}
    assert len(pool.pictures) == 10
    assert held | set(returned) == given


def test_a_pool_takes_whole_batches_and_holds_no_graph() -> None:
    pool = ImagePool(3)
    batch = torch.cat([one_value(n) for n in range(3)]).requires_grad_()
    found = pool.query(batch * 2)
    assert torch.equal(found, batch.detach() * 2)
    assert not found.requires_grad
    assert not any(held.requires_grad for held in pool.pictures)
    assert pool.query(torch.ones(5, 3, 2, 2)).shape == (5, 3, 2, 2)
    assert len(pool.pictures) == 3


def test_a_pool_of_none_gives_the_new_ones() -> None:
    pool = ImagePool(0)
    for number in range(20):
        assert float(pool.query(one_value(number)).mean()) == number
    assert not pool.pictures


def test_a_pool_follows_torchs_generator() -> None:
    runs = []
    for _ in range(2):
        torch.manual_seed(5)
        pool = ImagePool(4)
        runs.append([float(pool.query(one_value(n)).mean()) for n in range(40)])
    assert runs[0] == runs[1]


def test_what_a_pool_held_goes_out_in_the_kind_of_what_comes_in() -> None:
    """As it must when it was read from a file while the fit runs on a graphics card."""
    torch.manual_seed(0)
    pool = ImagePool(1)
    pool.pictures = [one_value(1)]
    for _ in range(20):
        assert pool.query(torch.zeros(1, 3, 2, 2, dtype=torch.double)).dtype == torch.double


# The learning rate


def test_the_rate_is_constant_and_then_falls_in_a_line() -> None:
    # 100 + 100 of the published schedule: 1 − (epoch − 99)/101.
    rates = [linear_decay(step, 200, 0.5) for step in range(200)]
    assert rates[:100] == [1.0] * 100
    assert rates[100:] == pytest.approx([1 - (step - 99) / 101 for step in range(100, 200)])
    assert rates[199] == pytest.approx(1 / 101)
    assert [linear_decay(step, 4, 0.0) for step in range(4)] == pytest.approx([0.8, 0.6, 0.4, 0.2])
    assert [linear_decay(step, 4, 1.0) for step in range(4)] == [1.0] * 4
    assert linear_decay(0, 1, 0.5) == 1.0
