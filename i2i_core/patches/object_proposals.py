"""Proposals of objects: sets of superpixels that may be one, from trees of many kinds."""

import heapq

import numpy as np
from numpy.typing import NDArray

from i2i_core.patches.object_superpixels import Array, Superpixels

MIN_SHARE, MAX_SHARE = 0.0015, 0.85  # of the picture's area
PER_TREE = 40
Sets = NDArray[np.bool_]


def descriptors(regions: Superpixels) -> Array:
    """Colour, roughness and semantic features, scaled to be compared: (N, 10)."""
    rough = regions.roughness[:, None] / 1.5
    return np.concatenate([regions.colour / 2, rough, 4 * regions.semantic], 1)


def proposals(regions: Superpixels) -> Sets:
    """Sets of the N superpixels, (P, N): the nodes of component trees of each channel and of its
    inverse (Salembier et al. 1998) that keep their shape over the widest range of thresholds, as
    maximally stable extremal regions (Matas et al. 2002), and of trees that merge the most alike
    neighbours (Salembier & Garrido 2000)."""
    total = regions.area.sum()
    around: list[list[int]] = [[] for _ in regions.area]
    for one, other in regions.pairs.tolist():
        around[one].append(other)
        around[other].append(one)
    chosen = []
    for channel in tree_channels(regions):
        for nodes in _component_tree(channel, around, regions.area):
            chosen.append(np.zeros(len(regions.area), bool))
            chosen[-1][nodes] = True
    mixed = np.concatenate([regions.colour / 2, 4 * regions.semantic], 1)
    sets = np.concatenate(
        [
            np.array(chosen).reshape(-1, len(regions.area)),
            _merging_tree(regions, None),
            _merging_tree(regions, mixed),
        ]
    )
    areas = sets @ regions.area
    sets = sets[(areas >= MIN_SHARE * total) & (areas <= MAX_SHARE * total)]
    keys = sets @ np.random.default_rng(0).random(len(regions.area))  # equal sets, equal sums
    _, first = np.unique(keys.round(9), return_index=True)
    return np.asarray(sets[first])


def tree_channels(regions: Superpixels) -> list[Array]:
    """The channels that component trees are built of: (N,) each."""
    both = [*regions.colour.T, *regions.chromaticity.T, regions.roughness, *regions.semantic.T[:3]]
    return [
        *(sign * channel for channel in both for sign in (1, -1)),
        frame_distance(regions, descriptors(regions)),
        frame_distance(regions, regions.colour / 2),
    ]


