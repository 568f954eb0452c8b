"""Adversarial losses of discriminator and generator, gradient penalty and R1 penalty.

Logits have any shape (real and fake may differ), losses are scalars. The ½ with which pix2pix,
CycleGAN and CUT slow the discriminator down belongs to those methods."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def vanilla_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """−E[log D(real)] − E[log(1 − D(fake))], D = sigmoid(logit) (Goodfellow et al. 2014, eq. 1)."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def vanilla_generator(fake: Tensor) -> Tensor:
    """−E[log D(fake)], which does not saturate (Goodfellow et al. 2014, section 3)."""
    return F.softplus(-fake).mean()


def least_squares_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E[(D(real) − 1)²] + E[D(fake)²] (Mao et al. 2017, eq. 9, without its ½)."""
    return (real - 1).square().mean() + fake.square().mean()


def least_squares_generator(fake: Tensor) -> Tensor:
    """E[(D(fake) − 1)²] (Mao et al. 2017, eq. 9)."""
    return (fake - 1).square().mean()


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E[max(0, 1 − D(real))] + E[max(0, 1 + D(fake))] (Miyato et al. 2018, eq. 16)."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def wasserstein_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E[D(fake)] − E[D(real)] (Arjovsky et al. 2017, eq. 3); needs `gradient_penalty`."""
    return fake.mean() - real.mean()


def linear_generator(fake: Tensor) -> Tensor:
    """−E[D(fake)] (Miyato et al. 2018, eq. 17; Arjovsky et al. 2017)."""
    return -fake.mean()


# Name in a config: what the discriminator and what the generator minimises.
ADVERSARIAL: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "vanilla": (vanilla_discriminator, vanilla_generator),
    "least squares": (least_squares_discriminator, least_squares_generator),
    "hinge": (hinge_discriminator, linear_generator),
    "non-saturating": (vanilla_discriminator, vanilla_generator),
    "wasserstein": (wasserstein_discriminator, linear_generator),
}


def gradient_penalty(
    discriminator: nn.Module, real: Tensor, fake: Tensor, mix: Tensor | None = None
) -> Tensor:
    """E[(‖∇D(x̂)‖ − 1)²] at x̂ = t·real + (1 − t)·fake (Gulrajani et al. 2017, eq. 3, weight 10), of
    `real`, `fake` (N, C, H, W); `mix` holds t (N, 1, 1, 1), by default drawn from [0, 1)."""
    if mix is None:
        mix = torch.rand(len(real), 1, 1, 1, device=real.device, dtype=real.dtype)
    between = (mix * real + (1 - mix) * fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(between).sum(), between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()  # type: ignore[no-any-return]


def r1_penalty(logits: Tensor, real: Tensor) -> Tensor:
    """E[‖∇D(real)‖²] (Mescheder et al. 2018, eq. 9, without its γ/2). `real` (N, C, H, W) must have
    required gradients before `logits` were computed from it."""
    (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
    return slope.square().flatten(1).sum(1).mean()
