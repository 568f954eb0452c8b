"""pix2pix (Isola et al. 2017): from pairs of pictures, a translation of one kind to the other.

The generator is shown a picture of A and rewarded for being near its partner in B (L1) and for
convincing a discriminator, which judges patches of both pictures together, that it is it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from PIL.Image import Image
from torch import Tensor, nn

from i2i_core.data.batches import Batches
from i2i_core.devices.distributed import parallel
from i2i_core.losses.adversarial import ADVERSARIAL, gradient_penalty
from i2i_core.losses.reconstruction import l1
from i2i_core.method import Capabilities, Method
from i2i_core.networks.deep_features import EFFICIENTNET
from i2i_core.networks.patchgan import PatchGAN, PixelGAN
from i2i_core.networks.projected import ProjectedDiscriminator
from i2i_core.networks.resnet import ResNet
from i2i_core.networks.unet import UNet
from i2i_core.progress import Work
from i2i_core.training.ema import EMA
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
class Pix2PixConfig(AdversarialConfig):
    """The paper's numbers (section 3.4, appendix 6.2)."""

    generator: str = choice("unet", "resnet")
    width: int = setting(64, 1, 512)  # channels of the outermost layers
    max_multiple: int = setting(8, 1, 16)  # how many times as many the widest ones have
    depth: int = setting(8, 2, 12)  # halvings of a U-Net
    blocks: int = setting(9, 0, 32)  # of a ResNet
    norm: str = choice("batch", "instance", "none")
    dropout: bool = True
    discriminator: str = choice("patch", "pixel", "projected")
    adversarial: str = "vanilla"
    l1_weight: float = 100.0
    # "paper": translate with dropout and the picture's own statistics; "eval": with gathered ones.
    test_time: str = choice("paper", "eval")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_crops(self, self.multiple_of, self.patch_layers)

    @property
    def multiple_of(self) -> int:
        """What each side of a picture must be a multiple of."""
        return 2**self.depth if self.generator == "unet" else 4


class Pix2Pix(Method):
    """A and B are pairs: the picture at the same place in both shows the same thing."""

    Config: ClassVar[type] = Pix2PixConfig
    config: Pix2PixConfig
    title = "pix2pix"
    capabilities = Capabilities("pairs", needs_pairs=True)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        # Ten minutes on two cores: half the size, so patches of half the size to judge; half the
        # width, and less wide within, where weights cost more than they bring.
        "laptop": {
            "width": 32, "max_multiple": 4, "depth": 7,
            "discriminator_width": 32, "discriminator_layers": 2,
            "crop_size": 128, "load_size": 143, "learning_rate": 3e-4, "steps": 5000, "ema": 0.995,
        },
        "projected": PROJECTED,
        "finetune": {"ema": 0.995},
        "sketch": {"in_channels": 1},
    }  # fmt: skip

    def __init__(self, config: Pix2PixConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or Pix2PixConfig()
        channels, size, width = (c.in_channels, c.out_channels), c.crop_size, c.discriminator_width
        self.capabilities = replace(
            self.capabilities, channels=channels, multiple_of=c.multiple_of, working_size=size
        )
        self.infers_in_training_mode = c.test_time == "paper"
        self.generator: nn.Module
        self.discriminator: PatchGAN | PixelGAN | ProjectedDiscriminator
        with seeded(c.seed):
            if c.generator == "unet":
                unet = *channels, c.width, c.depth, c.norm, c.dropout, c.max_multiple
                self.generator = UNet(*unet)
            else:
                self.generator = ResNet(*channels, c.width, c.blocks, c.norm, c.dropout)
            if c.discriminator == "projected":
                self.discriminator = ProjectedDiscriminator(
                    c.in_channels, c.projected_width, c.augment
                )
            elif c.discriminator == "pixel":
                self.discriminator = PixelGAN(sum(channels), width, c.norm)
            else:
                judge = sum(channels), width, c.discriminator_layers, c.norm
                self.discriminator = PatchGAN(*judge, max_multiple=c.max_multiple)
        self.ema = EMA(self.generator, c.ema)
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        self.fit_state: FitState = FitState({n: c.optimizer(x) for n, x in networks.items()})

    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from pairs; a record for every step, with the losses as weighed."""
        c, state, device = self.config, self.fit_state, self.device
        # On processors a U-Net's innermost pictures are smaller than its channels.
        first = c.generator == "unet" and device.type == "cpu"
        layout = use_layout(self, torch.contiguous_format if first else fast_layout(device))
        generator, discriminator = parallel(self.generator), parallel(self.discriminator)
        discriminator_loss, generator_loss = ADVERSARIAL[c.adversarial]
        perceptual, state.note = PerceptualTerm.try_make(c.perceptual_network, c.perceptual_weight)
        total = total_steps(c.steps, len(a), c.batch, c.epochs)
        shared = c.discriminator == "projected" and c.perceptual_network == EFFICIENTNET

        def one_step(real_a: Tensor, real_b: Tensor, step: int, rate: float) -> dict[str, float]:
            real_pair = torch.cat([real_a, real_b], 1)
            with mixed_precision(device):
                fake_b = generator(real_a)

                # The discriminator tells (a, b) from (a, G(a)): eq. 1, slowed down by a half.
                fake_pair = torch.cat([real_a, fake_b], 1)
                real_view, fake_view = self.discriminator.look(real_pair, fake_pair)
                believed = discriminator(real_view)
                loss = 0.5 * discriminator_loss(believed, discriminator(fake_view.detach()))
            if c.adversarial == "wasserstein":  # slopes need full precision
                loss = loss + 10 * gradient_penalty(discriminator, real_pair, fake_pair.float())
            losses = state.optimizers["discriminator"].minimize({"discriminator": loss}, step, rate)

            # The generator convinces it and stays near the partner: eq. 4.
            with mixed_precision(device), frozen(self.discriminator):
                convinced = generator_loss(self.discriminator(fake_view))
                terms = {
                    "adversarial": c.adversarial_weight * convinced,
                    "L1": c.l1_weight * l1(fake_b, real_b),
                }
                if perceptual:
                    seen = (fake_view, real_view) if shared else (fake_b, real_b)
                    terms["perceptual"] = perceptual(*seen)
            return losses | state.optimizers["generator"].minimize(terms, step, rate)

        batches = Batches(a, b, c.crops, batch=c.batch, paired=True, seed=c.seed)
        yield from fit_steps(self, batches, total, one_step, layout)

    def forward(self, source: Tensor, reference: Tensor | None = None, **_: Any) -> Tensor:
        """`source` (N, C, H, W) in [0, 1] to the same size; sides multiples of `multiple_of`."""
        with seeded(self.config.seed):  # dropout; the same for every picture
            result: Tensor = self.ema.network(source * 2 - 1) / 2 + 0.5
        return result

    def inference_networks(self) -> Mapping[str, EMA[Any]]:
        return {"generator": self.ema}

    def training_networks(self) -> Mapping[str, nn.Module]:
        return {"discriminator": self.discriminator}
