"""The engine: coarse-to-fine guided patch synthesis, as a generator of ever finer pictures.

At each level of a pyramid it alternates two steps (Wexler et al. 2007, Barnes et al. 2009): find
for every patch of the estimate the most similar source patch, in appearance and in the guides that
source and target share (Hertzmann et al. 2001), then let the overlapping source patches vote for
the pixels. Guides lead at coarse levels and fade towards fine ones."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from i2i_core.images.filters import resize
from i2i_core.patches import search
from i2i_core.patches.patch_pca import PatchPCA
from i2i_core.patches.pyramid import Field, Size, pyramid_sizes
from i2i_core.patches.task import Settings, Task
from i2i_core.patches.vote import confidence, usable, usage, vote

Sizes = tuple[Size, Size]  # of the target and of the source
FORBIDDEN = 1e4  # A penalty beyond any distance, finite so that arithmetic stays finite.


@dataclass(frozen=True)
class Level:
    """The result of a level: `picture` (1, 3, h, w) in [0, 1], and the source patches it has."""

    step: int
    total: int
    picture: Tensor
    field: Field


@torch.no_grad()
def synthesize(task: Task, settings: Settings | None = None) -> Iterator[Level]:
    """Yield the picture so far after every level, coarse to fine; the last one is the result. The
    same task and seed give the same picture on one device."""
    settings = settings or Settings()
    random = torch.Generator().manual_seed(settings.seed)
    (height, width), source = task.target_guide.shape[-2:], task.source.shape[-2:]
    sizes = _level_sizes((height, width), (source[0], source[1]), settings)
    picture, field = None, None
    for step in range(len(sizes)):
        picture, field = _LevelSolver(task, settings, random, sizes, step).solve(picture, field)
        yield Level(step + 1, len(sizes), picture, field)


def count_levels(target: Size, source: Size, settings: Settings) -> int:
    """How many levels it takes to make `target` out of `source`, sizes (height, width)."""
    return len(_level_sizes(target, source, settings))


def _level_sizes(target: Size, source: Size, settings: Settings) -> list[Sizes]:
    """The target's and the source's size at each level, coarse to fine."""
    targets = pyramid_sizes(target, settings.ratio, settings.coarsest)
    sources = pyramid_sizes(source, settings.ratio, settings.coarsest)
    total = min(len(targets), len(sources))
    return list(zip(targets[-total:], sources[-total:], strict=True))


class _LevelSolver:
    """One level of the pyramid: its pictures, descriptors and rounds."""

    def __init__(
        self, task: Task, settings: Settings, random: Generator, sizes: list[Sizes], step: int
    ) -> None:
        self.task, self.settings, self.random = task, settings, random
        self.target, self.source = sizes[step]
        fraction = step / (len(sizes) - 1) if len(sizes) > 1 else 1.0
        self.last = step == len(sizes) - 1
        coarse, fine = settings.guide_weight
        # The weight goes by the size of what a patch shows: large pictures are arranged as small.
        smallest, largest = min(sizes[0][0]), min(sizes[-1][0])
        octaves = math.log(min(self.target) / smallest)
        fade = math.log(max(2.0, min(settings.fade_side, largest) / smallest))
        self.guide_weight = coarse * (fine / coarse) ** min(1.0, octaves / fade)
        first, last = settings.rounds
        self.rounds = round(first + (last - first) * fraction)
        self.values = resize(task.source, self.source).clamp(0, 1)
        # The first rounds compare an upsampled, hence blurred, estimate: with source patches that
        # are as blurred (Granot et al. 2022), or smooth patches would always win.
        self.blurred = self.values
        if step > 0:
            self.blurred = resize(resize(self.values, sizes[step - 1][1]), self.source)
        self.appearance = PatchPCA(self.values, settings.patch_size, settings.components)
        source_guide = resize(task.source_guide, self.source)
        self.guide = PatchPCA(source_guide, settings.guide_patch_size, settings.guide_components)
        self.scale = self.guide_weight**0.5
        self.guide_keys = self.guide(source_guide) * self.scale
        self.target_guide = resize(task.target_guide, self.target)
        pixels = self.source[0] * self.source[1]
        self.small = self.target[0] * self.target[1] * pixels <= settings.exhaustive_limit
        self.forbidden = torch.zeros(pixels, device=task.source.device)
        if task.valid is not None:
            self.forbidden[~usable(task.valid, self.source, settings.patch_size)] = FORBIDDEN

    def solve(self, picture: Tensor | None, field: Field | None) -> tuple[Tensor, Field]:
        if picture is None or field is None:
            field = self._match_guides()
            picture = self.task.initial
            if picture is None:
                votes = torch.ones_like(field.distance)
                picture = vote(self.values, field, self.settings.patch_size, votes)
        else:
            field = field.to_level(self.target, self.source, self._stride(0))
        picture = self.task.keep_known(resize(picture, self.target).clamp(0, 1))
        keys = self._keys(self.values)
        blurred = self._keys(self.blurred) if self.blurred is not self.values else keys
        for turn in range(self.rounds):
            use_blurred = turn < self.settings.blurred_rounds
            field = self._search(picture, blurred if use_blurred else keys, field, turn)
            picture = self._vote(field, self.settings.patch_size)
        if self.last:  # A smaller neighbourhood votes once more, and averages less away.
            picture = self._vote(field, 3 if field.stride == 1 else 5)  # several voices a pixel
        return picture.clamp(0, 1), field

    def _vote(self, field: Field, size: int) -> Tensor:
        picture = vote(self.values, field, size, confidence(field.distance))
        return self.task.keep_known(picture)

    def _stride(self, turn: int) -> int:
        return 1 if self.small else self.settings.strides[turn >= self.rounds - 1]

    def _keys(self, values: Tensor) -> Tensor:
        return torch.cat([self.appearance(values), self.guide_keys], 1)

    def _match_guides(self) -> Field:
        """The first correspondence, from the guides alone. The noise keeps large areas of equal
        guide from all taking one and the same patch, and so from starting flat."""
        queries = self.guide(self.target_guide) * self.scale
        best = []
        for block in queries.split(max(1, search.MATRIX_CHUNK // len(self.guide_keys))):
            cost = torch.cdist(block, self.guide_keys).square()
            noise = torch.rand(cost.shape, generator=self.random).to(cost.device)
            cost = cost + self.settings.noise * self.guide_weight * noise + self.forbidden
            best.append(cost.min(1))
        distance, index = (torch.cat(part) for part in zip(*best, strict=True))
        return self._field(index, distance)

    def _field(self, index: Tensor, distance: Tensor) -> Field:
        """The field of every pixel's source patch, `index` into the flattened source."""
        width = self.source[1]
        y, x, distance = (v.view(self.target) for v in (index // width, index % width, distance))
        return Field(y, x, distance, 1, self.target, self.source)

    def _search(self, picture: Tensor, keys: Tensor, field: Field, turn: int) -> Field:
        settings = self.settings
        penalty = self.forbidden
        if settings.occurrence > 0:
            excess = (usage(field, settings.patch_size) - 1).clamp(0, 20)
            penalty = penalty + settings.occurrence * excess
        stride = self._stride(turn)
        guide = self.guide(self.target_guide, stride) * self.scale
        queries = search.augment_queries(torch.cat([self.appearance(picture, stride), guide], 1))
        if self.small:
            augmented = search.augment_keys(keys)
            index = search.exhaustive(queries, augmented, penalty, settings.completeness)
            return self._field(index, search.distances(queries, augmented, index))
        if stride != field.stride:
            field = field.to_level(self.target, self.source, stride)
        reach = max(self.source)
        radii = (reach // 2, reach // 6, 16, 4, 1) if turn == 0 else (reach // 4, 8, 1)
        augmented, jumps = search.augment_keys(keys, penalty), (4, 1) if turn == 0 else (1,)
        options: dict[str, Any] = {"jumps": jumps, "radii": radii, "random": self.random}
        return search.patchmatch(queries, augmented, field, sweeps=2, **options)
