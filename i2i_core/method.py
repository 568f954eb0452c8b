"""What every method is: it learns from a domain A and a domain B, and translates A to B."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import ClassVar

import torch
from PIL.Image import Image
from torch import Tensor, nn

from i2i_core.errors import InputError
from i2i_core.images import to_image, to_tensor


@dataclass(frozen=True)
class Progress:
    """One moment of long work, in plain numbers and pictures: torch stays inside.

    `step` of `total` is done; `losses` are named numbers; `picture` is the result so far, at
    whatever size it has by now; `note` says in words what happens; `extras` are further pictures
    worth showing, by name.
    """

    step: int
    total: int
    losses: Mapping[str, float] = field(default_factory=dict)
    picture: Image | None = None
    note: str = ""
    extras: Mapping[str, Image] = field(default_factory=dict)


Work = Generator[Progress, None, None]


class Method(nn.Module, ABC):
    """A translation from A to B. `fit` and `render` are generators and own no clock: the caller
    decides when to look, when to save and when to stop (`close()`)."""

    Config: ClassVar[type]
    multiple_of: ClassVar[int] = 1
    two_way: ClassVar[bool] = False

    @abstractmethod
    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from pictures of both domains. Raises InputError on what cannot be learnt from."""

    @abstractmethod
    def forward(self, source: Tensor, reference: Tensor | None = None) -> Tensor:
        """Translate a tensor (1, C, H, W) to (1, 3, H, W) in [0, 1]."""

    def render(
        self, source: Image, reference: Image | None = None, *, reverse: bool = False
    ) -> Work:
        """Translate with progress: the last record holds the result.

        This default does it in one step; methods that refine a picture yield what they have.
        """
        if reverse:  # two-way methods say themselves how they turn round
            raise InputError("This model translates in one direction only: leave reverse off.")
        weights = next(chain(self.parameters(), self.buffers()), torch.empty(0))
        guide = None if reference is None else to_tensor(reference).to(weights.device)
        with torch.no_grad():
            result = self(to_tensor(source).to(weights.device), guide)
        yield Progress(1, 1, picture=to_image(result))

    def translate(
        self, source: Image, reference: Image | None = None, *, reverse: bool = False
    ) -> Image:
        """Translate one picture and wait for it."""
        return last_picture(self.render(source, reference, reverse=reverse))


def last_picture(work: Work) -> Image:
    """Run `work` to its end and return the last picture it showed."""
    picture = None
    for progress in work:
        picture = progress.picture or picture
    if picture is None:
        raise RuntimeError("the work ended without a picture")
    return picture
