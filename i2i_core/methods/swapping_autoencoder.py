"""The swapping autoencoder (Park et al. 2020): a picture taken apart into structure and texture,
and put together again with the texture of another.

Each picture must come back from its own two codes; with another's texture it must look real, and
patches of it like patches of that other. That teaches the codes what is whose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from PIL.Image import Image, Resampling
from torch import Tensor, nn
from typing_extensions import override

from i2i_core.data.augmentation import recolour
from i2i_core.data.batches import Batches, CropSettings
from i2i_core.devices.distributed import parallel
from i2i_core.errors import InputError, check_range
from i2i_core.images.descriptors import LAYOUT_SIZE
from i2i_core.images.sizes import fit_short_side
from i2i_core.losses.adversarial import r1_penalty, vanilla_discriminator, vanilla_generator
from i2i_core.losses.reconstruction import l1
from i2i_core.method import Capabilities, Method, with_prefix
from i2i_core.networks.autoencoder_shape import AutoencoderShape
from i2i_core.networks.statistics import CollectionStatistics
from i2i_core.networks.stylegan2 import StyleGAN2Discriminator
from i2i_core.networks.swapping import PatchDiscriminator, random_crops
from i2i_core.progress import Work
from i2i_core.training.ema import EMA
from i2i_core.training.loop import FitState, fit_steps, seeded, total_steps
from i2i_core.training.optim import (
    Optimizer,
    check_finite,
    fast_layout,
    frozen,
    linear_decay,
    mixed_precision,
    use_layout,
)
from i2i_core.training.perceptual import PerceptualTerm
from i2i_core.training.settings import FitConfig, check_crops, choice, setting

POWERS = (16, 32, 64, 128, 256, 512, 1024)  # sizes that discriminators halve to 4


@dataclass(frozen=True)
class SwappingAutoencoderConfig(FitConfig, AutoencoderShape):
    """The numbers of the paper's code for 256 pixels. The text has the swap's adversarial loss at
    half the weight and three linear layers in the patch discriminator. `batch` pictures are taken
    from A and as many from B."""

    discriminator_width: int = setting(128, 1, 512)
    discriminator_max_width: int = setting(512, 1, 4096)
    patch_width: int = setting(32, 1, 512)
    patch_max_width: int = setting(384, 1, 4096)
    patch_linear: int = setting(2048, 2, 8192)
    patch_size: int = choice(128, *POWERS)  # at which patches are judged
    patches: int = setting(8, 1, 64)  # of each picture
    smallest_patch: float = setting(1 / 8, 0, 1)  # its side, as a share of the picture's
    largest_patch: float = setting(1 / 4, 0, 1)
    l1_weight: float = 1.0
    reconstruction_weight: float = 0.5  # of the adversarial loss on reconstructions
    swap_weight: float = 1.0  # of the adversarial loss on swaps
    patch_weight: float = 1.0
    r1_weight: float = 10.0
    patch_r1_weight: float = 1.0
    r1_every: int = setting(16, 1, 1000)  # the gradient penalties are a step of their own then
    # Not in the paper: the share of the steps in which the autoencoder only learns to return
    # pictures, at a quarter of the time.
    warm_up: float = setting(0.0, 0, 1)
    # Not in the paper: the structure's encoder is shown pictures of changed colours, so that
    # colours must go into the texture from the first step on.
    recolour: bool = False
    # Not in the paper: pixels a side of the part of each picture that is decoded and judged (its
    # texture is still the whole picture's), 0 for all of it.
    window: int = setting(0, 0, 2048)
    texture_scale: float = setting(1.0, 0.1, 1)  # at which textures are read; not in the paper
    learning_rate: float = 2e-3
    beta1: float = 0.0
    beta2: float = 0.99
    batch: int = 8
    steps: int = setting(1_562_500, 1, 10**9)  # 25 million pictures
    decay_start: float = 1.0
    load_size: int = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_shape()
        check_range("largest_patch", self.largest_patch, self.smallest_patch, 1)
        if self.decode_size not in POWERS:
            raise InputError(
                "The window (or, without one, crop_size) must be a power of two from 16 to 1024."
            )
        check_crops(self, self.multiple_of)
        if self.window % self.multiple_of or self.window > self.crop_size:
            raise InputError(
                f"The window is {self.window}: choose a multiple of {self.multiple_of} up to "
                f"crop_size, {self.crop_size}, or 0 for whole pictures."
            )
        if self.texture_scale * self.crop_size < self.smallest_input:
            raise InputError(
                f"Pictures of {self.crop_size} pixels are too small for so many halvings: choose a "
                f"crop_size of at least {self.smallest_input}."
            )

    @property
    def decode_size(self) -> int:
        """Pixels a side of what is decoded and judged in a step."""
        return self.window or self.crop_size


class SwappingAutoencoder(Method):
    """A gives structures and textures, and so does B, and each gets the other's textures; for one
    collection give it twice. A picture is translated by giving it the `reference`'s texture."""

    Config: ClassVar[type] = SwappingAutoencoderConfig
    config: SwappingAutoencoderConfig
    title = "swapping autoencoder"
    capabilities = Capabilities("textures", takes_reference=True)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        # An hour on one core.
        "laptop": {
            "widths": (8, 16, 48, 128),
            "texture_widths": (256,),
            "structure_channels": 8,
            "texture_size": 256,
            "head_widths": (64, 128),
            "up_widths": (96, 32, 16),
            "noise": False,
            "texture_gain": 16.0,
            "texture_scale": 0.5,
            "bounded": True,
            "discriminator_width": 16,
            "discriminator_max_width": 128,
            "patch_width": 16,
            "patch_max_width": 64,
            "patch_linear": 256,
            "patch_size": 32,
            "patches": 4,
            "l1_weight": 10.0,
            "reconstruction_weight": 0.0,
            "swap_weight": 0.3,
            "patch_weight": 0.5,
            "r1_weight": 3.0,
            "warm_up": 0.95,
            "recolour": True,
            "window": 128,
            "batch": 1,
            "steps": 20_000,
            "learning_rate": 1.5e-3,
            "decay_start": 0.6,
            "ema": 0.998,
        },
        # In the first half it only learns to return pictures, at four times the speed; in the
        # second half, ever more slowly, its swaps are judged as well.
        "finetune": {"ema": 0.99, "decay_start": 0.5, "warm_up": 0.5},
    }

    def __init__(self, config: SwappingAutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or SwappingAutoencoderConfig()
        self.capabilities = replace(
            self.capabilities, multiple_of=c.multiple_of, working_size=c.crop_size
        )
        with seeded(c.seed):
            self.autoencoder = c.build()
            self.discriminator = StyleGAN2Discriminator(
                c.decode_size, c.discriminator_width, c.discriminator_max_width
            )
            self.patch_discriminator = PatchDiscriminator(
                c.patch_size, c.patch_width, c.patch_max_width, c.patch_linear
            )
        self.ema = EMA(self.autoencoder, c.ema)
        self.statistics = CollectionStatistics(
            c.structure_channels, c.texture_size, LAYOUT_SIZE, 2 * c.widths[-1]
        )
        # Lazily regularised, Adam makes more steps, each shorter (Karras et al. 2020, appendix B).
        share = c.r1_every / (c.r1_every + 1)
        slower = (c.beta1**share, c.beta2**share)
        discriminators = [self.discriminator, self.patch_discriminator]
        self.fit_state: FitState = FitState(
            {
                "autoencoder": Optimizer([self.autoencoder], c.learning_rate, (c.beta1, c.beta2)),
                "discriminators": Optimizer(discriminators, share * c.learning_rate, slower),
            }
        )

    @override
    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from two collections, or one given twice; a record for every step, with the losses
        as weighed."""
        c, state, device = self.config, self.fit_state, self.device
        layout = fast_layout(device)
        use_layout(self, layout)
        autoencoder = parallel(self.autoencoder)
        discriminator = parallel(self.discriminator)
        patch_discriminator = parallel(self.patch_discriminator)
        perceptual, state.note = PerceptualTerm.try_make(c.perceptual_network, c.perceptual_weight)
        total = total_steps(c.steps, 1, c.batch, 1)
        warm_up_steps = round(c.warm_up * total)

        def one_step(real_a: Tensor, real_b: Tensor, step: int) -> dict[str, float]:
            rate, adversarial = linear_decay(step, total, c.decay_start), step >= warm_up_steps
            real = torch.cat([real_a, real_b]).to(device, memory_format=layout)
            part = _windows(real, c.decode_size)
            shown = recolour(part) if c.recolour else part
            with mixed_precision(device):
                apart = c.recolour or c.window or c.texture_scale != 1
                textured = self._texture_input(real) if apart else None
                rebuilt, swapped = autoencoder(shown, textured, adversarial)

            # The discriminators tell pictures from what is made (eq. 2 and 3), and patches of the
            # texture's picture from patches of the swap (eq. 4).
            losses: dict[str, Tensor] = {}
            if adversarial:
                fakes = [swapped.detach()]
                fakes += [rebuilt.detach()] if c.reconstruction_weight else []
                with mixed_precision(device):
                    fooled = [F.softplus(discriminator(fake)).mean() for fake in fakes]
                    real_loss = F.softplus(-discriminator(part)).mean()
                    losses["discriminator"] = real_loss + torch.stack(fooled).mean()
                    reference = self._patches(real)
                    like = patch_discriminator(reference, self._patches(real))
                    unlike = patch_discriminator(reference, self._patches(fakes[0]))
                    patchwise = vanilla_discriminator(like, unlike)
                    losses["patch discriminator"] = c.patch_weight * patchwise
                state.optimizers["discriminators"].minimize(losses, step, rate)
                if step % c.r1_every == 0:
                    crops = torch.stack([reference, self._patches(real)], 1)
                    slopes, unused = self._r1(discriminator, patch_discriminator, part, crops)
                    check_finite(slopes, step)
                    loss = c.r1_every * torch.stack([*slopes.values()]).sum() + unused
                    state.optimizers["discriminators"].update(loss, step, rate)
                    losses |= slopes

            # The autoencoder returns the picture (eq. 1) and convinces both (eq. 5).
            terms: dict[str, Tensor] = {}
            with mixed_precision(device), frozen(self.discriminator, self.patch_discriminator):
                terms["L1"] = c.l1_weight * l1(rebuilt.float(), part)
                if perceptual:
                    terms["perceptual"] = perceptual(rebuilt, part)
                if adversarial and c.reconstruction_weight:
                    convinced = vanilla_generator(self.discriminator(rebuilt))
                    terms["adversarial"] = c.reconstruction_weight * convinced
                if adversarial:
                    convinced = vanilla_generator(self.discriminator(swapped))
                    terms["adversarial, swapped"] = c.swap_weight * convinced
                    like = self.patch_discriminator(self._patches(real), self._patches(swapped))
                    terms["patches"] = c.patch_weight * vanilla_generator(like)
            values = check_finite(losses, step) if losses else {}
            values |= state.optimizers["autoencoder"].minimize(terms, step, rate)
            self.ema.update(step)
            self.fitted = True
            return values

        crops = CropSettings(c.crop_size, c.load_size, c.flip)
        batches = Batches(a, b, crops, batch=c.batch, seed=c.seed)
        yield from fit_steps(state, batches, total, c.seed, one_step)

    def _patches(self, pictures: Tensor) -> Tensor:
        """Random crops of `pictures`; in a window a patch has a larger share than in the whole."""
        c = self.config
        scale = c.crop_size / pictures.shape[-1]
        shares = min(1.0, scale * c.smallest_patch), min(1.0, scale * c.largest_patch)
        return random_crops(pictures, c.patches, c.patch_size, *shares)

    def _r1(
        self,
        discriminator: nn.Module,
        patch_discriminator: nn.Module,
        real: Tensor,
        crops: Tensor,
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Both discriminators kept flat at what is real (R1), in full precision; and nothing, as a
        term: the last biases have no part in a slope, but several processes wait for them."""
        c = self.config
        real, crops = real.detach().requires_grad_(), crops.requires_grad_()
        logits = discriminator(real)
        slopes = {"R1": 0.5 * c.r1_weight * r1_penalty(logits, real)}
        patch_logits = patch_discriminator(crops[:, 0], crops[:, 1])
        slopes["patch R1"] = 0.25 * c.patch_r1_weight * r1_penalty(patch_logits, crops)
        return slopes, 0 * (logits.sum() + patch_logits.sum())

    @override
    def after_fit(self, a: Sequence[Image], b: Sequence[Image]) -> str:
        """Find the statistics of the collection A."""
        from i2i_core.methods.swapping_statistics import fit_statistics

        try:
            fit_statistics(self, a)
        except InputError as error:
            return f"Nothing is known of its collection. {error}"
        return ""

    @override
    def render(
        self,
        source: Image,
        reference: Image | None = None,
        *,
        reverse: bool = False,
        seed: int | None = None,
    ) -> Work:
        """Translate at the size that was learnt from, and scale the result back: textures have
        a size in pixels."""
        size = self.config.crop_size
        scaled = fit_short_side(source.convert("RGB"), size)
        reference = reference and fit_short_side(reference.convert("RGB"), size)
        for progress in super().render(scaled, reference, reverse=reverse):
            assert progress.picture is not None
            picture = progress.picture.resize(source.size, Resampling.LANCZOS)
            yield replace(progress, picture=picture)

    @override
    def forward(
        self,
        source: Tensor,
        reference: Tensor | None = None,
        *,
        reverse: bool = False,
        seed: int | None = None,
    ) -> Tensor:
        """`source` (N, 3, H, W) in [0, 1] with the texture of `reference` (N, 3, any, any), or
        without one, rebuilt with its own, to the same size; sides multiples of 2ⁿ."""
        structure, texture = self.encode(source)
        if reference is not None:
            texture = self.encode(reference)[1]
        return self.decode(structure, texture)

    def encode(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (N, 3, H, W) in [0, 1] to structure (N, C, H/2ⁿ, W/2ⁿ) and texture (N, T), each
        of length one over its channels (rosinality's of any length)."""
        self.check_is_fitted()
        given = (picture * 2 - 1).contiguous(memory_format=fast_layout(picture.device))
        encoder, textured = self.ema.network.encoder, self._texture_input(given)
        if textured is given:
            return encoder(given)  # type: ignore[no-any-return]
        return encoder.structure(given), encoder.texture(textured)

    def _texture_input(self, pictures: Tensor) -> Tensor:
        """Pictures at the size to read their texture at: no smaller than it takes."""
        c = self.config
        least = c.smallest_input / min(pictures.shape[-2:])
        scale = max(c.texture_scale, least)
        if scale == 1:
            return pictures
        return F.interpolate(
            pictures, scale_factor=scale, mode="bilinear", antialias=True, align_corners=False
        )

    def decode(self, structure: Tensor, texture: Tensor) -> Tensor:
        """Codes as `encode` gives them, of any length but for rosinality's, to pictures in [0, 1]
        (N, 3, H, W). The noise is the same every time."""
        self.check_is_fitted()
        with seeded(self.config.seed):
            result: Tensor = self.ema.network.generator(structure, texture) / 2 + 0.5
        return result.clamp(0, 1)

    @override
    def check_trainable(self) -> None:
        if not self.has_training_networks:
            raise InputError(
                "This model comes without its discriminators, as published ones do, and may be far "
                "too large to teach here: go on with `python -m i2i_core fit` and --start."
            )

    @override
    def inference_networks(self) -> Mapping[str, EMA[Any]]:
        return {"autoencoder": self.ema}

    @override
    def training_networks(self) -> Mapping[str, nn.Module]:
        return {
            "discriminator": self.discriminator,
            "patch_discriminator": self.patch_discriminator,
        }

    @override
    def inference_state_dict(self) -> dict[str, Tensor]:
        statistics = self.statistics.state_dict(prefix="statistics.")
        return {**super().inference_state_dict(), **statistics}

    @override
    def load_inference_state_dict(self, tensors: Mapping[str, Tensor]) -> None:
        self.statistics.load_state_dict(with_prefix(tensors, "statistics."))
        super().load_inference_state_dict(tensors)

    def load_networks(self, weights: Mapping[str, Tensor]) -> None:
        """Give encoder and generator their weights; nothing is known yet of their collection.
        Raises RuntimeError for weights of another model."""
        self.ema.load_weights(weights)
        self.fitted = True


def _windows(pictures: Tensor, size: int) -> Tensor:
    """A random square of `size` pixels of each of `pictures`."""
    if size == pictures.shape[-1]:
        return pictures
    places = torch.randint(pictures.shape[-1] - size + 1, (len(pictures), 2)).tolist()
    windows = [p[:, y : y + size, x : x + size] for p, (y, x) in zip(pictures, places, strict=True)]
    return torch.stack(windows).contiguous(memory_format=fast_layout(pictures.device))
