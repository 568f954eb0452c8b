"""Reconstruction losses: L1, cycle consistency, identity, feature matching."""

from collections.abc import Sequence

import torch
from torch import Tensor


def l1(result: Tensor, target: Tensor) -> Tensor:
    """E[‖y − G(x)‖₁], a mean over all values (Isola et al. 2017, eq. 3)."""
    return (result - target).abs().mean()


def cycle(original: Tensor, returned: Tensor) -> Tensor:
    """E[‖F(G(x)) − x‖₁]: there and back again (Zhu et al. 2017, eq. 2, one of its two terms)."""
    return l1(returned, original)


def identity(target: Tensor, translated: Tensor) -> Tensor:
    """E[‖G(y) − y‖₁]: what is in the target domain already stays (Zhu et al. 2017, section 5.2)."""
    return l1(translated, target)


def feature_matching(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """E[Σᵢ ‖Dᵢ(real) − Dᵢ(fake)‖₁ / Nᵢ] over a discriminator's layers i of Nᵢ values each, as lists
    of tensors (Wang et al. 2018, eq. 4). Gradients reach `fake` alone."""
    return torch.stack([l1(f, r.detach()) for r, f in zip(real, fake, strict=True)]).sum()
