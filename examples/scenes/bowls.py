"""Dark lawn bowls lying on mown grass in evening sun."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from examples.scenes.kit import (
    Array,
    develop,
    flat_labels,
    mix,
    noise,
    sample,
    smoothstep,
    srgb,
    to_linear,
    to_srgb,
)
from examples.scenes.plants import grass
from examples.scenes.trace import COLOURS, LABELS, TILT, VIEW, Traced, dot, trace

__all__ = ["COLOURS", "LABELS", "bowls"]

SPOTS = (  # x, z (towards the viewer), radius; parts of the side
    (-0.30, -0.42, 0.085),
    (0.02, -0.50, 0.075),
    (0.30, -0.44, 0.095),
    (0.16, -0.16, 0.115),
    (-0.14, -0.02, 0.13),
    (-0.36, 0.14, 0.09),
    (0.34, 0.16, 0.105),
    (0.08, 0.34, 0.14),
    (-0.27, 0.50, 0.12),
)


def _blades(
    picture: Image.Image, rng: np.random.Generator, feet: Array, tuft: Array, side: int
) -> None:
    """Mow a lawn: blades at feet (N, 2), in stripes, longer towards the viewer."""
    unit, count = side / 1024, len(feet)
    part = feet[:, 1] / side
    stripe = np.sign(np.sin((feet[:, 0] / side - 0.5) * 15 * (1.25 - 0.45 * part) + 0.7))
    hue = 0.45 + 0.16 * tuft + 0.24 * stripe + rng.normal(0, 0.18, count)
    hue = np.clip(hue, 0, 1)[:, None]
    tip = np.array([96, 140, 58]) * (1 - hue) + np.array([182, 204, 104]) * hue
    tip = np.where(rng.uniform(size=(count, 1)) < 0.05, [206, 196, 138], tip)
    tip = tip * rng.uniform(0.78, 1.18, (count, 1))
    root = tip * np.array([0.46, 0.54, 0.46])
    tall = (9 + 17 * part) * unit * rng.uniform(0.6, 1.3, count)
    grass(picture, rng, feet, tall, (1.7 + 1.7 * part) * unit, root, tip, 0.42)


def _lawn(
    rng: np.random.Generator, side: int, balls: Array
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Grass colour (S, S, 3); and blades that rise before the balls: colour, coverage (S, S)."""
    shape = (side, side)
    patch, fine = noise(rng, shape, 1.4, 3, 80), noise(rng, shape, 0.6, 40)
    soil = srgb(56, 84, 30) * (1 + 0.25 * patch + 0.25 * fine)[..., None]
    picture = Image.fromarray(to_srgb(soil))
    feet = rng.uniform((-8, 0), (side + 8, side + 24), (15000, 2)).astype(np.float32)
    columns, rows = np.clip(feet, 0, side - 1).astype(int).T
    _blades(picture, rng, feet, patch[rows, columns], side)

    angle = np.radians(rng.uniform(20, 160, (90 * len(balls), 1)))
    x, z, r = np.repeat(balls, 90, 0).T[..., None]
    # Just outside the lower edge of each ball's outline on the screen.
    out = r + rng.uniform(-0.002, 0.008, r.shape)
    low = z * np.sin(TILT) - r * np.cos(TILT) + out * np.sin(angle)
    feet = np.concatenate([x + out * np.cos(angle), low], 1) * side + side / 2
    front = Image.new("RGB", shape)
    _blades(front, rng, feet.astype(np.float32), np.zeros(len(feet), np.float32), side)
    fringe = np.asarray(front)
    return to_linear(np.asarray(picture)), to_linear(fringe), fringe.max(-1) > 0


def _room(rng: np.random.Generator, side: int, mirror: Array) -> Array:
    """What the varnish mirrors (S, S, 3) in direction `mirror` (3, S, S): sky, trees, lawn."""
    height, turn = mirror[1], np.arctan2(mirror[0], mirror[2]) / (2 * np.pi) * side
    cloud = sample(noise(rng, (side, side), 1.6, 2, 60), height * side * 0.5, turn)
    trees = 0.16 + 0.05 * sample(noise(rng, (4, side), 1.0, 4, 90), 0 * turn, turn)
    room = mix(srgb(236, 226, 206), srgb(86, 140, 208), smoothstep(0.1, 0.9, height))
    room = mix(room, srgb(255, 250, 244) * 1.3, smoothstep(0.1, 1.2, cloud) * 0.75)
    room = mix(srgb(22, 34, 18), room, smoothstep(-0.01, 0.01, height - trees))
    return mix(srgb(92, 122, 48) * 0.8, room, smoothstep(-0.06, 0.02, height))


