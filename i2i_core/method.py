"""What every method is (Method: fit, render, translate) and what it can do (Capabilities)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, Literal

import torch
from PIL.Image import Image, Resampling
from torch import Tensor, nn
from typing_extensions import Self

from i2i_core.errors import InputError, check_choice
from i2i_core.images.sizes import fit_short_side
from i2i_core.images.tensors import fit_multiple, to_image, to_tensor, with_channels
from i2i_core.networks.tiling import fits, in_tiles
from i2i_core.progress import Progress, Work, last_picture
from i2i_core.training.ema import EMA
from i2i_core.training.loop import FitState
from i2i_core.training.settings import make_config

# What a method learns from, which is also the part of the page where its models are used.
Task = Literal["pairs", "domains", "single pair", "textures", "analogy"]


@dataclass(frozen=True)
class Capabilities:
    """What a method, or a model of it, can do. Its class declares it, its configuration may limit
    it, the model's file keeps it in the header, and whatever lists or runs models reads it here."""

    task: Task
    two_way: bool = False  # it also translates B to A
    takes_seed: bool = False  # another seed gives another translation
    takes_reference: bool = False  # a second picture says what the translation should be like
    needs_pairs: bool = False  # picture i of A shows what picture i of B does
    mixes_pairs: bool = False  # two collections may have true pairs among them (implicit pairs)
    channels: tuple[int, int] = (3, 3)  # of what it is given and of what it makes: 3, or 1 (grey)
    multiple_of: int = 1  # what each side of its input must be a multiple of
    working_size: int | None = None  # pixels of the shorter side that it learnt at, if it has one
    reach: int | None = None  # pixels over which the input matters, norms aside; None: no tiles


