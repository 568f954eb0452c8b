"""pix2pixHD (Wang et al. 2018) in small: pix2pix from coarse to fine, judged at two scales.

As pix2pix, it learns from pairs. New are a generator in two stages, of which the coarse one learns
first (section 3.2), a discriminator for each scale (section 3.3), and the feature matching loss
(eq. 4), which asks for what the discriminators look at and not only for their approval.

What differs from the paper, so that it learns on two CPU cores: the coarse network is a U-Net; the
finer discriminator sees a window of each picture; an L1 term stands where the paper has one on VGG
features, which can be had by `perceptual_weight`. And a code of the photograph's colours, drawn by
a seed when translating, takes the place of its instance features (section 3.5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from PIL.Image import Image
from torch import Tensor, nn

from i2i_core.data.batches import Batches
from i2i_core.data.folders import readable
from i2i_core.devices.distributed import parallel
from i2i_core.errors import InputError
from i2i_core.images.tensors import to_tensor, with_channels
from i2i_core.losses.adversarial import ADVERSARIAL
from i2i_core.losses.reconstruction import feature_matching, l1
from i2i_core.method import Capabilities, Method
from i2i_core.networks.deep_features import EFFICIENTNET
from i2i_core.networks.patchgan import PatchGAN
from i2i_core.networks.pix2pixhd import Pix2PixHDGenerator
from i2i_core.networks.projected import ProjectedDiscriminator, View
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

Judged = Tensor | View  # what discriminators are shown
SURVEYED_PICTURES = 1000  # whose colours tell what colours there are


# With patches judged as well, for the frozen network does not mind what alternates from pixel to
# pixel.
BOTH = {**PROJECTED, "discriminator": "both", "matching_weight": 2.0, "l1_weight": 5.0}


@dataclass(frozen=True)
class Pix2PixHDConfig(AdversarialConfig):
    """The paper's weights and loss (section 3, appendix), networks for two CPU cores."""

    width: int = setting(32, 1, 512)  # channels of the coarse network's outermost layers
    max_multiple: int = setting(8, 1, 16)  # how many times as many its widest ones have
    depth: int = setting(5, 2, 12)  # its halvings, of pictures of half the size
    fine_width: int = setting(24, 1, 512)
    code: int = setting(8, 0, 48)  # numbers in the colour code, 0 for none
    paint_code: bool = False  # show the code's colours beside the source
    noise: bool = False  # for sources that leave much open, such as drawings
    discriminator: str = choice("patch", "projected", "both")
    discriminator_width: int = 32
    discriminator_max_multiple: int = setting(4, 1, 16)
    # Wasserstein's would need slopes.
    adversarial: str = choice("least squares", *(x for x in ADVERSARIAL if x != "wasserstein"))
    matching_weight: float = 10.0
    l1_weight: float = 10.0
    coarse: float = setting(0.6, 0, 1)  # share of the steps that the coarse network learns alone
    ema: float = 0.998

    def __post_init__(self) -> None:
        super().__post_init__()
        check_crops(self, 2 ** (self.depth + 1))
        layers = self.discriminator_layers
        smallest = max(16, 2 * 3 * 2**layers)  # each discriminator sees half of it
        if self.crop_size < smallest:
            problem = f"Crops of {self.crop_size} pixels are too small for two scales"
            advice = f"choose a crop_size of at least {smallest}, or fewer discriminator_layers."
            raise InputError(f"{problem} and discriminators of {layers} layers: {advice}")


