"""Every loss against numbers worked out by hand, in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

import pytest
import torch
from torch import Tensor, nn

from i2i_core.losses.adversarial import ADVERSARIAL, gradient_penalty, r1_penalty
from i2i_core.losses.contrastive import patch_nce, patch_nce_external
from i2i_core.losses.perceptual import perceptual
from i2i_core.losses.reconstruction import cycle, feature_matching, identity, l1

REAL, FAKE = (2.0, -0.5, 0.25), (-1.5, 0.5)
TEMPERATURE = 0.5


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


# Adversarial


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        (
            "vanilla",
            mean([-log(sigmoid(x)) for x in REAL]) + mean([-log(1 - sigmoid(x)) for x in FAKE]),
            mean([-log(sigmoid(x)) for x in FAKE]),
        ),
        (
            "non-saturating",
            mean([-log(sigmoid(x)) for x in REAL]) + mean([-log(1 - sigmoid(x)) for x in FAKE]),
            mean([-log(sigmoid(x)) for x in FAKE]),
        ),
        ("least squares", (1 + 2.25 + 0.5625) / 3 + (2.25 + 0.25) / 2, (6.25 + 0.25) / 2),
        ("hinge", (0 + 1.5 + 0.75) / 3 + (0 + 1.5) / 2, 0.5),
        ("wasserstein", -0.5 - 1.75 / 3, 0.5),
    ],
)
def test_adversarial_losses_by_hand(name: str, discriminator: float, generator: float) -> None:
    judge, fool = ADVERSARIAL[name]
    real, fake = torch.tensor(REAL), torch.tensor(FAKE)
    assert float(judge(real, fake)) == pytest.approx(discriminator, rel=1e-5)
    assert float(fool(fake)) == pytest.approx(generator, rel=1e-5)
    # Of any shape, and not of the same.
    assert float(judge(real.view(1, 1, 1, 3), fake.view(2, 1))) == pytest.approx(discriminator)


def test_every_adversarial_loss_has_a_name() -> None:
    assert set(ADVERSARIAL) == {
        "vanilla",
        "least squares",
        "hinge",
        "non-saturating",
        "wasserstein",
    }


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_the_two_pull_in_opposite_directions(name: str) -> None:
    judge, fool = ADVERSARIAL[name]
    low, high = torch.zeros(2, 1, 3, 3), torch.ones(2, 1, 3, 3)
    assert fool(high) < fool(low) < fool(low - 1)
    assert judge(high, low) < judge(low, low) < judge(low, high)
    assert judge(high, low) < judge(high, high)


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_gradients_pull_even_where_the_discriminator_is_sure(name: str) -> None:
    judge, fool = ADVERSARIAL[name]
    logits = torch.tensor([-20.0], requires_grad=True)
    (slope,) = torch.autograd.grad(fool(logits), logits)
    assert float(slope) < -0.5  # does not saturate
    high = torch.tensor([20.0], requires_grad=True)
    (slope,) = torch.autograd.grad(judge(torch.tensor([20.0]), high), high)
    assert float(slope) > 0.5


def test_large_logits_give_finite_losses() -> None:
    huge = torch.tensor([1e4, -1e4])
    for judge, fool in ADVERSARIAL.values():
        assert torch.isfinite(judge(huge, huge))
        assert torch.isfinite(fool(huge))


# Penalties


class Linear(nn.Module):
    """w·x, whose slope is w everywhere: of norm 3 for w = (1, 2, 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, 2.0, 2.0]))

    def forward(self, x: Tensor) -> Tensor:
        return (x.flatten(1) * self.weight).sum(1)


