"""Line drawings: traced from photographs, tidied to one pen, roughened as hands draw them.

A translator of sketches sees lines of one width, whatever pen, tablet or edge detector made them
(`tidy`), and learns from lines that are wobbled, broken and incomplete (`roughen`), since a traced
photograph is far neater than any drawing. Drawings are grey pictures (L), ink 0 on paper 255.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from i2i_core.errors import InputError, check_choice, check_range

Mask = npt.NDArray[np.bool_]
Grey = npt.NDArray[np.float64]

DETECTORS = ("edges", "lines", "contours")
PEN = 1.6  # width of the pen, in pixels of a picture whose shorter side has 256
REACH = 24.0  # pixels at which a line is still well seen, at that size
FAINT = 0.003  # change of brightness, from 0 to 1, per such pixel that is no edge yet
BLOT = 5.0  # what is this far from paper is no stroke but a filled shape


def trace(photo: Image.Image, detector: str = "edges", detail: float = 0.5) -> Image.Image:
    """A drawing (L) of a photograph, of its size, to be edited or translated.

    `detector`: "edges" (Canny 1986), "lines" (dark strokes: difference of Gaussians, Winnemöller et
    al. 2012), "contours" (of regions of one colour: Felzenszwalb & Huttenlocher 2004). `detail`
    from 0, outlines only, to 1, every hair. Raises InputError for others.
    """
    check_choice("detector", detector, DETECTORS)
    check_range("detail", detail, 0, 1)
    scale = min(photo.size) / 256
    rgb = np.asarray(photo.convert("RGB"), np.float64) / 255
    lines = {"edges": _edges, "lines": _lines, "contours": _contours}[detector](rgb, detail, scale)
    return _draw(_without_scraps(_thin(lines), (16 - 12 * detail) * scale), scale)


def field(drawing: Image.Image) -> Image.Image:
    """A tidy drawing as a network reads it best (L): ink, and everywhere else how far it is to the
    nearest line (Chen & Hays 2018, section 3.3), since between lines there is nothing else to see.
    """
    from scipy import ndimage

    scale = min(drawing.size) / 256
    grey = np.asarray(drawing.convert("L"), np.float64) / 255
    lines = grey < 0.5
    distance = ndimage.distance_transform_edt(~lines) if lines.any() else np.full(grey.shape, 9e9)
    far = 1 - np.exp(-distance / (REACH * scale))
    return Image.fromarray(np.uint8(np.rint(255 * grey * (0.5 + 0.5 * far))))


def tidy(drawing: Image.Image) -> Image.Image:
    """Any drawing (dark on light or light on dark, any pen, filled shapes, transparent paper) as
    its lines in one pen's width (L). Filled shapes become their outlines, as edges of photographs
    show them. Raises InputError for a picture without anything drawn on it."""
    return _draw(_strokes(drawing), min(drawing.size) / 256)


def roughen(drawing: Image.Image, random: np.random.Generator) -> Image.Image:
    """`drawing` as another hand might have drawn it (L): lines moved, wobbled, broken, left out."""
    scale = min(drawing.size) / 256
    lines = _strokes(drawing)
    lines = _drop(lines, random, share=random.uniform(0, 0.25))
    lines = _move(lines, random, scale)
    for radius, most in ((6, 12), (24, 1)):  # broken lines; missing parts
        lines = _erase(lines, random, radius * scale, int(random.integers(0, most + 1)))
    return _draw(_thin(lines), scale)


def _edges(rgb: Grey, detail: float, scale: float) -> Mask:
    from scipy import ndimage
    from skimage.feature import canny

    grey = rgb @ (0.299, 0.587, 0.114)
    high = 0.95 - 0.13 * detail
    sigma = (2.6 - 1.6 * detail) * scale
    edges = canny(
        _evened(grey, scale),
        sigma=sigma,
        low_threshold=high - 0.14,
        high_threshold=high,
        use_quantiles=True,
    )
    # The strongest edges of an even wall are noise all the same.
    slopes: Mask = ndimage.gaussian_gradient_magnitude(grey, sigma) * scale > FAINT
    return edges & slopes  # type: ignore[no-any-return]


def _lines(rgb: Grey, detail: float, scale: float) -> Mask:
    from scipy import ndimage

    grey = _evened(rgb @ (0.299, 0.587, 0.114), scale)
    sigma = (2.2 - 1.0 * detail) * scale
    dark = ndimage.gaussian_filter(grey, 1.6 * sigma) - ndimage.gaussian_filter(grey, sigma)
    high = np.quantile(dark, 0.97 - 0.05 * detail)
    return _hysteresis(dark, 0.55 * high, high)


def _contours(rgb: Grey, detail: float, scale: float) -> Mask:
    from scipy import ndimage
    from skimage.segmentation import felzenszwalb, find_boundaries

    regions = felzenszwalb(
        rgb,
        scale=(420 - 330 * detail) * scale,
        sigma=1.4 * scale,
        min_size=round((90 - 60 * detail) * scale**2),
        channel_axis=2,
    )
    boundaries = find_boundaries(regions, mode="thick")
    contours: Mask = ndimage.binary_closing(boundaries, np.ones((3, 3)), 2)  # as one line each
    return contours


def _evened(grey: Grey, scale: float) -> Grey:
    """Contrast made alike in all parts, so that eyes in a dark face are found as well."""
    from scipy import ndimage

    mean = ndimage.gaussian_filter(grey, 16 * scale)
    spread = np.sqrt(ndimage.gaussian_filter((grey - mean) ** 2, 16 * scale))
    contrast: Grey = (grey - mean) / (spread + 0.06)
    return contrast


def _hysteresis(strength: Grey, low: float, high: float) -> Mask:
    from skimage.filters import apply_hysteresis_threshold

    lines: Mask = apply_hysteresis_threshold(strength, low, max(high, 1e-6))
    return lines


def _thin(mask: Mask) -> Mask:
    from skimage.morphology import skeletonize

    thin: Mask = skeletonize(mask)
    return thin


def _without_scraps(lines: Mask, shortest: float) -> Mask:
    """Without lines of fewer pixels than `shortest`."""
    from scipy import ndimage

    labels, count = ndimage.label(lines, np.ones((3, 3)))
    long = np.bincount(labels.ravel(), minlength=count + 1) >= shortest
    long[0] = False
    remains: Mask = long[labels]
    return remains


def _draw(lines: Mask, scale: float) -> Image.Image:
    """One-pixel lines in the pen's width, smooth."""
    from scipy import ndimage

    distance = ndimage.distance_transform_edt(~lines) if lines.any() else np.full(lines.shape, 9e9)
    ink = np.clip(PEN * scale / 2 + 0.9 - distance, 0, 1)
    return Image.fromarray(np.uint8(np.rint(255 * (1 - ink))))