def _glossy(rng: np.random.Generator, side: int, seen: Traced, balls: Array, sun: Array) -> Array:
    """The light (S, S, 3) of varnished bowls with engraved rings and a disc of inlay."""
    owner = np.maximum(seen.owner, 0)
    cosine = np.maximum(dot(seen.normal, VIEW), 0)
    mirror = 2 * cosine * seen.normal - VIEW[:, None, None]
    room = _room(rng, side, mirror)
    paints = np.array([srgb(22, 22, 26), srgb(44, 16, 18), srgb(16, 24, 48), srgb(18, 36, 28)])
    paint = paints[np.arange(len(balls)) * 3 % 4].astype(np.float32)[owner]
    pole = rng.normal(size=(len(balls), 3)) * (1, 0.35, 0.6) + (0, 0.5, 0.9)
    pole = (pole / np.linalg.norm(pole, axis=1, keepdims=True)).astype(np.float32)
    cos_pole = np.abs(dot(seen.normal, pole[owner].transpose(2, 0, 1)))
    from_pole = np.arccos(np.clip(cos_pole, 0, 1))
    groove = np.zeros((side, side), np.float32)
    for angle in (0.34, 0.43, 0.82):
        groove += np.exp(-(((from_pole - angle) / 0.018) ** 2))
    disc = 1 - smoothstep(0.17, 0.185, from_pole)
    paint = mix(paint, srgb(196, 168, 110), np.clip(groove * 0.5 + disc * 0.7, 0, 1))
    open_ = (0.25 + 0.75 * smoothstep(-0.9, 0.2, seen.normal[1])) * seen.sky
    direct = seen.sun * np.maximum(dot(seen.normal, sun), 0)
    lit = paint * (
        direct[..., None] * srgb(255, 236, 198) * 2.4 + open_[..., None] * srgb(160, 190, 220) * 0.8
    )
    # Schlick's approximation of Fresnel's reflectance, for varnish (0.05 seen straight on).
    fresnel = 0.05 + 0.95 * (1 - cosine) ** 5
    lit += room * (fresnel * (1 - 0.5 * np.clip(groove, 0, 1)) * open_ * 1.5)[..., None]
    shine = np.maximum(dot(mirror, sun), 0) ** 60
    lit += ((shine**15 * 9 + shine * 0.22) * seen.sun)[..., None]
    lit += (np.maximum(-seen.normal[1], 0) * 0.14)[..., None] * srgb(120, 160, 60)
    return lit


def bowls(size: int, rng: np.random.Generator) -> tuple[Image.Image, Image.Image]:
    """Lawn bowls of several sizes on a striped lawn, and the label map of bowls and ground."""
    side = 2 * size
    balls = np.array(SPOTS, np.float32)
    balls += rng.normal(0, 0.008, balls.shape).astype(np.float32)
    sun = np.array([0.62, 0.62, 0.30], np.float32)
    sun /= np.linalg.norm(sun)
    seen = trace(side, balls, sun, 0.09)
    lawn, fringe, covered = _lawn(rng, side, balls)
    ball = (seen.owner >= 0) & ~covered
    light = mix(srgb(120, 150, 190) * 0.36, srgb(255, 236, 198) * 1.6, seen.sun)
    light = (light + srgb(140, 170, 210) * 0.35) * (seen.sky**1.2)[..., None]
    # Blades before a ball stand in the half-light between it and the lawn.
    light = np.where((covered & (seen.owner >= 0))[..., None], srgb(150, 160, 140) * 1.1, light)
    grown = np.where((covered & (seen.owner >= 0))[..., None], fringe, lawn)
    ground = grown * light * (1 + 0.18 * seen.point[2])[..., None]
    lit = np.where(ball[..., None], _glossy(rng, side, seen, balls, sun), ground)
    return develop(lit, rng, 0.95), flat_labels((seen.owner >= 0).astype(np.uint8), COLOURS)