class Quadratic(nn.Module):
    """s·‖x‖²/2, whose slope at x is s·x."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * x.square().flatten(1).sum(1) / 2


def test_the_gradient_penalty_of_a_linear_discriminator() -> None:
    network = Linear()
    real, fake = torch.randn(2, 3, 1, 1), torch.randn(2, 3, 1, 1)
    penalty = gradient_penalty(network, real, fake)
    assert float(penalty.detach()) == pytest.approx((3 - 1) ** 2)
    penalty.backward()  # d(‖w‖ − 1)²/dw = 2·(3 − 1)·w/3
    assert network.weight.grad is not None
    torch.testing.assert_close(network.weight.grad, torch.tensor([4 / 3, 8 / 3, 8 / 3]))


def test_the_gradient_penalty_is_taken_between_real_and_fake() -> None:
    real = torch.tensor([3.0, 0.0]).view(2, 1, 1, 1)
    fake = torch.tensor([1.0, -2.0]).view(2, 1, 1, 1)
    mix = torch.tensor([0.25, 1.0]).view(2, 1, 1, 1)
    # At 0.25·3 + 0.75·1 = 1.5 and at 0: slopes of size 2·1.5 and 0.
    penalty = gradient_penalty(Quadratic(), real, fake, mix)
    assert float(penalty.detach()) == pytest.approx((2**2 + 1**2) / 2)


def test_the_gradient_penalty_draws_a_place_for_every_picture() -> None:
    torch.manual_seed(0)
    real, fake = torch.ones(500, 1, 1, 1), torch.zeros(500, 1, 1, 1)
    # E[(2t − 1)²] for t uniform in [0, 1] is 1/3.
    penalty = gradient_penalty(Quadratic(), real, fake)
    assert float(penalty.detach()) == pytest.approx(1 / 3, abs=0.05)


def test_r1_of_a_linear_discriminator() -> None:
    network, real = Linear(), torch.randn(4, 3, 1, 1, requires_grad=True)
    penalty = r1_penalty(network(real), real)
    assert float(penalty.detach()) == pytest.approx(9)
    penalty.backward()  # d‖w‖²/dw = 2·w
    assert network.weight.grad is not None
    torch.testing.assert_close(network.weight.grad, torch.tensor([2.0, 4.0, 4.0]))


def test_r1_of_a_quadratic_discriminator() -> None:
    network = Quadratic()
    values = [[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]]
    real = torch.tensor(values).view(2, 3, 1, 1).requires_grad_()
    penalty = r1_penalty(network(real), real)
    squares = mean([sum((2 * x) ** 2 for x in row) for row in values])
    assert float(penalty.detach()) == pytest.approx(squares)
    penalty.backward()  # d(s²·‖x‖²)/ds = 2·s·‖x‖²
    assert network.scale.grad is not None
    assert float(network.scale.grad) == pytest.approx(2 / 2 * squares)


# PatchNCE

# Unit vectors of two pictures with two places each.
QUERY = [[(1.0, 0.0), (0.6, 0.8)], [(0.0, 1.0), (-0.8, 0.6)]]
KEY = [[(0.8, 0.6), (0.0, 1.0)], [(0.6, -0.8), (-1.0, 0.0)]]


def dot(a: tuple[float, float], b: tuple[float, float]) -> float:
    return a[0] * b[0] + a[1] * b[1]


def term(
    query: tuple[float, float], own: tuple[float, float], keys: list[tuple[float, float]]
) -> float:
    """−log of the share that `own` has among all `keys`, itself included."""
    parts = [exp(dot(query, key) / TEMPERATURE) for key in keys]
    return -log(exp(dot(query, own) / TEMPERATURE) / sum(parts))


def test_internal_negatives_are_the_other_places_of_the_same_picture() -> None:
    expected = mean([term(QUERY[n][p], KEY[n][p], KEY[n]) for n in (0, 1) for p in (0, 1)])
    found = patch_nce(torch.tensor(QUERY), torch.tensor(KEY), TEMPERATURE)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_external_negatives_are_all_places_of_all_pictures() -> None:
    every = [*KEY[0], *KEY[1]]
    expected = mean([term(QUERY[n][p], KEY[n][p], every) for n in (0, 1) for p in (0, 1)])
    found = patch_nce_external(torch.tensor(QUERY), torch.tensor(KEY), TEMPERATURE)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_patch_nce_of_perfect_matches_and_of_confusion() -> None:
    apart = torch.eye(4)[None]  # every place resembles itself (1) and nothing else (0)
    expected = log(1 + 3 * exp(-1 / 0.07))
    assert float(patch_nce(apart, apart)) == pytest.approx(expected, abs=1e-6)
    expected = log(1 + 3 * exp(-1))
    assert float(patch_nce(apart, apart, 1.0)) == pytest.approx(expected, rel=1e-5)
    alike = torch.ones(2, 4, 1)  # nothing tells the places apart
    assert float(patch_nce(alike, alike)) == pytest.approx(log(4))
    assert float(patch_nce_external(alike, alike)) == pytest.approx(log(8))
    swapped = apart.flip(1)
    assert float(patch_nce(apart, swapped, 1.0)) == pytest.approx(log(3 + exp(1)), rel=1e-5)


@pytest.mark.parametrize("loss", [patch_nce, patch_nce_external])
def test_the_key_is_a_target_and_gets_no_gradient(
    loss: Callable[[Tensor, Tensor], Tensor],
) -> None:
    query, key = torch.tensor(QUERY, requires_grad=True), torch.tensor(KEY, requires_grad=True)
    loss(query, key).backward()
    assert key.grad is None
    assert query.grad is not None
    assert query.grad.any()


# Reconstruction and perception


def test_l1_is_a_mean_over_all_values() -> None:
    result, target = torch.tensor([[1.0, -2.0], [0.5, 0.0]]), torch.tensor([[0.0, 2.0], [1.0, 0.0]])
    expected = (1 + 4 + 0.5 + 0) / 4
    assert float(l1(result, target)) == pytest.approx(expected)
    assert float(cycle(target, result)) == pytest.approx(expected)
    assert float(identity(target, result)) == pytest.approx(expected)
    for loss in (l1, cycle, identity):
        assert float(loss(result, result)) == 0


def test_the_way_back_and_identity_teach_the_translation() -> None:
    for loss in (cycle, identity):
        original, translated = torch.tensor([1.0]), torch.tensor([3.0], requires_grad=True)
        loss(original, translated).backward()
        assert translated.grad is not None
        assert float(translated.grad) == 1


def test_perceptual_distance_is_in_units_of_the_targets_features() -> None:
    result = [torch.tensor([[1.0, 3.0]]), torch.tensor([[0.0, 0.0, 10.0]])]
    target = [torch.tensor([[2.0, -2.0]]), torch.tensor([[0.0, 20.0, 10.0]])]
    # (1 + 5)/2 in units of 2, and 20/3 in units of 10.
    expected = (3 / 2 + 20 / 3 / 10) / 2
    assert float(perceptual(result, target)) == pytest.approx(expected)
    scaled = perceptual([1000 * x for x in result], [1000 * x for x in target])
    assert float(scaled) == pytest.approx(expected)
    assert float(perceptual(target, target)) == 0


def test_perceptual_distance_teaches_the_result_alone_and_bears_empty_layers() -> None:
    result = torch.tensor([[1.0, 3.0]], requires_grad=True)
    target = torch.tensor([[2.0, -2.0]], requires_grad=True)
    perceptual([result], [target]).backward()
    assert target.grad is None
    assert result.grad is not None
    assert result.grad.tolist() == [[-0.25, 0.25]]  # signs, of two values, in units of 2
    assert torch.isfinite(perceptual([torch.ones(1, 2)], [torch.zeros(1, 2)]))
    with pytest.raises(ValueError, match="argument"):
        perceptual([result], [])


def test_feature_matching_weighs_layers_alike_and_teaches_the_fake_alone() -> None:
    real = [torch.zeros(1, 2, 2, 2), torch.zeros(1, 1, 1, 1)]
    fake = [torch.full((1, 2, 2, 2), 3.0), torch.full((1, 1, 1, 1), -4.0)]
    every = [tensor.requires_grad_() for tensor in (*real, *fake)]
    loss = feature_matching(real, fake)
    assert loss.item() == 7  # 3 on the mean of eight values, 4 of one
    loss.backward()
    assert [tensor.grad is None for tensor in every] == [True, True, False, False]
    torch.testing.assert_close(fake[0].grad, torch.full((1, 2, 2, 2), 1 / 8))
    torch.testing.assert_close(fake[1].grad, torch.full((1, 1, 1, 1), -1.0))
    assert feature_matching(fake, fake).item() == 0
    with pytest.raises(ValueError, match="zip"):
        feature_matching(real, fake[:1])


def test_feature_matching_by_hand() -> None:
    real = [torch.tensor([1.0, 3.0]), torch.tensor([[2.0]])]
    fake = [torch.tensor([2.0, 1.0], requires_grad=True), torch.tensor([[6.0]])]
    loss = feature_matching(real, fake)
    assert loss.item() == pytest.approx((1 + 2) / 2 + 4)
    loss.backward()
    assert fake[0].grad is not None
    assert fake[0].grad.tolist() == [0.5, -0.5]
