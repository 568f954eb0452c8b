"""The loop of fits: its state in files, its randomness, its steps."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from i2i_core.devices import distributed
from i2i_core.errors import InputError
from i2i_core.method import Capabilities
from i2i_core.progress import Progress
from i2i_core.training.ema import EMA
from i2i_core.training.image_pool import ImagePool
from i2i_core.training.loop import FitState, fit_steps, seeded, total_steps
from i2i_core.training.optim import Optimizer, check_finite, linear_decay
from i2i_core.training.settings import FitConfig
from tests.core.training.two_layers import as_from_a_file, equal_weights, loss_of, network
from tests.helpers import noise


def state() -> tuple[nn.Module, FitState]:
    layers = network()
    optimizers = {"one": Optimizer([layers[0]], 0.01), "two": Optimizer([layers[2]], 0.02)}  # type: ignore[index]
    return layers, FitState(optimizers, {"a": ImagePool(4), "b": ImagePool(4)})


def test_a_fits_state_goes_through_tensors_and_back() -> None:
    layers, before = state()
    for optimizer in before.optimizers.values():
        optimizer.update(loss_of(layers, 0), 0)
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
        for optimizer in fit.optimizers.values():
            optimizer.update(loss_of(one, 1), 1)
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


class Learner:
    """What the loop needs of a method: this one has an average of a layer."""

    def __init__(self, fit_state: FitState) -> None:
        self.config = FitConfig(decay_start=0.5, ema=0.5)
        self.capabilities = Capabilities("domains")
        self.fit_state, self.fitted, self.device = fit_state, False, torch.device("cpu")
        self.layer = nn.Linear(1, 1)
        self.average = EMA(self.layer, self.config.ema)

    def inference_networks(self) -> Mapping[str, EMA[nn.Linear]]:
        return {"layer": self.average}


def test_a_fit_goes_from_where_it_is_to_the_last_step() -> None:
    fit, source = FitState({}, note="slowly"), Numbers()
    learner = Learner(fit)
    seen: list[tuple[int, int, int]] = []
    draws: list[float] = []
    rates: list[float] = []

    def one_step(a: Tensor, b: Tensor, step: int, rate: float) -> dict[str, float]:
        seen.append((int(a), int(b), step))
        draws.append(float(torch.rand(())))
        rates.append(rate)
        return {"loss": float(step)}

    work = fit_steps(learner, source, 5, one_step)
    assert next(work) == Progress(1, 5, {"loss": 0.0}, note="slowly")
    assert learner.fitted
    next(work)
    assert (fit.step, source.open) == (2, True)
    work.close()
    assert not source.open
    records = list(fit_steps(learner, source, 5, one_step))
    assert [(record.step, record.total) for record in records] == [(3, 5), (4, 5), (5, 5)]
    assert seen == [(step, -step, step) for step in range(5)]
    assert rates == [linear_decay(step, 5, 0.5) for step in range(5)]
    assert fit.skipped == {"a.png": "is damaged"}

    whole = list(draws)
    draws.clear()
    list(fit_steps(Learner(FitState({})), source, 5, one_step))
    assert draws == whole  # stopping in between changed nothing
    assert len(set(draws)) == 5


def test_after_every_step_the_averages_move_on() -> None:
    learner = Learner(FitState({}))
    average = learner.average.average
    assert average is not None

    def one_step(_a: Tensor, _b: Tensor, step: int, _rate: float) -> dict[str, float]:
        learner.layer.weight.data.fill_(float(step + 1))
        return {}

    weights = [float(average.weight) for _ in fit_steps(learner, Numbers(), 3, one_step)]
    assert weights == sorted(weights)
    assert 1 < weights[-1] < 3


def test_a_fit_that_has_had_its_steps_says_so() -> None:
    for steps in (5, 6):
        work = fit_steps(Learner(FitState({}, step=steps)), Numbers(), 5, lambda *_: {})
        with pytest.raises(InputError, match=r"has had its 5 steps.* more steps"):
            next(work)


def test_a_step_that_fails_does_not_count() -> None:
    fit, source = FitState({}, step=2), Numbers()
    learner = Learner(fit)

    def one_step(_a: Tensor, _b: Tensor, step: int, _rate: float) -> dict[str, float]:
        return check_finite({"loss": torch.tensor(float("nan"))}, step)

    with pytest.raises(InputError, match="step 2"):
        next(fit_steps(learner, source, 5, one_step))
    assert fit.step == 2
    assert not learner.fitted
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
