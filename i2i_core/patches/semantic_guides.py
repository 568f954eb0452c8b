"""What pictures show, place by place: features of EfficientNet-Lite0, and the guide made of them in
which the eyes of one animal answer to the eyes of another."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from i2i_core.images.filters import rank, resize, resize_long_side, rgb_to_lab
from i2i_core.networks.efficientnet import REDUCTIONS, efficientnet_lite0

LAYERS = (2, 3, 4)  # strides 8, 16 and 32: parts, things, and what they are
LAYER_WEIGHTS = (0.7, 1.0, 0.9)
SIDE = 448  # pixels of the longer side that the network sees
COMPONENTS = 24  # of the guide
# Of the synthesis: the guide has many channels, but each is smooth, and small patches will do.
SEMANTIC_SETTINGS = {"guide_components": 24, "guide_patch_size": 3}
LIGHT_WEIGHT = 0.5  # of the rank of lightness in the correspondence
PLACE_WEIGHT = 0.7  # of the places that anchors tell
POSITION_PRIOR = 1.0  # of cosine similarity, for two places a whole picture apart
REACH = 0.12  # of an anchor, in lengths of the picture's sides
OUTLIER = 0.15  # the same unit: anchors that point this far beside their neighbours count less
TEXTURE = 0.49  # mean cosine between places
GLANCE = 256  # pixels of the longer side that say whether a picture is a texture
CELLS = 14
APART = 0.25  # of two places that are compared, in lengths of the picture's sides
SPREAD = 12**-0.5  # the deviation of ranks, which most other guides are


def semantic_features(picture: Tensor, side: int = SIDE) -> Tensor:
    """Features (1, C, H', W') of `picture` (1, 3, H, W) in [0, 1], an eighth of its size when its
    longer side is brought to `side` pixels. Within each of LAYERS channels are standardised over
    the picture, which takes out style and light, and have unit length at each place: products are
    cosines, weighted by LAYER_WEIGHTS squared."""
    maps = _maps(picture, side)
    parts = []
    for features, weight in zip(maps, LAYER_WEIGHTS, strict=True):
        features = features - features.mean((2, 3), keepdim=True)
        features = features / (features.std((2, 3), keepdim=True) + 1e-4)
        features = weight * F.normalize(features, dim=1)
        size = maps[0].shape[-2:]
        parts.append(F.interpolate(features, size=size, mode="bilinear", align_corners=False))
    return torch.cat(parts, 1)


def is_texture(picture: Tensor) -> bool:
    """Whether `picture` (1, 3, H, W) in [0, 1] shows one stuff all over: its places, as the network
    describes them, are alike. Of walls, grass, pebbles and print the mean cosine is 0.51 to 0.64,
    of a bed of flowers 0.47, of balls on grass 0.41, of most photographs 0.2 to 0.4."""
    cosines = []
    for features in _maps(picture, GLANCE)[1:]:
        unit = F.normalize(features[0].flatten(1), dim=0)
        cosines.append(float(unit.mean(1).square().sum()))  # the mean over all pairs of places
    return sum(cosines) / len(cosines) > TEXTURE


def feature_self_similarity(picture: Tensor) -> Tensor:
    """Which places of `picture` (1, 3, H, W) in [0, 1] show alike: the cosines between the features
    of every two of CELLS² places, as Splice keeps them (Tumanyan et al. 2022, eq. 5), a vector.
    Neighbours are left out: they are alike in every picture."""
    features = F.adaptive_avg_pool2d(semantic_features(picture, CELLS * 16), CELLS)
    unit, places = F.normalize(features[0].flatten(1), dim=0), _places(features)
    return (unit.T @ unit)[torch.cdist(places, places) > APART]


def joint_components(features: Sequence[Tensor], count: int = COMPONENTS) -> list[Tensor]:
    """The `count` joint principal components (1, count, H, W) of several pictures' features
    (1, C, H, W), as Amir et al. 2022 (section 4) show them; the first has the deviation SPREAD."""
    points = torch.cat([x[0].flatten(1) for x in features], 1)
    mean = points.mean(1, keepdim=True)
    # As in PatchPCA: the order and accuracy of eigenvectors must not depend on the device.
    covariance = torch.as_tensor((points - mean) @ (points - mean).T / points.shape[1])
    variance, vectors = torch.linalg.eigh(covariance.double().cpu())
    scale = SPREAD / variance[-1].clamp_min(1e-12).sqrt()
    basis = (vectors[:, -count:].flip(1) * scale).T.to(points)
    return [torch.einsum("kc,nchw->nkhw", basis, x - mean[None, :, :, None]) for x in features]


def semantic_guides(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Guides (1, COMPONENTS, H, W) of pictures `a` and `b` (1, 3, H, W) in [0, 1], any sizes."""
    guides = joint_components([semantic_features(a), semantic_features(b)])
    return resize(guides[0], a.shape[-2:]), resize(guides[1], b.shape[-2:])


