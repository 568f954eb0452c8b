"""The moving average of a network's weights, and the weights that a model's file holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    pass


def generator_tensors(network: nn.Module) -> dict[str, Tensor]:
    """What a model's file holds of a method that translates by one network."""
    return {f"generator.{name}": tensor for name, tensor in network.state_dict().items()}


def restore_generator(tensors: Mapping[str, Tensor], *networks: nn.Module | None) -> None:
    """Give every one of `networks` (those that are there) the weights of `generator_tensors`."""
    weights = {name.removeprefix("generator."): tensor for name, tensor in tensors.items()}
    for network in networks:
        if network is not None:
            network.load_state_dict(weights)


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move the exponential moving average of a network's weights (Karras et al. 2018, section 4.1)
    on; at first it follows faster, so that it does not drag its random beginnings along."""
    weight = 1 - min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), weight)
    for mean, value in zip(average.buffers(), network.buffers(), strict=True):
        mean.copy_(value)
