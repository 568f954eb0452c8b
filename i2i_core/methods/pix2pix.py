"""pix2pix (Isola et al. 2017): from pairs of pictures, a translation of one kind to the other.

The generator is shown a picture of A and rewarded for being near its partner in B (L1) and for
convincing a discriminator, which judges patches of both pictures together, that it is it.
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
from i2i_core.devices.distributed import parallel
from i2i_core.errors import check_choice
from i2i_core.losses.adversarial import ADVERSARIAL, gradient_penalty
from i2i_core.losses.reconstruction import l1
from i2i_core.method import Method, Work
from i2i_core.networks.deep_features import VGG
from i2i_core.networks.patchgan import PatchGAN, PixelGAN
from i2i_core.networks.resnet import ResNet
from i2i_core.networks.unet import UNet
from i2i_core.training.ema import follow, generator_tensors, restore_generator
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
class Pix2PixConfig:
    """The paper's numbers (section 3.4, appendix 6.2). `generator`: "unet" of `depth` halvings, or
    "resnet" of `blocks`. `widest`: how many times `width` the widest layers have. `test_time`
    "paper": translate with dropout and the picture's own statistics, as in training; "eval":
    without, with those gathered. `steps` 0: as many as the epochs take. `ema`: decay of the
    generator's moving average, 0 for none, as in the paper."""

    in_channels: int = 3
    out_channels: int = 3
    generator: str = "unet"
    width: int = 64
    widest: int = 8
    depth: int = 8
    blocks: int = 9
    norm: str = "batch"
    dropout: bool = True
    discriminator: str = "patch"
    discriminator_width: int = 64
    discriminator_layers: int = 3
    adversarial: str = "vanilla"
    adversarial_weight: float = 1.0
    l1_weight: float = 100.0
    perceptual_weight: float = 0.0
    perceptual_network: str = VGG
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
    test_time: str = "paper"
    seed: int = 0

    def __post_init__(self) -> None:
        check_settings(self)
        check_choice("generator", self.generator, ("unet", "resnet"))
        check_choice("norm", self.norm, ("batch", "instance", "none"))
        check_choice("discriminator", self.discriminator, ("patch", "pixel"))
        check_choice("adversarial loss", self.adversarial, tuple(ADVERSARIAL))
        check_choice("test_time", self.test_time, ("paper", "eval"))
        multiple = 2**self.depth if self.generator == "unet" else 4
        layers = self.discriminator_layers if self.discriminator == "patch" else 0
        check_crops(self.size, self.load_size, multiple, layers)


class Pix2Pix(Method):
    """A and B are pairs: the picture at the same place in both shows the same thing."""

    Config: ClassVar[type] = Pix2PixConfig
    paired = True
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        # Ten minutes on two cores: half the size, so patches of half the size to judge; half the
        # width, and less wide within, where weights cost more than they bring.
        "laptop": {
            "width": 32,
            "widest": 4,
            "depth": 7,
            "discriminator_width": 32,
            "discriminator_layers": 2,
            "size": 128,
            "load_size": 143,
            "learning_rate": 3e-4,
            "steps": 5000,
            "ema": 0.995,
        },
    }

    def __init__(self, config: Pix2PixConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or Pix2PixConfig()
        self.multiple_of = 2**c.depth if c.generator == "unet" else 4
        self.channels = (c.in_channels, c.out_channels)
        with seeded(c.seed):
            self.generator = _generator(c)
            channels, width = c.in_channels + c.out_channels, c.discriminator_width
            self.discriminator: nn.Module
            if c.discriminator == "patch":
                self.discriminator = PatchGAN(
                    channels, width, c.discriminator_layers, c.norm, widest=c.widest
                )
            else:
                self.discriminator = PixelGAN(channels, width, c.norm)
        self.average = deepcopy(self.generator).requires_grad_(False) if c.ema else None
        betas = (c.beta1, c.beta2)
        self.fit_state: FitState = FitState(
            {
                "generator": Updater([self.generator], c.learning_rate, betas),
                "discriminator": Updater([self.discriminator], c.learning_rate, betas),
            }
        )

    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from pairs; a record for every step, with the losses as weighed."""
        c, state = self.config, self.fit_state
        device = next(self.parameters()).device
        layout = fast_layout(device)
        if c.generator == "unet" and device.type == "cpu":
            layout = torch.contiguous_format  # its innermost pictures are smaller than its channels
        self.to(memory_format=layout)  # type: ignore[call-overload]
        generator, discriminator = parallel(self.generator), parallel(self.discriminator)
        discriminator_loss, generator_loss = ADVERSARIAL[c.adversarial]
        perceptual, state.note = PerceptualTerm.try_make(c.perceptual_network, c.perceptual_weight)
        total = total_steps(c.steps, len(a), c.batch, c.epochs)

        def one_step(real_a: Tensor, real_b: Tensor, step: int) -> dict[str, float]:
            rate = linear_decay(step, total, c.constant)
            real_a, real_b = (x.to(device, memory_format=layout) for x in (real_a, real_b))
            real_pair = torch.cat([real_a, real_b], 1)
            with mixed_precision(device):
                fake_b = generator(real_a)

                # The discriminator tells (a, b) from (a, G(a)): eq. 1, slowed down by a half.
                fake_pair = torch.cat([real_a, fake_b], 1)
                loss = 0.5 * discriminator_loss(
                    discriminator(real_pair), discriminator(fake_pair.detach())
                )
            if c.adversarial == "wasserstein":  # slopes need full precision
                loss = loss + 10 * gradient_penalty(discriminator, real_pair, fake_pair.float())
            losses = check_finite({"discriminator": loss}, step)
            state.updaters["discriminator"].update(loss, step, rate)

            # The generator convinces it and stays near the partner: eq. 4.
            with mixed_precision(device), frozen(self.discriminator):
                fooled = generator_loss(self.discriminator(fake_pair))
                terms = {
                    "adversarial": c.adversarial_weight * fooled,
                    "L1": c.l1_weight * l1(fake_b, real_b),
                }
                if perceptual:
                    terms["perceptual"] = perceptual(fake_b, real_b)
            losses |= check_finite(terms, step)
            state.updaters["generator"].update(torch.stack([*terms.values()]).sum(), step, rate)
            if self.average is not None:
                follow(self.average, self.generator, c.ema, step)
            self.learnt = True
            return losses

        crops = Crops(c.size, c.load_size, c.flip)
        batches = Batches(a, b, crops, batch=c.batch, paired=True, seed=c.seed)
        yield from fit_steps(state, batches, total, c.seed, one_step, self.channels)

    def forward(self, source: Tensor, reference: Tensor | None = None) -> Tensor:
        """`source` (N, C, H, W) in [0, 1] to the same size; sides multiples of `multiple_of`."""
        self.check_learnt()
        translator = self.translator.train(self.config.test_time == "paper")
        with seeded(self.config.seed):  # dropout; the same for every picture
            result: Tensor = translator(source * 2 - 1) / 2 + 0.5
        self.translator.train()
        return result

    @property
    def translator(self) -> nn.Module:
        """The network that translates: the moving average if there is one."""
        return self.generator if self.average is None else self.average

    def saved(self) -> dict[str, Tensor]:
        return generator_tensors(self.translator)

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        restore_generator(tensors, self.generator, self.average)
        self.learnt = True


def _generator(c: Pix2PixConfig) -> nn.Module:
    if c.generator == "unet":
        return UNet(c.in_channels, c.out_channels, c.width, c.depth, c.norm, c.dropout, c.widest)
    return ResNet(c.in_channels, c.out_channels, c.width, c.blocks, c.norm, c.dropout)
