"""What every method is: it learns from a domain A and a domain B, and translates A to B."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, ClassVar

import torch
from PIL.Image import Image
from torch import Tensor, nn

from i2i_core.errors import InputError
from i2i_core.images.tensors import fit_multiple, to_image, to_tensor, with_channels
from i2i_core.networks.tiling import fits, in_tiles
from i2i_core.progress import Progress, Work, last_picture
from i2i_core.training.loop import FitState

__all__ = ["Method", "Progress", "Work", "last_picture"]


class Method(nn.Module, ABC):
    """A translation from A to B. `fit` and `render` are generators and own no clock: the caller
    decides when to look, when to save and when to stop (`close()`)."""

    Config: ClassVar[type]
    # Named changes of the paper's configuration, which is "paper".
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"paper": {}}
    multiple_of: int = 1  # what each side of the input must be a multiple of
    channels: tuple[int, int] = (3, 3)  # of what it is given and of what it makes: 3, or 1 (grey)
    two_way: bool = False
    paired: ClassVar[bool] = False  # whether it learns from pairs: picture i of A is that of B
    takes_seed: bool = False  # whether another seed gives another translation
    # How many pixels away a pixel of the input still matters (norms aside), where large pictures
    # may be translated in tiles; None where they may not.
    reach: int | None = None
    learnt: bool = False  # whether it can translate
    extra_restored: bool = False  # whether the extra networks came from a file
    fit_state: FitState | None = None  # of methods that learn step by step

    @abstractmethod
    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from pictures of both domains. Raises InputError on what cannot be learnt from.

        Methods that learn step by step go on where they were stopped; the others start anew.
        """

    @abstractmethod
    def forward(self, source: Tensor, reference: Tensor | None = None) -> Tensor:
        """Translate a tensor (1, C, H, W) to (1, 3, H, W) in [0, 1]; two-way methods also take
        `reverse`."""

    def saved(self) -> dict[str, Tensor]:
        """The tensors that translating needs, by name: what a model's file holds."""
        return dict(self.state_dict())

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take back what `saved` gave. Raises RuntimeError for tensors of another model."""
        self.load_state_dict(dict(tensors))
        self.learnt = True

    def extra(self) -> dict[str, nn.Module]:
        """Networks by name that translating does without, but that a model's file holds as well if
        they have learnt: to go on fitting with, and to look into."""
        return {}

    @property
    def extra_learnt(self) -> bool:
        """Whether the extra networks have learnt: those of an imported generator have not."""
        return self.extra_restored or (self.fit_state is not None and self.fit_state.step > 0)

    def check_learnt(self) -> None:
        """Raise InputError when there is nothing to translate with yet."""
        if not self.learnt:
            raise InputError(
                "This model has learnt nothing yet. Fit it first, or load a fitted one."
            )

    def render(
        self,
        source: Image,
        reference: Image | None = None,
        *,
        reverse: bool = False,
        seed: int | None = None,
    ) -> Work:
        """Translate with progress: the last record holds the result. A `seed` is for methods with
        `takes_seed`; the others pass over it.

        This default does it in one step; methods that refine a picture yield what they have.
        """
        if reverse and not self.two_way:
            raise InputError("This model translates in one direction only: leave reverse off.")
        weights = next(chain(self.parameters(), self.buffers()), torch.empty(0))
        guide = None if reference is None else to_tensor(reference).to(weights.device)
        given = with_channels(to_tensor(source), self.channels[1 if reverse else 0])
        fitting, undo = fit_multiple(given.to(weights.device), self.multiple_of)
        settings: dict[str, Any] = {"reverse": True} if reverse else {}
        if seed is not None and self.takes_seed:
            settings["seed"] = seed
        with torch.no_grad():
            if self.reach is None or fits(fitting):
                yield Progress(1, 1, picture=to_image(undo(self(fitting, guide, **settings))))
                return
            network = partial(self, reference=guide, **settings)
            for done, total, result in in_tiles(network, fitting, self.reach):
                note = f"Tile {done} of {total}"
                yield Progress(done, total, picture=to_image(undo(result)), note=note)

    def translate(
        self,
        source: Image,
        reference: Image | None = None,
        *,
        reverse: bool = False,
        seed: int | None = None,
    ) -> Image:
        """Translate one picture and wait for it."""
        return last_picture(self.render(source, reference, reverse=reverse, seed=seed))
