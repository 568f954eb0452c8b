"""The engine: coarse-to-fine guided patch synthesis, as a generator of ever finer pictures.

At each level of a pyramid it alternates two steps, as Wexler et al. 2007 and Barnes et al. 2009
do for completion: find for every patch of the estimate the most similar source patch, then let
the overlapping source patches vote for the pixels. "Similar" means in appearance and in the
guides that source and target share (Hertzmann et al. 2001); the guides lead at coarse levels and
fade towards fine ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from i2i_core.images.filters import resize
from i2i_core.patches.patch_pca import PatchPCA
from i2i_core.patches.pyramid import Field, Size, pyramid_sizes
from i2i_core.patches.search import (
    MATRIX_CHUNK,
    augment_keys,
    augment_queries,
    distances,
    exhaustive,
    patchmatch,
)
from i2i_core.patches.task import Settings, Task
from i2i_core.patches.vote import confidence, usable, usage, vote

FORBIDDEN = 1e4  # A penalty beyond any distance, finite so that arithmetic stays finite.


@dataclass(frozen=True)
class Level:
    """The result of a level, `step` of `total`: `picture` (1, 3, h, w) in [0, 1], and which source
    patches it is made of."""

    step: int
    total: int
    picture: Tensor
    field: Field


@torch.no_grad()
def synthesize(task: Task, settings: Settings | None = None) -> Iterator[Level]:
    """Yield the picture so far after every level, coarse to fine; the last one is the result.

    The same task and seed give the same picture on one device. Stop it by closing the generator.
    """
    settings = settings or Settings()
    random = torch.Generator().manual_seed(settings.seed)
    target = (task.target_guide.shape[-2], task.target_guide.shape[-1])
    source = (task.source.shape[-2], task.source.shape[-1])
    total = count_levels(target, source, settings)
    targets, sources = (
        pyramid_sizes(size, settings.ratio, settings.coarsest)[-total:] for size in (target, source)
    )
    picture, field = None, None
    for step in range(total):
        level = _LevelSolver(task, settings, random, step, targets, sources)
        picture, field = level.solve(picture, field)
        yield Level(step + 1, total, picture, field)


def count_levels(target: Size, source: Size, settings: Settings) -> int:
    """How many levels it takes to make `target` out of `source`, sizes (height, width)."""
    return min(
        len(pyramid_sizes(size, settings.ratio, settings.coarsest)) for size in (target, source)
    )


class _LevelSolver:
    """One level of the pyramid: its pictures, descriptors and rounds."""

    def __init__(
        self,
        task: Task,
        settings: Settings,
        random: torch.Generator,
        step: int,
        targets: list[Size],
        sources: list[Size],
    ) -> None:
        self.task, self.settings, self.random = task, settings, random
        self.target, self.source = targets[step], sources[step]
        fraction = step / (len(targets) - 1) if len(targets) > 1 else 1.0
        self.last = step == len(targets) - 1
        coarse, fine = settings.guide_weight
        # The weight belongs to the size of what a patch shows, so that a large picture gets the
        # same arrangement as a small one, in more detail.
        octaves = math.log(min(self.target) / min(targets[0]))
        fade = math.log(max(2.0, min(settings.fade_side, min(targets[-1])) / min(targets[0])))
        self.guide_weight = coarse * (fine / coarse) ** min(1.0, octaves / fade)
        self.rounds = round(
            settings.rounds[0] + (settings.rounds[1] - settings.rounds[0]) * fraction
        )
        self.values = resize(task.source, self.source).clamp(0, 1)
        # The first rounds compare an upsampled, hence blurred, estimate: with source patches that
        # are as blurred (Granot et al. 2022), or smooth patches would always win.
        self.blurred = self.values
        if step > 0:
            self.blurred = resize(resize(self.values, sources[step - 1]), self.source)
        self.appearance = PatchPCA(self.values, settings.patch_size, settings.components)
        source_guide = resize(task.source_guide, self.source)
        guide = PatchPCA(source_guide, settings.guide_patch_size, settings.guide_components)
        scale = self.guide_weight**0.5
        self.guide_keys = guide(source_guide) * scale
        self.guide_features, self.target_guide = guide, resize(task.target_guide, self.target)
        self.scale = scale
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
                picture = vote(
                    self.values, field, self.settings.patch_size, torch.ones_like(field.distance)
                )
        else:
            field = field.to_level(self.target, self.source, self._stride(0))
        picture = self.task.keep_known(resize(picture, self.target).clamp(0, 1))
        keys = self._keys(self.values)
        blurred = self._keys(self.blurred) if self.blurred is not self.values else keys
        for turn in range(self.rounds):
            use_blurred = turn < self.settings.blurred_rounds
            field = self._search(picture, blurred if use_blurred else keys, field, turn)
            size = self.settings.patch_size
            picture = vote(self.values, field, size, confidence(field.distance))
            picture = self.task.keep_known(picture)
        if self.last:  # A smaller neighbourhood votes once more, and averages less away.
            size = 3 if field.stride == 1 else 5  # every pixel needs several voices
            picture = vote(self.values, field, size, confidence(field.distance))
            picture = self.task.keep_known(picture)
        return picture.clamp(0, 1), field

    def _stride(self, turn: int) -> int:
        if self.small:
            return 1
        return self.settings.strides[turn >= self.rounds - 1]

    def _keys(self, values: Tensor) -> Tensor:
        return torch.cat([self.appearance(values), self.guide_keys], 1)

    def _queries(self, picture: Tensor, stride: int) -> Tensor:
        guide = self.guide_features(self.target_guide, stride) * self.scale
        return augment_queries(torch.cat([self.appearance(picture, stride), guide], 1))

    def _match_guides(self) -> Field:
        """The first correspondence, from the guides alone. The noise keeps large areas of equal
        guide from all taking one and the same patch, and so from starting flat."""
        queries = self.guide_features(self.target_guide) * self.scale
        best = []
        for block in queries.split(max(1, MATRIX_CHUNK // len(self.guide_keys))):
            cost = torch.cdist(block, self.guide_keys).square()
            noise = torch.rand(cost.shape, generator=self.random).to(cost.device)
            cost = cost + self.settings.noise * self.guide_weight * noise + self.forbidden
            best.append(cost.min(1))
        distance, index = (torch.cat(part) for part in zip(*best, strict=True))
        width = self.source[1]
        y, x = (v.view(self.target) for v in (index // width, index % width))
        return Field(y, x, distance.view(self.target), 1, self.target, self.source)

    def _search(self, picture: Tensor, keys: Tensor, field: Field, turn: int) -> Field:
        settings = self.settings
        penalty = self.forbidden
        if settings.occurrence > 0:
            excess = (usage(field, settings.patch_size) - 1).clamp(0, 20)
            penalty = penalty + settings.occurrence * excess
        stride = self._stride(turn)
        queries = self._queries(picture, stride)
        if self.small:
            width = self.source[1]
            index = exhaustive(queries, augment_keys(keys), penalty, settings.completeness)
            distance = distances(queries, augment_keys(keys), index)
            y, x = (v.view(self.target) for v in (index // width, index % width))
            return Field(y, x, distance.view(self.target), 1, self.target, self.source)
        if stride != field.stride:
            field = field.to_level(self.target, self.source, stride)
        reach = max(self.source)
        radii = (reach // 2, reach // 6, 16, 4, 1) if turn == 0 else (reach // 4, 8, 1)
        return patchmatch(
            queries,
            augment_keys(keys, penalty),
            field,
            sweeps=2,
            jumps=(4, 1) if turn == 0 else (1,),
            radii=radii,
            random=self.random,
        )