class Pix2PixHD(Method):
    """A and B are pairs: the picture at the same place in both shows the same thing."""

    Config: ClassVar[type] = Pix2PixHDConfig
    config: Pix2PixHDConfig
    title = "pix2pixHD"
    capabilities = Capabilities("pairs", needs_pairs=True, takes_seed=True, takes_reference=True)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        # Ten minutes on two cores; all of it at the size at which one pair takes a blink.
        "laptop": {"crop_size": 128, "load_size": 143, "depth": 4, "steps": 4000, "ema": 0.995},
        "projected": {**BOTH, "paint_code": True},
        "finetune": {**BOTH, "coarse": 0.0, "ema": 0.995},
        "sketch": {"in_channels": 1, "noise": True},
    }

    def __init__(self, config: Pix2PixHDConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or Pix2PixHDConfig()
        channels = c.in_channels, c.out_channels
        self.capabilities = replace(
            self.capabilities, takes_seed=c.code > 0 or c.noise, takes_reference=c.code > 0,
            channels=channels, multiple_of=2 ** (c.depth + 1), working_size=c.crop_size,
        )  # fmt: skip
        widths = c.width, c.depth, c.fine_width, c.max_multiple
        shape = *channels, *widths, c.code, c.noise, c.paint_code
        with seeded(c.seed):
            self.generator = Pix2PixHDGenerator(*shape)
            self.discriminators = nn.ModuleDict(dict(self._discriminators()))
        self.ema = EMA(self.generator, c.ema)
        networks = {"generator": self.generator, **self.discriminators}
        self.fit_state: FitState = FitState({n: c.optimizer(x) for n, x in networks.items()})

    def fit(self, a: Sequence[Image], b: Sequence[Image]) -> Work:
        """Learn from pairs; a record for every step, with the losses as weighed."""
        c, state, device = self.config, self.fit_state, self.device
        on_gpu = device.type == "cuda"
        layout = use_layout(self, fast_layout(device) if on_gpu else torch.contiguous_format)
        generator = parallel(self.generator, partly=True)
        discriminators = {name: parallel(d) for name, d in self.discriminators.items()}
        total = total_steps(c.steps, len(a), c.batch, c.epochs)
        batches = Batches(a, b, c.crops, batch=c.batch, paired=True, seed=c.seed)
        perceptual, state.note = PerceptualTerm.try_make(c.perceptual_network, c.perceptual_weight)
        shared = c.discriminator != "patch" and c.perceptual_network == EFFICIENTNET
        if c.code and not self.fitted:  # a model that learns further keeps its code
            self._measure_colours(b)

        def one_step(real_a: Tensor, real_b: Tensor, step: int, rate: float) -> dict[str, float]:
            code = self.generator.colours(real_b) if self.generator.colours else None
            coarse = step < c.coarse * total
            with mixed_precision(device):
                fake_b = generator(real_a, code, coarse)
            small_a, small_b = F.avg_pool2d(real_a, 2), F.avg_pool2d(real_b, 2)
            # What each discriminator is shown: the input, the photograph, the translation.
            views = {"coarse": (small_a, small_b, fake_b if coarse else F.avg_pool2d(fake_b, 2))}
            if not coarse:
                views["fine"] = _window(real_a, real_b, fake_b)
            losses: dict[str, float] = {}
            target = small_b if coarse else real_b
            terms = {"L1": c.l1_weight * l1(fake_b, target)}
            if perceptual and not shared:
                terms["perceptual"] = perceptual(fake_b, target)
            if not c.adversarial_weight and not c.matching_weight:
                views = {}
            for name, discriminator in discriminators.items():
                scale = name.split()[0]
                if scale not in views:
                    continue
                source, real, fake = views[scale]
                pairs = torch.cat([source, real], 1), torch.cat([source, fake], 1)
                judge: Any = self.discriminators[name]
                with mixed_precision(device):
                    real_pair, fake_pair = judge.look(*pairs)
                loss = self._discriminator_loss(discriminator, real_pair, fake_pair)
                told = {f"discriminator ({name})": loss}
                losses |= state.optimizers[name].minimize(told, step, rate)
                terms |= self._generator_losses(name, real_pair, fake_pair)
                if perceptual and shared and isinstance(judge, ProjectedDiscriminator):
                    terms[f"perceptual ({scale})"] = perceptual(fake_pair, real_pair)
            return losses | state.optimizers["generator"].minimize(terms, step, rate)

        yield from fit_steps(self, batches, total, one_step, layout)

    def _discriminators(self) -> Iterator[tuple[str, nn.Module]]:
        """One for each scale, or one of each kind, by their names."""
        c = self.config
        for scale in ("coarse", "fine"):
            if c.discriminator in ("patch", "both"):
                channels = c.in_channels + c.out_channels
                judge = channels, c.discriminator_width, c.discriminator_layers
                yield scale, PatchGAN(*judge, max_multiple=c.discriminator_max_multiple)
            if c.discriminator in ("projected", "both"):
                name = scale if c.discriminator == "projected" else f"{scale} projected"
                yield name, ProjectedDiscriminator(c.in_channels, c.projected_width, c.augment)

    def _discriminator_loss(
        self, discriminator: nn.Module, real_pair: Judged, fake_pair: Judged
    ) -> Tensor:
        """One discriminator learns to tell the pairs apart (eq. 2, slowed down by a half)."""
        discriminator_loss, _ = ADVERSARIAL[self.config.adversarial]
        with mixed_precision(self.device):
            real, fake = discriminator(real_pair), discriminator(fake_pair.detach())
            return 0.5 * discriminator_loss(real, fake)

    def _generator_losses(
        self, name: str, real_pair: Judged, fake_pair: Judged
    ) -> dict[str, Tensor]:
        """What the generator pays where this discriminator sees a difference (eq. 3 to 5)."""
        c = self.config
        discriminator: Any = self.discriminators[name]
        with mixed_precision(self.device), frozen(discriminator):
            fake = discriminator.features(fake_pair)
            convinced = ADVERSARIAL[c.adversarial][1](fake[-1])
            terms = {f"adversarial ({name})": c.adversarial_weight * convinced}
            if c.matching_weight and not isinstance(fake_pair, View):
                with torch.no_grad():
                    real = discriminator.features(real_pair)
                matching = feature_matching(real[:-1], fake[:-1])
                terms[f"matching ({name})"] = c.matching_weight * matching
            return terms

    def _measure_colours(self, photos: Sequence[Image]) -> None:
        colours = self.generator.colours
        assert colours is not None
        device, channels = colours.mean.device, self.capabilities.channels[1]
        some = islice(readable(photos), SURVEYED_PICTURES)
        pictures = (with_channels(to_tensor(photo), channels) for photo in some)
        colours.measure(picture.to(device) * 2 - 1 for picture in pictures)
        if self.ema.average is not None and self.ema.average.colours is not None:
            self.ema.average.colours.load_state_dict(colours.state_dict())

    def forward(
        self, source: Tensor, reference: Tensor | None = None, *, seed: int | None = None, **_: Any
    ) -> Tensor:
        """`source` (N, C, H, W) in [0, 1] to the same size; sides multiples of `multiple_of`. The
        colours are those of `reference` (1, 3, H, W), or `seed` draws them; 0 is the mean."""
        network = self.ema.network
        code, seed = None, seed or 0
        if network.colours is not None:
            drawn = network.colours.draw(seed)
            if reference is not None:
                reference = with_channels(reference, self.capabilities.channels[1])
                drawn = network.colours(reference * 2 - 1)
            code = drawn.expand(len(source), -1)
        with seeded(seed):  # the noise
            result: Tensor = network(source * 2 - 1, code) / 2 + 0.5
        return result

    def inference_networks(self) -> Mapping[str, EMA[Any]]:
        return {"generator": self.ema}

    def training_networks(self) -> Mapping[str, nn.Module]:
        return {"discriminators": self.discriminators}


def _window(a: Tensor, b: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same random window of half the size from each (N, C, H, W)."""
    height, width = (side // 2 for side in a.shape[-2:])
    top, left = (int(torch.randint(0, side + 1, ())) for side in (height, width))
    window = (..., slice(top, top + height), slice(left, left + width))
    return a[window], b[window], c[window]
