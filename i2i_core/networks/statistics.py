"""Statistics of a collection's codes and descriptions: directions, a Gaussian score."""

import torch
from torch import Tensor, nn

COUNT = 8  # principal directions of the texture
SHRINKAGE = 0.1  # of the covariance, towards equal spread in all directions


class GaussianScore(nn.Module):
    """A Gaussian over descriptions (D,), empty until `fit`. `score` is Mahalanobis' distance,
    squared, over D, in units of what nineteen of twenty held-out pictures stay below."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.mean = nn.Buffer(torch.zeros(size))
        self.whitening = nn.Buffer(torch.zeros(size, size))
        self.threshold = nn.Buffer(torch.zeros(1))

    @torch.no_grad()
    def fit(self, descriptions: Tensor) -> None:
        """From descriptions (N, D), N at least 2."""
        self._shape(descriptions[::2])
        held_out = self._distance(descriptions[1::2]).double()
        # Of few pictures the largest, and somewhat more.
        self.threshold.fill_(float(held_out.quantile(0.95)) * (1 + 2 / len(descriptions)))
        self._shape(descriptions)

    def score(self, description: Tensor) -> float:
        """Of a description (D,): up to 1 it is like the collection's; infinite before `fit`."""
        distance = float(self._distance(description[None])[0] / self.threshold[0])
        return distance if float(self.threshold) > 0 else float("inf")

    def _shape(self, descriptions: Tensor) -> None:
        mean = descriptions.double().mean(0)
        centred = descriptions.double() - mean
        covariance = centred.T @ centred / max(1, len(centred) - 1)
        level = covariance.trace() / len(mean)
        spread, axes = torch.linalg.eigh(covariance)
        spread = (1 - SHRINKAGE) * spread.clamp_min(0) + SHRINKAGE * level + 1e-9
        self.mean.copy_(mean)
        self.whitening.copy_(axes / (len(mean) * spread).sqrt())

    def _distance(self, descriptions: Tensor) -> Tensor:
        return ((descriptions - self.mean) @ self.whitening).square().sum(1)


class Directions(nn.Module):
    """Of a collection's codes: the texture's mean (T,) and principal directions (COUNT, T), each as
    long as the codes' standard deviation along it; `effects` (COUNT, E), what a step along each
    does to pictures; the structure's principal directions (C, C). All zeros until `fit`."""

    def __init__(self, structure: int, texture: int, effects: int = 5) -> None:
        super().__init__()
        self.texture_mean = nn.Buffer(torch.zeros(texture))
        self.texture = nn.Buffer(torch.zeros(COUNT, texture))
        self.effects = nn.Buffer(torch.zeros(COUNT, effects))
        self.structure = nn.Buffer(torch.zeros(structure, structure))

    @property
    def fitted(self) -> bool:
        """Whether there is something in them."""
        return bool(self.texture.any())

    @torch.no_grad()
    def fit(self, structures: Tensor, textures: Tensor) -> None:
        """From structure vectors (M, C) and texture codes (N, T), N at least 2."""
        self.texture_mean.copy_(textures.mean(0))
        for buffer, codes in ((self.texture, textures), (self.structure, structures)):
            directions = principal_directions(codes)[: len(buffer)]
            buffer.zero_()
            buffer[: len(directions)] = directions


class CollectionStatistics(nn.Module):
    """What a swapping autoencoder's file says of the pictures that it learnt from: the `directions`
    of their codes, and which `layouts` and encoder's `features` are usual among them."""

    def __init__(self, structure: int, texture: int, layout: int, features: int) -> None:
        super().__init__()
        self.directions = Directions(structure, texture)
        self.layouts, self.features = GaussianScore(layout), GaussianScore(features)

    def out_of_distribution_score(self, layout: Tensor, features: Tensor) -> float:
        """Up to 1 a picture so described may belong to the collection; infinite if not fitted."""
        pairs = ((self.layouts, layout), (self.features, features))
        scores = [score.score(value.to(score.mean)) for score, value in pairs]
        # Both must be usual, and of two models the one wins where both are more so.
        return sum(scores) / len(scores) if max(scores) <= 1 else max(scores)


def principal_directions(codes: Tensor) -> Tensor:
    """Principal directions (min(N, C), C) of codes (N, C), widest first, a deviation long each."""
    centred = (codes - codes.mean(0)).double()
    _, spread, directions = torch.linalg.svd(centred, full_matrices=False)
    scaled = directions * (spread / max(1, len(codes) - 1) ** 0.5)[:, None]
    # Of the two signs of a direction, the one whose largest part is positive: the same every time.
    largest = scaled.gather(1, scaled.abs().argmax(1, keepdim=True))
    turned: Tensor = scaled * torch.where(largest < 0, -1.0, 1.0)
    return turned.to(codes.dtype)
