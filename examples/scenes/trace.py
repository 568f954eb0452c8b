"""A small ray tracer: spheres on level ground under one sun, seen from above at a slant."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from examples.scenes.kit import Array, smoothstep

TILT = np.radians(38)  # the camera looks down this much below the horizontal
VIEW = np.array([0, np.sin(TILT), np.cos(TILT)], np.float32)  # unit vector towards the camera

LABELS = ("ground", "ball")
COLOURS = ((210, 180, 140), (230, 60, 40))


@dataclass(frozen=True)
class Traced:
    """What is seen at each pixel of a (S, S) canvas; lengths in parts of the side."""

    owner: NDArray[np.int32]  # (S, S): which ball, -1 the ground
    normal: Array  # (3, S, S): x to the right, y up, z towards the viewer
    point: Array  # (3, S, S): the place that is seen
    sun: Array  # (S, S): the share of the sun that passes the other balls, 0..1, soft
    sky: Array  # (S, S): the share of the sky left open by the other balls, 0..1


def dot(vectors: Array | tuple[Array, ...], other: Array | tuple[Array, ...]) -> Array:
    """Scalar product of (3, ...) vectors with one vector (3,) or as many vectors (3, ...)."""
    return vectors[0] * other[0] + vectors[1] * other[1] + vectors[2] * other[2]


def trace(side: int, balls: Array, sun: Array, softness: float) -> Traced:
    """Balls (N, 3: x, z, radius) resting on the plane y = 0, in parallel projection.

    sun: unit vector to the light; softness: width of a shadow's edge per length of its throw.
    """
    down, across = np.mgrid[-0.5 : 0.5 : side * 1j, -0.5 : 0.5 : side * 1j].astype(np.float32)
    _, sin, cos = VIEW
    zero = np.zeros((side, side), np.float32)
    point, normal = np.stack([across, zero, down / sin]), np.stack([zero, zero + 1, zero])
    depth = down / sin * cos  # of the ground, along the view, larger is nearer
    owner = np.full((side, side), -1, np.int32)
    for number, (x, z, r) in enumerate(balls):
        low, left = z * sin - r * cos, x
        rows = slice(max(int((low - r + 0.5) * side), 0), max(int((low + r + 0.5) * side) + 2, 0))
        cols = slice(max(int((left - r + 0.5) * side), 0), max(int((left + r + 0.5) * side) + 2, 0))
        right, up = across[rows, cols] - x, low - down[rows, cols]
        bulge = r * r - right**2 - up**2
        front = np.sqrt(np.maximum(bulge, 0))
        near = z * cos + r * sin + front
        wins = (bulge > 0) & (near > depth[rows, cols])
        unit = np.stack([right, up * cos + front * sin, front * cos - up * sin]) / r
        depth[rows, cols][wins], owner[rows, cols][wins] = near[wins], number
        for k, centre in enumerate((x, r, z)):
            normal[k, rows, cols][wins] = unit[k][wins]
            point[k, rows, cols][wins] = (unit[k] * r + centre)[wins]
    lit, sky = zero + 1, zero + 1
    for number, (x, z, r) in enumerate(balls):
        to = (x - point[0], r - point[1], z - point[2])
        squared = to[0] ** 2 + to[1] ** 2 + to[2] ** 2
        along = dot(to, sun)
        miss = np.sqrt(np.maximum(squared - along**2, 0))
        block = smoothstep(-1, 1, (r - miss) / np.maximum(softness * along, 0.003))
        other = owner != number
        lit *= 1 - block * (other & (along > 0))
        # A sphere hides its projected solid angle of the sky (Quilez, "sphere ambient occlusion").
        far = np.sqrt(squared)
        hidden = np.maximum(dot(normal, to) / far, 0) * (r / far) ** 2
        sky *= 1 - np.where(other, np.minimum(hidden, 0.97), 0)
    return Traced(owner, normal, point, lit, sky)