def _strokes(drawing: Image.Image) -> Mask:
    """One-pixel lines of a drawing, whatever its pen."""
    from scipy import ndimage
    from skimage.morphology import disk

    ink = _ink(drawing)
    scale = min(drawing.size) / 256
    radius = max(1, round(BLOT * scale))
    core = ndimage.distance_transform_edt(ink) > radius
    blots = ndimage.binary_dilation(core, disk(radius)) & ink if core.any() else core
    outline = blots & ~ndimage.binary_erosion(blots, border_value=1)
    lines: Mask = outline | _thin(ink & ~blots)
    return lines


def _ink(drawing: Image.Image) -> Mask:
    grey = drawing
    if drawing.has_transparency_data:
        solid = drawing.convert("RGBA")
        paper = Image.new("RGBA", solid.size, "white")
        grey = Image.alpha_composite(paper, solid)
    values = np.asarray(grey.convert("L"), np.float64)
    paper_tone = float(np.median(values))
    difference = np.abs(values - paper_tone)
    strongest = float(difference.max())
    if strongest < 24:
        raise InputError("Nothing is drawn there yet: draw a few lines first.")
    ink: Mask = difference > max(24.0, 0.4 * strongest)
    return ink


def _drop(lines: Mask, random: np.random.Generator, share: float) -> Mask:
    """Without a `share` of the lines that hang together."""
    from scipy import ndimage

    labels, count = ndimage.label(lines, np.ones((3, 3)))
    stays = random.random(count + 1) >= share
    stays[0] = False
    remains: Mask = stays[labels]
    return remains if remains.any() else lines


def _move(lines: Mask, random: np.random.Generator, scale: float) -> Mask:
    """Bent by smooth random shifts, moved and scaled a little as a whole."""
    from scipy import ndimage

    shape = lines.shape
    grid: Any = np.indices(shape, float)
    middle = np.array(shape).reshape(2, 1, 1) / 2
    grid = (grid - middle) * random.uniform(0.95, 1.05, (2, 1, 1)) + middle
    grid += random.normal(0, 1.5 * scale, (2, 1, 1))
    for reach, most in ((30, 5.0), (8, 1.2)):
        sigma = (0, reach * scale, reach * scale)
        shift = ndimage.gaussian_filter(random.normal(0, 1, (2, *shape)), sigma)
        grid += shift / shift.std() * random.uniform(0, most) * scale / 2
    thick = ndimage.binary_dilation(lines)
    result: Mask = ndimage.map_coordinates(thick.astype(float), grid, order=1) > 0.5
    return result if result.any() else lines  # short lines at the border may leave the paper


def _erase(lines: Mask, random: np.random.Generator, radius: float, count: int) -> Mask:
    """Without what lies in `count` discs on the lines."""
    remains: Mask = lines.copy()
    places = np.argwhere(lines)
    if not len(places):
        return remains
    y, x = np.indices(lines.shape)
    for row, column in places[random.integers(0, len(places), count)]:
        size = radius * random.uniform(0.4, 1)
        remains &= (y - row) ** 2 + (x - column) ** 2 > size**2
    return remains if remains.any() else lines
