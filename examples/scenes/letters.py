"""A letter laid out of autumn leaves on paper, and a plain bold letter to lend the leaves to."""

import numpy as np
from PIL import Image, ImageDraw

from examples.scenes.kit import Array, blur, develop, flat_labels, mix, noise, smoothstep, srgb

LABELS = ("paper", "letter")
COLOURS = ((245, 240, 225), (200, 60, 30))


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[list[float]]:
    """Points of an elliptic arc; angles in degrees, clockwise from the right, as on a screen."""
    angle = np.radians(np.linspace(start, end, 60))
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], 1).tolist()


def _spine(letter: str) -> list[list[list[float]]]:
    """The middle lines of a letter's strokes, in parts of the side."""
    if letter == "S":
        upper, lower = (
            _arc(0.5, 0.32, 0.215, 0.17, -35, -270),
            _arc(0.5, 0.67, 0.245, 0.18, -90, 147),
        )
        return [upper + lower]
    bowl = [[0.32, 0.17], [0.50, 0.17], *_arc(0.50, 0.335, 0.20, 0.165, -90, 90), [0.32, 0.50]]
    return [[[0.32, 0.17], [0.32, 0.83]], bowl, [[0.47, 0.50], [0.70, 0.83]]]


def _glyph(letter: str, side: int, thick: float) -> Image.Image:
    """The letter as an L picture, 255 inside; round-ended strokes `thick` (of the side) wide."""
    picture = Image.new("L", (side, side))
    draw = ImageDraw.Draw(picture)
    radius = thick * side / 2
    for line in _spine(letter):
        points = np.array(line) * side
        draw.line([tuple(p) for p in points.tolist()], fill=255, width=round(2 * radius))
        for x, y in points.tolist():
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)
    return picture


def letter_plain(size: int, _rng: np.random.Generator) -> tuple[Image.Image, Image.Image]:
    """A bold black R on white, and its label map; `_rng` is not used: the letter is plain."""
    glyph = _glyph("R", 4 * size, 0.15).resize((size, size), Image.Resampling.BOX)
    picture = Image.merge("RGB", [glyph.point(lambda value: 255 - value)] * 3)
    index = np.asarray(_glyph("R", 2 * size, 0.15)) > 0
    return picture, flat_labels(index.astype(np.uint8), COLOURS)


def _outline(a: Array, b: Array, kind: int) -> tuple[Array, Array]:
    """How far inside a leaf (> 0) a place is, and how near a vein (0..1): (H, W) each.

    a, b: coordinates along the leaf, stalk -1 to tip 1, and across it. kind: 0 maple, 1 beech,
    2 willow.
    """
    if kind == 0:
        radius = np.hypot(a + 0.35, b) + 1e-6
        turn = np.arctan2(b, a + 0.35)
        reach, vein = np.full_like(a, 0.36), np.zeros_like(a)
        for lobe, long, wide in ((0, 1.3, 0.40), (0.85, 1.08, 0.36), (1.75, 0.76, 0.36)):
            apart = np.abs(np.abs(turn) - lobe)
            reach = np.maximum(reach, long * (1 - 0.6 * np.minimum(apart / wide, 1.1)))
            vein = np.maximum(vein, 1 - np.minimum(radius * apart / 0.035, 1))
        reach = reach * (1 + 0.07 * np.abs((turn * 7 / np.pi) % 1 - 0.5))
        return (reach - radius) * 0.7, vein
    plump = 0.50 if kind == 1 else 0.24
    edge = plump * np.maximum(1 - a * a, 0) ** 0.8 * (1.12 - 0.3 * a)
    edge = edge - 0.022 * np.abs((a * 9) % 1 - 0.5)
    side_veins = 1 - np.minimum(np.abs(((a - 0.9 * np.abs(b)) * 4.5) % 1 - 0.5) / 0.09, 1)
    vein = np.maximum(1 - np.minimum(np.abs(b) / 0.03, 1), 0.65 * side_veins)
    return edge - np.abs(b), vein


