"""pix2pixHD (Wang et al. 2018) in small: pix2pix from coarse to fine, judged at two scales.

As pix2pix, it learns from pairs. New are a generator in two stages, of which the coarse one learns
first (section 3.2), a discriminator for each scale (section 3.3), and the feature matching loss
(eq. 4), which asks for what the discriminators look at and not only for their approval.

What differs from the paper, so that it learns on two CPU cores: the coarse network is a U-Net; the
finer discriminator sees a window of each picture; an L1 term stands where the paper has one on VGG
features, which can be had by `perceptual_weight`. And a code of the photograph's colours, drawn by
a seed when translating, takes the place of its instance features (section 3.5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from PIL.Image import Image
from torch import Tensor

from i2i_core.data.batches import Batches, Crops
from i2i_core.data.folders import every
from i2i_core.devices.distributed import parallel
from i2i_core.errors import InputError, check_choice, check_range
from i2i_core.images.tensors import to_tensor, with_channels
from i2i_core.losses.adversarial import ADVERSARIAL
from i2i_core.losses.reconstruction import feature_matching, l1
from i2i_core.method import Method, Work
from i2i_core.networks.deep_features import VGG
from i2i_core.networks.patchgan import PatchGAN
from i2i_core.networks.pix2pixhd import CoarseToFine
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

MEASURED = 1000  # pictures whose colours tell what colours there are


@dataclass(frozen=True)
class Pix2PixHDConfig:
    """The paper's weights and loss (section 3, appendix), networks for two CPU cores.

    `depth`: halvings of the coarse network, which sees pictures of half the size. `coarse`: share
    of the steps that it learns alone. `code`: numbers in the colour code, 0 for none. `noise`: for
    sources that leave much open, such as drawings.
    `discriminator_layers`: halvings of each discriminator. `steps` 0: as many as the epochs take.
    """

    in_channels: int = 3
    out_channels: int = 3
    width: int = 32
    widest: int = 8
    depth: int = 5
    fine_width: int = 24
    code: int = 8
    noise: bool = False
    discriminator_width: int = 32
    discriminator_widest: int = 4
    discriminator_layers: int = 3
    adversarial: str = "least squares"
    adversarial_weight: float = 1.0
    matching_weight: float = 10.0
    l1_weight: float = 10.0
    perceptual_weight: float = 0.0
    perceptual_network: str = VGG
    learning_rate: float = 2e-4
    beta1: float = 0.5
    beta2: float = 0.999
    batch: int = 1
    epochs: int = 200
    constant: float = 0.5
    coarse: float = 0.6
    steps: int = 0
    size: int = 256
    load_size: int = 286
    flip: bool = True
    ema: float = 0.998
    seed: int = 0

    def __post_init__(self) -> None:
        check_settings(self)
        check_choice("adversarial loss", self.adversarial, PLAIN)
        check_range("fine_width", self.fine_width, 1, 512)
        check_range("discriminator_widest", self.discriminator_widest, 1, 16)
        check_range("code", self.code, 0, 48)
        check_range("coarse", self.coarse, 0, 1)
        check_crops(self.size, self.load_size, 2 ** (self.depth + 1))
        layers = self.discriminator_layers
        smallest = max(16, 2 * 3 * 2**layers)  # each discriminator sees half of it
        if self.size < smallest:
            raise InputError(
                f"Crops of {self.size} pixels are too small for two scales and discriminators of "
                f"{layers} layers: choose a size of at least {smallest}, or fewer "
                "discriminator_layers."
            )


PLAIN = tuple(name for name in ADVERSARIAL if name != "wasserstein")  # needs no slopes


class Pix2PixHD(Method):
    """A and B are pairs: the picture at the same place in both shows the same thing."""

    Config: ClassVar[type] = Pix2PixHDConfig
    paired = True
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        # Ten minutes on two cores; all of it at the size at which one pair takes a blink.
        "laptop": {"size": 128, "load_size": 143, "depth": 4, "steps": 4000, "ema": 0.995},
    }

    def __init__(self, config: Pix2PixHDConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or Pix2PixHDConfig()
        self.multiple_of = 2 ** (c.depth + 1)
        self.channels = (c.in_channels, c.out_channels)
        self.takes_seed = c.code > 0 or c.noise
        with seeded(c.seed):
            self.generator = CoarseToFine(
                c.in_channels,
                c.out_channels,
                c.width,
                c.depth,
                c.fine_width,
                c.widest,
                c.code,
                c.noise,
            )
            self.judges = torch.nn.ModuleDict({scale: _judge(c) for scale in ("coarse", "fine")})
        self.average = deepcopy(self.generator).requires_grad_(False) if c.ema else None
        betas = (c.beta1, c.beta2)
        self.fit_state: FitState = FitState(
            {
                "generator": Updater([self.generator], c.learning_rate, betas),
                "coarse": Updater([self.judges["coarse"]], c.learning_rate, betas),
                "fine": Updater([self.judges["fine"]], c.learning_rate, betas),
            }
        )

    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from pairs; a record for every step, with the losses as weighed."""
        c, state = self.config, self.fit_state
        device = next(self.parameters()).device
        layout = fast_layout(device) if device.type == "cuda" else torch.contiguous_format
        self.to(memory_format=layout)  # type: ignore[call-overload]
        generator = parallel(self.generator, partly=True)
        judges = {scale: parallel(judge) for scale, judge in self.judges.items()}
        total = total_steps(c.steps, len(a), c.batch, c.epochs)
        crops = Crops(c.size, c.load_size, c.flip)
        batches = Batches(a, b, crops, batch=c.batch, paired=True, seed=c.seed)
        perceptual, state.note = PerceptualTerm.try_make(c.perceptual_network, c.perceptual_weight)
        if c.code and not self.learnt:  # a model that learns further keeps its code
            self._measure_colours(b)

        def one_step(real_a: Tensor, real_b: Tensor, step: int) -> dict[str, float]:
            rate = linear_decay(step, total, c.constant)
            real_a, real_b = (x.to(device, memory_format=layout) for x in (real_a, real_b))
            code = self.generator.colours(real_b) if self.generator.colours else None
            coarse = step < c.coarse * total
            with mixed_precision(device):
                fake_b = generator(real_a, code, coarse)
            small_a, small_b = F.avg_pool2d(real_a, 2), F.avg_pool2d(real_b, 2)
            # What each discriminator is shown: the input, the photograph, the translation.
            shown = {"coarse": (small_a, small_b, fake_b if coarse else F.avg_pool2d(fake_b, 2))}
            if not coarse:
                shown["fine"] = _window(real_a, real_b, fake_b)
            losses: dict[str, float] = {}
            wanted = small_b if coarse else real_b
            terms = {"L1": c.l1_weight * l1(fake_b, wanted)}
            if perceptual:
                terms["perceptual"] = perceptual(fake_b, wanted)
            if c.adversarial_weight or c.matching_weight:
                for scale, (given, real, fake) in shown.items():
                    real_pair, fake_pair = torch.cat([given, real], 1), torch.cat([given, fake], 1)
                    losses |= self._judge_step(
                        judges[scale], scale, real_pair, fake_pair.detach(), step, rate
                    )
                    terms |= self._convince(scale, real_pair, fake_pair)
            losses |= check_finite(terms, step)
            state.updaters["generator"].update(torch.stack([*terms.values()]).sum(), step, rate)
            if self.average is not None:
                follow(self.average, self.generator, c.ema, step)
            self.learnt = True
            return losses

        yield from fit_steps(state, batches, total, c.seed, one_step, self.channels)

    def _judge_step(
        self,
        judge: torch.nn.Module,
        scale: str,
        real_pair: Tensor,
        fake_pair: Tensor,
        step: int,
        rate: float,
    ) -> dict[str, float]:
        """One discriminator learns to tell the pairs apart (eq. 2, slowed down by a half)."""
        discriminator_loss, _ = ADVERSARIAL[self.config.adversarial]
        with mixed_precision(real_pair.device):
            loss = 0.5 * discriminator_loss(judge(real_pair), judge(fake_pair))
        losses = check_finite({f"discriminator ({scale})": loss}, step)
        self.fit_state.updaters[scale].update(loss, step, rate)
        return losses

    def _convince(self, scale: str, real_pair: Tensor, fake_pair: Tensor) -> dict[str, Tensor]:
        """What the generator pays where this discriminator sees a difference (eq. 3 to 5)."""
        c = self.config
        judge = self.judges[scale]
        assert isinstance(judge, PatchGAN)
        with mixed_precision(real_pair.device), frozen(judge):
            with torch.no_grad():
                wanted = judge.features(real_pair)
            found = judge.features(fake_pair)
            fooled = ADVERSARIAL[c.adversarial][1](found[-1])
            return {
                f"adversarial ({scale})": c.adversarial_weight * fooled,
                f"matching ({scale})": c.matching_weight
                * feature_matching(wanted[:-1], found[:-1]),
            }

    def _measure_colours(self, photos: Sequence[Image]) -> None:
        colours = self.generator.colours
        assert colours is not None
        device = colours.mean.device
        some = islice(every(photos), MEASURED)
        pictures = (with_channels(to_tensor(photo), self.channels[1]) for photo in some)
        colours.measure(picture.to(device) * 2 - 1 for picture in pictures)
        if self.average is not None and self.average.colours is not None:
            self.average.colours.load_state_dict(colours.state_dict())

    def forward(
        self, source: Tensor, reference: Tensor | None = None, seed: int | None = None
    ) -> Tensor:
        """`source` (N, C, H, W) in [0, 1] to the same size; sides multiples of `multiple_of`.

        A colour code is that of `reference` (1, 3, H, W) in [0, 1] if one is given, else what
        `seed` draws; 0 is the mean."""
        self.check_learnt()
        network = self.generator if self.average is None else self.average
        code, seed = None, seed or 0
        if network.colours is not None:
            drawn = network.colours.draw(seed)
            if reference is not None:
                drawn = network.colours(with_channels(reference, self.channels[1]) * 2 - 1)
            code = drawn.expand(len(source), -1)
        with seeded(seed):  # the noise
            result: Tensor = network(source * 2 - 1, code) / 2 + 0.5
        return result

    def saved(self) -> dict[str, Tensor]:
        return generator_tensors(self.generator if self.average is None else self.average)

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        restore_generator(tensors, self.generator, self.average)
        self.learnt = True


def _judge(c: Pix2PixHDConfig) -> PatchGAN:
    return PatchGAN(
        c.in_channels + c.out_channels,
        c.discriminator_width,
        c.discriminator_layers,
        widest=c.discriminator_widest,
    )


def _window(a: Tensor, b: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same random window of half the size from each (N, C, H, W)."""
    height, width = (side // 2 for side in a.shape[-2:])
    top, left = (int(torch.randint(0, side + 1, ())) for side in (height, width))
    window = (..., slice(top, top + height), slice(left, left + width))
    return a[window], b[window], c[window]
