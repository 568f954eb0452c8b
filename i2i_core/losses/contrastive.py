"""PatchNCE (Park et al. 2020): a patch of the result resembles the patch it came from, not others.

Vectors are unit vectors (N, P, C): N pictures, P places. The key side is a target and is detached.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def patch_nce(query: Tensor, key: Tensor, temperature: float = 0.07) -> Tensor:
    """−log exp(q·k⁺/τ) / (exp(q·k⁺/τ) + Σ exp(q·k⁻/τ)), averaged (Park et al. 2020, eq. 2 and 3).

    Internal negatives: the other places of the same picture.
    """
    similarity = query @ key.detach().transpose(1, 2) / temperature  # (N, P, P)
    return F.cross_entropy(similarity.flatten(0, 1), _diagonal(query))


def patch_nce_external(query: Tensor, key: Tensor, temperature: float = 0.07) -> Tensor:
    """As `patch_nce`, with all places of all pictures of the batch as negatives: for crops of one
    picture (SinCUT) that are internal all the same; for the paper's comparison (eq. 4) not."""
    similarity = query.flatten(0, 1) @ key.detach().flatten(0, 1).T / temperature  # (N·P, N·P)
    own = torch.arange(len(similarity), device=query.device)
    return F.cross_entropy(similarity, own)


def _diagonal(query: Tensor) -> Tensor:
    count, places = query.shape[:2]
    return torch.arange(places, device=query.device).repeat(count)