def _lay(
    canvas: Array,
    blotches: Array,
    rng: np.random.Generator,
    spot: tuple[float, float],
    long: float,
    colour: Array,
    rim: Array,
) -> None:
    """Lay one leaf and its soft shadow on the canvas (S, S, 3), light from the upper left.

    spot: x, y of its middle; long: half its length in pixels; colour, rim (3,): linear light.
    """
    side = canvas.shape[0]
    x, y = spot
    reach = int(long * 1.45) + 4
    top, left = max(int(y) - reach, 0), max(int(x) - reach, 0)
    bottom, right = min(int(y) + reach, side), min(int(x) + reach, side)
    if bottom - top < 8 or right - left < 8:
        return
    window = np.s_[top:bottom, left:right]
    kind, turn = int(rng.choice(3, p=(0.4, 0.42, 0.18))), rng.uniform(0, 2 * np.pi)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    down = ((np.arange(top, bottom, dtype=np.float32) - y) / long)[:, None]
    across = ((np.arange(left, right, dtype=np.float32) - x) / long)[None]
    bow = np.float32(rng.normal(0, 0.16))

    a, b = across * cos + down * sin, down * cos - across * sin
    b = b + bow * a * a
    inside, vein = _outline(a, b, kind)
    lift = int(rng.uniform(0.10, 0.22) * long) + 1
    shade = np.full_like(inside, -1)
    shade[lift:, lift:] = inside[:-lift, :-lift]
    canvas[window] *= (1 - 0.62 * smoothstep(-0.16, 0.16, shade))[..., None]
    stalk = (np.abs(b) < 0.03) & (a < -0.6) & (a > -1.35)
    cover = np.maximum(smoothstep(-0.5 / long, 1.0 / long, inside), stalk * 0.9)

    # Halves folded along the midrib, and a lengthwise curl, tilt the surface to or from the light.
    fold, curl = rng.uniform(0.15, 0.55), rng.normal(0, 0.45)
    along, sideways = curl * a, fold * np.tanh(b * 9)
    tilt_x, tilt_y = along * cos - sideways * sin, along * sin + sideways * cos
    facing = np.clip(
        (0.78 - 0.52 * tilt_x - 0.52 * tilt_y) / np.sqrt(1 + tilt_x**2 + tilt_y**2), 0.1, 1.4
    )
    patch = blotches[window]
    paint = mix(colour, rim, np.clip(1.05 - inside * 4.2 + 0.35 * patch, 0, 1))
    paint = paint * (1 + 0.15 * patch[..., None])
    paint = mix(paint, paint * 0.35 + srgb(236, 196, 110) * 0.45, vein * 0.55)
    light = facing[..., None] * srgb(255, 244, 224) * 1.55 + srgb(170, 180, 200) * 0.25
    shine = (np.clip(facing - 1.05, 0, 1) * 0.5)[..., None]
    canvas[window] = mix(canvas[window], paint * light + shine, cover)


def letter(size: int, rng: np.random.Generator) -> tuple[Image.Image, Image.Image]:
    """An S of fallen leaves, gold at its heart and crimson at its rim, on laid paper."""
    from scipy.ndimage import distance_transform_edt

    side = 2 * size
    unit = side / 1024
    shape = (side, side)
    glyph = np.asarray(_glyph("S", side, 0.19)) > 0
    deep = distance_transform_edt(glyph).astype(np.float32) / (0.095 * side)

    fibre = noise(rng, shape, 0.5, 30, 1e9, (1.0, 3.0)) + noise(
        rng, shape, 0.5, 30, 1e9, (3.0, 1.0)
    )
    tone = 1 + 0.022 * fibre + 0.03 * noise(rng, shape, 1.4, 2)
    canvas = srgb(246, 230, 198) * tone[..., None] * 1.2
    near = blur(glyph.astype(np.float32), 16 * unit)
    canvas = mix(canvas, srgb(92, 52, 30), np.clip(2.4 * near - 1.5, 0, 0.85))
    canvas *= (1 - 0.35 * near)[..., None]

    blotches = noise(rng, shape, 1.2, 12)
    rows, columns = np.nonzero(glyph)
    palette = np.array(
        [
            srgb(132, 18, 20),
            srgb(184, 38, 18),
            srgb(220, 84, 14),
            srgb(240, 146, 24),
            srgb(248, 196, 58),
        ]
    )
    count = 780
    pick = rng.integers(0, len(rows), count)
    depth = deep[rows[pick], columns[pick]]
    # The bottom layer fills the shape; leaves at the rim are smaller, so that the letter reads.
    for k in np.argsort(depth + rng.normal(0, 0.35, count)):
        x, y = columns[pick[k]] + 0.0, rows[pick[k]] + 0.0
        long = (19 + 17 * depth[k]) * unit * rng.uniform(0.8, 1.25)
        warm = np.clip(depth[k] * 4.2 + rng.normal(0, 0.75), 0, 3.999)
        colour = mix(palette[int(warm)], palette[int(warm) + 1], float(warm % 1))
        if rng.uniform() < 0.07:
            colour = srgb(128, 140, 40)
        rim = mix(colour, palette[max(int(warm) - 2, 0)] * 0.8, 0.75)
        _lay(canvas, blotches, rng, (x, y), long, colour * rng.uniform(0.85, 1.15), rim)
    return develop(canvas, rng, 0.85), flat_labels(glyph.astype(np.uint8), COLOURS)
