"""Superpixels of a photograph: small patches that end at edges, what they look like, and how sharp
the boundaries between them are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[np.float64]
_Regions = npt.NDArray[np.int64]
SIDE = 256  # pixels of the longer side at which superpixels are found
COUNT = 300  # about so many; more make them no better and the merging slower
COMPACTNESS = 12


@dataclass(frozen=True)
class Superpixels:
    """N superpixels. `regions` (H, W): the number of each pixel's. `sizes` (N,): shares of the
    picture. `lab` (N, 3): mean CIELAB colours. `texture` (N,): the logarithm of 1 + the deviation
    of lightness. `height` (N,): 0 at the top of the picture, 1 at its foot. `length` (N, N): of
    the boundary between two, pixels. `steps` (N, N, 2): the squared differences of lightness and
    of colour between the two sides of that boundary, summed along it."""

    regions: _Regions
    sizes: Array
    lab: Array
    texture: Array
    height: Array
    length: Array
    steps: Array


def superpixels(photo: Image.Image) -> Superpixels:
    """The superpixels of an RGB picture by SLIC (Achanta et al., TPAMI 2012, section 3)."""
    from skimage.color import rgb2lab
    from skimage.segmentation import slic

    small = np.asarray(shrunk(photo, SIDE))
    regions = slic(
        small,
        n_segments=COUNT,
        compactness=COMPACTNESS,
        sigma=1,
        max_num_iter=5,
        start_label=0,
    )
    pixels = np.asarray(rgb2lab(small), np.float64)
    flat = regions.ravel()
    area = np.bincount(flat)

    def mean(values: Array) -> Array:
        return np.asarray(np.bincount(flat, values.ravel()) / area, np.float64)

    lab = np.stack([mean(pixels[..., c]) for c in range(3)], 1)
    # Superpixels end at edges: a square window would find false texture around every object.
    texture = np.log1p(np.sqrt(mean((pixels[..., 0] - lab[regions, 0]) ** 2)))
    rows = np.linspace(0, 1, regions.shape[0])[:, None]
    height = mean(np.broadcast_to(rows, regions.shape))
    length, steps = _boundaries(pixels, regions, len(area))
    return Superpixels(regions, area / area.sum(), lab, texture, height, length, steps)


def shrunk(photo: Image.Image, side: int) -> Image.Image:
    """The picture with a long side of at most `side` pixels, each the mean of those it covers."""
    scale = min(1.0, side / max(photo.size))
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    return photo.resize(size, Image.Resampling.BOX, reducing_gap=2.0)


def pooled(features: npt.NDArray[np.floating], regions: _Regions) -> Array:
    """The mean (N, C) in each superpixel of a feature map (C, h, w) that covers the same picture,
    interpolated between the centres of its cells."""
    from scipy.sparse import csr_matrix

    channels, height, width = features.shape
    top, bottom, down = _neighbours(regions.shape[0], height)
    left, right, across = _neighbours(regions.shape[1], width)
    corners = [
        ((y[:, None] * width + x).ravel(), (v[:, None] * w).ravel())
        for y, v in ((top, 1 - down), (bottom, down))
        for x, w in ((left, 1 - across), (right, across))
    ]
    cells, weights = (np.concatenate(part) for part in zip(*corners, strict=True))
    owners = np.tile(regions.ravel(), 4)
    area = np.bincount(regions.ravel())
    pooling = csr_matrix((weights, (owners, cells)), (len(area), height * width))
    return np.asarray(pooling @ features.reshape(channels, -1).T / area[:, None], np.float64)


def _neighbours(
    pixels: int, cells: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Array]:
    """For each of `pixels` in a row the cells on both sides of it, and the share of the second."""
    place = ((np.arange(pixels) + 0.5) * cells / pixels - 0.5).clip(0, cells - 1)
    first = place.astype(np.intp)
    return first, np.minimum(first + 1, cells - 1), place - first


def _boundaries(lab: Array, regions: _Regions, n: int) -> tuple[Array, Array]:
    """`length` and `steps` of Superpixels: sides are two pixels off the boundary, where blur ends
    and a gradient, such as a sky, has not yet changed."""
    from scipy.ndimage import gaussian_filter

    height, width = regions.shape
    smooth = np.pad(gaussian_filter(lab, (1, 1, 0)), ((2, 2), (2, 2), (0, 0)), mode="edge")
    across = (smooth[2:-2, 4:-1] - smooth[2:-2, 1:width]) ** 2
    down = (smooth[4:-1, 2:-2] - smooth[1:height, 2:-2]) ** 2
    squares = np.concatenate([across.reshape(-1, 3), down.reshape(-1, 3)])
    one = np.concatenate([regions[:, :-1].ravel(), regions[:-1].ravel()])
    other = np.concatenate([regions[:, 1:].ravel(), regions[1:].ravel()])
    border = one != other
    pair = one[border] * n + other[border]
    squares = squares[border]

    def table(values: Array | None) -> Array:
        half = np.bincount(pair, values, n * n).reshape(n, n).astype(np.float64)
        return np.asarray(half + half.T, np.float64)

    steps = [table(squares[:, 0]), table(squares[:, 1] + squares[:, 2])]
    return table(None), np.stack(steps, -1)
