"""Superpixels to seek objects in: five hundred watershed regions, their means and neighbours."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from i2i_core.images.filters import gaussian_blur, resize_long_side, rgb_to_lab
from i2i_core.networks.efficientnet import REDUCTIONS, efficientnet_lite0

Array = NDArray[np.float64]
COUNT = 500
FEATURE_LAYERS = (2, 3, 4)
FEATURE_SIDE = 320  # pixels of the longer side that the network sees
COMPONENTS = 6
ROUNDING = 1e-4  # a gradient that is none


@dataclass(frozen=True)
class Superpixels:
    """N regions and the E pairs of neighbours among them."""

    labels: NDArray[np.intp]  # (H, W), from 0
    area: Array  # (N,) pixels
    frame: Array  # (N,) pixels on the picture's frame
    corners: Array  # (N, 8): lowest and highest y, x, x + y and x − y, pixels
    centre: Array  # (N, 2): y, x in [0, 1]
    colour: Array  # (N, 3): L*/10, a*/7, b*/7
    chromaticity: Array  # (N, 2): log R/G and log B/G, which no shadow of white light changes
    roughness: Array  # (N,): log energy of lightness above 1.5 pixels' blur
    semantic: Array  # (N, 6): principal components of the network's features
    activity: Array  # (N, 3): norms of its layers' features, standardised
    pairs: NDArray[np.intp]  # (E, 2): numbers of neighbours, the lower first
    length: Array  # (E,) pixels of common outline
    step: Array  # (E,) mean gradient of colour along it

    @property
    def contact(self) -> NDArray[np.float32]:
        """Length of the common outline of any two, (N, N)."""
        table = np.zeros((len(self.area), len(self.area)), np.float32)
        one, other = self.pairs.T
        table[one, other] = table[other, one] = self.length
        return table

    def mean(self, channel: NDArray[np.generic]) -> Array:
        """Mean of a channel (H, W) in each: (N,)."""
        return self.sum(channel) / self.area

    def sum(self, channel: NDArray[np.generic]) -> Array:
        """Sum of a channel (H, W) in each: (N,)."""
        sums = np.bincount(self.labels.ravel(), channel.ravel(), minlength=len(self.area))
        return sums.astype(float)


def superpixels(picture: Tensor) -> Superpixels:
    """The superpixels of `picture` (1, 3, H, W) in [0, 1]."""
    channels = _channels(picture)
    colour = channels[:3]
    labels, gradient = _regions(colour)
    count = int(labels.max()) + 1
    pairs, length, step = neighbours(labels, gradient)
    area = np.bincount(labels.ravel()).astype(float)

    def means(stack: NDArray[np.floating]) -> Array:
        sums = [np.bincount(labels.ravel(), c.ravel(), minlength=count) for c in stack]
        return np.asarray(np.stack(sums, 1) / area[:, None])

    semantic, activity = _network_channels(picture)
    everything = means(np.concatenate([channels, semantic, activity]))
    frame = np.ones(labels.shape)
    frame[1:-1, 1:-1] = 0
    height, width = labels.shape
    places = np.indices(labels.shape) / np.array([height, width])[:, None, None]
    return Superpixels(
        labels,
        area,
        np.bincount(labels.ravel(), frame.ravel(), minlength=count).astype(float),
        _corners(labels, count),
        means(places),
        everything[:, :3],
        everything[:, 3:5],
        everything[:, 5],
        everything[:, 6 : 6 + COMPONENTS],
        everything[:, 6 + COMPONENTS :],
        pairs,
        length,
        step,
    )


def _channels(picture: Tensor) -> NDArray[np.float32]:
    """Scaled Lab, log R/G, log B/G and roughness: (6, H, W)."""
    lab = rgb_to_lab(picture)
    light = lab[:, :1]
    linear = torch.where(
        picture <= 0.04045, picture / 12.92, ((picture.clamp_min(0) + 0.055) / 1.055) ** 2.4
    )
    # Blurred, and raised by what noise makes of black: its ratios mean nothing.
    red, green, blue = torch.log(gaussian_blur(linear, 0.8) + 0.02)[0]
    detail = (light - gaussian_blur(light, 1.5)).square()
    rough = torch.log(gaussian_blur(detail, 1.5)[0, 0] + 0.5)
    lightness, a, b = gaussian_blur(lab, 0.6)[0]
    stack = torch.stack([lightness / 10, a / 7, b / 7, red - green, blue - green, rough])
    return stack.cpu().numpy()


def _network_channels(picture: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What EfficientNet-Lite0 sees: principal components of the features at strides 8 and 16, and
    the norms at strides 8, 16 and 32, which are large where there is something (as the activation
    maps of Wei et al. 2017, section 3.1): (COMPONENTS, H, W) and (3, H, W)."""
    size, stride = picture.shape[-2:], REDUCTIONS[FEATURE_LAYERS[-1]]
    network = efficientnet_lite0(FEATURE_LAYERS, str(picture.device))
    with torch.no_grad():
        layers = network(resize_long_side(picture, FEATURE_SIDE, stride, stride))
    fine = layers[0].shape[-2:]
    norms = [layer.norm(dim=1, keepdim=True) for layer in layers]
    activity = torch.cat([_enlarged((x - x.mean()) / (x.std() + 1e-6), size) for x in norms], 1)
    units = []
    for layer in layers[:2]:
        spread = layer.std((2, 3), keepdim=True) + 1e-4
        unit = F.normalize((layer - layer.mean((2, 3), keepdim=True)) / spread, dim=1)
        units.append(_enlarged(unit, fine))
    points = torch.cat(units, 1)[0].flatten(1)
    points = points - points.mean(1, keepdim=True)
    _, axes = torch.linalg.eigh((points @ points.T / points.shape[1]).cpu())
    components = (axes[:, -COMPONENTS:].flip(1).T.to(points) @ points).view(1, COMPONENTS, *fine)
    return _enlarged(components, size)[0].cpu().numpy(), activity[0].cpu().numpy()


