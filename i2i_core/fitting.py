"""What fits have in common: how far they are, their optimisers, their randomness, their state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor

from i2i_core import distributed
from i2i_core.errors import InputError, check_range
from i2i_core.images import with_channels
from i2i_core.optim import Updater
from i2i_core.progress import Progress, Work
from i2i_core.sampling import ImagePool, Source


@dataclass
class FitState:
    """What going on needs besides the weights: steps done, optimisers and image pools by name.

    The random state is not among it: every step draws from a generator of its own, seeded by the
    step (`seeded`), so stopping, looking and resuming change nothing.
    """

    updaters: dict[str, Updater]
    pools: dict[str, ImagePool] = field(default_factory=dict)
    step: int = 0
    skipped: Mapping[str, str] = field(default_factory=dict)  # pictures left out, and why
    note: str = ""  # said with every step

    def tensors(self) -> dict[str, Tensor]:
        """All of it as named tensors, to be saved."""
        found = {"step": torch.tensor(self.step)}
        for name, updater in self.updaters.items():
            found |= {f"updaters.{name}.{key}": value for key, value in updater.tensors().items()}
        for name, pool in self.pools.items():
            if pool.pictures:
                found[f"pools.{name}"] = torch.cat(pool.pictures)
        return found

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave."""
        self.step = int(tensors["step"])
        for name, updater in self.updaters.items():
            prefix = f"updaters.{name}."
            updater.load(
                {
                    key.removeprefix(prefix): v
                    for key, v in tensors.items()
                    if key.startswith(prefix)
                }
            )
        for name, pool in self.pools.items():
            held = tensors.get(f"pools.{name}")
            pool.pictures = [] if held is None else list(held.split(1))


@contextmanager
def seeded(seed: int, step: int = 0, rank: int = 0) -> Iterator[None]:
    """Randomness that depends on `seed`, `step` and the process's `rank` alone; what torch's
    generator was at is left as it was."""
    devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices):
        # Neighbouring seeds give unrelated streams; the factor keeps seed and step apart.
        torch.manual_seed((seed * 1_000_003 + step) * 64 + rank)
        yield


def fit_steps(
    state: FitState,
    batches: Source,
    total: int,
    seed: int,
    one_step: Callable[[Tensor, Tensor, int], dict[str, float]],
    channels: tuple[int, int] = (3, 3),
) -> Work:
    """The loop of every learned method: from where `state` is to `total`, the next batch of A and
    of B, its losses, and word of it. Raises InputError when all steps have been made already."""
    if state.step >= total:
        raise InputError(
            f"This model has had its {total} steps. To go on, give it more steps than that."
        )
    with batches:
        for step in range(state.step, total):
            a, b = map(with_channels, batches[step], channels)
            with seeded(seed, step, distributed.rank()):
                losses = one_step(a, b, step)
            state.step = step + 1
            state.skipped = batches.skipped
            yield Progress(state.step, total, losses, note=state.note)


def total_steps(steps: int, pictures: int, batch: int, epochs: int) -> int:
    """`steps`, or if that is 0 as many as `epochs` over so many pictures take. Several processes
    share the pictures of a step between them, and so make as many times fewer steps."""
    if not steps:
        steps = -(-pictures // batch) * epochs
    return max(1, -(-steps // distributed.world()))


def check_crops(size: int, load_size: int, multiple: int, layers: int = 0) -> None:
    """Raise InputError unless crops of `size` can be cut, halved as the network does, and judged by
    a patch discriminator of `layers` halvings."""
    check_range("size", size, 8, 2048)
    if size % multiple:
        raise InputError(f"The size is {size}: for this network choose a multiple of {multiple}.")
    smallest = 3 * 2**layers  # or its last norm would have a single pixel to normalise
    if layers and size < smallest:
        raise InputError(
            f"Crops of {size} pixels are too small for a discriminator of {layers} layers: "
            f"choose a size of at least {smallest}, or fewer discriminator_layers."
        )
    check_range("load size", load_size, size, 4096)
