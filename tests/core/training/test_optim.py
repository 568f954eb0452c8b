"""Optimisers: what a step does, that going on is exact, and that nothing infinite gets in."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from i2i_core.errors import InputError
from i2i_core.training.optim import Optimizer, check_finite, frozen, linear_decay, mixed_precision
from tests.core.training.two_layers import as_from_a_file, equal_weights, loss_of, network
from tests.helpers import noise


def test_an_optimizer_is_adam() -> None:
    ours, theirs = network(), network()
    optimizer = Optimizer([ours[0], ours[2]], 0.01, (0.5, 0.9))  # type: ignore[index]
    adam = torch.optim.Adam(theirs.parameters(), 0.01, (0.5, 0.9), fused=False, foreach=False)
    for step, factor in enumerate((1.0, 0.5, 0.25)):
        optimizer.update(loss_of(ours, step), step, factor)
        adam.param_groups[0]["lr"] = 0.01 * factor
        adam.zero_grad()
        loss_of(theirs, step).backward()
        adam.step()
        for found, expected in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


def test_gradients_of_earlier_losses_are_not_carried_over() -> None:
    clean, dirty = network(), network()
    loss_of(dirty, 7).backward()
    for layers in (clean, dirty):
        Optimizer([layers], 0.01).update(loss_of(layers, 0), 0)
    assert equal_weights(clean, dirty)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_going_on_from_saved_tensors_is_exact(layout: torch.memory_format) -> None:
    straight = network(layout)
    optimizer = Optimizer([straight], 0.01)
    for step in range(3):
        optimizer.update(loss_of(straight, step), step)
    saved = as_from_a_file(optimizer.tensors())
    weights = as_from_a_file(straight.state_dict())
    for step in (3, 4):
        optimizer.update(loss_of(straight, step), step)

    resumed = network()
    resumed.load_state_dict(weights)
    again = Optimizer([resumed], 0.01)
    again.load(saved)
    resumed.to(memory_format=layout)  # type: ignore[call-overload]  # as fits do, later
    for step in (3, 4):
        again.update(loss_of(resumed, step), step)
    assert equal_weights(straight, resumed)
    without = network(layout)
    without.load_state_dict(weights)
    fresh = Optimizer([without], 0.01)
    for step in (3, 4):
        fresh.update(loss_of(without, step), step)
    assert not equal_weights(straight, without)  # the moments matter


def test_an_optimizer_that_made_no_step_can_be_saved_and_loaded() -> None:
    layers = network()
    optimizer = Optimizer([layers], 0.01)
    optimizer.load(as_from_a_file(optimizer.tensors()))
    optimizer.update(loss_of(layers, 0), 0)
    assert not equal_weights(layers, network())


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_an_infinite_gradient_names_the_step_and_leaves_the_weights(bad: float) -> None:
    layers = network()
    optimizer = Optimizer([layers], 0.01)
    with pytest.raises(InputError, match=r"step 41\b.*learning rate"):
        optimizer.update(loss_of(layers, 0) * bad, 41)
    assert equal_weights(layers, network())


def test_an_infinite_loss_is_named_with_its_step() -> None:
    good = {"adversarial": torch.tensor(0.5), "cycle": torch.tensor(2.0, requires_grad=True)}
    assert check_finite(good, 3) == {"adversarial": 0.5, "cycle": 2.0}
    assert all(type(value) is float for value in check_finite(good, 3).values())
    for bad in (float("inf"), float("-inf"), float("nan")):
        with pytest.raises(InputError, match=r"loss cycle .* step 12\b"):
            check_finite({**good, "cycle": torch.tensor(bad)}, 12)


def test_frozen_networks_pass_gradients_on_and_keep_none() -> None:
    layers = network()
    x = noise(1, 3, 7, 7).requires_grad_()
    with frozen(layers):
        layers(x).sum().backward()
    assert x.grad is not None
    assert x.grad.any()
    assert all(p.grad is None and p.requires_grad for p in layers.parameters())
    with pytest.raises(KeyError), frozen(layers):
        raise KeyError
    assert all(p.requires_grad for p in layers.parameters())


def test_half_precision_is_for_graphics_cards() -> None:
    with mixed_precision(torch.device("cpu")):
        assert (noise(2, 2) @ noise(2, 2)).dtype == torch.float32


@pytest.mark.parametrize("asked", [True, False])
def test_processors_compute_in_bfloat16_only_when_asked(
    asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("I2I_CPU_BFLOAT16", "1" if asked else "")
    layer = nn.Linear(4, 4)
    with mixed_precision(torch.device("cpu")):
        made = layer(torch.rand(2, 4))
    assert made.dtype == (torch.bfloat16 if asked else torch.float32)


def test_the_rate_is_constant_and_then_falls_in_a_line() -> None:
    # 100 + 100 of the published schedule: 1 − (epoch − 99)/101.
    rates = [linear_decay(step, 200, 0.5) for step in range(200)]
    assert rates[:100] == [1.0] * 100
    assert rates[100:] == pytest.approx([1 - (step - 99) / 101 for step in range(100, 200)])
    assert rates[199] == pytest.approx(1 / 101)
    assert [linear_decay(step, 4, 0.0) for step in range(4)] == pytest.approx([0.8, 0.6, 0.4, 0.2])
    assert [linear_decay(step, 4, 1.0) for step in range(4)] == [1.0] * 4
    assert linear_decay(0, 1, 0.5) == 1.0
