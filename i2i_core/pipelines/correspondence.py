"""What answers to what between two pictures: a point of one, and where the other shows the same."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from PIL.Image import Image
from torch import Tensor

from i2i_core.devices import best_device
from i2i_core.errors import check_range
from i2i_core.images.files import check_image
from i2i_core.images.overlays import Floats, as_array, glow, mark
from i2i_core.images.sizes import fit_long_side
from i2i_core.images.tensors import to_tensor
from i2i_core.patches.semantic_guides import semantic_features

LONG_SIDE = 448  # pixels that pictures are looked at with
TEMPERATURE = 0.06  # of cosines: what is this much less alike is a third as hot


@dataclass(frozen=True)
class Correspondence:
    """Where B shows what is at a point of A: `point`, the best place (x, y; shares of B's sides in
    [0, 1]), `similarity`, cosines of semantic features for every place of B (h, w), A with the
    point `marked`, and the `heat_map` over B."""

    point: tuple[float, float]
    similarity: Floats
    marked: Image
    heat_map: Image


def find_correspondence(a: Image, b: Image, point: tuple[float, float]) -> Correspondence:
    """What the guide "semantic" of structural analogy takes for alike: where in B is what A shows
    at `point` (x, y; shares of A's sides in [0, 1])? Raises InputError for a point out of range."""
    for axis, share in zip("xy", point, strict=True):
        check_range(f"point's {axis}", share, 0, 1)
    pictures = [fit_long_side(check_image(x), LONG_SIDE) for x in (a, b)]
    asked, answering = (_unit_features(picture) for picture in pictures)
    height, width = asked.shape[-2:]
    row, column = min(height - 1, int(point[1] * height)), min(width - 1, int(point[0] * width))
    similarity = torch.einsum("c,chw->hw", asked[0, :, row, column], answering[0])[None, None]
    heat = ((similarity - similarity.max()) / TEMPERATURE).exp()
    y, x = divmod(int(similarity.argmax()), similarity.shape[-1])
    best = (x + 0.5) / similarity.shape[-1], (y + 0.5) / similarity.shape[-2]
    shown = mark(glow(pictures[1], heat), best)
    return Correspondence(best, as_array(similarity), mark(pictures[0], point), shown)


def _unit_features(picture: Image) -> Tensor:
    return F.normalize(semantic_features(to_tensor(picture).to(best_device())), dim=1)
