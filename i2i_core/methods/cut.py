"""CUT and FastCUT (Park et al. 2020): one-way translation of unpaired collections by contrast.

A patch of the result must resemble the patch of the input at the same place more than it resembles
the input's other patches, as seen by the generator's own encoder: no way back is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from PIL.Image import Image
from torch import Tensor, nn

from i2i_core.data.batches import Batches
from i2i_core.devices.distributed import parallel
from i2i_core.errors import InputError
from i2i_core.losses.adversarial import ADVERSARIAL, gradient_penalty
from i2i_core.losses.contrastive import layered_patch_nce, patch_nce, patch_nce_external
from i2i_core.losses.reconstruction import l1
from i2i_core.method import Capabilities, Method
from i2i_core.methods.heuristics import HEURISTICS
from i2i_core.networks.patchgan import PatchGAN
from i2i_core.networks.projected import ProjectedDiscriminator
from i2i_core.networks.projection import PatchProjection
from i2i_core.networks.resnet import ResNet
from i2i_core.networks.tiling import beyond_borders
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
class CUTConfig(AdversarialConfig):
    """The paper's numbers for CUT (section 4, appendix C); FastCUT is a preset."""

    width: int = setting(64, 1, 512)
    blocks: int = setting(9, 0, 32)
    norm: str = choice("instance", "batch", "none")
    dropout: bool = False
    antialias: bool = True
    # Pixels a side of squares whose colours generator and discriminator treat apart from detail
    # (see `ResNet` and `PatchGAN`), 0 for none; not in the paper.
    lowpass: int = setting(0, 0, 32)
    discriminator_antialias: bool = True  # off, it sees strokes, not only shapes
    nce_weight: float = 1.0
    nce_identity: bool = True  # also compare pictures of B with their own translations (eq. 5)
    # Those of the generator whose features are compared; 0 is the picture itself.
    nce_layers: tuple[int, ...] = (0, 4, 8, 12, 16)
    nce_patches: int = setting(256, 1, 65536)
    nce_width: int = setting(256, 1, 2048)
    temperature: float = setting(0.07, 1e-3, 100)
    negatives: str = choice("internal", "external")  # from the same picture, from the whole batch
    # In half of the steps the pictures are translated mirrored, and their features mirrored back.
    flip_equivariance: bool = False
    pair_fraction: float = setting(0.25, 0, 0.99)  # of each domain, if pairs are mixed in
    heuristic: str = choice("", *HEURISTICS)  # a rule to be drawn towards
    heuristic_weight: float = 0.5
    epochs: int = 400
    # While the learning rate falls, whole pictures instead of crops, as in the paper's code.
    full_images_at_end: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_crops(self, 4, self.patch_layers)
        if self.lowpass and self.in_channels != self.out_channels:
            raise InputError("Grey on one side only leaves nothing to add to: set lowpass to 0.")
        if self.nce_identity and self.in_channels != self.out_channels:
            raise InputError("Grey on one side only leaves no identity: set nce_identity to false.")
        last = (12 if self.antialias else 10) + self.blocks - 1
        if not self.nce_layers or not all(0 <= layer <= last for layer in self.nce_layers):
            raise InputError(f"Choose layers to compare from 0 to {last}, the encoder's last one.")


