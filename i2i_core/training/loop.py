"""The training loop that all learned methods share, its state and its randomness."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from i2i_core.data.batches import Source
from i2i_core.devices import distributed
from i2i_core.errors import InputError
from i2i_core.images.tensors import with_channels
from i2i_core.progress import Progress, Work
from i2i_core.training.ema import EMA
from i2i_core.training.image_pool import ImagePool
from i2i_core.training.optim import Optimizer, linear_decay


@dataclass
class FitState:
    """What going on needs besides the weights: steps done, optimisers and image pools by name. Not
    the random state: a step's is its own (`seeded`), so looking and resuming change nothing."""

    optimizers: dict[str, Optimizer]
    pools: dict[str, ImagePool] = field(default_factory=dict)
    step: int = 0
    skipped: Mapping[str, str] = field(default_factory=dict)  # pictures left out, and why
    start_note: str = ""  # on what it started from
    note: str = ""  # on how it goes on
    world: int = 0  # how many processes have made the steps; 0: none yet

    @property
    def notes(self) -> str:
        """What is said with every step."""
        return " ".join(filter(None, (self.start_note, self.note)))

    def tensors(self) -> dict[str, Tensor]:
        """All of it as named tensors, to be saved."""
        tensors = {"step": torch.tensor(self.step), "world": torch.tensor(distributed.world())}
        for name, optimizer in self.optimizers.items():
            tensors |= {f"optimizers.{name}.{k}": v for k, v in optimizer.tensors().items()}
        for name, pool in self.pools.items():
            if pool.pictures:
                tensors[f"pools.{name}"] = torch.cat([p.cpu() for p in pool.pictures])
        return tensors

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave."""
        self.step, self.world = int(tensors["step"]), int(tensors["world"])
        for name, optimizer in self.optimizers.items():
            prefix = f"optimizers.{name}."
            names = [key for key in tensors if key.startswith(prefix)]
            optimizer.load({key.removeprefix(prefix): tensors[key] for key in names})
        for name, pool in self.pools.items():
            pictures = tensors.get(f"pools.{name}")
            pool.pictures = [] if pictures is None else list(pictures.split(1))


class Learner(Protocol):
    """What the loop needs of a `Method`."""

    config: Any
    capabilities: Any
    fitted: bool

    @property
    def fit_state(self) -> FitState | None: ...
    @property
    def device(self) -> torch.device: ...
    def inference_networks(self) -> Mapping[str, EMA[Any]]: ...


@contextmanager
def seeded(seed: int, step: int = 0, rank: int = 0) -> Iterator[None]:
    """Randomness that depends on these numbers alone; torch's own generator is left as it was."""
    devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices):
        # Neighbouring seeds give unrelated streams; the factor keeps seed and step apart.
        torch.manual_seed((seed * 1_000_003 + step) * 64 + rank)
        yield


def fit_steps(
    method: Learner,
    batches: Source,
    total: int,
    one_step: Callable[[Tensor, Tensor, int, float], dict[str, float]],
    layout: torch.memory_format = torch.preserve_format,
) -> Work:
    """The loop of every learned method, from where it is to `total`: `one_step` is given the next
    batch of A and of B, on the method's device in this `layout`, the step and the share of the
    learning rate, and returns losses; then averages move on. Raises InputError if all is done."""
    c, state = method.config, method.fit_state
    assert state is not None
    if state.step >= total:
        advice = "To go on, give it more steps than that."
        raise InputError(f"This model has had its {total} steps. {advice}")
    if state.step and state.world not in (0, distributed.world()):
        reason = "which share its steps and pictures: go on with as many."
        raise InputError(f"This fit ran on {state.world} processes, {reason}")
    with batches:
        for step in range(state.step, total):
            a, b = (
                with_channels(side, channels).to(method.device, memory_format=layout)
                for side, channels in zip(batches[step], method.capabilities.channels, strict=True)
            )
            with seeded(c.seed, step, distributed.rank()):
                losses = one_step(a, b, step, linear_decay(step, total, c.decay_start))
            for average in method.inference_networks().values():
                average.update(step)
            method.fitted = True
            state.step, state.world = step + 1, distributed.world()
            state.skipped = batches.skipped
            yield Progress(state.step, total, losses, note=state.notes)


def total_steps(steps: int, pictures: int, batch: int, epochs: int) -> int:
    """`steps`, or if 0 as many as `epochs` over so many pictures take; processes share them."""
    if not steps:
        steps = -(-pictures // batch) * epochs
    return max(1, -(-steps // distributed.world()))
