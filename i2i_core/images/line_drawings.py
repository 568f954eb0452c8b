"""Line drawings, grey pictures (L), ink 0 on paper 255: traced from photographs, tidied to one pen,
and roughened to learn from, since a traced photograph is far neater than any drawing."""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy  # loads its parts when they are first used, as scikit-image does
import skimage
from PIL import Image

from i2i_core.errors import InputError, check_choice, check_range
from i2i_core.images.sizes import fit_short_side

Mask = npt.NDArray[np.bool_]
Grey = npt.NDArray[np.float64]

DETECTORS = ("edges", "lines", "contours")
MAX_SHORT_SIDE = 1024  # pixels to trace at; what is larger is traced so and enlarged
PEN = 1.6  # width of the pen, in pixels of a picture whose shorter side has 256
REACH = 24.0  # pixels at which a line is still well seen, at that size
FAINT = 0.003  # change of brightness, from 0 to 1, per such pixel that is no edge yet
BLOT = 5.0  # what is this far from paper is no stroke but a filled shape


def trace(photo: Image.Image, detector: str = "edges", detail: float = 0.5) -> Image.Image:
    """A drawing (L) of a photograph, of its size. `detector`: "edges" (Canny 1986), "lines" (dark
    strokes: difference of Gaussians, Winnemöller et al. 2012), "contours" (of regions: Felzenszwalb
    & Huttenlocher 2004). `detail`: 0, outlines only, to 1, every hair. Else raises InputError."""
    check_choice("detector", detector, DETECTORS)
    check_range("detail", detail, 0, 1)
    if min(photo.size) > MAX_SHORT_SIDE:  # lines are as wide as the picture is large
        drawing = trace(fit_short_side(photo.convert("RGB"), MAX_SHORT_SIDE), detector, detail)
        return drawing.resize(photo.size, Image.Resampling.BICUBIC)
    scale = min(photo.size) / 256
    rgb = np.asarray(photo.convert("RGB"), np.float64) / 255
    lines = {"edges": _edges, "lines": _lines, "contours": _contours}[detector](rgb, detail, scale)
    thin = skimage.morphology.skeletonize(lines)
    return _draw(_without_scraps(thin, (16 - 12 * detail) * scale), scale)


def field(drawing: Image.Image) -> Image.Image:
    """A tidy drawing as a network reads it best (L): ink, and everywhere else how far it is to the
    nearest line (Chen & Hays 2018, section 3.3)."""
    scale = min(drawing.size) / 256
    grey = np.asarray(drawing.convert("L"), np.float64) / 255
    far = 1 - np.exp(-_distance(grey < 0.5) / (REACH * scale))
    return Image.fromarray(np.uint8(np.rint(255 * grey * (0.5 + 0.5 * far))))


def tidy(drawing: Image.Image) -> Image.Image:
    """Any drawing (dark on light or light on dark, any pen, filled shapes, transparent paper) as
    its lines in one pen's width (L). Filled shapes become their outlines, as edges of photographs
    show them. Raises InputError for a picture without anything drawn on it."""
    return _draw(_strokes(drawing), min(drawing.size) / 256)


def roughen(drawing: Image.Image, random: np.random.Generator) -> Image.Image:
    """`drawing` as another hand might have drawn it (L): lines moved, wobbled, broken, left out."""
    scale = min(drawing.size) / 256
    lines = _drop(_strokes(drawing), random, share=random.uniform(0, 0.25))
    lines = _move(lines, random, scale)
    for radius, most in ((6, 12), (24, 1)):  # broken lines; missing parts
        lines = _erase(lines, random, radius * scale, int(random.integers(0, most + 1)))
    return _draw(skimage.morphology.skeletonize(lines), scale)


def _edges(rgb: Grey, detail: float, scale: float) -> Mask:
    grey = rgb @ (0.299, 0.587, 0.114)
    high = 0.95 - 0.13 * detail
    sigma = (2.6 - 1.6 * detail) * scale
    contrast = _evened(grey, scale)
    edges = skimage.feature.canny(contrast, sigma, high - 0.14, high, use_quantiles=True)
    # The strongest edges of an even wall are noise all the same.
    slopes = scipy.ndimage.gaussian_gradient_magnitude(grey, sigma) * scale
    return np.asarray(edges & (slopes > FAINT))


