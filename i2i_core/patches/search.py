"""Nearest-neighbour search between patch descriptors: exhaustive, and a vectorised PatchMatch.

Both work on *augmented* descriptors, whose plain dot product is the squared distance plus the
penalty of the source patch: [−2q, |q|², 1] · [k, 1, |k|² + penalty]."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from i2i_core.patches.pyramid import Field

# Elements held at a time: few enough for a core's cache, enough to hide the call overhead.
MATRIX_CHUNK = 1 << 20  # of a distance matrix (exhaustive)
GATHER_CHUNK = 1 << 18  # of gathered descriptors (PatchMatch)


def augment_queries(features: Tensor) -> Tensor:
    """Target descriptors (N, K) to (N, K + 2)."""
    norm = features.square().sum(1, keepdim=True)
    return torch.cat([-2 * features, norm, torch.ones_like(norm)], 1)


def augment_keys(features: Tensor, penalty: Tensor | None = None) -> Tensor:
    """Source descriptors (M, K) and their penalties (M,) to (M, K + 2)."""
    norm = features.square().sum(1, keepdim=True)
    bias = norm if penalty is None else norm + penalty[:, None]
    return torch.cat([features, torch.ones_like(norm), bias], 1)


def exhaustive(queries: Tensor, keys: Tensor, penalty: Tensor, alpha: float | None) -> Tensor:
    """Index (N,) of the best key for each query: the smallest d(q, k) / (α + min over all queries
    of d(·, k)) + penalty(k); `queries` and `keys` are augmented without penalty. The denominator,
    left out without `alpha`, makes source patches cheap that no target patch resembles, so that
    all of the source is used: the completeness term of Granot et al. 2022, eq. 3."""
    columns = keys.T
    chunk = max(1, MATRIX_CHUNK // keys.shape[0])
    if alpha is not None:
        nearest = torch.full_like(penalty, torch.inf)
        for block in queries.split(chunk):
            nearest = torch.minimum(nearest, (block @ columns).amin(0))
        columns = columns / (nearest.clamp_min(0) + alpha)
    columns = columns.contiguous()
    columns[-1] += penalty
    return torch.cat([(block @ columns).argmin(1) for block in queries.split(chunk)])


def distances(queries: Tensor, keys: Tensor, index: Tensor) -> Tensor:
    """Squared distance (plus penalty) of each query (N, K) to the key of its index (N,): (N,)."""
    out = queries.new_empty(len(queries))
    chunk = max(1, GATHER_CHUNK // keys.shape[1])
    for start in range(0, len(queries), chunk):
        part = slice(start, start + chunk)
        torch.sum(keys.index_select(0, index[part]).mul_(queries[part]), 1, out=out[part])
    return out


def patchmatch(
    queries: Tensor, keys: Tensor, field: Field, *, sweeps: int, jumps: Sequence[int],
    radii: Sequence[int], random: torch.Generator,
) -> Field:  # fmt: skip
    """Improve `field` by propagation and random search (Barnes et al. 2009), all patches at once:
    a good match then travels one grid cell a sweep, so propagation also looks `jumps` cells away.
    Random search tries one offset within each of the shrinking `radii` (source pixels)."""
    height, width = field.source
    y, x = field.y, field.x
    shape = y.shape
    best = distances(queries, keys, field.index()).view(shape)

    def attempt(new_y: Tensor, new_x: Tensor) -> None:
        nonlocal y, x, best
        new_y, new_x = new_y.clamp_(0, height - 1), new_x.clamp_(0, width - 1)
        cost = distances(queries, keys, (new_y * width + new_x).flatten()).view(shape)
        better = cost < best
        y, x = torch.where(better, new_y, y), torch.where(better, new_x, x)
        best = torch.where(better, cost, best)

    for _ in range(sweeps):
        for jump in jumps:
            for rows, columns in ((0, jump), (jump, 0), (0, -jump), (-jump, 0)):
                dy, dx = rows * field.stride, columns * field.stride
                attempt(y.roll((rows, columns), (0, 1)) + dy, x.roll((rows, columns), (0, 1)) + dx)
        for radius in radii:
            # Drawn on the CPU, so that a seed means the same picture on every device.
            draws = [torch.randint(-radius, radius + 1, shape, generator=random) for _ in "yx"]
            attempt(y + draws[0].to(y.device), x + draws[1].to(y.device))
    return replace(field, y=y, x=x, distance=best)
