"""CycleGAN (Zhu et al. 2017): two translations, there and back, from two unpaired collections.

Each generator convinces its target's discriminator; what went there and back must be what it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from PIL.Image import Image
from torch import Tensor, nn

from i2i_core.data.batches import Batches
from i2i_core.devices.distributed import parallel
from i2i_core.errors import InputError
from i2i_core.losses.adversarial import ADVERSARIAL, gradient_penalty
from i2i_core.losses.reconstruction import cycle, identity, l1
from i2i_core.method import Capabilities, Method
from i2i_core.methods.heuristics import HEURISTICS
from i2i_core.networks.patchgan import PatchGAN
from i2i_core.networks.projected import ProjectedDiscriminator
from i2i_core.networks.resnet import ResNet
from i2i_core.networks.tiling import beyond_borders
from i2i_core.progress import Work
from i2i_core.training.ema import EMA
from i2i_core.training.image_pool import ImagePool
from i2i_core.training.loop import FitState, fit_steps, seeded, total_steps
from i2i_core.training.optim import fast_layout, frozen, mixed_precision, use_layout
from i2i_core.training.perceptual import PerceptualTerm
from i2i_core.training.settings import (
    PROJECTED,
    AdversarialConfig,
    check_crops,
    choice,
    setting,
)


@dataclass(frozen=True)
class CycleGANConfig(AdversarialConfig):
    """The paper's numbers (section 4, appendix 7); as in its code, with section 5.2's identity."""

    width: int = setting(64, 1, 512)
    blocks: int = setting(9, 0, 32)
    norm: str = choice("instance", "batch", "none")
    dropout: bool = False
    antialias: bool = False  # CUT's generator; not in the paper
    # Pixels a side of squares whose colours generator and discriminator treat apart from detail
    # (see `ResNet` and `PatchGAN`), 0 for none; not in the paper.
    lowpass: int = setting(0, 0, 32)
    # Whether the way back is there; single published directions can be used but not fitted further.
    both: bool = True
    cycle_weight: float = 10.0
    identity_weight: float = 5.0  # half of the cycle's
    # The identity loss in one of so many steps only, as many times stronger; not in the paper.
    identity_every: int = setting(1, 1, 1000)
    pool: int = setting(50, 0, 10_000)
    pair_fraction: float = setting(0.25, 0, 0.99)  # of each domain, if pairs are mixed in
    heuristic: str = choice("", *HEURISTICS)  # a rule to be drawn towards
    heuristic_weight: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_crops(self, 4, self.patch_layers)
        if self.lowpass and self.in_channels != self.out_channels:
            raise InputError("Grey on one side only leaves nothing to add to: set lowpass to 0.")
        if self.identity_weight and self.in_channels != self.out_channels:
            raise InputError("Grey on one side only leaves no identity: set identity_weight to 0.")


class CycleGAN(Method):
    """A and B are two collections; `reverse` translates B to A."""

    Config: ClassVar[type] = CycleGANConfig
    config: CycleGANConfig
    title = "CycleGAN"
    capabilities = Capabilities("domains", two_way=True, mixes_pairs=True, multiple_of=4)
    infers_in_training_mode = True  # as its code does
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        # Three quarters of an hour on two cores; six blocks are the paper's number for 128 pixels.
        "laptop": {
            "width": 24, "blocks": 6, "antialias": True, "lowpass": 8, "discriminator_width": 32,
            "cycle_weight": 2.0, "identity_weight": 1.0, "identity_every": 4,
            "crop_size": 128, "load_size": 256, "learning_rate": 2e-4, "steps": 8000, "ema": 0.998,
        },
        "projected": {**PROJECTED, "perceptual_weight": 0.0},
        "finetune": {"ema": 0.998},
    }  # fmt: skip

    def __init__(self, config: CycleGANConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or CycleGANConfig()
        ab = c.in_channels, c.out_channels
        generator = partial(
            ResNet, width=c.width, blocks=c.blocks, norm=c.norm, dropout=c.dropout,
            antialias=c.antialias, lowpass=c.lowpass,
        )  # fmt: skip
        with seeded(c.seed):
            self.generator_ab = generator(*ab)
            self.generator_ba = generator(*ab[::-1]) if c.both else None
            # Each is named for the domain that it judges.
            self.discriminator_a, self.discriminator_b = (self._discriminator(n) for n in ab)
        self.capabilities = replace(
            self.capabilities, two_way=c.both, channels=ab, working_size=c.crop_size,
            reach=self.generator_ab.reach,
        )  # fmt: skip
        self.ema_ab = EMA(self.generator_ab, c.ema)
        self.ema_ba = None if self.generator_ba is None else EMA(self.generator_ba, c.ema)
        generators = [g for g in (self.generator_ab, self.generator_ba) if g is not None]
        optimizers = {
            "generators": c.optimizer(*generators),
            "discriminators": c.optimizer(self.discriminator_a, self.discriminator_b),
        }
        pools = {"a": ImagePool(c.pool), "b": ImagePool(c.pool)}
        self.fit_state: FitState = FitState(optimizers, pools)

    def _discriminator(self, channels: int) -> PatchGAN | ProjectedDiscriminator:
        c = self.config
        if c.discriminator == "projected":
            return ProjectedDiscriminator(0, c.projected_width, c.augment)
        judge = channels, c.discriminator_width, c.discriminator_layers, c.norm
        return PatchGAN(*judge, lowpass=c.lowpass)

    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from two collections; a record for every step, with the losses as weighed."""
        c, state, device = self.config, self.fit_state, self.device
        self.check_trainable()
        assert self.generator_ba is not None
        layout = use_layout(self, fast_layout(device))
        g_ab, g_ba = parallel(self.generator_ab), parallel(self.generator_ba)
        d_a, d_b = parallel(self.discriminator_a), parallel(self.discriminator_b)
        discriminator_loss, generator_loss = ADVERSARIAL[c.adversarial]
        perceptual, state.note = PerceptualTerm.try_make(c.perceptual_network, c.perceptual_weight)
        total = total_steps(c.steps, max(len(a), len(b)), c.batch, c.epochs)

        def one_step(real_a: Tensor, real_b: Tensor, step: int, rate: float) -> dict[str, float]:
            # Both generators: adversarial (eq. 1), cycle (eq. 2), identity (section 5.2).
            terms: dict[str, Tensor] = {}
            with mixed_precision(device), frozen(self.discriminator_a, self.discriminator_b):
                fake_b, fake_a = g_ab(real_a), g_ba(real_b)
                convinced_b = generator_loss(self.discriminator_b(fake_b))
                convinced_a = generator_loss(self.discriminator_a(fake_a))
                terms["adversarial"] = c.adversarial_weight * (convinced_b + convinced_a)
                back_a, back_b = g_ba(fake_b), g_ab(fake_a)
                terms["cycle"] = c.cycle_weight * (cycle(real_a, back_a) + cycle(real_b, back_b))
                if perceptual:
                    terms["perceptual"] = perceptual(back_a, real_a) + perceptual(back_b, real_b)
                if c.identity_weight and step % c.identity_every == 0:
                    kept = identity(real_b, g_ab(real_b)) + identity(real_a, g_ba(real_a))
                    terms["identity"] = c.identity_every * c.identity_weight * kept
                if c.heuristic:
                    rule = HEURISTICS[c.heuristic]
                    off = l1(fake_b, rule(real_a, real_b)) + l1(fake_a, rule(real_b, real_a))
                    terms["heuristic"] = c.heuristic_weight * off
            losses = state.optimizers["generators"].minimize(terms, step, rate)

            # Both discriminators, on a mixture of old and new translations.
            with mixed_precision(device):
                old_b = state.pools["b"].query(fake_b)
                old_a = state.pools["a"].query(fake_a)
                loss_b = discriminator_loss(d_b(real_b), d_b(old_b))
                loss = 0.5 * (loss_b + discriminator_loss(d_a(real_a), d_a(old_a)))
            if c.adversarial == "wasserstein":  # slopes need full precision
                loss = loss + 10 * gradient_penalty(d_b, real_b, old_b.float())
                loss = loss + 10 * gradient_penalty(d_a, real_a, old_a.float())
            discriminators = state.optimizers["discriminators"]
            return losses | discriminators.minimize({"discriminator": loss}, step, rate)

        batches = Batches(a, b, c.crops, batch=c.batch, seed=c.seed)
        yield from fit_steps(self, batches, total, one_step, layout)

    def forward(
        self, source: Tensor, reference: Tensor | None = None, *, reverse: bool = False, **_: Any
    ) -> Tensor:
        """`source` (N, C, H, W) in [0, 1] to the same size; sides multiples of 4."""
        ema = self.inference_networks()["generator_ba" if reverse else "generator_ab"]
        x = (source * 2 - 1).contiguous(memory_format=fast_layout(source.device))
        with seeded(self.config.seed):  # dropout, if there is any
            return beyond_borders(ema.network, x, 2 * self.config.lowpass) / 2 + 0.5

    def check_trainable(self) -> None:
        if self.generator_ba is None:
            problem = "This model has one direction only, which CycleGAN cannot learn from"
            raise InputError(f"{problem}: import both directions together, or start a new model.")

    def inference_networks(self) -> Mapping[str, EMA[Any]]:
        back = {} if self.ema_ba is None else {"generator_ba": self.ema_ba}
        return {"generator_ab": self.ema_ab, **back}

    def training_networks(self) -> Mapping[str, nn.Module]:
        return {"discriminator_a": self.discriminator_a, "discriminator_b": self.discriminator_b}
