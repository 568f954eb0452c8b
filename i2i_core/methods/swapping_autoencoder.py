"""The swapping autoencoder (Park et al. 2020): a picture taken apart into structure and texture,
and put together again with the texture of another.

Each picture must come back from its own two codes; with another's texture it must look real, and
patches of it like patches of that other. That teaches the codes what is whose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from PIL.Image import Image, Resampling
from torch import Tensor, nn

from i2i_core.data.augmentation import recoloured
from i2i_core.data.batches import Batches, Crops
from i2i_core.devices.distributed import parallel
from i2i_core.errors import InputError, check_choice, check_range
from i2i_core.images.descriptors import SIZE as ARRANGEMENT
from i2i_core.images.sizes import fit_short_side
from i2i_core.losses.adversarial import r1_penalty, vanilla_discriminator, vanilla_generator
from i2i_core.losses.reconstruction import l1
from i2i_core.method import Method, Work
from i2i_core.networks.deep_features import VGG
from i2i_core.networks.statistics import Directions, Typical
from i2i_core.networks.stylegan2 import StyleGAN2Discriminator
from i2i_core.networks.swapping import (
    Autoencoder,
    Encoder,
    Generator,
    PatchDiscriminator,
    random_crops,
)
from i2i_core.networks.swapping_rosinality import UnofficialEncoder, UnofficialGenerator
from i2i_core.training.ema import follow
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

SURVEYED = "survey."  # before the names of what is known of the collection
OFFICIAL, ROSINALITY = "official", "rosinality"
POWERS = (16, 32, 64, 128, 256, 512, 1024)  # sizes that discriminators halve to 4


@dataclass(frozen=True)
class SwappingAutoencoderConfig:
    """The numbers of the paper's code for 256 pixels; for the widths see `Encoder`, `Generator` and
    `PatchDiscriminator`. The text has the swap's adversarial loss at half the weight, three linear
    layers in the patch discriminator and four residual blocks at the structure's size. `batch`
    pictures are taken from A and as many from B. `r1_every`: the gradient penalties are a step of
    their own after so many steps. `patches` crops a picture, with sides between `smallest_patch`
    and `largest_patch` of the picture's, are seen at `patch_size`.

    Not in the paper: `warm_up`, so many steps in which the autoencoder only learns to return
    pictures, at a quarter of the time; `recolour`, which shows the structure's encoder pictures of
    changed colours, so that colours must go into the texture from the first step on; `window`,
    pixels a side of the part of each picture that is decoded and judged (its texture is still the
    whole picture's), 0 for all of it; `texture_scale`, at which pictures are seen to read their
    texture; `texture_gain` and `bounded`, see `Generator`; `perceptual_weight`, of
    reconstructions; `ema`."""

    variant: str = OFFICIAL
    widths: tuple[int, ...] = (32, 64, 128, 256, 512)
    texture_widths: tuple[int, ...] = (1024, 2048)
    structure_channels: int = 8
    texture_size: int = 2048
    head_widths: tuple[int, ...] = (256, 512)
    up_widths: tuple[int, ...] = (512, 512, 256, 128)
    noise: bool = True
    texture_gain: float = 1.0
    texture_scale: float = 1.0
    bounded: bool = False
    discriminator_width: int = 128
    discriminator_widest: int = 512
    patch_width: int = 32
    patch_widest: int = 384
    patch_linear: int = 2048
    patch_size: int = 128
    patches: int = 8
    smallest_patch: float = 1 / 8
    largest_patch: float = 1 / 4
    l1_weight: float = 1.0
    reconstruction_weight: float = 0.5  # of the adversarial loss on reconstructions
    swap_weight: float = 1.0
    patch_weight: float = 1.0
    r1_weight: float = 10.0
    patch_r1_weight: float = 1.0
    r1_every: int = 16
    perceptual_weight: float = 0.0
    perceptual_network: str = VGG
    warm_up: int = 0
    recolour: bool = False
    window: int = 0
    learning_rate: float = 2e-3
    beta1: float = 0.0
    beta2: float = 0.99
    batch: int = 8
    steps: int = 1_562_500  # 25 million pictures
    constant: float = 1.0
    size: int = 256
    load_size: int = 256
    flip: bool = True
    ema: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for setting in fields(self):
            if isinstance(setting.default, tuple):  # lists, from a file
                object.__setattr__(self, setting.name, tuple(getattr(self, setting.name)))
        check_settings(self)
        check_choice("variant", self.variant, (OFFICIAL, ROSINALITY))
        for name in ("widths", "texture_widths", "head_widths", "up_widths"):
            widths = getattr(self, name)
            if not widths or not all(type(w) is int and 1 <= w <= 4096 for w in widths):
                raise InputError(f"{name} is {widths}: give whole numbers from 1 to 4096.")
        if len(self.up_widths) != len(self.widths) - 1:
            raise InputError(
                f"The encoder halves {len(self.widths) - 1} times and the generator doubles "
                f"{len(self.up_widths)} times: give one up_widths fewer than widths."
            )
        check_range("steps", self.steps, 1, 10**9)
        check_range("structure_channels", self.structure_channels, 2, 512)
        check_range("texture_size", self.texture_size, 2, 8192)
        check_range("patches", self.patches, 1, 64)
        check_range("warm_up", self.warm_up, 0, 10**9)
        check_range("largest_patch", self.largest_patch, self.smallest_patch, 1)
        check_range("r1_every", self.r1_every, 1, 1000)
        for name in ("patch_size", "judged"):
            if getattr(self, name) not in POWERS:
                what = (
                    "patch_size" if name == "patch_size" else "window (or, without one, the size)"
                )
                raise InputError(f"The {what} must be a power of two from 16 to 1024.")
        multiple = 2 ** (len(self.widths) - 1)
        check_crops(self.size, self.load_size, multiple)
        if self.window % multiple or self.window > self.size:
            raise InputError(
                f"The window is {self.window}: choose a multiple of {multiple} up to the size, "
                f"{self.size}, or 0 for whole pictures."
            )
        if self.texture_scale * self.size < self.smallest_input:
            raise InputError(
                f"Pictures of {self.size} pixels are too small for so many halvings: choose a size "
                f"of at least {self.smallest_input}."
            )
        check_range("texture_scale", self.texture_scale, 0.1, 1)

    @property
    def judged(self) -> int:
        """Pixels a side of what is decoded and judged in a step."""
        return self.window or self.size

    @property
    def smallest_input(self) -> int:
        """Pixels a side of the smallest picture that has a texture code."""
        least = 1
        for _ in self.texture_widths:
            least = 2 * least + 1
        return int(least * 2 ** (len(self.widths) - 1))


class SwappingAutoencoder(Method):
    """A gives structures and textures, and so does B, and each gets the other's textures; for one
    collection give it twice. A picture is translated by giving it the `reference`'s texture."""

    Config: ClassVar[type] = SwappingAutoencoderConfig
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
            "discriminator_widest": 128,
            "patch_width": 16,
            "patch_widest": 64,
            "patch_linear": 256,
            "patch_size": 32,
            "patches": 4,
            "l1_weight": 10.0,
            "reconstruction_weight": 0.0,
            "swap_weight": 0.3,
            "patch_weight": 0.5,
            "r1_weight": 3.0,
            "warm_up": 19_000,
            "recolour": True,
            "window": 128,
            "batch": 1,
            "steps": 20_000,
            "learning_rate": 1.5e-3,
            "constant": 0.6,
            "ema": 0.998,
        },
    }

    def __init__(self, config: SwappingAutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or SwappingAutoencoderConfig()
        self.multiple_of = 2 ** (len(c.widths) - 1)
        with seeded(c.seed):
            self.autoencoder = self.networks(c)
            self.discriminator = StyleGAN2Discriminator(
                c.judged, c.discriminator_width, c.discriminator_widest
            )
            self.patch_discriminator = PatchDiscriminator(
                c.patch_size, c.patch_width, c.patch_widest, c.patch_linear
            )
        self.average = deepcopy(self.autoencoder).requires_grad_(False) if c.ema else None
        # What is known of the collection that it learnt: see `texture_codes.survey`.
        self.directions = Directions(c.structure_channels, c.texture_size)
        self.arrangements, self.features = Typical(ARRANGEMENT), Typical(2 * c.widths[-1])
        # Lazily regularised, Adam makes more steps, each shorter (Karras et al. 2020, appendix B).
        share = c.r1_every / (c.r1_every + 1)
        slower = (c.beta1**share, c.beta2**share)
        judges = [self.discriminator, self.patch_discriminator]
        self.fit_state: FitState = FitState(
            {
                "autoencoder": Updater([self.autoencoder], c.learning_rate, (c.beta1, c.beta2)),
                "discriminators": Updater(judges, share * c.learning_rate, slower),
            }
        )

    @staticmethod
    def networks(config: SwappingAutoencoderConfig) -> Autoencoder:
        """Encoder and generator of a configuration."""
        c = config
        official = c.variant == OFFICIAL
        encoder, generator = (
            (Encoder, Generator) if official else (UnofficialEncoder, UnofficialGenerator)
        )
        codes = (c.structure_channels, c.texture_size)
        return Autoencoder(
            encoder(c.widths, c.texture_widths, *codes),
            generator(*codes, c.head_widths, c.up_widths, c.texture_gain, c.noise, c.bounded),
        )

    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from two collections, or one given twice; a record for every step, with the losses
        as weighed."""
        c, state = self.config, self.fit_state
        device = next(self.parameters()).device
        layout = fast_layout(device)
        self.to(memory_format=layout)  # type: ignore[call-overload]
        autoencoder = parallel(self.autoencoder)
        discriminator = parallel(self.discriminator)
        patch_discriminator = parallel(self.patch_discriminator)
        perceptual, state.note = PerceptualTerm.try_make(c.perceptual_network, c.perceptual_weight)
        total = total_steps(c.steps, 1, c.batch, 1)

        def patches(pictures: Tensor) -> Tensor:
            # In a window a patch has a larger share than in the picture.
            scale = c.size / pictures.shape[-1]
            shares = min(1.0, scale * c.smallest_patch), min(1.0, scale * c.largest_patch)
            return random_crops(pictures, c.patches, c.patch_size, *shares)

        def judge(real: Tensor, part: Tensor, made: list[Tensor], step: int) -> dict[str, Tensor]:
            """The discriminators tell pictures from what was `made` (eq. 2 and 3), and patches of
            the texture's picture from patches of the swap, the first of these (eq. 4)."""
            rate = linear_decay(step, total, c.constant)
            made = [picture.detach() for picture in made]
            with mixed_precision(device):
                fakes = [F.softplus(discriminator(picture)).mean() for picture in made]
                found = F.softplus(-discriminator(part)).mean() + torch.stack(fakes).mean()
                reference = patches(real)
                like = patch_discriminator(reference, patches(real))
                unlike = patch_discriminator(reference, patches(made[0]))
                patchwise = c.patch_weight * vanilla_discriminator(like, unlike)
            losses = {"discriminator": found, "patch discriminator": patchwise}
            check_finite(losses, step)
            state.updaters["discriminators"].update(found + patchwise, step, rate)
            if step % c.r1_every == 0:
                # Both kept flat at what is real (R1), in full precision, as a step of its own.
                part = part.detach().requires_grad_()
                logits = discriminator(part)
                slopes = {"R1": 0.5 * c.r1_weight * r1_penalty(logits, part)}
                crops = torch.stack([reference, patches(real)], 1).requires_grad_()
                likeness = patch_discriminator(crops[:, 0], crops[:, 1])
                slopes["patch R1"] = 0.25 * c.patch_r1_weight * r1_penalty(likeness, crops)
                check_finite(slopes, step)
                # The last biases have no part in a slope, but several processes wait for them.
                nothing = 0 * (logits.sum() + likeness.sum())
                loss = c.r1_every * torch.stack([*slopes.values()]).sum() + nothing
                state.updaters["discriminators"].update(loss, step, rate)
                losses |= slopes
            return losses

        def one_step(real_a: Tensor, real_b: Tensor, step: int) -> dict[str, float]:
            rate, judged = linear_decay(step, total, c.constant), step >= c.warm_up
            real = torch.cat([real_a, real_b]).to(device, memory_format=layout)
            part = _windows(real, c.judged)
            seen = recoloured(part) if c.recolour else part
            with mixed_precision(device):
                apart = c.recolour or c.window or c.texture_scale != 1
                textured = self._textured(real) if apart else None
                rebuilt, swapped = autoencoder(seen, textured, judged)
            losses: dict[str, Tensor] = {}
            if judged:
                made = [swapped, rebuilt] if c.reconstruction_weight else [swapped]
                losses |= judge(real, part, made, step)

            # The autoencoder returns the picture (eq. 1) and convinces both (eq. 5).
            terms: dict[str, Tensor] = {}
            with mixed_precision(device), frozen(self.discriminator, self.patch_discriminator):
                terms["L1"] = c.l1_weight * l1(rebuilt.float(), part)
                if perceptual:
                    terms["perceptual"] = perceptual(rebuilt, part)
                if judged and c.reconstruction_weight:
                    fooled = vanilla_generator(self.discriminator(rebuilt))
                    terms["adversarial"] = c.reconstruction_weight * fooled
                if judged:
                    fooled = vanilla_generator(self.discriminator(swapped))
                    terms["adversarial, swapped"] = c.swap_weight * fooled
                    like = self.patch_discriminator(patches(real), patches(swapped))
                    terms["patches"] = c.patch_weight * vanilla_generator(like)
            values = check_finite({**losses, **terms}, step)
            state.updaters["autoencoder"].update(torch.stack([*terms.values()]).sum(), step, rate)
            if self.average is not None:
                follow(self.average, self.autoencoder, c.ema, step)
            self.learnt = True
            return values

        batches = Batches(a, b, Crops(c.size, c.load_size, c.flip), batch=c.batch, seed=c.seed)
        yield from fit_steps(state, batches, total, c.seed, one_step)

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
        size = self.config.size
        scaled = fit_short_side(source.convert("RGB"), size)
        reference = reference and fit_short_side(reference.convert("RGB"), size)
        for progress in super().render(scaled, reference, reverse=reverse):
            assert progress.picture is not None
            picture = progress.picture.resize(source.size, Resampling.LANCZOS)
            yield replace(progress, picture=picture)

    def forward(self, source: Tensor, reference: Tensor | None = None) -> Tensor:
        """`source` (N, 3, H, W) in [0, 1] with the texture of `reference` (N, 3, any, any), or
        without one, rebuilt with its own, to the same size; sides multiples of 2ⁿ."""
        structure, texture = self.encode(source)
        if reference is not None:
            texture = self.encode(reference)[1]
        return self.decode(structure, texture)

    def encode(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (N, 3, H, W) in [0, 1] to structure (N, C, H/2ⁿ, W/2ⁿ) and texture (N, T), each
        of length one over its channels (rosinality's of any length)."""
        self.check_learnt()
        given = (picture * 2 - 1).contiguous(memory_format=fast_layout(picture.device))
        encoder, textured = self.translator.encoder, self._textured(given)
        if textured is given:
            return encoder(given)  # type: ignore[no-any-return]
        return encoder.structure(given), encoder.texture(textured)

    def _textured(self, pictures: Tensor) -> Tensor:
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
        self.check_learnt()
        with seeded(self.config.seed):
            result: Tensor = self.translator.generator(structure, texture) / 2 + 0.5
        return result.clamp(0, 1)

    @property
    def translator(self) -> Autoencoder:
        """The networks that translate: the moving average if there is one."""
        return self.autoencoder if self.average is None else self.average

    def saved(self) -> dict[str, Tensor]:
        surveyed = {
            f"{SURVEYED}{name}.{key}": value
            for name, known in self._survey().items()
            for key, value in known.state_dict().items()
        }
        return {**self.translator.state_dict(), **surveyed}

    def _survey(self) -> dict[str, nn.Module]:
        return {
            "directions": self.directions,
            "arrangements": self.arrangements,
            "features": self.features,
        }

    def extra(self) -> dict[str, nn.Module]:
        return {
            "discriminator": self.discriminator,
            "patch_discriminator": self.patch_discriminator,
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        for name, known in self._survey().items():
            start = f"{SURVEYED}{name}."
            own = {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
            known.load_state_dict(own)
        self.restore_networks({k: v for k, v in tensors.items() if not k.startswith(SURVEYED)})

    def restore_networks(self, tensors: Mapping[str, Tensor]) -> None:
        """Give encoder and generator their weights; nothing is known yet of their collection.
        Raises RuntimeError for tensors of another model."""
        for networks in (self.autoencoder, self.average):
            if networks is not None:
                networks.load_state_dict(dict(tensors))
        self.learnt = True


def _windows(pictures: Tensor, size: int) -> Tensor:
    """A random square of `size` pixels of each of `pictures`."""
    if size == pictures.shape[-1]:
        return pictures
    places = torch.randint(pictures.shape[-1] - size + 1, (len(pictures), 2)).tolist()
    cut = [p[:, y : y + size, x : x + size] for p, (y, x) in zip(pictures, places, strict=True)]
    return torch.stack(cut).contiguous(memory_format=fast_layout(pictures.device))
