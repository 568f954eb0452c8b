"""What descriptions of a collection's pictures are like, and how far another one is from that."""

from __future__ import annotations

import torch
from torch import Tensor, nn

SHRINKAGE = 0.1  # of the covariance, towards equal spread in all directions


class Typical(nn.Module):
    """A Gaussian over descriptions (D,). `score` is Mahalanobis' distance, squared, over D, as a
    share of what nineteen of twenty pictures of the collection stay below when others of it are
    learnt from. Empty until `learn`."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("whitening", torch.zeros(size, size))
        self.register_buffer("usual", torch.zeros(1))

    mean: Tensor
    whitening: Tensor
    usual: Tensor

    @torch.no_grad()
    def learn(self, descriptions: Tensor) -> None:
        """From descriptions (N, D), N at least 2."""
        self._shape(descriptions[::2])
        held_out = self._distance(descriptions[1::2]).double()
        # Of few pictures the largest, and somewhat more.
        self.usual.fill_(float(held_out.quantile(0.95)) * (1 + 2 / len(descriptions)))
        self._shape(descriptions)

    def score(self, description: Tensor) -> float:
        """Of one description (D,): up to 1 it is like the collection's; infinite if nothing has
        been learnt."""
        if not float(self.usual) > 0:
            return float("inf")
        return float(self._distance(description[None])[0] / self.usual[0])

    def _shape(self, descriptions: Tensor) -> None:
        values = descriptions.double()
        mean = values.mean(0)
        centred = values - mean
        covariance = centred.T @ centred / max(1, len(values) - 1)
        level = covariance.trace() / len(mean)
        spread, axes = torch.linalg.eigh(covariance)
        spread = (1 - SHRINKAGE) * spread.clamp_min(0) + SHRINKAGE * level + 1e-9
        self.mean.copy_(mean)
        self.whitening.copy_(axes / (len(mean) * spread).sqrt())

    def _distance(self, descriptions: Tensor) -> Tensor:
        return ((descriptions - self.mean) @ self.whitening).square().sum(1)
