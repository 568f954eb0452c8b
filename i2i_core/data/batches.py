"""Batches of augmented crops. What a step sees is a function of seed and step alone, so that a fit
can be stopped and resumed, and a thread can prepare the next batch ahead."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from random import Random
from typing import Protocol, TypeVar

import torch
from PIL import Image
from torch import Tensor
from typing_extensions import Self

from i2i_core.devices import distributed
from i2i_core.errors import InputError
from i2i_core.images.sizes import fit_short_side, same_aspect
from i2i_core.images.tensors import to_tensor

Result = TypeVar("Result")
Pictures = Sequence[Image.Image]
Sides = tuple[Pictures, Pictures]  # of A and of B
CACHE_BYTES = 500_000_000  # of shrunk pictures kept, so that each file is decoded once


@dataclass(frozen=True)
class CropSettings:
    """How a picture becomes training material: its shorter side scaled to `load_size` pixels, a
    random square of `size` cut out, and with `flip` mirrored half of the time; pairs alike."""

    size: int = 256
    load_size: int = 286
    flip: bool = True


class Source(Protocol):
    """Where a fit's batches come from: a pair of tensors (batch, C, H, W) in [−1, 1] by step."""

    @property
    def skipped(self) -> Mapping[str, str]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...
    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]: ...


class Batches:
    """Batches of crops by step: `batches[step]` is a pair of tensors (batch, 3, size, size) in
    [−1, 1]. Use it in a `with`; the next step's batch is then made in a thread meanwhile.

    Paired, both sides show the same picture of the pair. Unpaired, an epoch goes once through the
    longer side in random order, with a random picture of the other (Zhu et al. 2017). From step
    `whole_from` on, pictures are scaled until their shorter side is as long as a crop's. Of several
    processes each takes its own share of a step's pictures."""

    def __init__(
        self, a: Pictures, b: Pictures, crops: CropSettings, *, batch: int = 1,
        paired: bool = False, seed: int = 0, whole_from: int | None = None,
    ) -> None:  # fmt: skip
        for side, pictures in (("A", a), ("B", b)):
            if not len(pictures):
                raise InputError(f"There are no pictures on side {side} to learn from.")
        if paired and len(a) != len(b):
            counts = f"{len(a)} pictures on side A do not match {len(b)} on side B"
            raise InputError(f"Pairs are needed: {counts}.")
        self.crops, self.batch, self.paired, self.seed = crops, batch, paired, seed
        self.whole_from = inf if whole_from is None else whole_from
        self.sides = (_Side(a, crops.load_size), _Side(b, crops.load_size))
        self.epoch_length = max(len(a), len(b))
        self._pool: ThreadPoolExecutor | None = None
        self._ahead: dict[int, Future[tuple[Tensor, Tensor]]] = {}

    @property
    def skipped(self) -> Mapping[str, str]:
        """What was left out, by name, and why."""
        return {**self.sides[0].skipped, **self.sides[1].skipped}

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(1)
        return self

    def __exit__(self, *error: object) -> None:
        assert self._pool is not None
        self._pool.shutdown(cancel_futures=True)
        self._pool, self._ahead = None, {}

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        if self._pool is None:
            return self._make(step)
        # One thread makes all, so that nothing is shared.
        ready = self._ahead.pop(step, None) or self._pool.submit(self._make, step)
        self._ahead = {step + 1: self._pool.submit(self._make, step + 1)}
        return ready.result()

    def _make(self, step: int) -> tuple[Tensor, Tensor]:
        first = (step * distributed.world() + distributed.rank()) * self.batch
        for side in self.sides:
            side.scale_to(self.crops.load_size if step < self.whole_from else self.crops.size)
        crops = [self._crop(number) for number in range(first, first + self.batch)]
        a, b = zip(*crops, strict=True)
        return torch.cat(a) * 2 - 1, torch.cat(b) * 2 - 1

    def _crop(self, number: int) -> tuple[Tensor, Tensor]:
        """The `number`th sample of all, counted over epochs."""
        random = Random(f"{self.seed} {number}")
        order = _shuffled(self.epoch_length, f"{self.seed} epoch {number // self.epoch_length}")
        index = order[number % self.epoch_length]
        a, b = self.sides
        if self.paired:
            picture_a, picture_b = a.nearest(index, self._load_pair, "pairs can be used")
            place = self._place(picture_a, random)
            return self._cut(picture_a, *place), self._cut(picture_b, *place)
        # The longer side is gone through, the other one drawn from.
        one = index if len(a) >= len(b) else random.randrange(len(a))
        other = index if len(b) > len(a) else random.randrange(len(b))
        crops = []
        for side, number in ((a, one), (b, other)):
            picture = side.nearest(number, side.load, "pictures can be read")
            crops.append(self._cut(picture, *self._place(picture, random)))
        return crops[0], crops[1]

    def _load_pair(self, index: int) -> tuple[Image.Image, Image.Image]:
        a, b = (side.load(index) for side in self.sides)
        if not same_aspect(a.size, b.size):
            raise InputError("The two pictures of the pair have different shapes.")
        return a, b.resize(a.size, Image.Resampling.BICUBIC)

    def _place(self, picture: Image.Image, random: Random) -> tuple[int, int, bool]:
        left = random.randint(0, picture.width - self.crops.size)
        top = random.randint(0, picture.height - self.crops.size)
        return left, top, self.crops.flip and random.random() < 0.5

    def _cut(self, picture: Image.Image, left: int, top: int, mirrored: bool) -> Tensor:
        size = self.crops.size
        crop = to_tensor(picture.crop((left, top, left + size, top + size)))
        return crop.flip(3) if mirrored else crop


@lru_cache(maxsize=2)
def _shuffled(count: int, seed: str) -> list[int]:
    order = list(range(count))
    Random(seed).shuffle(order)
    return order


class _Side:
    """One domain's pictures, scaled when first asked for and kept while there is room."""

    def __init__(self, pictures: Pictures, load_size: int) -> None:
        self.pictures, self.load_size = pictures, load_size
        self.cache: dict[int, Image.Image] = {}
        self.bytes = 0
        self.skipped: dict[str, str] = {}

    def scale_to(self, load_size: int) -> None:
        """Load at another size from now on."""
        if load_size != self.load_size:
            self.load_size, self.cache, self.bytes = load_size, {}, 0

    def __len__(self) -> int:
        return len(self.pictures)

    def name(self, index: int) -> str:
        names: Sequence[str] = getattr(self.pictures, "names", ())
        return names[index] if names else f"picture {index + 1}"

    def load(self, index: int) -> Image.Image:
        if index in self.cache:
            return self.cache[index]
        picture = fit_short_side(self.pictures[index].convert("RGB"), self.load_size)
        size = 3 * picture.width * picture.height
        if self.bytes + size <= CACHE_BYTES:
            self.cache[index] = picture
            self.bytes += size
        return picture

    def nearest(self, index: int, load: Callable[[int], Result], usable: str) -> Result:
        """What `load` gives for this picture, or for the next one that can be read."""
        for offset in range(len(self)):
            near = (index + offset) % len(self)
            try:
                return load(near)
            except InputError as error:
                self.skipped.setdefault(self.name(near), str(error))
        reason = next(iter(self.skipped.values()))
        raise InputError(f"None of the {len(self)} {usable}. {reason}")