def _lines(rgb: Grey, detail: float, scale: float) -> Mask:
    grey = _evened(rgb @ (0.299, 0.587, 0.114), scale)
    sigma = (2.2 - 1.0 * detail) * scale
    blur = scipy.ndimage.gaussian_filter
    dark = blur(grey, 1.6 * sigma) - blur(grey, sigma)
    high = np.quantile(dark, 0.97 - 0.05 * detail)
    low, high = 0.55 * high, max(high, 1e-6)
    return np.asarray(skimage.filters.apply_hysteresis_threshold(dark, low, high))


def _contours(rgb: Grey, detail: float, scale: float) -> Mask:
    scales = (420 - 330 * detail) * scale, 1.4 * scale, round((90 - 60 * detail) * scale**2)
    regions = skimage.segmentation.felzenszwalb(rgb, *scales)  # its scale, sigma and smallest size
    boundaries = skimage.segmentation.find_boundaries(regions, mode="thick")
    # What has two boundaries is to be one line.
    return np.asarray(scipy.ndimage.binary_closing(boundaries, np.ones((3, 3)), 2))


def _evened(grey: Grey, scale: float) -> Grey:
    """Contrast made alike in all parts, so that eyes in a dark face are found as well."""
    mean = scipy.ndimage.gaussian_filter(grey, 16 * scale)
    spread = np.sqrt(scipy.ndimage.gaussian_filter((grey - mean) ** 2, 16 * scale))
    return np.asarray((grey - mean) / (spread + 0.06))


def _without_scraps(lines: Mask, shortest: float) -> Mask:
    """Without lines of fewer pixels than `shortest`."""
    labels, count = scipy.ndimage.label(lines, np.ones((3, 3)))
    long = np.bincount(labels.ravel(), minlength=count + 1) >= shortest
    long[0] = False
    return np.asarray(long[labels])


def _draw(lines: Mask, scale: float) -> Image.Image:
    """One-pixel lines in the pen's width, smooth."""
    ink = np.clip(PEN * scale / 2 + 0.9 - _distance(lines), 0, 1)
    return Image.fromarray(np.uint8(np.rint(255 * (1 - ink))))


def _distance(lines: Mask) -> Grey:
    """Of every pixel to the nearest line; far where there is none."""
    measure = scipy.ndimage.distance_transform_edt
    return np.asarray(measure(~lines) if lines.any() else np.full(lines.shape, 9e9))


def _strokes(drawing: Image.Image) -> Mask:
    """One-pixel lines of a drawing, whatever its pen."""
    if drawing.has_transparency_data:
        drawing = drawing.convert("RGBA")
        drawing = Image.alpha_composite(Image.new("RGBA", drawing.size, "white"), drawing)
    values = np.asarray(drawing.convert("L"), np.float64)
    difference = np.abs(values - np.median(values))  # from the paper
    strongest = float(difference.max())
    if strongest < 24:
        raise InputError("Nothing is drawn there yet: draw a few lines first.")
    ink = difference > max(24.0, 0.4 * strongest)
    radius = max(1, round(BLOT * min(drawing.size) / 256))
    core = scipy.ndimage.distance_transform_edt(ink) > radius
    disk = skimage.morphology.disk(radius)
    blots = scipy.ndimage.binary_dilation(core, disk) & ink if core.any() else core
    outline = blots & ~scipy.ndimage.binary_erosion(blots, border_value=1)
    return np.asarray(outline | skimage.morphology.skeletonize(ink & ~blots))


def _drop(lines: Mask, random: np.random.Generator, share: float) -> Mask:
    """Without a `share` of the lines that hang together."""
    labels, count = scipy.ndimage.label(lines, np.ones((3, 3)))
    stays = random.random(count + 1) >= share
    stays[0] = False
    remains = np.asarray(stays[labels])
    return remains if remains.any() else lines


def _move(lines: Mask, random: np.random.Generator, scale: float) -> Mask:
    """Bent by smooth random shifts, moved and scaled a little as a whole."""
    shape = lines.shape
    grid: Any = np.indices(shape, float)
    middle = np.array(shape).reshape(2, 1, 1) / 2
    grid = (grid - middle) * random.uniform(0.95, 1.05, (2, 1, 1)) + middle
    grid += random.normal(0, 1.5 * scale, (2, 1, 1))
    for reach, most in ((30, 5.0), (8, 1.2)):
        sigma = (0, reach * scale, reach * scale)
        shift = scipy.ndimage.gaussian_filter(random.normal(0, 1, (2, *shape)), sigma)
        grid += shift / shift.std() * random.uniform(0, most) * scale / 2
    thick = scipy.ndimage.binary_dilation(lines)
    result: Mask = scipy.ndimage.map_coordinates(thick.astype(float), grid, order=1) > 0.5
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
