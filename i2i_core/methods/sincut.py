"""SinCUT (Park et al. 2020, section 4.4): one picture on each side, learnt from crops of both.

As CUT, with StyleGAN2-like networks, crops at random zooms in place of collections, negatives
from all crops of the batch, a pixelwise identity loss and an R1 penalty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from PIL.Image import Image
from torch import Tensor, nn

from i2i_core.devices import distributed
from i2i_core.devices.distributed import parallel
from i2i_core.errors import InputError
from i2i_core.images.sizes import fit_short_side
from i2i_core.images.tensors import to_tensor
from i2i_core.losses.adversarial import r1_penalty, vanilla_discriminator, vanilla_generator
from i2i_core.losses.contrastive import layered_patch_nce, patch_nce_external
from i2i_core.losses.reconstruction import identity
from i2i_core.method import Capabilities, Method
from i2i_core.networks.projection import PatchProjection
from i2i_core.networks.stylegan2 import SinCUTGenerator, StyleGAN2Discriminator
from i2i_core.progress import Work
from i2i_core.training.ema import EMA
from i2i_core.training.loop import FitState, fit_steps, seeded, total_steps
from i2i_core.training.optim import frozen, mixed_precision
from i2i_core.training.perceptual import PerceptualTerm
from i2i_core.training.settings import FitConfig, choice, setting


@dataclass(frozen=True)
class SinCUTConfig(FitConfig):
    """The numbers of the paper's code. Crops of `crop_size` pixels are cut from the pictures,
    `batch` at a time, after scaling these so that their shorter side has `load_size` pixels times
    a random zoom between `min_zoom` and 1, of each crop its own (in the code, of each batch)."""

    width: int = setting(80, 1, 512)
    blocks: int = setting(6, 0, 32)
    discriminator_width: int = setting(32, 1, 512)
    adversarial_weight: float = 1.0
    nce_weight: float = 4.0
    nce_identity: bool = True
    nce_layers: tuple[int, ...] = (0, 2, 4)  # of the encoder, 0 being the picture itself
    nce_patches: int = setting(1, 1, 65536)
    nce_width: int = setting(256, 1, 2048)
    temperature: float = setting(0.07, 1e-3, 100)
    identity_weight: float = 1.0
    r1_weight: float = 1.0
    learning_rate: float = 2e-3
    beta1: float = 0.0
    beta2: float = 0.99
    batch: int = 16
    steps: int = setting(100_000, 1, 10**9)  # 16 epochs of 100 000 crops
    crop_size: int = choice(64, 16, 32, 128, 256)
    load_size: int = 1024
    min_zoom: float = 1 / 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.load_size * self.min_zoom < self.crop_size:
            raise InputError("The smallest zoom of the load size is smaller than the crop.")
        last = 2 + self.blocks // 2
        if not self.nce_layers or not all(0 <= layer <= last for layer in self.nce_layers):
            raise InputError(f"Choose layers to compare from 0 to {last}, the encoder's last one.")


class SinCUT(Method):
    """A is one picture, B another; A's content is translated to look like B."""

    Config: ClassVar[type] = SinCUTConfig
    config: SinCUTConfig
    title = "SinCUT"
    capabilities = Capabilities("single pair", multiple_of=2)
    scales_input = True  # what SinCUT paints has a size in pixels
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        # Ten minutes on two cores.
        "laptop": {
            "width": 16, "discriminator_width": 16,
            "load_size": 256, "batch": 4, "steps": 1100, "ema": 0.99,
        },
    }  # fmt: skip

    def __init__(self, config: SinCUTConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or SinCUTConfig()
        self.capabilities = replace(self.capabilities, working_size=c.load_size)
        with seeded(c.seed):
            self.generator = SinCUTGenerator(c.width, c.blocks)
            self.discriminator = StyleGAN2Discriminator(c.crop_size, c.discriminator_width)
            channels = self.generator.layer_channels(c.nce_layers)
            self.projection = PatchProjection(channels, c.nce_width)
        self.ema = EMA(self.generator, c.ema)
        generator = c.optimizer(self.generator, self.projection)
        optimizers = {"generator": generator, "discriminator": c.optimizer(self.discriminator)}
        self.fit_state: FitState = FitState(optimizers)

    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from one picture each; a record for every step, with the losses as weighed."""
        c, state, device = self.config, self.fit_state, self.device
        if len(a) != 1 or len(b) != 1:
            raise InputError("SinCUT learns from one picture on each side. For more, use CUT.")
        generator, discriminator = parallel(self.generator), parallel(self.discriminator)
        projection = parallel(self.projection)
        perceptual, state.note = PerceptualTerm.try_make(c.perceptual_network, c.perceptual_weight)
        total = total_steps(c.steps, 1, c.batch, 1)

        def contrast(translation: Tensor, source: list[Tensor]) -> Tensor:
            """PatchNCE over the layers, against the places of all crops."""
            translated = self.generator.encode(translation, c.nce_layers)
            how = projection, c.nce_patches, patch_nce_external, c.temperature
            return layered_patch_nce(translated, source, *how)

        def one_step(real_a: Tensor, real_b: Tensor, step: int, rate: float) -> dict[str, float]:
            with mixed_precision(device):
                fake_b, keys_a = generator(real_a, c.nce_layers)

            # The discriminator, kept flat at real pictures by R1 in every step: slopes need full
            # precision (and channels-last, as elsewhere, would make their gradients slower).
            real_b.requires_grad_()
            logits = discriminator(real_b)
            loss = 0.5 * vanilla_discriminator(logits, discriminator(fake_b.detach().float()))
            terms = {"discriminator": loss, "R1": 0.5 * c.r1_weight * r1_penalty(logits, real_b)}
            losses = state.optimizers["discriminator"].minimize(terms, step, rate)
            real_b.requires_grad_(False)

            # The generator: CUT's objective, and pictures of B stay as they are.
            with mixed_precision(device), frozen(self.discriminator):
                convinced = vanilla_generator(self.discriminator(fake_b))
                terms = {"adversarial": c.adversarial_weight * convinced}
                same_b, keys_b = generator(real_b, c.nce_layers)
                share = 0.5 if c.nce_identity else 1.0
                terms["NCE"] = share * c.nce_weight * contrast(fake_b, keys_a)
                if c.nce_identity:
                    terms["NCE identity"] = share * c.nce_weight * contrast(same_b, keys_b)
                terms["identity"] = c.identity_weight * identity(real_b, same_b)
                if perceptual:
                    terms["perceptual"] = perceptual(fake_b, real_a)
            return losses | state.optimizers["generator"].minimize(terms, step, rate)

        yield from fit_steps(self, ZoomedCrops(a[0], b[0], c), total, one_step)

    def forward(self, source: Tensor, reference: Tensor | None = None, **_: Any) -> Tensor:
        """`source` (N, 3, H, W) in [0, 1] to its size: even, the shorter side about `load_size`."""
        with seeded(self.config.seed):  # its noise
            result: Tensor = self.ema.network(source * 2 - 1) / 2 + 0.5
        return result

    def inference_networks(self) -> Mapping[str, EMA[Any]]:
        return {"generator": self.ema}

    def training_networks(self) -> Mapping[str, nn.Module]:
        return {"discriminator": self.discriminator, "projection": self.projection}


class ZoomedCrops:
    """As `Batches`, from one picture a side: crops by step, each at a zoom of its own."""

    skipped: Mapping[str, str] = {}

    def __init__(self, a: Image, b: Image, config: SinCUTConfig) -> None:
        self.config = config
        scaled = [fit_short_side(picture.convert("RGB"), config.load_size) for picture in (a, b)]
        self.pictures = [to_tensor(picture) * 2 - 1 for picture in scaled]

    def __enter__(self) -> ZoomedCrops:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        share = step * distributed.world() + distributed.rank()
        random = Random(f"{self.config.seed} {share}")
        a, b = (
            torch.cat([self._crop(picture, random) for _ in range(self.config.batch)])
            for picture in self.pictures
        )
        return a, b

    def _crop(self, picture: Tensor, random: Random) -> Tensor:
        """Only what the crop will show is scaled, not the whole picture."""
        c = self.config
        height, width = picture.shape[-2:]
        zoom = random.uniform(max(c.min_zoom, c.crop_size / min(height, width)), 1)
        side = min(height, width, round(c.crop_size / zoom))
        top, left = random.randint(0, height - side), random.randint(0, width - side)
        cut = picture[:, :, top : top + side, left : left + side]
        if side != c.crop_size:
            size = c.crop_size, c.crop_size
            cut = F.interpolate(cut, size, mode="bicubic", antialias=True, align_corners=False)
        return cut.flip(3) if c.flip and random.random() < 0.5 else cut