def semantic_correspondence(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """What shows the same thing corresponds: guides (1, COMPONENTS + 3, H, W) of `a` and `b`
    (1, 3, H, W) in [0, 1], any sizes. Beside the components stand the rank of lightness and, to
    keep what lies together in B together, the place in B that each place's surroundings answer to.
    """
    features = [semantic_features(a), semantic_features(b)]
    guides = []
    layers = zip((a, b), joint_components(features), anchored_places(*features), strict=True)
    for picture, components, places in layers:
        light = LIGHT_WEIGHT * rank(rgb_to_lab(picture)[:, :1])
        size = picture.shape[-2:]
        guides.append(
            torch.cat([resize(components, size), PLACE_WEIGHT * resize(places, size), light], 1)
        )
    return guides[0], guides[1]


def anchored_places(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Where in B the places of A belong, and those of B themselves: (1, 2, H'/2, W'/2), y and x in
    [−0.5, 0.5], of semantic features (1, C, H', W').

    Places that are each other's nearest neighbours are anchors (Aberman et al. 2018, section 3.2);
    the way from A to B is a mean over anchors nearby, those that point elsewhere than their
    neighbours counting little. Far from any anchor a place stays where it is."""
    a, b = (F.avg_pool2d(x, 2, ceil_mode=True) for x in (a, b))
    places_a, places_b = _places(a), _places(b)
    similarity = F.normalize(a[0].flatten(1), dim=0).T @ F.normalize(b[0].flatten(1), dim=0)
    similarity = similarity - POSITION_PRIOR * torch.cdist(places_a, places_b).square()
    best, nearest = similarity.max(1)
    anchor = similarity.argmax(0)[nearest] == torch.arange(len(nearest), device=a.device)
    weight, way = best[anchor].clamp_min(0).square(), (places_b[nearest] - places_a)[anchor]
    near = torch.exp(-0.5 * (torch.cdist(places_a, places_a[anchor]) / REACH).square())
    around = (near * weight) @ way / ((near * weight).sum(1, keepdim=True) + 1e-6)
    weight = weight * torch.exp(-((way - around[anchor]).norm(dim=1) / OUTLIER).square())
    way = (near * weight) @ way / ((near * weight).sum(1, keepdim=True) + 0.05)
    return (places_a + way).T.reshape(1, 2, *a.shape[-2:]), places_b.T.reshape(1, 2, *b.shape[-2:])


def _places(features: Tensor) -> Tensor:
    """The places (H' × W', 2) of a map (1, C, H', W'): y and x in [−0.5, 0.5]."""
    lines = [(torch.arange(n, device=features.device) + 0.5) / n - 0.5 for n in features.shape[-2:]]
    return torch.stack(torch.meshgrid(*lines, indexing="ij"), -1).flatten(0, 1)


@torch.no_grad()
def _maps(picture: Tensor, side: int) -> list[Tensor]:
    stride = REDUCTIONS[max(LAYERS)]
    network = efficientnet_lite0(LAYERS, str(picture.device))
    maps: list[Tensor] = network(resize_long_side(picture, side, stride, stride))
    return maps
