"""The exponential moving average of a network's weights."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


class EMA(nn.Module, Generic[Network]):
    """The average of the weights that `network` had in the steps of a fit (Karras et al. 2018,
    section 4.1): it translates better than the last of them. With a `decay` of 0 there is none."""

    average: Network | None

    def __init__(self, network: Network, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self._live = (network,)  # in a tuple, for it is its method's, not this module's
        self.average = deepcopy(network).requires_grad_(False) if decay else None

    @property
    def network(self) -> Network:
        """What translates: the average, or without one the network itself."""
        return self._live[0] if self.average is None else self.average

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move the average on; at first faster, so that it drags no random beginnings along."""
        if self.average is None:
            return
        weight = 1 - min(self.decay, (1 + step) / (10 + step))
        live = self._live[0]
        torch._foreach_lerp_(list(self.average.parameters()), list(live.parameters()), weight)
        for mean, value in zip(self.average.buffers(), live.buffers(), strict=True):
            mean.copy_(value)

    def load_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Give network and average these weights. Raises RuntimeError for another network's."""
        for network in {self._live[0], self.network}:
            network.load_state_dict(dict(weights))
