"""Scenes to teach the scores of objects on: things of known outline and shadow on photographs.

Grounds are grass, gravel, bricks, landscapes, facades, and two of them above each other. Things are
blobs, bodies with limbs and parts of several colours, plain, shaded or textured, often alike, at
times dark silhouettes. Shadows dim the ground beside them."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage
from skimage import data

Pixels = NDArray[np.float64]
Mask = NDArray[np.bool_]
SIZES = ((256, 192), (256, 256), (256, 170), (192, 256))
GROUNDS = ("monet2photo/trainB", "yosemite/trainA", "facades/train_photo")
TEXTURES = ("monet2photo/trainB", "cats/train")


@dataclass(frozen=True)
class Style:
    """What the things of one scene have in common."""

    colour: Pixels  # (3,)
    spread: float  # of the colour from thing to thing
    textured: bool
    shade: float
    light: tuple[float, float]  # direction x, y
    shape: int  # seed of the common shape, or -1
    parts: bool


class Scenes:
    """Scene number N is the same each time, given the same folder of photographs."""

    def __init__(self, folder: Path) -> None:
        bundled = [Image.fromarray(getattr(data, name)()) for name in ("grass", "gravel", "brick")]
        self.grounds: list[Image.Image | Path] = [*bundled * 12, *_some(folder, GROUNDS, 50)]
        self.textures: list[Image.Image | Path] = [*bundled[:2], *_some(folder, TEXTURES, 40)]

    def __call__(self, number: int) -> tuple[Image.Image, list[Mask], Mask]:
        """The picture, the mask of each thing and that of their shadows, (H, W)."""
        r = np.random.default_rng(number)
        width, height = SIZES[r.integers(len(SIZES))]
        picture = self._ground(r, width, height)
        count = int(r.choice([1, 1, 1, 1, 2, 3, 5, 8, 13]))
        share = r.uniform(0.18, 0.6) if count == 1 else r.uniform(0.18, 0.38) / np.sqrt(count)
        style, dark = _style(r, picture), r.random() < 0.2
        if dark:  # a silhouette before a bright ground
            picture = 1 - (1 - picture) * r.uniform(0.2, 0.9)
        things: list[tuple[Mask, Pixels]] = []
        numbers = np.zeros((height, width), int)
        for _ in range(count):
            radius = max(5, int(share * np.sqrt(width * height) * np.exp(r.normal(0, 0.2))))
            own = style if r.random() < 0.8 else _style(r, picture)
            colours, shape = self._thing(r, radius, own, dark)
            placed = _place(r, colours, shape, numbers, 0.6 if count == 1 else 0.75)
            if placed is not None:
                things.append(placed)
                numbers[placed[0]] = len(things)
        light = np.ones((height, width))
        if r.random() < 0.55:
            light = _shadows(r, [shape for shape, _ in things], style.light)
        dim = (light < (1 + light.min()) / 2) & (numbers == 0) & (light.min() < 1)
        picture = picture * light[..., None]
        for shape, colours in things:
            alpha = ndimage.gaussian_filter(shape.astype(float), 0.6)[..., None]
            picture += alpha * (np.where(shape[..., None], colours, picture) - picture)
        if r.random() < 0.15:
            picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
        picture = (255 * picture * r.uniform(0.8, 1.15)).clip(0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=int(r.integers(60, 95)))
        masks = [numbers == k + 1 for k in range(len(things))]
        return Image.open(file).convert("RGB"), [m for m in masks if m.mean() > 0.0018], dim

    def _ground(self, r: Generator, width: int, height: int) -> Pixels:
        if r.random() < 0.2:  # two colours, one running into the other
            y, x = np.indices((height, width)) / max(height, width)
            angle, first = r.uniform(0, 2 * np.pi), r.uniform(0, 1, 3)
            second = (first + r.normal(0, 0.2, 3)).clip(0, 1)
            slope = (x * np.cos(angle) + y * np.sin(angle)).clip(0, 1)[..., None]
            return np.asarray(first * (1 - slope) + second * slope)
        picture = _tinted(r, self._crop(r, self.grounds, width, height))
        if r.random() < 0.4:  # a horizon
            line = int(height * r.uniform(0.35, 0.85))
            picture[line:] = _tinted(r, self._crop(r, self.grounds, width, height))[line:]
        return picture

    def _crop(
        self, r: Generator, pictures: list[Image.Image | Path], width: int, height: int
    ) -> Pixels:
        chosen = pictures[r.integers(len(pictures))]
        picture = (Image.open(chosen) if isinstance(chosen, Path) else chosen).convert("RGB")
        wide = max(16, int(picture.width * r.uniform(0.5, 1)))
        tall = max(16, min(picture.height, int(wide * height / width)))
        left = int(r.integers(picture.width - wide + 1))
        top = int(r.integers(picture.height - tall + 1))
        part = picture.crop((left, top, left + wide, top + tall)).resize((width, height))
        return np.asarray(part) / 255

    def _thing(self, r: Generator, radius: int, style: Style, dark: bool) -> tuple[Pixels, Mask]:
        """Colours (h, w, 3) and the mask (h, w) of a thing."""
        shaper = np.random.default_rng(style.shape) if style.shape >= 0 else r
        shape = _limbs(shaper, radius) if shaper.random() < 0.4 else _blob(shaper, radius)
        height, width = shape.shape
        y, x = np.indices(shape.shape) / np.array(shape.shape)[:, None, None]
        colours = np.ones((height, width, 3)) * (style.colour + r.normal(0, style.spread, 3))
        if dark:
            colours = np.ones((height, width, 3)) * r.uniform(0, 0.12)
        elif style.parts:
            colours = _parts(r, y, x, style.colour)
        if style.textured and not dark:
            texture = self._crop(r, self.textures, width, height)
            colours = colours + r.uniform(0.2, 0.9) * (texture - texture.mean((0, 1)))
        for _ in range(int(r.integers(3)) if style.parts else 0):  # eyes, badges
            centre, size = r.uniform(0.2, 0.8, 2), r.uniform(0.03, 0.15)
            spot = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 < size**2
            colours[spot] = r.uniform(0, 1, 3)
        depth = ndimage.distance_transform_edt(np.pad(shape, 1))[1:-1, 1:-1]
        bulge = np.sqrt(1 - (1 - depth / depth.max()) ** 2)
        down, right = np.gradient(ndimage.gaussian_filter(bulge, 1) * radius)
        slope = 0.5 * (right * style.light[0] + down * style.light[1])
        colours = colours * (1 - style.shade * slope.clip(-0.6, 1))[..., None]
        return (colours + r.normal(0, 0.015, colours.shape)).clip(0, 1), shape


def _some(folder: Path, names: tuple[str, ...], step: int) -> list[Path]:
    """Every `step`th picture of the folders."""
    return [file for name in names for file in sorted((folder / name).iterdir())[::step]]


def _style(r: Generator, ground: Pixels) -> Style:
    colour = r.uniform(0, 1, 3)
    for _ in range(20):
        colour = r.uniform(0, 1, 3)
        colour = colour.mean() + r.uniform(0, 1) * (colour - colour.mean())
        if np.abs(colour - ground.mean((0, 1))).max() > 0.12:
            break
    angle = r.uniform(0, 2 * np.pi)
    light = (float(np.cos(angle)), float(abs(np.sin(angle))))
    shape = int(r.integers(1 << 30)) if r.random() < 0.6 else -1
    spread = float(r.choice([0.02, 0.05, 0.15]))
    textured, shade = bool(r.random() < 0.45), r.uniform(0, 0.8)
    return Style(colour, spread, textured, shade, light, shape, bool(r.random() < 0.5))


def _tinted(r: Generator, picture: Pixels) -> Pixels:
    if r.random() < 0.35:
        picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
    tint = r.uniform(0.35, 1.15, 3) if r.random() < 0.55 else np.full(3, r.uniform(0.5, 1.1))
    mean = picture.mean((0, 1))
    return np.asarray(((mean + r.uniform(0.4, 1.1) * (picture - mean)) * tint).clip(0, 1))


def _drawn(points: Pixels, radius: int) -> Mask:
    points = points / np.abs(points).max() * 0.95 * radius + radius
    picture = Image.new("L", (2 * radius, 2 * radius))
    ImageDraw.Draw(picture).polygon([tuple(p) for p in points.tolist()], fill=255)
    return np.asarray(picture) > 127


def _blob(r: Generator, radius: int) -> Mask:
    """An ellipse, a soft rectangle, a star or anything round, turned."""
    t = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    kind, distance = r.random(), np.ones_like(t)
    if kind > 0.85:
        distance = 1 + r.uniform(0.1, 0.45) * np.cos(r.integers(3, 8) * t)
    elif kind > 0.7:
        power = r.uniform(2.5, 8)
        distance = (np.abs(np.cos(t)) ** power + np.abs(np.sin(t)) ** power) ** (-1 / power)
    elif kind > 0.45:
        for wave in range(2, 6):
            distance += r.normal(0, 0.35 / wave**1.3) * np.cos(wave * t + r.uniform(0, 7))
    stretch, turn = np.exp(r.normal(0, 0.3)), r.uniform(0, 7)
    x, y = distance.clip(0.25) * np.cos(t) * stretch, distance.clip(0.25) * np.sin(t) / stretch
    c, s = np.cos(turn), np.sin(turn)
    return _drawn(np.stack([x * c - y * s, x * s + y * c], 1), radius)


def _limbs(r: Generator, radius: int) -> Mask:
    """A body with a head or two and up to five limbs."""
    side = 2 * radius
    picture = Image.new("L", (side, side))
    draw = ImageDraw.Draw(picture)
    cx, cy = r.uniform(0.4, 0.6, 2) * side
    wide, tall = r.uniform(0.18, 0.34) * side, r.uniform(0.14, 0.3) * side
    draw.ellipse([cx - wide, cy - tall, cx + wide, cy + tall], fill=255)
    for _ in range(int(r.integers(1, 3))):
        angle, size = r.uniform(0, 2 * np.pi), r.uniform(0.08, 0.16) * side
        x, y = cx + wide * np.cos(angle), cy + tall * np.sin(angle)
        draw.ellipse([x - size, y - size, x + size, y + size], fill=255)
    for _ in range(int(r.integers(0, 6))):
        angle, length = r.uniform(0, 2 * np.pi), r.uniform(0.15, 0.4) * side
        x, y = cx + 0.8 * wide * np.cos(angle), cy + 0.8 * tall * np.sin(angle)
        turned = angle + r.normal(0, 0.4)
        end = (x + length * np.cos(turned), y + length * np.sin(turned))
        draw.line([(x, y), end], fill=255, width=max(2, int(side * r.uniform(0.02, 0.09))))
    return np.asarray(picture) > 127


def _parts(r: Generator, y: Pixels, x: Pixels, colour: Pixels) -> Pixels:
    """Two to six parts of different colours, (h, w, 3)."""
    count = int(r.integers(2, 7))
    wobble = ndimage.gaussian_filter(r.normal(0, 1, y.shape), max(2, len(y) / 12))
    wobble *= 0.12 / (wobble.std() + 1e-6)
    seeds = r.uniform(0, 1, (count, 2))
    nearest = np.argmin([(y - a + wobble) ** 2 + (x - b - wobble) ** 2 for a, b in seeds], 0)
    palette = (colour + r.normal(0, 0.28, (count, 3))).clip(0, 1)
    other = r.random(count) < 0.4
    palette[other] = r.uniform(0, 1, (int(other.sum()), 3))
    return np.asarray(palette[nearest])


def _place(
    r: Generator, colours: Pixels, shape: Mask, numbers: NDArray[np.intp], visible: float
) -> tuple[Mask, Pixels] | None:
    """The thing somewhere on the picture, `visible` of it at least, and on others hardly."""
    (height, width), (tall, wide) = numbers.shape, shape.shape
    for _ in range(25):
        left = int(r.integers(-wide // 10, max(1, width - int(visible * wide))))
        top = int(r.integers(-tall // 10, max(1, height - int(visible * tall))))
        mask = np.zeros((height + 2 * tall, width + 2 * wide), bool)
        mask[top + tall : top + 2 * tall, left + wide : left + 2 * wide] = shape
        inside = mask[tall : tall + height, wide : wide + width]
        if inside.sum() > visible * shape.sum() and (numbers[inside] > 0).mean() < 0.12:
            canvas = np.zeros((*mask.shape, 3))
            canvas[top + tall : top + 2 * tall, left + wide : left + 2 * wide] = colours
            return inside, canvas[tall : tall + height, wide : wide + width]
    return None


def _shadows(r: Generator, shapes: list[Mask], light: tuple[float, float]) -> Pixels:
    """Share of the light that is left, (H, W): each shape laid flat from its foot."""
    strength, softness = r.uniform(0.3, 0.75), r.uniform(0.5, 4)
    left = np.ones(shapes[0].shape if shapes else (1, 1))
    for shape in shapes:
        rows, columns = np.nonzero(shape)
        above = rows.max() - rows
        flat = np.zeros(shape.shape, bool)
        y = (rows.max() + 2 - 0.6 * r.uniform(0.15, 0.5) * above).astype(int)
        x = (columns + 0.6 * light[0] * above).astype(int)
        flat[y.clip(0, flat.shape[0] - 1), x.clip(0, flat.shape[1] - 1)] = True
        flat = ndimage.binary_closing(flat, iterations=2)
        soft = ndimage.gaussian_filter(flat.astype(float), softness)
        left = np.minimum(left, 1 - (1 - strength) * soft)
    return left
