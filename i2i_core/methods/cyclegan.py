"""CycleGAN (Zhu et al. 2017): two translations, there and back, from two unpaired collections.

Each generator convinces a discriminator of its target domain, and what went there and came back
must be what it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from PIL.Image import Image
from torch import Tensor, nn

from i2i_core.data.batches import Batches, Crops
from i2i_core.data.implicit_pairs import Mixed
from i2i_core.devices.distributed import parallel
from i2i_core.errors import InputError, check_choice
from i2i_core.losses.adversarial import ADVERSARIAL, gradient_penalty
from i2i_core.losses.reconstruction import cycle, identity, l1
from i2i_core.method import Method, Work
from i2i_core.methods.heuristics import HEURISTICS
from i2i_core.networks.deep_features import VGG
from i2i_core.networks.patchgan import PatchGAN
from i2i_core.networks.resnet import ResNet
from i2i_core.networks.tiling import beyond_borders
from i2i_core.training.ema import follow
from i2i_core.training.image_pool import ImagePool
from i2i_core.training.loop import FitState, fit_steps, seeded, total_steps
from i2i_core.training.optim import (
    Updater,
    check_finite,
    fast_layout,
    frozen,
    linear_decay,
    mixed_precision,
)
from i2i_core.training.perceptual import PerceptualTerm
from i2i_core.training.settings import check_crops, check_settings


@dataclass(frozen=True)
class CycleGANConfig:
    """The paper's numbers (section 4, appendix 7), with the identity loss of section 5.2 on, as in
    its code. `both`: whether the way back is there; published files hold one direction each, which
    can be used but not fitted further. `pair_fraction`: how much of each domain is made of the
    pairs given to `fit`. `perceptual_weight`: of the deep features of what came back, too.
    `heuristic`: a rule of HEURISTICS to be drawn towards, "" for none.

    Not in the paper: `antialias`, CUT's generator; `tone`, pixels a side of squares whose colours
    generator and discriminator treat apart from detail (see `ResNet` and `PatchGAN`), 0 for none;
    `identity_every`, the identity loss in one of so many steps only, as many times stronger."""

    in_channels: int = 3
    out_channels: int = 3
    width: int = 64
    blocks: int = 9
    norm: str = "instance"
    dropout: bool = False
    antialias: bool = False
    tone: int = 0
    both: bool = True
    discriminator_width: int = 64
    discriminator_layers: int = 3
    adversarial: str = "least squares"
    adversarial_weight: float = 1.0
    cycle_weight: float = 10.0
    identity_weight: float = 5.0  # half of the cycle's
    identity_every: int = 1
    perceptual_weight: float = 0.0
    perceptual_network: str = VGG
    pool: int = 50
    pair_fraction: float = 0.25
    heuristic: str = ""
    heuristic_weight: float = 0.5
    learning_rate: float = 2e-4
    beta1: float = 0.5
    beta2: float = 0.999
    batch: int = 1
    epochs: int = 200
    constant: float = 0.5  # share of the steps before the learning rate falls
    steps: int = 0
    size: int = 256
    load_size: int = 286
    flip: bool = True
    ema: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_settings(self)
        check_choice("adversarial loss", self.adversarial, tuple(ADVERSARIAL))
        check_choice("norm", self.norm, ("batch", "instance", "none"))
        check_choice("heuristic", self.heuristic, ("", *HEURISTICS))
        check_crops(self.size, self.load_size, 4, self.discriminator_layers)
        if self.tone and self.in_channels != self.out_channels:
            raise InputError("Grey on one side only leaves nothing to add to: set tone to 0.")
        if self.identity_weight and self.in_channels != self.out_channels:
            raise InputError("Grey on one side only leaves no identity: set identity_weight to 0.")


class CycleGAN(Method):
    """A and B are two collections; `reverse` translates B to A."""

    Config: ClassVar[type] = CycleGANConfig
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        # Three quarters of an hour on two cores, for it learns two translations: fewer channels,
        # six blocks (the paper's number for 128 pixels).
        "laptop": {
            "width": 24,
            "blocks": 6,
            "antialias": True,
            "tone": 8,
            "discriminator_width": 32,
            "cycle_weight": 2.0,
            "identity_weight": 1.0,
            "identity_every": 4,
            "size": 128,
            "load_size": 256,
            "learning_rate": 2e-4,
            "steps": 8000,
            "ema": 0.998,
        },
    }
    multiple_of = 4

    def __init__(self, config: CycleGANConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or CycleGANConfig()
        self.two_way = c.both
        self.channels = (c.in_channels, c.out_channels)
        with seeded(c.seed):
            self.generator_ab = _generator(c, c.in_channels, c.out_channels)
            self.generator_ba = _generator(c, c.out_channels, c.in_channels) if c.both else None
            # Each is named for the domain that it judges.
            self.discriminator_a, self.discriminator_b = (
                PatchGAN(
                    channels, c.discriminator_width, c.discriminator_layers, c.norm, tone=c.tone
                )
                for channels in (c.in_channels, c.out_channels)
            )
        self.reach = self.generator_ab.reach
        self.average_ab = _average(self.generator_ab) if c.ema else None
        self.average_ba = _average(self.generator_ba) if c.ema and self.generator_ba else None
        generators = [g for g in (self.generator_ab, self.generator_ba) if g is not None]
        betas = (c.beta1, c.beta2)
        discriminators = [self.discriminator_a, self.discriminator_b]
        self.fit_state: FitState = FitState(
            {
                "generators": Updater(generators, c.learning_rate, betas),
                "discriminators": Updater(discriminators, c.learning_rate, betas),
            },
            {"a": ImagePool(c.pool), "b": ImagePool(c.pool)},
        )

    def fit(
        self,
        a: Sequence[Image],
        b: Sequence[Image],
        pairs: tuple[Sequence[Image], Sequence[Image]] | None = None,
    ) -> Work:
        """Learn from two collections; a record for every step, with the losses as weighed.

        `pairs`, true ones, are mixed unmarked into both sides (`Mixed`): implicit pairs.
        """
        c, state = self.config, self.fit_state
        if self.generator_ba is None:
            raise InputError(
                "This model has one direction only, which CycleGAN cannot learn from: "
                "import both directions together, or start a new model."
            )
        device = next(self.parameters()).device
        layout = fast_layout(device)
        self.to(memory_format=layout)  # type: ignore[call-overload]
        if pairs is not None:
            a, b = (Mixed(x, of, c.pair_fraction) for x, of in zip((a, b), pairs, strict=True))
        g_ab, g_ba = parallel(self.generator_ab), parallel(self.generator_ba)
        d_a, d_b = parallel(self.discriminator_a), parallel(self.discriminator_b)
        discriminator_loss, generator_loss = ADVERSARIAL[c.adversarial]
        perceptual, state.note = PerceptualTerm.try_make(c.perceptual_network, c.perceptual_weight)
        total = total_steps(c.steps, max(len(a), len(b)), c.batch, c.epochs)

        def one_step(real_a: Tensor, real_b: Tensor, step: int) -> dict[str, float]:
            rate = linear_decay(step, total, c.constant)
            real_a, real_b = (x.to(device, memory_format=layout) for x in (real_a, real_b))

            # Both generators: adversarial (eq. 1), cycle (eq. 2), identity (section 5.2).
            terms: dict[str, Tensor] = {}
            with mixed_precision(device), frozen(self.discriminator_a, self.discriminator_b):
                fake_b, fake_a = g_ab(real_a), g_ba(real_b)
                terms["adversarial"] = c.adversarial_weight * (
                    generator_loss(self.discriminator_b(fake_b))
                    + generator_loss(self.discriminator_a(fake_a))
                )
                back_a, back_b = g_ba(fake_b), g_ab(fake_a)
                terms["cycle"] = c.cycle_weight * (cycle(real_a, back_a) + cycle(real_b, back_b))
                if perceptual:
                    terms["perceptual"] = perceptual(back_a, real_a) + perceptual(back_b, real_b)
                if c.identity_weight and step % c.identity_every == 0:
                    terms["identity"] = (
                        c.identity_every
                        * c.identity_weight
                        * (identity(real_b, g_ab(real_b)) + identity(real_a, g_ba(real_a)))
                    )
                if c.heuristic:
                    rule = HEURISTICS[c.heuristic]
                    terms["heuristic"] = c.heuristic_weight * (
                        l1(fake_b, rule(real_a, real_b)) + l1(fake_a, rule(real_b, real_a))
                    )
            losses = check_finite(terms, step)
            state.updaters["generators"].update(torch.stack([*terms.values()]).sum(), step, rate)

            # Both discriminators, on a mixture of old and new translations.
            with mixed_precision(device):
                old_b = state.pools["b"].exchange(fake_b)
                old_a = state.pools["a"].exchange(fake_a)
                loss = 0.5 * (
                    discriminator_loss(d_b(real_b), d_b(old_b))
                    + discriminator_loss(d_a(real_a), d_a(old_a))
                )
            if c.adversarial == "wasserstein":  # slopes need full precision
                loss = loss + 10 * gradient_penalty(d_b, real_b, old_b.float())
                loss = loss + 10 * gradient_penalty(d_a, real_a, old_a.float())
            losses |= check_finite({"discriminator": loss}, step)
            state.updaters["discriminators"].update(loss, step, rate)

            for average, network in self._averaged():
                follow(average, network, c.ema, step)
            self.learnt = True
            return losses

        crops = Crops(c.size, c.load_size, c.flip)
        batches = Batches(a, b, crops, batch=c.batch, seed=c.seed)
        yield from fit_steps(state, batches, total, c.seed, one_step, self.channels)

    def forward(
        self, source: Tensor, reference: Tensor | None = None, *, reverse: bool = False
    ) -> Tensor:
        """`source` (N, C, H, W) in [0, 1] to the same size; sides multiples of 4."""
        self.check_learnt()
        translator = self._translators()["generator_ba" if reverse else "generator_ab"]
        given = (source * 2 - 1).contiguous(memory_format=fast_layout(source.device))
        with seeded(self.config.seed):  # dropout, if there is any
            result = beyond_borders(translator, given, 2 * self.config.tone) / 2 + 0.5
        return result.clamp(0, 1)

    def _averaged(self) -> list[tuple[nn.Module, nn.Module]]:
        pairs = ((self.average_ab, self.generator_ab), (self.average_ba, self.generator_ba))
        return [(a, g) for a, g in pairs if a is not None and g is not None]

    def _translators(self) -> dict[str, nn.Module]:
        """The networks that translate: the moving averages if there are any."""
        both = {
            "generator_ab": self.average_ab or self.generator_ab,
            "generator_ba": self.average_ba or self.generator_ba,
        }
        return {name: network for name, network in both.items() if network is not None}

    def saved(self) -> dict[str, Tensor]:
        return {
            f"{name}.{key}": value
            for name, network in self._translators().items()
            for key, value in network.state_dict().items()
        }

    def extra(self) -> dict[str, nn.Module]:
        return {"discriminator_a": self.discriminator_a, "discriminator_b": self.discriminator_b}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        for name, network in self._translators().items():
            part = {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(name)}
            network.load_state_dict(part)
        for average, network in self._averaged():
            network.load_state_dict(average.state_dict())
        self.learnt = True


def _generator(c: CycleGANConfig, channels_in: int, channels_out: int) -> ResNet:
    return ResNet(
        channels_in,
        channels_out,
        c.width,
        c.blocks,
        c.norm,
        c.dropout,
        c.antialias,
        tone=c.tone,
    )


def _average(network: nn.Module) -> nn.Module:
    return deepcopy(network).requires_grad_(False)
