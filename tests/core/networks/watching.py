"""What layers give while their network runs."""

from __future__ import annotations

from torch import Tensor, nn


def on_the_way(network: nn.Module, layers: nn.Sequential, x: Tensor) -> list[Tensor]:
    """What each of `layers` gives while the whole network runs."""
    found: list[Tensor] = []
    hooks = [
        layer.register_forward_hook(lambda _, __, result: found.append(result.clone()))
        for layer in layers
    ]
    network(x)
    for hook in hooks:
        hook.remove()
    return found
