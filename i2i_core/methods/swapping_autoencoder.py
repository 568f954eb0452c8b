"""The swapping autoencoder (Park et al. 2020): a picture taken apart into structure and texture,
and put together again with the texture of another.

Each picture must come back from its own two codes; with another's texture it must look real, and
patches of it like patches of that other. That teaches the codes what is whose."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from PIL.Image import Image
from torch import Tensor, nn

from i2i_core.data.augmentation import random_crops, random_windows, recolour
from i2i_core.data.batches import Batches
from i2i_core.devices.distributed import parallel
from i2i_core.errors import InputError, check_range
from i2i_core.images.descriptors import LAYOUT_SIZE
from i2i_core.losses.adversarial import ADVERSARIAL, r1_penalty
from i2i_core.losses.reconstruction import l1
from i2i_core.method import Capabilities, Method
from i2i_core.networks.autoencoder_shape import SMALL_SHAPE, AutoencoderShape
from i2i_core.networks.projected import ProjectedDiscriminator, ProjectedPatchDiscriminator
from i2i_core.networks.statistics import CollectionStatistics
from i2i_core.networks.stylegan2 import StyleGAN2Discriminator
from i2i_core.networks.swapping import PatchDiscriminator
from i2i_core.progress import Work
from i2i_core.training import optim
from i2i_core.training.ema import EMA
from i2i_core.training.loop import FitState, fit_steps, seeded, total_steps
from i2i_core.training.perceptual import PerceptualTerm
from i2i_core.training.settings import FitConfig, check_crops, choice, setting

POWERS = (16, 32, 64, 128, 256, 512, 1024)  # sizes that discriminators halve to 4


@dataclass(frozen=True)
class SwappingAutoencoderConfig(FitConfig, AutoencoderShape):
    """The numbers of the paper's code for 256 pixels (its text halves the swap's adversarial loss,
    and judges patches by three linear layers). `batch` pictures are taken of A and of B each."""

    # "stylegan2" as published; "projected": see `networks.projected`, and the preset of that name.
    discriminator: str = choice("stylegan2", "projected")
    projected_width: int = setting(64, 1, 512)
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
    # Not in the paper: the share of the steps that only rebuild pictures, at a quarter of the time;
    # whether the structure's encoder sees changed colours, which must then go into the texture;
    # pixels a side of the part of each picture that is decoded and judged, 0 for all of it.
    warm_up: float = setting(0.0, 0, 1)
    recolour: bool = False
    window: int = setting(0, 0, 2048)
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
            raise InputError("The window (or else crop_size) must be a power of two, 16 to 1024.")
        check_crops(self, self.multiple_of)
        if not self.multiple_of <= self.decode_size <= self.crop_size:
            most = f"up to crop_size, {self.crop_size}, or 0 for whole pictures."
            advice = f"choose a multiple of {self.multiple_of} {most}"
            raise InputError(f"The window is {self.window}: {advice}")
        if self.texture_scale * self.crop_size < self.smallest_input:
            problem = f"Pictures of {self.crop_size} pixels are too small for so many halvings"
            raise InputError(f"{problem}: choose a crop_size of at least {self.smallest_input}.")

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
    scales_input = True  # textures have a size in pixels
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        # An hour on one core.
        "laptop": {
            **vars(SMALL_SHAPE), "discriminator_width": 16, "discriminator_max_width": 128,
            "patch_width": 16, "patch_max_width": 64, "patch_linear": 256, "patch_size": 32,
            "patches": 4, "l1_weight": 10.0, "reconstruction_weight": 0.0, "swap_weight": 0.3,
            "patch_weight": 0.5, "r1_weight": 3.0, "warm_up": 0.95, "recolour": True, "window": 128,
            "batch": 1, "steps": 20_000, "learning_rate": 1.5e-3, "decay_start": 0.6, "ema": 0.998,
        },
        "projected": {"discriminator": "projected", "patch_size": 64},
        "finetune": {"ema": 0.99},
        # In the first half it only rebuilds; in the second, ever more slowly, swaps are judged too.
        "short": {"decay_start": 0.5, "warm_up": 0.5},
    }  # fmt: skip

    def __init__(self, config: SwappingAutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or SwappingAutoencoderConfig()
        self.capabilities = replace(
            self.capabilities, multiple_of=c.multiple_of, working_size=c.crop_size
        )
        judge = c.decode_size, c.discriminator_width, c.discriminator_max_width
        patch_judge = c.patch_size, c.patch_width, c.patch_max_width, c.patch_linear
        with seeded(c.seed):
            self.autoencoder = c.build()
            self.discriminator: nn.Module
            self.patch_discriminator: nn.Module
            if c.discriminator == "projected":
                self.discriminator = ProjectedDiscriminator(0, c.projected_width)
                self.patch_discriminator = ProjectedPatchDiscriminator(c.projected_width)
            else:
                self.discriminator = StyleGAN2Discriminator(*judge)
                self.patch_discriminator = PatchDiscriminator(*patch_judge)
        self.ema = EMA(self.autoencoder, c.ema)
        codes = c.structure_channels, c.texture_size
        self.statistics = CollectionStatistics(*codes, LAYOUT_SIZE, 2 * c.widths[-1])
        # Lazily regularised, Adam makes more steps, each shorter (Karras et al. 2020, appendix B).
        share = c.r1_every / (c.r1_every + 1)
        slower = c.learning_rate * share, (c.beta1**share, c.beta2**share)
        optimizers = {
            "autoencoder": c.optimizer(self.autoencoder),
            "discriminators": optim.Optimizer([*self.training_networks().values()], *slower),
        }
        self.fit_state: FitState = FitState(optimizers)

    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from two collections, or one given twice; a record for every step."""
        c, state, device = self.config, self.fit_state, self.device
        layout = optim.use_layout(self, optim.fast_layout(device))
        autoencoder = parallel(self.autoencoder)
        discriminators = parallel(self.discriminator), parallel(self.patch_discriminator)
        perceptual, state.note = PerceptualTerm.try_make(c.perceptual_network, c.perceptual_weight)
        total = total_steps(c.steps, 1, c.batch, 1)
        warm_up_steps = round(c.warm_up * total)
        _, generator_loss = self._adversarial

        def one_step(real_a: Tensor, real_b: Tensor, step: int, rate: float) -> dict[str, float]:
            adversarial = step >= warm_up_steps
            real = torch.cat([real_a, real_b])
            part = random_windows(real, c.decode_size).contiguous(memory_format=layout)
            structure_input = recolour(part) if c.recolour else part
            with optim.mixed_precision(device):
                apart = c.recolour or c.window or c.texture_scale != 1
                textured = c.texture_input(real) if apart else None
                rebuilt, swapped = autoencoder(structure_input, textured, adversarial)

            losses: dict[str, float] = {}
            if adversarial:
                fakes = [swapped, rebuilt] if c.reconstruction_weight else [swapped]
                losses |= self._discriminator_step(discriminators, real, part, fakes, step, rate)

            # The autoencoder returns the picture (eq. 1) and convinces both (eq. 5).
            judges = self.discriminator, self.patch_discriminator
            with optim.mixed_precision(device), optim.frozen(*judges):
                terms = {"L1": c.l1_weight * l1(rebuilt.float(), part)}
                if perceptual:
                    terms["perceptual"] = perceptual(rebuilt, part)
                if adversarial and c.reconstruction_weight:
                    convinced = generator_loss(self.discriminator(rebuilt))
                    terms["adversarial"] = c.reconstruction_weight * convinced
                if adversarial:
                    convinced = generator_loss(self.discriminator(swapped))
                    terms["adversarial, swapped"] = c.swap_weight * convinced
                    like = self.patch_discriminator(self._patches(real), self._patches(swapped))
                    terms["patches"] = c.patch_weight * generator_loss(like)
            return losses | state.optimizers["autoencoder"].minimize(terms, step, rate)

        batches = Batches(a, b, c.crops, batch=c.batch, seed=c.seed)
        yield from fit_steps(self, batches, total, one_step, layout)

    def _discriminator_step(
        self, discriminators: tuple[nn.Module, nn.Module], real: Tensor, part: Tensor,
        fakes: list[Tensor], step: int, rate: float,
    ) -> dict[str, float]:  # fmt: skip
        """The discriminators tell pictures from what is made (eq. 2 and 3), and patches of the
        texture's picture from patches of the swap, the first of the `fakes` (eq. 4)."""
        c, (discriminator, patch_discriminator) = self.config, discriminators
        discriminator_loss, _ = self._adversarial
        optimizer = self.fit_state.optimizers["discriminators"]
        fakes = [fake.detach() for fake in fakes]
        with optim.mixed_precision(real.device):
            believed = discriminator(part)
            told = [discriminator_loss(believed, discriminator(fake)) for fake in fakes]
            reference = self._patches(real)
            like = patch_discriminator(reference, self._patches(real))
            unlike = patch_discriminator(reference, self._patches(fakes[0]))
            terms = {
                "discriminator": torch.stack(told).mean(),
                "patch discriminator": c.patch_weight * discriminator_loss(like, unlike),
            }
        losses = optimizer.minimize(terms, step, rate)
        if step % c.r1_every or c.discriminator == "projected":  # spectral norms keep those flat
            return losses
        # Both kept flat at what is real (R1), in full precision, as a step of its own.
        part = part.detach().requires_grad_()
        logits = discriminator(part)
        crops = torch.stack([reference, self._patches(real)], 1).requires_grad_()
        patch_logits = patch_discriminator(crops[:, 0], crops[:, 1])
        slopes = {
            "R1": 0.5 * c.r1_weight * r1_penalty(logits, part),
            "patch R1": 0.25 * c.patch_r1_weight * r1_penalty(patch_logits, crops),
        }
        losses |= optim.check_finite(slopes, step)
        # The last biases have no part in a slope, but several processes wait for them.
        nothing = 0 * (logits.sum() + patch_logits.sum())
        optimizer.update(c.r1_every * torch.stack([*slopes.values()]).sum() + nothing, step, rate)
        return losses

    @property
    def _adversarial(self) -> tuple[Callable[[Tensor, Tensor], Tensor], Callable[[Tensor], Tensor]]:
        projected = self.config.discriminator == "projected"
        return ADVERSARIAL["hinge" if projected else "non-saturating"]

    def _patches(self, pictures: Tensor) -> Tensor:
        """Random crops of `pictures`; in a window a patch has a larger share than in the whole."""
        c = self.config
        scale = c.crop_size / pictures.shape[-1]
        shares = min(1.0, scale * c.smallest_patch), min(1.0, scale * c.largest_patch)
        return random_crops(pictures, c.patches, c.patch_size, *shares)

    def after_fit(self, a: Sequence[Image], b: Sequence[Image]) -> str:
        """Find the statistics of the collection A."""
        from i2i_core.methods.swapping_statistics import fit_statistics

        return fit_statistics(self, a)

    def forward(self, source: Tensor, reference: Tensor | None = None, **_: Any) -> Tensor:
        """`source` (N, 3, H, W) in [0, 1] with the texture of `reference` (N, 3, any, any), or
        without one, rebuilt with its own, to the same size; sides multiples of 2ⁿ."""
        structure, texture = self.encode(source)
        return self.decode(structure, texture if reference is None else self.encode(reference)[1])

    def encode(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (N, 3, H, W) in [0, 1] to structure (N, C, H/2ⁿ, W/2ⁿ) and texture (N, T), each
        of length one over its channels (rosinality's of any length)."""
        self.check_is_fitted()
        x = (picture * 2 - 1).contiguous(memory_format=optim.fast_layout(picture.device))
        return self.ema.network.encode(x, self.config.texture_input(x))

    def decode(self, structure: Tensor, texture: Tensor) -> Tensor:
        """Codes as `encode` gives them, of any length but for rosinality's, to pictures in [0, 1]
        (N, 3, H, W). The noise is the same every time."""
        self.check_is_fitted()
        with seeded(self.config.seed):
            result: Tensor = self.ema.network.generator(structure, texture) / 2 + 0.5
        return result.clamp(0, 1)

    def check_trainable(self) -> None:
        if not self.has_training_networks:
            problem = "This model comes without its discriminators, as published ones do, and"
            advice = "go on with `python -m i2i_core fit` and --start."
            raise InputError(f"{problem} may be far too large to teach here: {advice}")

    def inference_networks(self) -> Mapping[str, EMA[Any]]:
        return {"autoencoder": self.ema, "statistics": EMA(self.statistics, 0)}

    def training_networks(self) -> Mapping[str, nn.Module]:
        return {n: self.get_submodule(n) for n in ("discriminator", "patch_discriminator")}
