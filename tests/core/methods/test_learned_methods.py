"""What the learned methods do beyond the contract: pairs, rules, flips, test time, grey."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.data.batches import Batches
from i2i_core.data.implicit_pairs import ImplicitPairs
from i2i_core.errors import InputError
from i2i_core.methods import cut, cyclegan
from i2i_core.methods.cut import CUT, CUTConfig
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig
from i2i_core.methods.heuristics import HEURISTICS, colour_transfer, lightness
from i2i_core.methods.pix2pix import Pix2Pix, Pix2PixConfig
from i2i_core.methods.sincut import SinCUT, SinCUTConfig, ZoomedCrops
from i2i_core.networks.deep_features import WeightsUnavailable
from i2i_core.networks.layers import BlurDown
from i2i_core.training import perceptual as perceptual_term
from tests.contract.test_contract import ROWS, SMALL, A, B, noisy

LITTLE = {**SMALL, "width": 4}
CUT_CONFIG = CUTConfig(blocks=1, nce_layers=(0, 4, 12), nce_patches=16, **LITTLE)


def losses(method: Pix2Pix | CycleGAN | CUT | SinCUT, **more: object) -> list[dict[str, float]]:
    return [dict(record.losses) for record in method.fit(A, B, **more)]


def test_pix2pix_learns_a_pair() -> None:
    config = Pix2PixConfig(
        width=8, depth=4, discriminator_width=4, size=32, load_size=32, flip=False, steps=120,
        learning_rate=2e-3, dropout=False,
    )  # fmt: skip
    method = Pix2Pix(config)
    first, *_, last = (record.losses["L1"] for record in method.fit(A[:1] * 2, B[:1] * 2))
    assert last < 0.4 * first
    result = np.asarray(method.translate(A[0]), np.int16)
    assert np.abs(result - np.asarray(B[0], np.int16)).mean() < 30


def test_cyclegan_comes_back_to_where_it_was() -> None:
    config = CycleGANConfig(
        width=8, blocks=1, discriminator_width=4, size=32, load_size=32, steps=60,
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
    mixed: list[ImplicitPairs] = []

    class Watched(ImplicitPairs):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            mixed.append(self)

    monkeypatch.setattr(cut, "Mixed", Watched)
    monkeypatch.setattr(cyclegan, "Mixed", Watched)
    config = CUT_CONFIG if kind is CUT else CycleGANConfig(blocks=1, **LITTLE)
    method = kind(replace(config, pair_fraction=0.4))  # type: ignore[arg-type]
    pairs = [noisy((9, 9, 9), (90, 9, 9), 9, 0)], [noisy((9, 9, 90), (9, 90, 9), 9, 0)]
    found = losses(method, pairs=pairs)  # type: ignore[arg-type]
    assert [len(side) for side in mixed] == [5, 5]  # two of five are 0.4
    assert set(found[0]) == set(losses(kind(config))[0])  # type: ignore[arg-type]  # no new loss


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
    config = CUTConfig(**CUT.presets["fastcut"])
    assert (config.nce_weight, config.nce_identity, config.flip_equivariance) == (10, False, True)
    assert (config.epochs, config.constant) == (200, 0.75)  # 150 and 50
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
        SinCUTConfig(nce_layers=())


def test_test_time_is_the_papers_or_evaluation() -> None:
    config = Pix2PixConfig(depth=5, **{**LITTLE, "size": 32})
    method = Pix2Pix(replace(config, depth=5))
    list(method.fit(A, B))
    paper = method.translate(A[0])
    weights = method.state_dict()
    evaluated = Pix2Pix(replace(config, test_time="eval"))
    evaluated.load_state_dict(weights)
    evaluated.fitted = True
    assert np.asarray(paper).tobytes() != np.asarray(evaluated.translate(A[0])).tobytes()
    assert np.asarray(paper).tobytes() == np.asarray(method.translate(A[0])).tobytes()
    with pytest.raises(InputError, match="paper"):
        replace(config, test_time="train")


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.stepwise])
def test_without_weights_the_perceptual_term_is_left_out_and_that_is_said(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **settings: object) -> None:
        raise WeightsUnavailable(f"vgg16 cannot be had. {settings['without']}")

    monkeypatch.setattr(perceptual_term, "DeepFeatures", missing)
    row = ROWS[name]
    method = row.new()
    kind = type(method)
    wanted = kind(replace(method.config, perceptual_weight=1.0))  # type: ignore[type-var]
    records = list(wanted.fit(row.a, row.b))
    assert "goes on without" in records[0].note
    assert [r.losses for r in records] == [r.losses for r in method.fit(row.a, row.b)]


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.stepwise])
def test_with_weights_the_perceptual_term_is_one_loss_more(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Blurred(torch.nn.Module):
        def __init__(self, *_: object, **__: object) -> None:
            super().__init__()

        def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
            return [torch.nn.functional.avg_pool2d(x, 4)]

    monkeypatch.setattr(perceptual_term, "DeepFeatures", Blurred)
    row = ROWS[name]
    method = row.new()
    wanted = type(method)(replace(method.config, perceptual_weight=1.0))  # type: ignore[type-var]
    first = next(iter(wanted.fit(row.a, row.b)))
    assert first.losses["perceptual"] > 0
    assert first.note == ""
    assert set(wanted.state_dict()) == set(method.state_dict())


def test_grey_pictures_in_and_out() -> None:
    config = Pix2PixConfig(depth=4, in_channels=1, out_channels=1, **{**LITTLE, "size": 32})
    method = Pix2Pix(config)
    list(method.fit(A, B))
    result = np.asarray(method.translate(A[0]))
    assert (result[..., 0] == result[..., 2]).all()
    with pytest.raises(InputError, match="identity_weight"):
        CycleGANConfig(blocks=1, in_channels=1, **LITTLE)
    with pytest.raises(InputError, match="nce_identity"):
        CUTConfig(out_channels=1)
    both = CycleGAN(CycleGANConfig(blocks=1, in_channels=1, identity_weight=0, **LITTLE))
    list(both.fit(A, B))
    back = np.asarray(both.translate(B[0], reverse=True))
    assert (back[..., 0] == back[..., 2]).all()


def test_a_one_way_cyclegan_translates_but_cannot_be_fitted() -> None:
    method = CycleGAN(CycleGANConfig(blocks=1, both=False, **LITTLE))
    assert not method.two_way
    with pytest.raises(InputError, match="both directions"):
        next(method.fit(A, B))


def test_sincut_crops_come_from_its_pictures_at_the_wanted_zooms() -> None:
    config = SinCUTConfig(crop=16, load_size=48, batch=4)
    source = ZoomedCrops(Image.new("RGB", (90, 60), (255, 0, 0)), B[0], config)
    a, b = source[3]
    assert a.shape == b.shape == (4, 3, 16, 16)
    assert torch.allclose(a, torch.tensor([1.0, -1, -1]).view(1, 3, 1, 1).expand_as(a), atol=1e-4)
    assert torch.equal(b, source[3][1])
    assert not torch.equal(b, source[4][1])
    with pytest.raises(InputError, match="zoom"):
        SinCUTConfig(crop=64, load_size=100)


def test_sincut_translates_any_size() -> None:
    row = ROWS["sincut"]
    method = row.new()
    next(iter(method.fit(row.a, row.b)))
    for size in ((33, 47), (120, 18)):
        assert method.translate(A[0].resize(size)).size == size


def test_crops_that_the_discriminator_cannot_judge_are_refused() -> None:
    with pytest.raises(InputError, match="at least 48"):
        CUTConfig(size=32, load_size=32, discriminator_layers=4)
    config = Pix2PixConfig(
        width=4, depth=3, discriminator_width=4, size=24, load_size=24, steps=1, norm="instance"
    )
    list(Pix2Pix(config).fit(A, B))  # the smallest that can
    Pix2PixConfig(depth=3, size=8, load_size=8, discriminator="pixel")


def test_sincut_paints_at_the_size_it_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    row = ROWS["sincut"]
    method = row.new()
    next(iter(method.fit(row.a, row.b)))
    sizes = []
    through = type(method).forward

    def watched(self: SinCUT, source: torch.Tensor, *more: object) -> torch.Tensor:
        sizes.append(tuple(source.shape[-2:]))
        return through(self, source, *more)

    monkeypatch.setattr(SinCUT, "forward", watched)
    assert method.translate(A[0].resize((400, 300))).size == (400, 300)
    assert sizes == [(48, 64)]  # its load_size is 48


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
    settings = {**SMALL, "width": 4, "blocks": 1, "nce_layers": (0, 4), "whole": whole}
    next(CUT(CUTConfig(**settings)).fit(A, B))
    assert starts == [2 if whole else None]


def test_a_cut_discriminator_can_be_plain() -> None:
    for antialias in (True, False):
        config = CUTConfig(
            width=4, blocks=1, nce_layers=(0, 4), discriminator_antialias=antialias, **SMALL
        )
        blurs = [m for m in CUT(config).discriminator.modules() if isinstance(m, BlurDown)]
        assert bool(blurs) == antialias


@pytest.mark.parametrize("kind", [CycleGAN, CUT])
def test_tones_are_of_colours_on_both_sides(kind: type[CycleGAN] | type[CUT]) -> None:
    grey = {"in_channels": 1, "nce_identity": False} if kind is CUT else {"in_channels": 1}
    with pytest.raises(InputError, match="set tone to 0"):
        kind.Config(tone=8, **grey)
