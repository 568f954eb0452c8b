"""Optimisers, randomness and the state of a fit: what a step does, and that going on is exact."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from i2i_core.devices import distributed
from i2i_core.errors import InputError
from i2i_core.networks.layers import BatchNorm
from i2i_core.progress import Progress
from i2i_core.training.ema import follow
from i2i_core.training.image_pool import ImagePool
from i2i_core.training.loop import FitState, fit_steps, seeded, total_steps
from i2i_core.training.optim import Optimizer, check_finite, frozen, mixed_precision
from i2i_core.training.settings import check_crops


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def network(layout: torch.memory_format = torch.contiguous_format) -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 4, 3))
    return layers.to(memory_format=layout)  # type: ignore[call-overload]


def loss_of(layers: nn.Module, step: int) -> Tensor:
    loss: Tensor = layers(noise(2, 3, 7, 7, seed=step)).sub(1).square().mean()
    return loss


def as_from_a_file(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies in plain layout, as files hold them."""
    return {
        name: value.clone(memory_format=torch.contiguous_format) for name, value in tensors.items()
    }


def equal_weights(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


# Steps


def test_an_updater_is_adam() -> None:
    ours, theirs = network(), network()
    updater = Optimizer([ours[0], ours[2]], 0.01, (0.5, 0.9))  # type: ignore[index]
    adam = torch.optim.Adam(theirs.parameters(), 0.01, (0.5, 0.9), fused=False, foreach=False)
    for step, factor in enumerate((1.0, 0.5, 0.25)):
        updater.update(loss_of(ours, step), step, factor)
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
    updater = Optimizer([straight], 0.01)
    for step in range(3):
        updater.update(loss_of(straight, step), step)
    saved = as_from_a_file(updater.tensors())
    weights = as_from_a_file(straight.state_dict())
    for step in (3, 4):
        updater.update(loss_of(straight, step), step)

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


def test_an_updater_that_made_no_step_can_be_saved_and_loaded() -> None:
    layers = network()
    updater = Optimizer([layers], 0.01)
    updater.load(as_from_a_file(updater.tensors()))
    updater.update(loss_of(layers, 0), 0)
    assert not equal_weights(layers, network())


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_an_infinite_gradient_names_the_step_and_leaves_the_weights(bad: float) -> None:
    layers = network()
    updater = Optimizer([layers], 0.01)
    with pytest.raises(InputError, match=r"step 41\b.*learning rate"):
        updater.update(loss_of(layers, 0) * bad, 41)
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


# Moving averages


@pytest.mark.parametrize(
    ("step", "decay", "kept"),
    [
        (0, 0.9, 1 / 10),  # at first faster than `decay`
        (5, 0.9, 6 / 15),
        (80, 0.9, 81 / 90),
        (81, 0.9, 0.9),
        (10_000, 0.5, 0.5),
    ],
)
def test_the_average_follows_by_its_decay(step: int, decay: float, kept: float) -> None:
    average, moving = nn.Linear(1, 1), nn.Linear(1, 1)
    for layer, weight, bias in ((average, 1.0, 10.0), (moving, 3.0, -10.0)):
        nn.init.constant_(layer.weight, weight)
        nn.init.constant_(layer.bias, bias)
    follow(average.requires_grad_(False), moving, decay, step)
    assert float(average.weight) == pytest.approx(kept * 1 + (1 - kept) * 3)
    assert float(average.bias) == pytest.approx(kept * 10 - (1 - kept) * 10)
    assert float(moving.weight.detach()) == 3


def test_the_average_takes_over_statistics_as_they_are() -> None:
    average, moving = BatchNorm(3), BatchNorm(3)
    moving(noise(2, 3, 5, 5) + 4)
    follow(average, moving, 0.999, 10_000)
    assert torch.equal(average.running_mean, moving.running_mean)
    assert torch.equal(average.running_var, moving.running_var)
    assert int(average.num_batches_tracked) == 1


# The state of a fit


def state() -> tuple[nn.Module, FitState]:
    layers = network()
    optimizers = {"one": Optimizer([layers[0]], 0.01), "two": Optimizer([layers[2]], 0.02)}  # type: ignore[index]
    return layers, FitState(optimizers, {"a": ImagePool(4), "b": ImagePool(4)})


def test_a_fits_state_goes_through_tensors_and_back() -> None:
    layers, before = state()
    for updater in before.optimizers.values():
        updater.update(loss_of(layers, 0), 0)
    before.step = 17
    before.pools["a"].query(noise(3, 1, 2, 2))
    tensors = as_from_a_file(before.tensors())
    assert all(isinstance(value, Tensor) for value in tensors.values())

    others, after = state()
    others.load_state_dict(layers.state_dict())
    after.pools["b"].query(noise(1, 1, 2, 2))
    after.load(tensors)
    assert after.step == 17
    assert len(after.pools["a"].pictures) == 3
    assert torch.equal(torch.cat(after.pools["a"].pictures), noise(3, 1, 2, 2))
    assert not after.pools["b"].pictures
    for one, fit in ((layers, before), (others, after)):
        for updater in fit.optimizers.values():
            updater.update(loss_of(one, 1), 1)
    assert equal_weights(layers, others)


def test_a_pool_goes_on_as_if_it_had_not_been_saved() -> None:
    _, before = state()
    _, after = state()
    for number in range(6):
        with seeded(0, number):
            before.pools["a"].query(noise(1, 1, 2, 2, seed=number))
    after.load(as_from_a_file(before.tensors()))
    for number in range(6, 30):
        given = noise(1, 1, 2, 2, seed=number)
        with seeded(0, number):
            expected = before.pools["a"].query(given)
        with seeded(0, number):
            assert torch.equal(after.pools["a"].query(given), expected)


# Randomness


def drawn(seed: int, step: int = 0, rank: int = 0) -> Tensor:
    with seeded(seed, step, rank):
        return torch.rand(4)


def test_randomness_depends_on_seed_step_and_process() -> None:
    first = drawn(3, 8)
    torch.rand(11)
    assert torch.equal(drawn(3, 8), first)
    others = [drawn(3, 9), drawn(4, 8), drawn(8, 3), drawn(0, 0), drawn(0, 1), drawn(1, 0)]
    others.append(drawn(3, 8, rank=1))
    assert not any(torch.equal(other, first) for other in others)
    values = {tuple(other.tolist()) for other in others}
    assert len(values) == len(others)
    assert torch.equal(drawn(3, 8, rank=1), others[-1])


def test_randomness_outside_is_left_as_it_was() -> None:
    torch.manual_seed(5)
    expected = torch.rand(6)
    torch.manual_seed(5)
    found = [torch.rand(3)]
    drawn(1)
    with pytest.raises(KeyError), seeded(2):
        raise KeyError
    found.append(torch.rand(3))
    assert torch.equal(torch.cat(found), expected)


def test_the_largest_seed_and_many_steps_are_accepted() -> None:
    assert drawn(2**31 - 1, 10_000_000).shape == (4,)


# The loop


class Numbers:
    """A source whose batches are their steps."""

    skipped: Mapping[str, str] = {"a.png": "is damaged"}
    open = False

    def __enter__(self) -> Numbers:
        self.open = True
        return self

    def __exit__(self, *error: object) -> None:
        self.open = False

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        assert self.open
        return torch.tensor(step), torch.tensor(-step)


def test_a_fit_goes_from_where_it_is_to_the_last_step() -> None:
    fit, source = FitState({}, note="slowly"), Numbers()
    seen: list[tuple[int, int, int]] = []
    draws: list[float] = []

    def one_step(a: Tensor, b: Tensor, step: int) -> dict[str, float]:
        seen.append((int(a), int(b), step))
        draws.append(float(torch.rand(())))
        return {"loss": float(step)}

    work = fit_steps(fit, source, 5, 0, one_step)
    assert next(work) == Progress(1, 5, {"loss": 0.0}, note="slowly")
    next(work)
    assert (fit.step, source.open) == (2, True)
    work.close()
    assert not source.open
    records = list(fit_steps(fit, source, 5, 0, one_step))
    assert [(record.step, record.total) for record in records] == [(3, 5), (4, 5), (5, 5)]
    assert seen == [(step, -step, step) for step in range(5)]
    assert fit.skipped == {"a.png": "is damaged"}

    whole = list(draws)
    draws.clear()
    list(fit_steps(FitState({}), source, 5, 0, one_step))
    assert draws == whole  # stopping in between changed nothing
    assert len(set(draws)) == 5


def test_a_fit_that_has_had_its_steps_says_so() -> None:
    for done in (5, 6):
        work = fit_steps(FitState({}, step=done), Numbers(), 5, 0, lambda *_: {})
        with pytest.raises(InputError, match=r"has had its 5 steps.* more steps"):
            next(work)


def test_a_step_that_fails_does_not_count() -> None:
    fit, source = FitState({}, step=2), Numbers()

    def one_step(a: Tensor, b: Tensor, step: int) -> dict[str, float]:
        return check_finite({"loss": torch.tensor(float("nan"))}, step)

    with pytest.raises(InputError, match="step 2"):
        next(fit_steps(fit, source, 5, 0, one_step))
    assert fit.step == 2
    assert not source.open


@pytest.mark.parametrize(
    ("steps", "pictures", "batch", "epochs", "world", "expected"),
    [
        (0, 400, 1, 200, 1, 80_000),
        (0, 401, 4, 3, 1, 303),  # the last batch of an epoch may be a part
        (0, 400, 1, 200, 4, 20_000),
        (0, 5, 1, 1, 2, 3),
        (1000, 400, 1, 200, 1, 1000),
        (1000, 400, 1, 200, 8, 125),
        (1, 1, 1, 1, 8, 1),
    ],
)
def test_epochs_become_steps_that_processes_share(
    steps: int,
    pictures: int,
    batch: int,
    epochs: int,
    world: int,
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(distributed, "world", lambda: world)
    assert total_steps(steps, pictures, batch, epochs) == expected


def test_crops_that_cannot_be_made_are_refused() -> None:
    check_crops(256, 286, 256)
    check_crops(8, 8, 4)
    for size, load_size, multiple, words in (
        (250, 286, 4, "size is 250: .* multiple of 4"),
        (256, 255, 4, "load size is 255"),
        (4, 286, 4, "size is 4"),
        (4096, 4096, 4, "size is 4096"),
    ):
        with pytest.raises(InputError, match=words):
            check_crops(size, load_size, multiple)


@pytest.mark.parametrize("asked", [True, False])
def test_processors_compute_in_bfloat16_only_when_asked(
    asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("I2I_CPU_BFLOAT16", "1" if asked else "")
    layer = nn.Linear(4, 4)
    with mixed_precision(torch.device("cpu")):
        made = layer(torch.rand(2, 4))
    assert made.dtype == (torch.bfloat16 if asked else torch.float32)