def _enlarged(x: Tensor, size: tuple[int, ...]) -> Tensor:
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


def _regions(
    colour: NDArray[np.float32],
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Watershed regions of the gradient of `colour` (3, H, W), merged to about COUNT; and the
    gradient (H, W)."""
    from scipy import ndimage
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components
    from skimage.segmentation import watershed

    gradient = np.sqrt(sum(ndimage.gaussian_gradient_magnitude(c, 0.6) ** 2 for c in colour))
    gradient[gradient < ROUNDING] = 0  # or a flat picture would have regions
    relief = ndimage.gaussian_filter(gradient, 0.5)
    seeds, _ = ndimage.label(relief == ndimage.minimum_filter(relief, size=3), np.ones((3, 3)))
    labels = np.asarray(watershed(relief, seeds) - 1, np.intp)
    for _ in range(12):  # each region with the neighbour it is most like, if that is mutual
        count = int(labels.max()) + 1
        if count <= 1.1 * COUNT:
            break
        pairs, length, step = neighbours(labels, gradient)
        one, other = pairs.T
        area = np.bincount(labels.ravel()).astype(float)
        means = np.stack([np.bincount(labels.ravel(), c.ravel()) / area for c in colour], 1)
        cost = np.linalg.norm(means[one] - means[other], axis=1) + 0.5 * step
        cost *= np.minimum(area[one], area[other]) ** 0.35 / length**0.15  # small ones go first
        cheapest = np.full(count, np.inf)
        np.minimum.at(cheapest, one, cost)
        np.minimum.at(cheapest, other, cost)
        mutual = np.flatnonzero((cost <= cheapest[one]) & (cost <= cheapest[other]))
        most = max(1, min(count - COUNT, int(0.7 * len(mutual)) + 1))
        mutual = mutual[np.argsort(cost[mutual])][:most]
        links = (np.ones(len(mutual)), (one[mutual], other[mutual]))
        _, merged = connected_components(csr_matrix(links, shape=(count, count)), directed=False)
        labels = merged[labels].astype(np.intp)
    return labels, gradient


def neighbours(
    labels: NDArray[np.intp], gradient: NDArray[np.floating]
) -> tuple[NDArray[np.intp], Array, Array]:
    """Pairs of neighbouring `labels` (H, W): their numbers (E, 2), the length of the common outline
    in pixels and the mean `gradient` (H, W) along it, (E,) each."""
    count = int(labels.max()) + 1
    keys, steps = [], []
    for axis in (0, 1):
        low, high = (np.delete(labels, end, axis) for end in (-1, 0))
        edge = low != high
        first, second = low[edge], high[edge]
        keys.append(np.minimum(first, second) * count + np.maximum(first, second))
        sides = (np.delete(gradient, end, axis)[edge] for end in (-1, 0))
        steps.append(np.maximum(*sides))
    key, number = np.unique(np.concatenate(keys), return_inverse=True)
    length = np.bincount(number, minlength=len(key)).astype(float)
    step = np.bincount(number, np.concatenate(steps), minlength=len(key))
    return np.stack([key // count, key % count], 1), length, step / np.maximum(length, 1)


def _corners(labels: NDArray[np.intp], count: int) -> Array:
    """Lowest and highest y, x, x + y, x − y of each label, the higher ones exclusive: (N, 8)."""
    rows, columns = np.indices(labels.shape)
    order = np.argsort(labels.ravel(), kind="stable")
    starts = np.searchsorted(labels.ravel()[order], np.arange(count))
    corners = []
    for low, high, values in (
        (0, 1, rows),
        (0, 1, columns),
        (0, 2, columns + rows),
        (
            -1,
            1,
            columns - rows,
        ),
    ):
        ordered = values.ravel()[order]
        corners.append(np.minimum.reduceat(ordered, starts) + low)
        corners.append(np.maximum.reduceat(ordered, starts) + high)
    return np.stack(corners, 1).astype(float)
