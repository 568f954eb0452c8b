"""The input of the synthesis: a Task, and the Settings to do it with."""

from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from i2i_core.images.filters import resize


@dataclass(frozen=True)
class Settings:
    """Numbers of the synthesis, for semantic guides at 256 pixels; pairs run coarsest to finest."""

    patch_size: int = 7
    components: int = 24
    guide_patch_size: int = 5
    guide_components: int = 12
    ratio: float = 0.7
    coarsest: int = 24  # short side of the coarsest level, pixels
    guide_weight: tuple[float, float] = (4.0, 0.3)  # appearance has weight 1
    fade_side: int = 224  # short side, pixels, at which the fine guide weight is reached
    rounds: tuple[int, int] = (8, 4)  # search-and-vote rounds a level
    blurred_rounds: int = 2  # of these, rounds with blurred keys
    completeness: float = 0.02  # α of the exhaustive search
    occurrence: float = 0.3  # penalty on source patches that are used too often
    noise: float = 0.3  # added to the first, guide-only match
    exhaustive_limit: int = 4096**2  # target patches × source patches
    strides: tuple[int, int] = (2, 1)  # between patches, PatchMatch levels: early rounds, last one
    seed: int = 0


def settings_for(long_side: int, **changes: Any) -> Settings:
    """Settings for a result of `long_side` pixels: beyond 320 fewer and sparser rounds at the
    finest levels, where most of the time goes and what matters has been decided."""
    settings = Settings()
    if long_side > 320:
        settings = replace(settings, rounds=(8, 3), strides=(2, 2))
    return replace(settings, **changes)


@dataclass(frozen=True)
class Task:
    """What to synthesize. `source` (1, 3, Hs, Ws) in [0, 1]; `source_guide` (1, G, Hs, Ws) and
    `target_guide` (1, G, H, W) hold the same G channels, and the target guide's size is the
    result's. `valid` (1, 1, Hs, Ws) is 1 where source pixels may be used. `known` (1, 3, H, W) and
    `unknown` (1, 1, H, W), together: where `unknown` is 0, the result keeps the pixels of `known`.
    `initial` (1, 3, h, w) is where the coarsest level starts, instead of the guides' match."""

    source: Tensor
    source_guide: Tensor
    target_guide: Tensor
    valid: Tensor | None = None
    known: Tensor | None = None
    unknown: Tensor | None = None
    initial: Tensor | None = None

    def __post_init__(self) -> None:
        if self.source.shape[-2:] != self.source_guide.shape[-2:]:
            raise ValueError("source and source_guide must have the same height and width")
        if self.source_guide.shape[1] != self.target_guide.shape[1]:
            raise ValueError("source_guide and target_guide must have the same channels")
        if (self.known is None) != (self.unknown is None):
            raise ValueError("known and unknown go together")
        likes = {"valid": self.source, "known": self.target_guide, "unknown": self.target_guide}
        for name, like in likes.items():
            value = getattr(self, name)
            if value is not None and value.shape[-2:] != like.shape[-2:]:
                raise ValueError(f"{name} has the wrong height or width")

    def keep_known(self, picture: Tensor) -> Tensor:
        """`picture` (1, 3, h, w) with the known pixels put back."""
        if self.known is None or self.unknown is None:
            return picture
        size = picture.shape[-2:]
        mask, known = (resize(x, size).clamp(0, 1) for x in (self.unknown, self.known))
        return known * (1 - mask) + picture * mask
