"""Correspondences: guesses of what answers to what between two pictures, as guides.

No single guess is right for every pair: the method tries several small and takes the best."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from i2i_core.images.filters import gaussian_blur, rank, resize, rgb_to_lab
from i2i_core.patches.deep_guides import deep_features, deep_features_at_hand
from i2i_core.patches.metrics import squared_gradient
from i2i_core.patches.saliency import colour_contrast, objects
from i2i_core.patches.semantic_guides import is_texture, semantic_correspondence

EDGE_WEIGHT = 0.3
# Shares of the variance of lightness that two tones explain: of black on white, 0.93 to 0.99; of
# photographs 0.6 to 0.9; an ink drawing with greys, in which the network sees a horse, 0.91.
LETTERING = 0.85  # of both pictures
DRAWING = 0.95  # of either
GuidePair = tuple[Tensor, Tensor]
Correspondence = Callable[[Tensor, Tensor], GuidePair]


def lightness(picture: Tensor) -> Tensor:
    """Light corresponds to light: rank of L*, so that exposure does not matter."""
    return _ranked(_light(picture))


def inverted_lightness(a: Tensor, b: Tensor) -> GuidePair:
    """Light corresponds to dark."""
    return _ranked(-_light(a)), lightness(b)


def local_lightness(picture: Tensor) -> Tensor:
    """What is lighter than its surroundings corresponds: lighting and layout drop out."""
    light = _light(picture)
    return _ranked(light - gaussian_blur(light, 0.045 * min(picture.shape[-2:])))


def colour(picture: Tensor) -> Tensor:
    """Rank of each Lab channel: the bluest corresponds to the bluest."""
    return torch.cat([_ranked(channel) for channel in rgb_to_lab(picture).split(1, 1)], 1)


def figures(picture: Tensor) -> Tensor:
    """What stands out in colour corresponds: saliency, split softly at Otsu's threshold."""
    from skimage.filters import threshold_otsu

    saliency = resize(colour_contrast(picture), picture.shape[-2:]).clamp(0, 1)
    threshold = float(threshold_otsu(saliency[0, 0].cpu().numpy()))
    return torch.sigmoid((saliency - threshold) / 0.08)


def figures_and_lightness(picture: Tensor) -> Tensor:
    """As `figures`, with the rank of lightness among the figures, and among the ground: a flat
    silhouette then asks for nothing, instead of for the darkest there is."""
    figure, light = figures(picture), gaussian_blur(_light(picture), 0.7)
    ranks = torch.empty_like(light)
    for side in (figure > 0.5, figure <= 0.5):
        if bool(side.any()):
            ranks[side] = rank(light[side])
    return torch.cat([figure, 0.7 * ranks], 1)


def things(picture: Tensor) -> Tensor:
    """Objects correspond to whole objects: figure, and the place within the object."""
    guide = component_guide(objects(picture)).to(picture)
    # Nearest neighbour: place changes abruptly between objects and must not be mixed there.
    return F.interpolate(guide, size=picture.shape[-2:], mode="nearest")


