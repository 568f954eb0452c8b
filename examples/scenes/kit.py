"""Shared tools of the procedural painters: noise, relief shading, shadows, tone and colour.

All pictures are drawn in linear light as float32 arrays at twice the final size and averaged down,
which is what makes edges smooth. Lengths are in pixels of that larger canvas.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.floating[Any]]  # in fact float32 nearly everywhere, for speed


def srgb(*rgb: float) -> Array:
    """The linear-light colour, (3,) in 0..1, of an sRGB triple in 0..255 (IEC 61966-2-1)."""
    return to_linear(np.array(rgb, np.float32))


def to_linear(picture: NDArray[Any]) -> Array:
    """sRGB values 0..255 to linear light 0..1, any shape."""
    table = np.arange(1021, dtype=np.float32) / 1020
    table = np.where(table <= 0.04045, table / 12.92, ((table + 0.055) / 1.055) ** 2.4)
    where = np.clip(np.asarray(picture, np.float32) * 4, 0, 1020).astype(np.int32)
    return table.astype(np.float32)[where]


def to_srgb(linear: Array) -> NDArray[np.uint8]:
    """Linear light 0..1 (clipped) to sRGB bytes, any shape."""
    table = np.linspace(0, 1, 4096)
    table = np.where(table <= 0.0031308, 12.92 * table, 1.055 * table ** (1 / 2.4) - 0.055)
    return (table * 255 + 0.5).astype(np.uint8)[(np.clip(linear, 0, 1) * 4095).astype(np.int32)]


def mix(a: Array, b: Array, t: Array | float) -> Array:
    """a where t is 0, b where t is 1; a flat (H, W) t is spread over the colour channels."""
    t = np.asarray(t, np.float32)
    if t.ndim == 2 and max(np.ndim(a), np.ndim(b)) in (1, 3):
        t = t[..., None]
    return (a + (b - a) * t).astype(np.float32)


def smoothstep(low: float, high: float, x: Array) -> Array:
    """Hermite step from 0 at `low` to 1 at `high`, any shape."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def noise(
    rng: np.random.Generator,
    shape: tuple[int, int],
    slope: float = 1.5,
    low: float = 1.0,
    high: float = 1e9,
    stretch: tuple[float, float] = (1.0, 1.0),
) -> Array:
    """Gaussian noise (H, W), mean 0, deviation 1, whose amplitude falls as frequency^-slope.

    `low` and `high` bound the band in cycles per picture; `stretch` (down, across) lengthens the
    features along an axis, as in wood fibres or ripples.
    """
    from scipy import fft

    height, width = shape
    down = fft.fftfreq(height, 1 / height)[:, None] * stretch[0]
    across = fft.rfftfreq(width, 1 / width)[None] * stretch[1]
    radius = np.sqrt(down**2 + across**2).astype(np.float32)
    gain = np.where(
        (radius >= low) & (radius <= high), np.maximum(radius, 0.5) ** -slope, 0
    ).astype(np.float32)
    gain[0, 0] = 0
    spectrum = fft.rfft2(rng.standard_normal(shape, dtype=np.float32)) * gain
    field = fft.irfft2(spectrum, s=shape)
    return (field / (field.std() + 1e-9)).astype(np.float32)


def blur(field: Array, radius: float) -> Array:
    """About a Gaussian of deviation `radius` pixels, by two box filters (quick at any radius)."""
    from scipy.ndimage import uniform_filter

    box = max(1, round(radius * 2.45))
    size = (box, box) + (1,) * (field.ndim - 2)
    return uniform_filter(uniform_filter(field, size, mode="nearest"), size, mode="nearest")


def sample(field: Array, y: Array, x: Array) -> Array:
    """`field` (H, W) or (H, W, C) read at float positions, nearest pixel, wrapping around."""
    height, width = field.shape[:2]
    return field[np.round(y).astype(np.int32) % height, np.round(x).astype(np.int32) % width]


def lambert(relief: Array, light: tuple[float, float, float], gain: float = 1.0) -> Array:
    """Cosine (H, W), 0..1, between the normals of a height field (pixels) and `light` (x, y, z)."""
    down, across = np.gradient(relief * np.float32(gain))
    x, y, z = np.array(light, np.float32) / np.linalg.norm(light)
    return np.maximum((z - x * across - y * down) / np.sqrt(1 + across**2 + down**2), 0)


def shadow(
    relief: Array, light: tuple[float, float, float], reach: int, soft: float, steps: int = 14
) -> Array:
    """Cast shadow (H, W), 1 lit to 0 dark: the height field is searched towards `light`.

    `reach` is how far (pixels) a shadow may fall, `soft` the height over which it fades.
    """
    x, y, z = light
    flat = float(np.hypot(x, y))
    pad = reach + 1
    wide = np.pad(relief, pad, mode="edge")
    height, width = relief.shape
    over = np.zeros_like(relief)
    for k in range(1, steps + 1):
        far = reach * (k / steps) ** 1.5
        top, left = round(pad + y / flat * far), round(pad + x / flat * far)
        seen = wide[top : top + height, left : left + width]
        np.maximum(over, seen - relief - np.float32(far * z / flat), out=over)
    return 1 - np.clip(over / soft, 0, 1)


def hollow(relief: Array, radii: tuple[float, ...]) -> Array:
    """Ambient occlusion (H, W), 1 open to 0 enclosed: how deep a pixel lies under its surround."""
    open_sky = np.ones_like(relief)
    for radius in radii:
        open_sky /= 1 + np.maximum((blur(relief, radius) - relief) / radius, 0) * 1.6
    return open_sky


def develop(
    linear: Array,
    rng: np.random.Generator,
    exposure: float = 1.0,
    vignette: float = 0.12,
    grain: float = 0.006,
) -> Image.Image:
    """Average a double-size linear canvas (2S, 2S, 3) down and 'develop' it to an sRGB picture.

    The tone curve is Narkowicz's fit of the ACES film response (2015): it rolls highlights off
    the way film does instead of clipping them.
    """
    height, width, _ = linear.shape
    small = linear.reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3))
    down, across = np.mgrid[-1 : 1 : small.shape[0] * 1j, -1 : 1 : small.shape[1] * 1j]
    small = small * (exposure * (1 - vignette * (down**2 + across**2) / 1.2))[..., None]
    small = small * (2.51 * small + 0.03) / (small * (2.43 * small + 0.59) + 0.14)
    small = to_srgb(small.astype(np.float32)).astype(np.float32)
    small += rng.standard_normal(small.shape[:2], dtype=np.float32)[..., None] * grain * 255
    return Image.fromarray(np.clip(small + 0.5, 0, 255).astype(np.uint8))


def flat_labels(index: NDArray[Any], colours: tuple[tuple[int, int, int], ...]) -> Image.Image:
    """The label map of a double-size index map (2S, 2S), in exact flat colours, at size S."""
    return Image.fromarray(np.array(colours, np.uint8)[index[::2, ::2]])
