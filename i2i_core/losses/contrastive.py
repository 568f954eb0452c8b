"""PatchNCE (Park et al. 2020): a patch of the result resembles the patch it came from, not others.

Vectors are unit vectors (N, P, C): N pictures, P places. The key side is a target and is detached.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

Features = Sequence[Tensor]


def layered_patch_nce(
    translated: Features, source: Features, project: Callable[[Features, Features], list[Tensor]],
    patches: int, compare: Callable[[Tensor, Tensor, float], Tensor], temperature: float,
) -> Tensor:  # fmt: skip
    """PatchNCE over layers (Park et al. 2020, eq. 3): of features (N, C, H, W) of a translation and
    its source `project` makes unit vectors at `patches` random places, which `compare` compares."""
    places = [torch.randperm(f.shape[-2] * f.shape[-1], device=f.device)[:patches] for f in source]
    # Queries first: under autocast the first use of a weight decides about its gradient.
    queries = project(translated, places)
    with torch.no_grad():
        keys = project([feature.detach() for feature in source], places)
    terms = [compare(query, key, temperature) for query, key in zip(queries, keys, strict=True)]
    return torch.stack(terms).mean()


def patch_nce(query: Tensor, key: Tensor, temperature: float = 0.07) -> Tensor:
    """−log exp(q·k⁺/τ) / (exp(q·k⁺/τ) + Σ exp(q·k⁻/τ)), averaged (Park et al. 2020, eq. 2 and 3).
    The negatives are the other places of the same picture."""
    similarity = query @ key.detach().transpose(1, 2) / temperature  # (N, P, P)
    count, places = query.shape[:2]
    diagonal = torch.arange(places, device=query.device).repeat(count)
    return F.cross_entropy(similarity.flatten(0, 1), diagonal)


def patch_nce_external(query: Tensor, key: Tensor, temperature: float = 0.07) -> Tensor:
    """As `patch_nce`, with all places of all pictures of the batch as negatives: for crops of one
    picture (SinCUT) that are internal all the same; for the paper's comparison (eq. 4) not."""
    similarity = query.flatten(0, 1) @ key.detach().flatten(0, 1).T / temperature  # (N·P, N·P)
    return F.cross_entropy(similarity, torch.arange(len(similarity), device=query.device))
