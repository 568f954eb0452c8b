"""What stands out in a picture: two estimates without weights, and the objects cut from them."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2i_core.images.filters import gaussian_blur, resize, rgb_to_lab

SIDE = 96  # Saliency is a matter of large shapes: it is estimated at this many pixels a side.


def colour_contrast(picture: Tensor, clusters: int = 10) -> Tensor:
    """Saliency of a picture (1, 3, H, W) in [0, 1] by global colour contrast: (1, 1, SIDE, SIDE) in
    [0, 1]. As Cheng et al. 2011 (HC and RC saliency): a colour is salient if far from the others,
    here of k-means clusters; one that owns the picture's border is taken for background."""
    from scipy.cluster.vq import kmeans2

    lab = rgb_to_lab(resize(picture, (SIDE, SIDE)).clamp(0, 1)) / 45
    light = lab[:, :1]
    contrast = gaussian_blur((gaussian_blur(light, 1.0) - light).square(), 2.0).sqrt()
    points = torch.cat([lab, 2 * contrast], 1)[0].flatten(1).T.cpu()
    if float(points.std(0).max()) < 1e-3:  # one colour: nothing stands out
        return torch.zeros(1, 1, SIDE, SIDE).to(picture)
    means, numbers = kmeans2(points.numpy(), clusters, minit="++", seed=0, missing="warn")
    colours, cluster = torch.from_numpy(means), torch.from_numpy(numbers).long()
    share = torch.bincount(cluster, minlength=clusters).float() / len(points)
    border = torch.bincount(cluster[_border(3)], minlength=clusters).float()
    border /= border.sum()
    gaps = torch.cdist(colours, colours)
    contrast_score = (gaps * share).sum(1)
    contrast_score /= contrast_score.max().clamp_min(1e-6)
    from_background = gaps[(border * share).argmax()]
    owned = (border / share.clamp_min(1e-4)).clamp(0, 1) * (share / share.max())
    score = 0.5 * contrast_score + 0.5 * from_background
    score = (score / score.max().clamp_min(1e-6)) * (1 - 0.5 * owned)
    return _unit(gaussian_blur(score[cluster].view(1, 1, SIDE, SIDE).to(picture), 0.7))


def unusualness(picture: Tensor, neighbours: int = 6) -> Tensor:
    """Saliency by rarity of colour and texture: (1, 1, SIDE, SIDE) in [0, 1]. Places are described
    by mean colour and roughness at two scales. The picture's frame, less its own outliers, is the
    background; what lies far from it in Mahalanobis distance stands out, on a logarithmic scale, so
    that one glaring object does not hide the others."""
    lab = rgb_to_lab(resize(picture, (2 * SIDE, 2 * SIDE)).clamp(0, 1))
    light = lab[:, :1]
    parts = [gaussian_blur(lab, sigma) for sigma in (1.2, 2.4)]
    for sigma in (1.0, 2.0):
        energy = gaussian_blur((light - gaussian_blur(light, sigma)).square(), 1.5 * sigma)
        parts.append(4 * torch.log(energy + 0.5))
    points = resize(torch.cat(parts, 1), (SIDE, SIDE))[0].flatten(1).T.cpu().double()
    frame = points[_border(5)][::6]
    whiten = _whitening(frame)
    for _ in range(2):  # Objects cut by the frame are its outliers: trim, then fit again.
        distance = ((frame - frame.mean(0)) @ whiten).norm(dim=1)
        frame = frame[distance <= distance.quantile(0.9)]
        whiten = _whitening(frame)
    gaps = torch.cdist((points - frame.mean(0)) @ whiten, (frame - frame.mean(0)) @ whiten)
    nearest = gaps.topk(min(neighbours, len(frame)), largest=False)[0].mean(1)
    return _unit(torch.log(nearest + 0.5).view(1, 1, SIDE, SIDE).to(picture))