def frame_distance(regions: Superpixels, points: Array) -> Array:
    """Geodesic distance of each superpixel from the picture's frame, over steps between
    neighbouring `points` (N, K): (N,). What is far is in front (Wei et al. 2012, section 3); a
    part of the frame that is unlike most of it counts as being as far as it differs."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    one, other = regions.pairs.T
    steps = np.linalg.norm(points[one] - points[other], axis=1)
    if not len(steps):
        return np.zeros(len(points))
    steps = np.maximum(steps - np.percentile(steps, 30), 0) + 1e-6  # noise adds up to nothing
    border = np.flatnonzero(regions.frame)
    weight = regions.frame[border] / regions.frame.sum()
    gaps = np.linalg.norm(points[border][:, None] - points[border], axis=2)
    order = gaps.argsort(1)
    quarter = (weight[order].cumsum(1) < 0.25).sum(1).clip(max=len(border) - 1)
    unlike = gaps[np.arange(len(border)), order[np.arange(len(border)), quarter]]
    start = np.maximum(unlike - np.median(unlike), 0) + 1e-6
    outside = np.full(len(border), len(points))
    size = len(points) + 1
    graph = csr_matrix(
        (
            np.concatenate([steps, start]),
            (np.concatenate([one, outside]), np.concatenate([other, border])),
        ),
        shape=(size, size),
    )
    return np.asarray(dijkstra(graph, directed=False, indices=len(points))[:-1])


def _component_tree(values: Array, around: list[list[int]], area: Array) -> list[list[int]]:
    """The PER_TREE nodes of the max-tree of `values` that last over most thresholds."""
    total = area.sum()
    parent, done = list(range(len(values))), [False] * len(values)
    sizes, members = area.tolist(), [[i] for i in range(len(values))]
    latest: dict[int, int] = {}  # root -> its last node
    nodes: list[tuple[list[int], int, float]] = []  # list, how many of it, threshold
    ends: list[float] = []

    def root_of(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i in np.argsort(-values, kind="stable").tolist():
        done[i], root = True, i
        for neighbour in around[i]:
            if not done[neighbour] or (joined := root_of(neighbour)) == root:
                continue
            for part in (root, joined):
                if part in latest:
                    ends[latest.pop(part)] = values[i]
            if len(members[joined]) > len(members[root]):
                root, joined = joined, root
            parent[joined] = root
            sizes[root] += sizes[joined]
            # A new list would cost the square of its length; nodes know how much of it is theirs.
            members[root].extend(members[joined])
        if MIN_SHARE * total <= sizes[root] <= MAX_SHARE * total:
            latest[root] = len(nodes)
            nodes.append((members[root], len(members[root]), values[i]))
            ends.append(float(values.min()))
    lasting = sorted(range(len(nodes)), key=lambda n: ends[n] - nodes[n][2])
    return [nodes[n][0][: nodes[n][1]] for n in lasting[:PER_TREE]]


def _merging_tree(regions: Superpixels, points: Array | None) -> Sets:
    """The inner nodes and leaves of the tree that merges the two neighbours that cost least: those
    of the weakest common outline or, given `points` (N, K), of the nearest means."""
    count = len(regions.area)
    around: list[dict[int, tuple[float, float]]] = [{} for _ in range(2 * count)]
    for (i, j), length, step in zip(
        regions.pairs.tolist(), regions.length.tolist(), regions.step.tolist(), strict=True
    ):
        around[i][j] = around[j][i] = (length, length * step)
    area = [*regions.area.tolist(), *[0.0] * count]
    means = None if points is None else [*points, *[points[0]] * count]

    def cost(i: int, j: int) -> float:
        if means is None:
            length, steps = around[i][j]
            return float(steps / length * min(area[i], area[j]) ** 0.15)
        gap = means[i] - means[j]
        return float((gap @ gap) ** 0.5 * (area[i] * area[j] / (area[i] + area[j])) ** 0.3)

    heap = [(cost(i, j), i, j) for i, j in regions.pairs.tolist()]
    heapq.heapify(heap)
    alive = set(range(count))
    sets = np.zeros((2 * count, count), bool)
    sets[np.arange(count), np.arange(count)] = True
    new = count
    while heap:
        _, i, j = heapq.heappop(heap)
        if i not in alive or j not in alive:
            continue
        alive -= {i, j}
        alive.add(new)
        sets[new] = sets[i] | sets[j]
        area[new] = area[i] + area[j]
        if means is not None:
            means[new] = (means[i] * area[i] + means[j] * area[j]) / area[new]
        _join(around, i, j, new)
        for neighbour in around[new]:
            heapq.heappush(heap, (cost(new, neighbour), new, neighbour))
        new += 1
    return sets[:new]


def _join(around: list[dict[int, tuple[float, float]]], i: int, j: int, new: int) -> None:
    """Give `new` the contacts of `i` and `j`, in their place."""
    for part in (i, j):
        for neighbour, (length, steps) in around[part].items():
            if neighbour in (i, j):
                continue
            more = around[new].get(neighbour, (0.0, 0.0))
            around[new][neighbour] = (more[0] + length, more[1] + steps)
            around[neighbour].pop(part)
    for neighbour, contact in around[new].items():
        around[neighbour][new] = contact
