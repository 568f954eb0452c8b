"""CUT and FastCUT (Park et al. 2020): one-way translation of unpaired collections by contrast.

A patch of the result must resemble the patch of the input at the same place more than it resembles
the input's other patches, as seen by the generator's own encoder: no way back is needed.
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
from i2i_core.losses.contrastive import patch_nce, patch_nce_external
from i2i_core.losses.reconstruction import l1
from i2i_core.method import Method, Work
from i2i_core.methods.heuristics import HEURISTICS
from i2i_core.networks.deep_features import VGG
from i2i_core.networks.patchgan import PatchGAN
from i2i_core.networks.projection import PatchProjection
from i2i_core.networks.resnet import ResNet
from i2i_core.networks.tiling import beyond_borders
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
class CUTConfig:
    """The paper's numbers for CUT (section 4, appendix C); FastCUT is a preset. `nce_layers`: those
    of the generator whose features are compared (0 is the picture itself). `nce_identity`: also
    compare pictures of B with their own translations (eq. 5). `flip_equivariance`: in half of the
    steps translate the pictures mirrored and compare with the features mirrored back. `negatives`:
    "internal", from the same picture, or "external", from the whole batch. `perceptual_weight`: of
    the deep features of the input, to stay near them.

    Not in the paper: `tone`, pixels a side of the squares whose colours generator and discriminator
    treat apart from detail (see `ResNet` and `PatchGAN`), 0 for none; `discriminator_antialias`
    off, for a discriminator that is to see strokes, not only shapes."""

    in_channels: int = 3
    out_channels: int = 3
    width: int = 64
    blocks: int = 9
    norm: str = "instance"
    dropout: bool = False
    antialias: bool = True
    tone: int = 0
    discriminator_width: int = 64
    discriminator_layers: int = 3
    discriminator_antialias: bool = True
    adversarial: str = "least squares"
    adversarial_weight: float = 1.0
    nce_weight: float = 1.0
    nce_identity: bool = True
    nce_layers: tuple[int, ...] = (0, 4, 8, 12, 16)
    nce_patches: int = 256
    nce_width: int = 256
    temperature: float = 0.07
    negatives: str = "internal"
    flip_equivariance: bool = False
    pair_fraction: float = 0.25
    heuristic: str = ""
    heuristic_weight: float = 0.5
    perceptual_weight: float = 0.0
    perceptual_network: str = VGG
    learning_rate: float = 2e-4
    beta1: float = 0.5
    beta2: float = 0.999
    batch: int = 1
    epochs: int = 400
    constant: float = 0.5  # share of the steps before the learning rate falls
    whole: bool = True  # then, as in the paper's code, whole pictures instead of crops
    steps: int = 0
    size: int = 256
    load_size: int = 286
    flip: bool = True
    ema: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "nce_layers", tuple(self.nce_layers))  # a list, from a file
        check_settings(self)
        check_choice("adversarial loss", self.adversarial, tuple(ADVERSARIAL))
        check_choice("norm", self.norm, ("batch", "instance", "none"))
        check_choice("kind of negatives", self.negatives, ("internal", "external"))
        check_choice("heuristic", self.heuristic, ("", *HEURISTICS))
        check_crops(self.size, self.load_size, 4, self.discriminator_layers)
        if self.tone and self.in_channels != self.out_channels:
            raise InputError("Grey on one side only leaves nothing to add to: set tone to 0.")
        if self.nce_identity and self.in_channels != self.out_channels:
            raise InputError("Grey on one side only leaves no identity: set nce_identity to false.")
        last = (12 if self.antialias else 10) + self.blocks - 1
        if not self.nce_layers or not all(0 <= layer <= last for layer in self.nce_layers):
            raise InputError(f"Choose layers to compare from 0 to {last}, the encoder's last one.")


class CUT(Method):
    """A and B are two collections; A is translated to B."""

    Config: ClassVar[type] = CUTConfig
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        # Section 4: a stronger contrast in place of the identity, 150 + 50 epochs.
        "fastcut": {
            "nce_weight": 10.0,
            "nce_identity": False,
            "flip_equivariance": True,
            "epochs": 200,
            "constant": 0.75,
        },
        # Ten minutes on two cores. Crops show a quarter of a picture, so that brushwork and fur
        # are learnt at the size that they have.
        "laptop": {
            "width": 24,
            "blocks": 6,
            "tone": 8,
            "discriminator_width": 32,
            "discriminator_antialias": False,
            "nce_identity": False,
            "size": 128,
            "load_size": 256,
            "whole": False,
            "learning_rate": 2e-4,
            "steps": 2500,
            "ema": 0.998,
        },
    }
    multiple_of = 4

    def __init__(self, config: CUTConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or CUTConfig()
        self.channels = (c.in_channels, c.out_channels)
        with seeded(c.seed):
            self.generator = ResNet(
                c.in_channels,
                c.out_channels,
                c.width,
                c.blocks,
                c.norm,
                c.dropout,
                c.antialias,
                "xavier",
                c.tone,
            )
            self.discriminator = PatchGAN(
                c.out_channels,
                c.discriminator_width,
                c.discriminator_layers,
                c.norm,
                c.discriminator_antialias,
                "xavier" if c.discriminator_antialias else "normal",
                tone=c.tone,
            )
            probe = torch.zeros(1, c.in_channels, 32, 32)
            channels = [f.shape[1] for f in self.generator.encode(probe, c.nce_layers)]
            self.projection = PatchProjection(channels, c.nce_width)
        self.reach = self.generator.reach
        self.average = deepcopy(self.generator).requires_grad_(False) if c.ema else None
        betas = (c.beta1, c.beta2)
        self.fit_state: FitState = FitState(
            {
                # One optimiser for the generator and the projection: they share their loss.
                "generator": Updater([self.generator, self.projection], c.learning_rate, betas),
                "discriminator": Updater([self.discriminator], c.learning_rate, betas),
            }
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
        device = next(self.parameters()).device
        layout = fast_layout(device)
        self.to(memory_format=layout)  # type: ignore[call-overload]
        if pairs is not None:
            a, b = (Mixed(x, of, c.pair_fraction) for x, of in zip((a, b), pairs, strict=True))
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
            places = [_places(feature, c.nce_patches) for feature in source]
            # Queries first: under autocast the first use of a weight decides about its gradient.
            queries = projection(translated, places)
            with torch.no_grad():
                keys = projection([feature.detach() for feature in source], places)
            compare = patch_nce if c.negatives == "internal" else patch_nce_external
            terms = [compare(q, k, c.temperature) for q, k in zip(queries, keys, strict=True)]
            return torch.stack(terms).mean()

        def one_step(real_a: Tensor, real_b: Tensor, step: int) -> dict[str, float]:
            rate = linear_decay(step, total, c.constant)
            real_a, real_b = (x.to(device, memory_format=layout) for x in (real_a, real_b))
            mirrored = c.flip_equivariance and bool(torch.rand(()) < 0.5)
            with mixed_precision(device):
                # The input's features come with its translation: the encoder runs once.
                given = real_a.flip(3) if mirrored else real_a
                fake_b, keys_a = generator(given, c.nce_layers)
                if mirrored:
                    with torch.no_grad():
                        keys_a = self.generator.encode(real_a, c.nce_layers)

                # The discriminator tells B from translations (eq. 1), slowed down by a half.
                old_b = fake_b.detach()
                loss = 0.5 * discriminator_loss(discriminator(real_b), discriminator(old_b))
            if c.adversarial == "wasserstein":  # slopes need full precision
                loss = loss + 10 * gradient_penalty(discriminator, real_b, old_b.float())
            losses = check_finite({"discriminator": loss}, step)
            state.updaters["discriminator"].update(loss, step, rate)

            # The generator convinces it and keeps the input's patches in place (eq. 5).
            terms: dict[str, Tensor] = {}
            with mixed_precision(device), frozen(self.discriminator):
                fooled = generator_loss(self.discriminator(fake_b))
                terms["adversarial"] = c.adversarial_weight * fooled
                # The paper adds the two contrasts, its code averages them.
                share = 0.5 if c.nce_identity else 1.0
                terms["NCE"] = share * c.nce_weight * contrast(fake_b, keys_a, mirrored)
                if c.nce_identity:
                    same_b, keys_b = generator(real_b, c.nce_layers)
                    terms["NCE identity"] = share * c.nce_weight * contrast(same_b, keys_b)
                if perceptual:
                    terms["perceptual"] = perceptual(fake_b, given)
                if c.heuristic:
                    wanted = HEURISTICS[c.heuristic](given, real_b)
                    terms["heuristic"] = c.heuristic_weight * l1(fake_b, wanted)
            losses |= check_finite(terms, step)
            state.updaters["generator"].update(torch.stack([*terms.values()]).sum(), step, rate)
            if self.average is not None:
                follow(self.average, self.generator, c.ema, step)
            self.learnt = True
            return losses

        crops = Crops(c.size, c.load_size, c.flip)
        falling = round(c.constant * total) if c.whole else None
        batches = Batches(a, b, crops, batch=c.batch, seed=c.seed, whole_from=falling)
        yield from fit_steps(state, batches, total, c.seed, one_step, self.channels)

    def forward(self, source: Tensor, reference: Tensor | None = None) -> Tensor:
        """`source` (N, C, H, W) in [0, 1] to the same size; sides multiples of 4."""
        self.check_learnt()
        given = (source * 2 - 1).contiguous(memory_format=fast_layout(source.device))
        with seeded(self.config.seed):  # dropout, if there is any
            result = beyond_borders(self.translator, given, 2 * self.config.tone) / 2 + 0.5
        return result.clamp(0, 1)

    @property
    def translator(self) -> nn.Module:
        """The network that translates: the moving average if there is one."""
        return self.generator if self.average is None else self.average

    def saved(self) -> dict[str, Tensor]:
        return generator_tensors(self.translator)

    def extra(self) -> dict[str, nn.Module]:
        return {"discriminator": self.discriminator, "projection": self.projection}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        restore_generator(tensors, self.generator, self.average)
        self.learnt = True


def _places(feature: Tensor, count: int) -> Tensor:
    """`count` different pixels of a feature (N, C, H, W), fewer if it has fewer."""
    pixels = feature.shape[-2] * feature.shape[-1]
    return torch.randperm(pixels, device=feature.device)[:count]
