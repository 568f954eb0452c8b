"""Guides for structural analogy: guesses of which parts of two pictures correspond.

No single automatic guess is right for every pair, so there are several; the method tries each at
a small size and takes the best. All are functions of both pictures, for some (polarity, what is
figure) make sense only of one picture seen beside the other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from i2i_core.images.filters import gaussian_blur, rank, resize, rgb_to_lab
from i2i_core.patches.deep_guides import deep_features, deep_features_at_hand
from i2i_core.patches.saliency import colour_contrast, objects

EDGE_WEIGHT = 0.3
GuidePair = tuple[Tensor, Tensor]


def lightness(a: Tensor, b: Tensor) -> GuidePair:
    """Light corresponds to light: rank of L*, so that exposure does not matter."""
    return _ranked(_light(a)), _ranked(_light(b))


def inverted_lightness(a: Tensor, b: Tensor) -> GuidePair:
    """Light corresponds to dark."""
    return _ranked(-_light(a)), _ranked(_light(b))


def local_lightness(a: Tensor, b: Tensor) -> GuidePair:
    """What is lighter than its surroundings corresponds: lighting and layout drop out."""
    return _ranked(_local_light(a)), _ranked(_local_light(b))


def colour(a: Tensor, b: Tensor) -> GuidePair:
    """Rank of each Lab channel: the bluest corresponds to the bluest."""
    return tuple(  # type: ignore[return-value]
        torch.cat([_ranked(channel) for channel in rgb_to_lab(x).split(1, 1)], 1) for x in (a, b)
    )


def figures(a: Tensor, b: Tensor) -> GuidePair:
    """What stands out in colour corresponds to what stands out."""
    return _figure(a, colour_contrast(a)), _figure(b, colour_contrast(b))


def figures_and_lightness(a: Tensor, b: Tensor) -> GuidePair:
    """As `figures`, with the rank of lightness among the figures, and among the ground."""
    guide_a, guide_b = figures(a, b)
    return (
        torch.cat([guide_a, 0.7 * _ranked_apart(_light(a), guide_a)], 1),
        torch.cat([guide_b, 0.7 * _ranked_apart(_light(b), guide_b)], 1),
    )


def things(a: Tensor, b: Tensor) -> GuidePair:
    """Objects correspond to whole objects: figure, and the place within the object."""
    return _objects_guide(a), _objects_guide(b)


def strokes(a: Tensor, b: Tensor) -> GuidePair:
    """Lettering corresponds to lettering: the signed distance to the outline, in stroke widths, as
    in text effect transfer (Yang et al. 2017, section 3)."""
    return _stroke_distance(a), _stroke_distance(b)


CORRESPONDENCES: dict[str, Callable[[Tensor, Tensor], GuidePair]] = {
    "lightness": lightness,
    "inverted lightness": inverted_lightness,
    "local lightness": local_lightness,
    "colour": colour,
    "figures": figures,
    "figures and lightness": figures_and_lightness,
    "objects": things,
    "strokes": strokes,
    "deep features": deep_features,
}


def candidates(a: Tensor, b: Tensor) -> list[str]:
    """The correspondences that are tried by default: strokes in place of colour where both
    pictures have two tones, deep features only where their weights are there, and never local
    lightness, which is best on too few pairs to pay for its trial."""
    lettering = min(two_tones(a)[1], two_tones(b)[1]) > 0.85
    left_out = ["local lightness", "colour" if lettering else "strokes"]
    if not deep_features_at_hand():
        left_out.append("deep features")
    return [name for name in CORRESPONDENCES if name not in left_out]


def structure_guides(name: str, a: Tensor, b: Tensor) -> GuidePair:
    """Guides of `a` and of `b` (1, 3, H, W each, sizes may differ) under the correspondence `name`,
    each (1, G, H, W), followed by the strength of edges."""
    guide_a, guide_b = CORRESPONDENCES[name](a, b)
    return (
        torch.cat([guide_a, EDGE_WEIGHT * edge_strength(a)], 1),
        torch.cat([guide_b, EDGE_WEIGHT * edge_strength(b)], 1),
    )


def edge_strength(picture: Tensor, sigma: float = 2.0) -> Tensor:
    """Blurred gradient magnitude of lightness, 0.5 where it is average, clipped at 1.5."""
    light = _light(picture)
    gx = F.pad(light[..., 2:] - light[..., :-2], (1, 1, 0, 0))
    gy = F.pad(light[..., 2:, :] - light[..., :-2, :], (0, 0, 1, 1))
    magnitude = gaussian_blur(gx.square() + gy.square(), sigma).clamp_min(0).sqrt()
    return (magnitude / (2 * magnitude.mean() + 1e-6)).clamp(max=1.5)


def _light(picture: Tensor) -> Tensor:
    return rgb_to_lab(picture)[:, :1]


def _local_light(picture: Tensor) -> Tensor:
    light = _light(picture)
    return light - gaussian_blur(light, 0.045 * min(picture.shape[-2:]))


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


def _ranked_apart(channel: Tensor, figure: Tensor) -> Tensor:
    """Ranks within the figure and within the ground: a flat silhouette then asks for nothing,
    instead of for the darkest there is."""
    channel = gaussian_blur(channel, 0.7)
    out = torch.empty_like(channel)
    for side in (figure > 0.5, figure <= 0.5):
        if bool(side.any()):
            out[side] = rank(channel[side])
    return out


def _stroke_distance(picture: Tensor) -> Tensor:
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


def _figure(picture: Tensor, saliency: Tensor) -> Tensor:
    """Saliency at the picture's size, split softly at Otsu's threshold."""
    from skimage.filters import threshold_otsu

    size = (picture.shape[-2], picture.shape[-1])
    full = resize(saliency, size).clamp(0, 1)
    threshold = float(threshold_otsu(full[0, 0].cpu().numpy()))
    return torch.sigmoid((full - threshold) / 0.08)


def _objects_guide(picture: Tensor) -> Tensor:
    guide = component_guide(objects(picture)).to(picture)
    # Nearest neighbour: place changes abruptly between objects and must not be mixed there.
    return F.interpolate(guide, size=picture.shape[-2:], mode="nearest")


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
        for axis in (0, 1):
            length = box[axis].stop - box[axis].start
            line = (np.arange(length) + 0.5) / length - 0.5
            grid = np.broadcast_to(line[:, None] if axis == 0 else line[None], inside.shape)
            out[1 + axis][box][inside] = grid[inside]
    return torch.from_numpy(out)[None]
