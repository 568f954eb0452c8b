"""What fits have in common: how far they are, their optimisers, their randomness, their state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from i2i_core import distributed
from i2i_core.errors import MAX_SEED, InputError, check_range
from i2i_core.images import with_channels
from i2i_core.mixtures import ImagePool
from i2i_core.optim import Updater
from i2i_core.progress import Progress, Work
from i2i_core.sampling import Source

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


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
    world: int = 0  # how many processes have made the steps; 0: none yet

    def tensors(self) -> dict[str, Tensor]:
        """All of it as named tensors, to be saved."""
        found = {"step": torch.tensor(self.step), "world": torch.tensor(distributed.world())}
        for name, updater in self.updaters.items():
            found |= {f"updaters.{name}.{key}": value for key, value in updater.tensors().items()}
        for name, pool in self.pools.items():
            if pool.pictures:
                found[f"pools.{name}"] = torch.cat([p.cpu() for p in pool.pictures])
        return found

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave."""
        self.step, self.world = int(tensors["step"]), int(tensors["world"])
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
    if state.step and state.world not in (0, distributed.world()):
        raise InputError(
            f"This fit ran on {state.world} processes, which share its steps and pictures: "
            "go on with as many."
        )
    with batches:
        for step in range(state.step, total):
            a, b = map(with_channels, batches[step], channels)
            with seeded(seed, step, distributed.rank()):
                losses = one_step(a, b, step)
            state.step, state.world = step + 1, distributed.world()
            state.skipped = batches.skipped
            yield Progress(state.step, total, losses, note=state.note)


def total_steps(steps: int, pictures: int, batch: int, epochs: int) -> int:
    """`steps`, or if that is 0 as many as `epochs` over so many pictures take. Several processes
    share the pictures of a step between them, and so make as many times fewer steps."""
    if not steps:
        steps = -(-pictures // batch) * epochs
    return max(1, -(-steps // distributed.world()))


# What the numbers of the methods' configurations may be.
RANGES: dict[str, tuple[float, float]] = {
    "width": (1, 512),
    "widest": (1, 16),
    "depth": (2, 12),
    "blocks": (0, 32),
    "discriminator_width": (1, 512),
    "discriminator_layers": (0, 6),
    "nce_width": (1, 2048),
    "nce_patches": (1, 65536),
    "temperature": (1e-3, 100),
    "pool": (0, 10_000),
    "identity_every": (1, 1000),
    "tone": (0, 32),
    "batch": (1, 1024),
    "epochs": (1, 10**6),
    "steps": (0, 10**9),
    "constant": (0, 1),
    "learning_rate": (1e-8, 1),
    "beta1": (0, 0.9999),
    "beta2": (0, 0.9999999),
    "ema": (0, 0.999999),
    "seed": (0, MAX_SEED),
}


def check_settings(config: DataclassInstance) -> None:
    """Raise InputError unless every setting is of its default's type and, of RANGES, within."""
    for setting in fields(config):
        name: str = setting.name
        kind: Any = type(setting.default)
        value: Any = vars(config)[name]
        fits = isinstance(value, (float, int) if kind is float else kind)
        if not fits or (isinstance(value, bool) and kind is not bool):
            raise InputError(f"{name} is {value!r}, and should be a {kind.__name__}.")
        if name in RANGES:
            check_range(name, value, *RANGES[name])
        if name in ("in_channels", "out_channels") and value not in (1, 3):
            raise InputError(f"{name} is {value}: choose 3, or 1 for grey.")
        if name == "nce_layers" and not all(type(layer) is int for layer in value):
            raise InputError(f"nce_layers is {value}: give whole numbers, such as (0, 4, 8).")


def generator_tensors(network: nn.Module) -> dict[str, Tensor]:
    """What a model's file holds of a method that translates by one network."""
    return {f"generator.{name}": tensor for name, tensor in network.state_dict().items()}


def restore_generator(tensors: Mapping[str, Tensor], *networks: nn.Module | None) -> None:
    """Give every one of `networks` (those that are there) the weights of `generator_tensors`."""
    weights = {name.removeprefix("generator."): tensor for name, tensor in tensors.items()}
    for network in networks:
        if network is not None:
            network.load_state_dict(weights)


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
