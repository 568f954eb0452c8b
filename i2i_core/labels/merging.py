"""Hierarchical merging of superpixels into regions: the cheapest pair first, as Ward clusters (JASA
1963), with the contrast along common boundaries in the cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_Array = npt.NDArray[np.float64]


@dataclass
class Costs:
    """What it costs to merge two of N patches, but for their sizes: four tables (N, N).

    `touching`, `apart`: squared distances between the means of two patches, for those that touch
    and those that do not. `contrast`, summed along the common boundary, is divided by its `length`
    and counts beside `touching`: a smooth gradient, such as a sky, is cheap to merge."""

    touching: _Array
    apart: _Array
    contrast: _Array
    length: _Array

    def of(self, i: int) -> _Array:
        """The costs (N,) of merging patch i with each other."""
        edge = self.contrast[i] / np.maximum(self.length[i], 1)
        costs = np.where(self.length[i] > 0, edge + self.touching[i], self.apart[i])
        return np.asarray(costs, np.float64)

    def join(self, i: int, j: int, share: float) -> None:
        """Make patch i the union of i and j, of which i is the `share` from 0 to 1; j becomes
        meaningless. The distance between means, by the formula of Lance & Williams 1967."""
        for table in (self.touching, self.apart):
            row = share * table[i] + (1 - share) * table[j] - share * (1 - share) * table[i, j]
            table[i] = table[:, i] = np.maximum(row, 0)
        for table in (self.contrast, self.length):
            table[i] += table[j]
            table[:, i] = table[i]
            table[i, i] = 0
            table[j] = table[:, j] = 0


def merge(costs: Costs, sizes: _Array, classes: int, size_power: float) -> npt.NDArray[np.intp]:
    """Merge N patches into `classes` labels; the label of each (N,). Overwrites `costs`.

    `sizes` (N,) are shares of the picture. A cost is multiplied by sizes' product over their sum to
    the `size_power`: 1 is Ward's criterion, which swallows small objects; 0 ignores size."""
    n, sizes = sizes.size, sizes.copy()
    owner, alive = np.arange(n), np.ones(n, np.bool_)

    def row(i: int) -> _Array:
        weighted = costs.of(i) * (sizes * sizes[i] / (sizes + sizes[i])) ** size_power
        weighted[~alive] = weighted[i] = np.inf
        return np.asarray(weighted, np.float64)

    cost = np.stack([row(i) for i in range(n)])
    partner, cheapest = cost.argmin(1), cost.min(1)
    for _ in range(n - classes):
        i = int(cheapest.argmin())
        j = int(partner[i])
        costs.join(i, j, sizes[i] / (sizes[i] + sizes[j]))
        sizes[i] += sizes[j]
        alive[j] = False
        owner[owner == j] = i
        cost[j] = cost[:, j] = cheapest[j] = np.inf
        cost[i] = cost[:, i] = row(i)
        nearer = alive & (cost[i] < cheapest)
        partner[nearer], cheapest[nearer] = i, cost[i, nearer]
        # Whoever had chosen one of the two, and the merged patch, must choose again.
        stale = np.append(np.flatnonzero(alive & ((partner == i) | (partner == j))), i)
        partner[stale] = cost[stale].argmin(1)
        cheapest[stale] = cost[stale, partner[stale]]
    return np.unique(owner, return_inverse=True)[1]


def squared_distances(points: _Array) -> _Array:
    """Between each two of N points (N, F): (N, N)."""
    squares = (points**2).sum(1)
    distances = squares[:, None] + squares - 2 * points @ points.T
    return np.asarray(np.maximum(distances, 0), np.float64)


def block_diagonal(tables: Sequence[_Array]) -> _Array:
    """One table of several patch sets' tables (N, N), zero between patches of different sets."""
    from scipy.linalg import block_diag

    return np.asarray(block_diag(*tables), np.float64)