class CUT(Method):
    """A and B are two collections; A is translated to B."""

    Config: ClassVar[type] = CUTConfig
    config: CUTConfig
    title = "CUT"
    capabilities = Capabilities("domains", mixes_pairs=True, multiple_of=4)
    variants: ClassVar[Mapping[str, str]] = {"FastCUT": "fastcut"}
    infers_in_training_mode = True  # as its code does
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        # Section 4: a stronger contrast in place of the identity, 150 + 50 epochs.
        "fastcut": {
            "nce_weight": 10.0, "nce_identity": False, "flip_equivariance": True,
            "epochs": 200, "decay_start": 0.75,
        },
        # Ten minutes on two cores. Crops show a quarter of a picture: brushwork keeps its size.
        "laptop": {
            "width": 24, "blocks": 6, "lowpass": 8,
            "discriminator_width": 32, "discriminator_antialias": False, "nce_identity": False,
            "crop_size": 128, "load_size": 256, "full_images_at_end": False,
            "learning_rate": 2e-4, "steps": 2500, "ema": 0.998,
        },
        "projected": {**PROJECTED, "perceptual_weight": 0.0},
        "finetune": {"ema": 0.998},
    }  # fmt: skip

    def __init__(self, config: CUTConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or CUTConfig()
        channels = c.in_channels, c.out_channels
        with seeded(c.seed):
            self.generator = ResNet(
                *channels, width=c.width, blocks=c.blocks, norm=c.norm, dropout=c.dropout,
                antialias=c.antialias, init="xavier", lowpass=c.lowpass,
            )  # fmt: skip
            self.discriminator = self._discriminator()
            compared = self.generator.layer_channels(c.nce_layers)
            self.projection = PatchProjection(compared, c.nce_width)
        reach = self.generator.reach
        self.capabilities = replace(
            self.capabilities, channels=channels, working_size=c.crop_size, reach=reach
        )
        self.ema = EMA(self.generator, c.ema)
        # One optimiser for the generator and the projection: they share their loss.
        generator = c.optimizer(self.generator, self.projection)
        optimizers = {"generator": generator, "discriminator": c.optimizer(self.discriminator)}
        self.fit_state: FitState = FitState(optimizers)

    def _discriminator(self) -> PatchGAN | ProjectedDiscriminator:
        c = self.config
        if c.discriminator == "projected":
            return ProjectedDiscriminator(0, c.projected_width, c.augment)
        return PatchGAN(
            c.out_channels, c.discriminator_width, c.discriminator_layers, c.norm,
            c.discriminator_antialias, "xavier" if c.discriminator_antialias else "normal",
            lowpass=c.lowpass,
        )  # fmt: skip

    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from two collections; a record for every step, with the losses as weighed."""
        self.check_trainable()
        c, state, device = self.config, self.fit_state, self.device
        layout = use_layout(self, fast_layout(device))
        generator, discriminator = parallel(self.generator), parallel(self.discriminator)
        projection = parallel(self.projection)
        discriminator_loss, generator_loss = ADVERSARIAL[c.adversarial]
        perceptual, state.note = PerceptualTerm.try_make(c.perceptual_network, c.perceptual_weight)
        total = total_steps(c.steps, max(len(a), len(b)), c.batch, c.epochs)

        def contrast(translation: Tensor, source: list[Tensor], mirrored: bool = False) -> Tensor:
            """PatchNCE over the layers (eq. 3) of a translation with its `source`'s features."""
            translated = self.generator.encode(translation, c.nce_layers)
            if mirrored:
                translated = [feature.flip(3) for feature in translated]
            compare = patch_nce if c.negatives == "internal" else patch_nce_external
            how = projection, c.nce_patches, compare, c.temperature
            return layered_patch_nce(translated, source, *how)

        def one_step(real_a: Tensor, real_b: Tensor, step: int, rate: float) -> dict[str, float]:
            mirrored = c.flip_equivariance and bool(torch.rand(()) < 0.5)
            with mixed_precision(device):
                # The input's features come with its translation: the encoder runs once.
                input_a = real_a.flip(3) if mirrored else real_a
                fake_b, keys_a = generator(input_a, c.nce_layers)
                if mirrored:
                    with torch.no_grad():
                        keys_a = self.generator.encode(real_a, c.nce_layers)

                # The discriminator tells B from translations (eq. 1), slowed down by a half.
                real_view, fake_view = self.discriminator.look(real_b, fake_b)
                believed = discriminator(real_view)
                loss = 0.5 * discriminator_loss(believed, discriminator(fake_view.detach()))
            if c.adversarial == "wasserstein":  # slopes need full precision
                loss = loss + 10 * gradient_penalty(discriminator, real_b, fake_b.detach().float())
            losses = state.optimizers["discriminator"].minimize({"discriminator": loss}, step, rate)

            # The generator convinces it and keeps the input's patches in place (eq. 5).
            terms: dict[str, Tensor] = {}
            with mixed_precision(device), frozen(self.discriminator):
                convinced = generator_loss(self.discriminator(fake_view))
                terms["adversarial"] = c.adversarial_weight * convinced
                # The paper adds the two contrasts, its code averages them.
                share = 0.5 if c.nce_identity else 1.0
                terms["NCE"] = share * c.nce_weight * contrast(fake_b, keys_a, mirrored)
                if c.nce_identity:
                    same_b, keys_b = generator(real_b, c.nce_layers)
                    terms["NCE identity"] = share * c.nce_weight * contrast(same_b, keys_b)
                if perceptual:
                    terms["perceptual"] = perceptual(fake_b, input_a)
                if c.heuristic:
                    target = HEURISTICS[c.heuristic](input_a, real_b)
                    terms["heuristic"] = c.heuristic_weight * l1(fake_b, target)
            return losses | state.optimizers["generator"].minimize(terms, step, rate)

        decay_step = round(c.decay_start * total) if c.full_images_at_end else None
        batches = Batches(a, b, c.crops, batch=c.batch, seed=c.seed, whole_from=decay_step)
        yield from fit_steps(self, batches, total, one_step, layout)

    def forward(self, source: Tensor, reference: Tensor | None = None, **_: Any) -> Tensor:
        """`source` (N, C, H, W) in [0, 1] to the same size; sides multiples of 4."""
        x = (source * 2 - 1).contiguous(memory_format=fast_layout(source.device))
        with seeded(self.config.seed):  # dropout, if there is any
            return beyond_borders(self.ema.network, x, 2 * self.config.lowpass) / 2 + 0.5

    def check_trainable(self) -> None:
        if self.config.in_channels != self.config.out_channels:
            problem = "This model is grey on one side only, which CUT cannot learn from"
            advice = "Start a new model of as many channels on both."
            raise InputError(f"{problem}: its encoder compares both sides. {advice}")

    def inference_networks(self) -> Mapping[str, EMA[Any]]:
        return {"generator": self.ema}

    def training_networks(self) -> Mapping[str, nn.Module]:
        return {"discriminator": self.discriminator, "projection": self.projection}