def strokes(picture: Tensor) -> Tensor:
    """Lettering corresponds to lettering: the signed distance to the outline, in stroke widths, as
    in text effect transfer (Yang et al. 2017, section 3)."""
    from scipy.ndimage import binary_closing, distance_transform_edt

    inside, _ = two_tones(picture)
    # Bristles, dots and outlines make one stroke: close what is narrower than they are apart.
    inside = binary_closing(np.pad(inside, 16), iterations=max(1, min(inside.shape) // 50))
    inside = inside[16:-16, 16:-16]
    if not inside.any() or inside.all():
        return torch.zeros_like(picture[:, :1])
    depth = distance_transform_edt(inside)
    signed = (depth - distance_transform_edt(~inside)) / np.percentile(depth[inside], 95)
    return torch.from_numpy(np.clip(signed, -2, 1)).float().to(picture)[None, None]


def _of_each(guide: Callable[[Tensor], Tensor]) -> Correspondence:
    def correspondence(a: Tensor, b: Tensor) -> GuidePair:
        return guide(a), guide(b)

    return correspondence


CORRESPONDENCES: dict[str, Correspondence] = {
    "semantic": semantic_correspondence,
    "lightness": _of_each(lightness),
    "inverted lightness": inverted_lightness,
    "local lightness": _of_each(local_lightness),
    "colour": _of_each(colour),
    "figures": _of_each(figures),
    "figures and lightness": _of_each(figures_and_lightness),
    "objects": _of_each(things),
    "strokes": _of_each(strokes),
    "deep features": deep_features,
}


def candidates(a: Tensor, b: Tensor) -> list[str]:
    """The correspondences worth a trial, for the structure of `a` and the stuff of `b`. Where both
    are pictures, and B is no mere texture, what they show decides, and nothing else needs trying.
    Otherwise strokes in place of colour where both have two tones, deep features only where their
    weights are there, and never local lightness, which is best on too few pairs to pay for its
    trial."""
    tones = two_tones(a)[1], two_tones(b)[1]
    lettering = min(tones) > LETTERING
    if not lettering and max(tones) < DRAWING and not is_texture(b):
        return ["semantic"]
    left_out = ["semantic", "local lightness", "colour" if lettering else "strokes"]
    if not deep_features_at_hand():
        left_out.append("deep features")
    return [name for name in CORRESPONDENCES if name not in left_out]


def structure_guides(name: str, a: Tensor, b: Tensor) -> GuidePair:
    """Guides (1, G, H, W each) of `a` and `b` (1, 3, H, W each, sizes may differ) under the
    correspondence `name`, the last channel being the strength of edges."""
    guide_a, guide_b = CORRESPONDENCES[name](a, b)
    edges_a, edges_b = EDGE_WEIGHT * edge_strength(a), EDGE_WEIGHT * edge_strength(b)
    return torch.cat([guide_a, edges_a], 1), torch.cat([guide_b, edges_b], 1)


def edge_strength(picture: Tensor, sigma: float = 2.0) -> Tensor:
    """Blurred gradient magnitude of lightness, 0.5 where it is average, clipped at 1.5."""
    magnitude = gaussian_blur(squared_gradient(picture), sigma).clamp_min(0).sqrt()
    return (magnitude / (2 * magnitude.mean() + 1e-6)).clamp(max=1.5)


def _light(picture: Tensor) -> Tensor:
    return rgb_to_lab(picture)[:, :1]


def _ranked(channel: Tensor) -> Tensor:
    return rank(gaussian_blur(channel, 0.7))


def two_tones(picture: Tensor) -> tuple[NDArray[np.bool_], float]:
    """The strokes (H, W) of a picture split at Otsu's threshold of its lightness, and the share
    of the lightness variance that the split explains, in [0, 1]. The ground owns the border."""
    from skimage.filters import threshold_otsu

    light = _light(picture)[0, 0].cpu().numpy()
    if light.max() - light.min() < 1:
        return np.zeros(light.shape, bool), 0.0
    inside = light > threshold_otsu(light)
    border = np.concatenate([inside[0], inside[-1], inside[:, 0], inside[:, -1]])
    share = inside.mean()
    between = share * (1 - share) * (light[inside].mean() - light[~inside].mean()) ** 2
    return np.asarray(~inside if border.mean() > 0.5 else inside), float(between / light.var())


def component_guide(ids: NDArray[np.int32]) -> Tensor:
    """Figure and place within it, (1, 3, H, W): 1 inside objects, and y, x in [−0.5, 0.5] across
    each object's bounding box (0 on the ground)."""
    from scipy import ndimage

    out = np.zeros((3, *ids.shape), np.float32)
    out[0] = ids > 0
    for label, box in enumerate(ndimage.find_objects(ids), start=1):
        if box is None:
            continue
        inside = ids[box] == label
        for axis, place in enumerate(np.nonzero(inside)):
            out[1 + axis][box][inside] = (place + 0.5) / inside.shape[axis] - 0.5
    return torch.from_numpy(out)[None]