def objects(picture: Tensor, smallest: float = 0.002) -> NDArray[np.int32]:
    """Objects that stand out of `picture` (1, 3, H, W): ids (SIDE, SIDE), 0 for the ground. What
    differs in colour is cut out first, for its outlines are crisp; what is unusual in other ways is
    added where no such object lies. Small holes are filled, touching objects separated at their
    necks by a watershed; what covers less than `smallest` of the picture is noise."""
    from scipy import ndimage

    inside = _above_otsu(colour_contrast(picture))
    rare = ndimage.binary_opening(_above_otsu(unusualness(picture)), iterations=2)
    unusual, count = ndimage.label(rare)
    size = np.bincount(unusual.ravel(), minlength=count + 1)
    overlap = np.bincount(unusual[inside], minlength=count + 1)
    doubles = (overlap > 0.25 * size) | (overlap > 2 * smallest * inside.size)
    inside = ndimage.binary_opening(inside) | ((unusual > 0) & ~doubles[unusual])
    holes, _ = ndimage.label(ndimage.binary_fill_holes(inside) & ~inside)
    inside |= (holes > 0) & (np.bincount(holes.ravel()) < 0.01 * holes.size)[holes]  # rings stay
    ids = _split_touching(inside)
    areas = np.bincount(ids.ravel())
    return np.where((areas >= smallest * ids.size)[ids], ids, 0).astype(np.int32)


def _above_otsu(saliency: Tensor) -> NDArray[np.bool_]:
    from skimage.filters import threshold_otsu

    values = saliency[0, 0].cpu().numpy()
    if values.max() - values.min() < 1e-6:  # nothing stands out
        return np.zeros(values.shape, bool)
    return np.asarray(values > threshold_otsu(values))


def _split_touching(inside: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Connected components, those with several thick cores split between them."""
    from scipy import ndimage
    from skimage.segmentation import watershed

    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(inside), 0.7)
    peaks = (depth == ndimage.maximum_filter(depth, size=7)) & (depth > 2)
    seeds, _ = ndimage.label(ndimage.binary_dilation(peaks, iterations=1))
    rest, count = ndimage.label(inside)
    unseeded = np.bincount(rest[seeds > 0], minlength=count + 1) == 0
    unseeded[0] = False
    seeds = np.where(unseeded[rest], rest + seeds.max(), seeds)
    ids = np.asarray(watershed(-depth, seeds, mask=inside), np.int32)
    # Undo cuts that are no necks: where parts meet at 0.9 of the thinner one's depth or more.
    meetings = []
    for axis in (0, 1):
        sides = [np.delete(x, end, axis).ravel() for x in (ids, depth) for end in (0, -1)]
        meetings.append(np.stack([*sides[:2], np.minimum(*sides[2:])], 1))
    where = np.concatenate(meetings)
    where = where[(where[:, 0] != where[:, 1]) & (where[:, :2].min(1) > 0)]
    owner = np.arange(ids.max() + 1)
    peak = ndimage.maximum(depth, ids, owner)
    for one, other, neck in where[np.argsort(-where[:, 2], kind="stable")]:
        i, j = owner[int(one)], owner[int(other)]
        if i != j and neck >= 0.9 * min(peak[i], peak[j]):
            peak[i] = max(peak[i], peak[j])
            owner[owner == j] = i
    return owner[ids].astype(np.int32)


def _whitening(points: Tensor, floor: float = 2.0) -> Tensor:
    """Matrix that gives `points` (N, K) unit covariance; spreads below `floor` stay."""
    covariance = torch.cov(points.T) + floor**2 * torch.eye(points.shape[1], dtype=points.dtype)
    return torch.linalg.cholesky(torch.linalg.inv(covariance))  # type: ignore[no-any-return]


def _border(width: int) -> Tensor:
    mask = torch.ones(SIDE, SIDE, dtype=torch.bool)
    mask[width:-width, width:-width] = False
    return mask.flatten()


def _unit(x: Tensor) -> Tensor:
    spread = x.max() - x.min()
    return (x - x.min()) / spread if spread > 1e-3 else torch.zeros_like(x)  # not rounding errors