class Method(nn.Module, ABC):
    """A translation from A to B. `fit` and `render` are generators and own no clock: the caller
    decides when to look, when to save and when to stop (`close()`)."""

    Config: ClassVar[type]
    title: ClassVar[str]  # as its paper calls it
    capabilities: Capabilities
    # Named changes of the paper's configuration, which is "paper"; see `from_preset`.
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"paper": {}}
    # Presets that are methods in their own right, by what their paper calls them.
    variants: ClassVar[Mapping[str, str]] = {}
    infers_in_training_mode: bool = False  # with dropout and the picture's own statistics
    scales_input: bool = False  # pictures are translated at the working size and scaled back
    fitted: bool = False  # whether it can translate
    training_networks_loaded: bool = False  # whether they came from a file
    fit_state: FitState | None = None  # of methods that learn step by step
    config: Any

    @classmethod
    def preset_settings(cls, *presets: str, **changes: Any) -> dict[str, Any]:
        """What presets (later ones overrule) and `changes` set. Raises InputError for unknown."""
        settings: dict[str, Any] = {}
        for preset in presets:
            check_choice("preset", preset, tuple(cls.presets))
            settings |= cls.presets[preset]
        return settings | changes

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """The untrained method with these settings. Raises InputError for unknown and bad ones."""
        return cls(make_config(cls.Config, cls.title, settings))

    @classmethod
    def from_preset(cls, *presets: str, **changes: Any) -> Self:
        """The method with these presets, later ones overruling, and single settings changed."""
        return cls.from_settings(cls.preset_settings(*presets, **changes))

    @abstractmethod
    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from pictures of both domains. Raises InputError on what cannot be learnt from.
        Methods that learn step by step go on where they were stopped; the others start anew."""

    def after_fit(self, a: Sequence[Image], b: Sequence[Image]) -> str:  # noqa: ARG002
        """What is found out about the pictures between fit and saving; returns a sentence or ""."""
        return ""

    @abstractmethod
    def forward(
        self, source: Tensor, reference: Tensor | None = None, *, reverse: bool = False,
        seed: int | None = None,
    ) -> Tensor:  # fmt: skip
        """Translate (1, C, H, W) in [0, 1] to about the same; what it cannot do is passed over."""

    def inference_networks(self) -> Mapping[str, EMA[Any]]:
        """The networks that translate, by name, with their moving averages."""
        return {}

    def training_networks(self) -> Mapping[str, nn.Module]:
        """Networks by name that only fits and looking inside need; in the file once they learnt."""
        return {}

    def inference_state_dict(self) -> dict[str, Tensor]:
        """The tensors that translating needs, by name: what a model's file holds."""
        return {
            f"{name}.{key}": value
            for name, ema in self.inference_networks().items()
            for key, value in ema.network.state_dict().items()
        }

    def load_inference_state_dict(self, tensors: Mapping[str, Tensor]) -> None:
        """Take back `inference_state_dict`. Raises RuntimeError for tensors of another model."""
        for name, ema in self.inference_networks().items():
            ema.load_weights(with_prefix(tensors, f"{name}."))
        self.fitted = True

    @property
    def has_training_networks(self) -> bool:
        """Whether its training networks have learnt: those of an imported generator have not."""
        stepped = self.fit_state is not None and self.fit_state.step > 0
        return bool(self.training_networks()) and (self.training_networks_loaded or stepped)

    def init_from(self, other: Method) -> None:
        """Begin with all that `other` has learnt; where it was judged by other networks than are to
        judge now, these begin anew. Raises RuntimeError where what translates is unlike."""
        if type(other) is not type(self):
            raise RuntimeError(f"{other.title} is another method than {self.title}")
        self.load_inference_state_dict(other.inference_state_dict())
        ours, theirs = self.training_networks(), other.training_networks()
        if other.has_training_networks and shapes(ours) == shapes(theirs):
            for name, network in ours.items():
                network.load_state_dict(theirs[name].state_dict())
            self.training_networks_loaded = True

    def check_trainable(self) -> None:
        """Raise InputError where a fit cannot go on from this model."""

    def check_is_fitted(self) -> None:
        """Raise InputError when there is nothing to translate with yet."""
        if not self.fitted:
            advice = "Fit it first, or load a fitted one."
            raise InputError(f"This model has learnt nothing yet. {advice}")

    def check_direction(self, reverse: bool) -> None:
        """Raise InputError for `reverse` where there is no way back."""
        if reverse and not self.capabilities.two_way:
            raise InputError("This model translates in one direction only: leave reverse off.")

    def __call__(self, *inputs: Any, **settings: Any) -> Any:
        """`forward`, within [0, 1]. Raises InputError when nothing has been learnt yet."""
        self.check_is_fitted()
        return super().__call__(*inputs, **settings).clamp(0, 1)

    @property
    def device(self) -> torch.device:
        """Where its weights lie."""
        return next(chain(self.parameters(), self.buffers()), torch.empty(0)).device

    def render(
        self, source: Image, reference: Image | None = None, *, reverse: bool = False,
        seed: int | None = None,
    ) -> Work:  # fmt: skip
        """Translate with progress: the last record holds the result. `reference` and `seed` are for
        methods that take them. This default makes one step, or large pictures in tiles; methods
        that refine a picture yield what they have."""
        self.check_is_fitted()
        self.check_direction(reverse)
        c = self.capabilities
        size = source.size
        if self.scales_input and c.working_size:
            source = fit_short_side(source.convert("RGB"), c.working_size)
            reference = reference and fit_short_side(reference.convert("RGB"), c.working_size)
        guide = None if reference is None else to_tensor(reference).to(self.device)
        pixels = with_channels(to_tensor(source), c.channels[1 if reverse else 0])
        fitting, undo = fit_multiple(pixels.to(self.device), c.multiple_of)

        def network(part: Tensor) -> Tensor:
            with training_mode(self, self.infers_in_training_mode), torch.no_grad():
                return self(part, guide, reverse=reverse, seed=seed)  # type: ignore[no-any-return]

        if c.reach is None or fits(fitting):
            picture = to_image(undo(network(fitting)))
            if picture.size != size:
                picture = picture.resize(size, Resampling.LANCZOS)
            yield Progress(1, 1, picture=picture)
            return
        for done, total, result in in_tiles(network, fitting, c.reach):
            note = f"Tile {done} of {total}"
            yield Progress(done, total, picture=to_image(undo(result)), note=note)

    def translate(
        self, source: Image, reference: Image | None = None, *, reverse: bool = False,
        seed: int | None = None,
    ) -> Image:  # fmt: skip
        """Translate one picture and wait for it."""
        return last_picture(self.render(source, reference, reverse=reverse, seed=seed))


@contextmanager
def training_mode(network: nn.Module, training: bool) -> Iterator[None]:
    """`network`, whole, in training or in evaluation mode; afterwards every part as it was."""
    before = [(module, module.training) for module in network.modules()]
    network.train(training)
    try:
        yield
    finally:
        for module, was_training in before:
            module.training = was_training


def shapes(networks: Mapping[str, nn.Module]) -> dict[str, dict[str, torch.Size]]:
    """The shapes of the networks' tensors, by name: whether others' fit in."""
    return {n: {k: v.shape for k, v in x.state_dict().items()} for n, x in networks.items()}


def with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Those of `tensors` whose names begin with `prefix`, by what follows it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
