"""MUNIT (Huang et al. 2018) in very small: an autoencoder a domain, whose pictures are a content,
which the domains share, and a style, which is drawn by a seed or read from a reference."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.data.batches import Batches, CropSettings
from i2i_core.data.implicit_pairs import Pictures
from i2i_core.losses.adversarial import ADVERSARIAL
from i2i_core.losses.reconstruction import l1
from i2i_core.method import Capabilities, Method
from i2i_core.networks.patchgan import PatchGAN
from i2i_core.progress import Work
from i2i_core.training.ema import EMA
from i2i_core.training.loop import FitState, fit_steps, seeded
from i2i_core.training.optim import Optimizer, linear_decay
from i2i_core.training.settings import FitConfig, check_crops, setting


@dataclass(frozen=True)
class MUNITConfig(FitConfig):
    width: int = setting(16, 1, 256)
    style_size: int = setting(8, 1, 64)
    discriminator_width: int = setting(16, 1, 256)
    reconstruction_weight: float = 10.0
    steps: int = setting(1000, 1, 10**9)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_crops(self, 2)


class Autoencoder(nn.Module):
    """Pictures (N, 3, H, W) in [−1, 1] to a content (N, C, H/2, W/2) and a style (N, S), and back;
    H and W even."""

    def __init__(self, width: int, style_size: int) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, width, 4, 2, 1), nn.InstanceNorm2d(width)
        self.style = nn.Linear(width, style_size)
        self.scale, self.shift = nn.Linear(style_size, width), nn.Linear(style_size, width)
        self.last = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.first(x)
        return self.norm(features).relu(), self.style(features.relu().mean((2, 3)))

    def decode(self, content: Tensor, style: Tensor) -> Tensor:
        scale, shift = (part(style)[..., None, None] for part in (self.scale, self.shift))
        styled = content * (1 + scale) + shift
        return torch.tanh(self.last(F.interpolate(styled, scale_factor=2, mode="bilinear")))


class MUNIT(Method):
    Config = MUNITConfig
    config: MUNITConfig
    title = "MUNIT"
    capabilities = Capabilities("domains", two_way=True, takes_seed=True, takes_reference=True)
    presets = {"paper": {}, "laptop": {"crop_size": 128, "load_size": 143, "ema": 0.99}}  # noqa: RUF012

    def __init__(self, config: MUNITConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or MUNITConfig()
        self.capabilities = replace(self.capabilities, working_size=c.crop_size, multiple_of=2)
        with seeded(c.seed):
            self.a, self.b = (Autoencoder(c.width, c.style_size) for _ in "ab")
            self.judge_a, self.judge_b = (PatchGAN(3, c.discriminator_width, 1) for _ in "ab")
        self.ema_a, self.ema_b = EMA(self.a, c.ema), EMA(self.b, c.ema)
        pace, judges = (c.learning_rate, (c.beta1, c.beta2)), [self.judge_a, self.judge_b]
        makers, judging = Optimizer([self.a, self.b], *pace), Optimizer(judges, *pace)
        self.fit_state: FitState = FitState({"makers": makers, "judges": judging})

    def fit(self, a: Pictures, b: Pictures) -> Work:
        c, state = self.config, self.fit_state
        judge_loss, convince = ADVERSARIAL["least squares"]

        def one_step(x_a: Tensor, x_b: Tensor, step: int) -> dict[str, float]:
            rate = linear_decay(step, c.steps, c.decay_start)
            x_a, x_b = x_a.to(self.device), x_b.to(self.device)
            (form_a, style_a), (form_b, style_b) = self.a(x_a), self.b(x_b)
            back = l1(self.a.decode(form_a, style_a), x_a) + l1(self.b.decode(form_b, style_b), x_b)
            fake_b = self.b.decode(form_a, torch.randn_like(style_a))
            fake_a = self.a.decode(form_b, torch.randn_like(style_b))
            convinced = convince(self.judge_a(fake_a)) + convince(self.judge_b(fake_b))
            terms = {"adversarial": convinced, "reconstruction": c.reconstruction_weight * back}
            losses = state.optimizers["makers"].minimize(terms, step, rate)
            loss = judge_loss(self.judge_a(x_a), self.judge_a(fake_a.detach()))
            loss = loss + judge_loss(self.judge_b(x_b), self.judge_b(fake_b.detach()))
            losses |= state.optimizers["judges"].minimize({"judges": loss}, step, rate)
            self.ema_a.update(step)
            self.ema_b.update(step)
            self.fitted = True
            return losses

        crops = CropSettings(c.crop_size, c.load_size, c.flip)
        batches = Batches(a, b, crops, batch=c.batch, seed=c.seed)
        yield from fit_steps(state, batches, c.steps, c.seed, one_step)

    def forward(
        self, source: Tensor, reference: Tensor | None = None, *, reverse: bool = False,
        seed: int | None = None,
    ) -> Tensor:  # fmt: skip
        networks = [self.ema_a.network, self.ema_b.network]
        here, there = networks[::-1] if reverse else networks
        with seeded(seed or 0):
            style = torch.randn(1, self.config.style_size).to(source)
        if reference is not None:
            style = there(reference * 2 - 1)[1]
        return there.decode(here(source * 2 - 1)[0], style) / 2 + 0.5

    def inference_networks(self) -> dict[str, EMA[Autoencoder]]:
        return {"a": self.ema_a, "b": self.ema_b}

    def training_networks(self) -> dict[str, nn.Module]:
        return {"judge_a": self.judge_a, "judge_b": self.judge_b}
