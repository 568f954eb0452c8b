"""A network of two layers, its loss, and its weights as files hold them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from tests.helpers import noise


def network(layout: torch.memory_format = torch.contiguous_format) -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 4, 3))
    return layers.to(memory_format=layout)  # type: ignore[call-overload]


def loss_of(layers: nn.Module, step: int) -> Tensor:
    loss: Tensor = layers(noise(2, 3, 7, 7, seed=step)).sub(1).square().mean()
    return loss


def as_from_a_file(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies in plain layout, as files hold them."""
    return {
        name: value.clone(memory_format=torch.contiguous_format) for name, value in tensors.items()
    }


def equal_weights(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)
