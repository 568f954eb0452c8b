"""Looking inside: the patches a discriminator doubts, and those CUT's encoder takes for alike."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from i2i_core.checkpoints.model_zoo import LoadedModel
from i2i_core.errors import InputError, check_range
from i2i_core.images.files import check_image
from i2i_core.images.overlays import Floats, as_array, glow, judged, mark
from i2i_core.images.sizes import fit_short_side
from i2i_core.images.tensors import fit_multiple, to_image, to_tensor
from i2i_core.method import Method, training_mode
from i2i_core.methods.cut import CUT
from i2i_core.methods.cyclegan import CycleGAN

SHORT_SIDE = 256  # pixels that a picture is looked at with
SAID = {"hinge": (1, -1)}  # of real ones and of made ones, where that is not (1, 0)


@dataclass(frozen=True)
class Inspection:
    """The pictures that show what a model does, all of one size. Only CUT has the last four."""

    translation: Image.Image
    # Red where the discriminator doubts a patch, blue where it believes it.
    scored_source: Image.Image
    scored_translation: Image.Image
    # The source, bright where it is taken for the origin of the point that the other one marks.
    matched: Image.Image | None = None
    marked: Image.Image | None = None
    # What patches are embedded as: like colours for like embeddings.
    source_colours: Image.Image | None = None
    translation_colours: Image.Image | None = None


def inspect(
    picture: Image.Image, model: LoadedModel, *, reverse: bool = False,
    point: tuple[float, float] = (0.5, 0.5), layer: int | None = None,
) -> Inspection:  # fmt: skip
    """Translate `picture` (shrunk to SHORT_SIDE) and look inside: `score_patches` and, for CUT,
    `match_patches` at `point` and `layer`, and `embedding_colours`."""
    method = model.method
    small = fit_short_side(check_image(picture, "The picture"), SHORT_SIDE)
    translation = method.translate(small, reverse=reverse)
    before, after = (
        score_patches(method, p, reverse=reverse).overlay for p in (small, translation)
    )
    if not isinstance(method, CUT):
        return Inspection(translation, before, after)
    matches = match_patches(method, small, point, layer)
    colours = embedding_colours(method, small, layer)
    return Inspection(translation, before, after, matches.overlay, matches.marked, *colours)


class PatchScores(NamedTuple):
    """A score for each patch of a picture (h, w; 1: the discriminator takes it for a real one of
    the domain, 0: for a translation), and the picture under these scores: red at 0, blue at 1."""

    values: Floats
    overlay: Image.Image


class PatchMatches(NamedTuple):
    """How similar each patch of the source is to a point of the translation (h, w; at most 1), the
    source with the similar patches bright, and the translation with the point marked."""

    values: Floats
    overlay: Image.Image
    marked: Image.Image


def score_patches(method: Method, picture: Image.Image, *, reverse: bool = False) -> PatchScores:
    """What the discriminator of the target domain (with `reverse`, of A) says of every patch of
    `picture` (Isola et al. 2017, section 3.2.2). Raises InputError for models without one."""
    if isinstance(method, CycleGAN):
        network = method.discriminator_a if reverse else method.discriminator_b
    elif isinstance(method, CUT) and not reverse:
        network = method.discriminator
    else:
        raise InputError("Only CycleGAN and CUT have a discriminator that judges patches.")
    _check_training_networks(method, "discriminator")
    small = fit_short_side(picture.convert("RGB"), SHORT_SIDE)
    projected = method.config.discriminator == "projected"
    # In training mode a projected one might augment what it is shown.
    with training_mode(network, not projected), torch.no_grad():
        logits = network(to_tensor(small).to(method.device) * 2 - 1)
    if projected:
        logits = logits.mean(1, keepdim=True)  # over the strides
    real, made = SAID.get(method.config.adversarial, (1, 0))
    values = ((logits[:, :1] - made) / (real - made)).clamp(0, 1)
    return PatchScores(as_array(values), judged(small, values))


def match_patches(
    method: Method, picture: Image.Image, point: tuple[float, float], layer: int | None = None
) -> PatchMatches:
    """Which patches of `picture` CUT takes for the origin of the translation's patch at `point`
    (x, y, shares of width and height in [0, 1]): exp(q·k/τ), the term of its PatchNCE (Park et al.
    2020, eq. 3). `layer`: one of the configuration's `nce_layers`, by default the one in the
    middle; in deeper layers a patch resembles its own place only."""
    for axis, share in zip("xy", point, strict=True):
        check_range(f"point's {axis}", share, 0, 1)
    small, translation, (keys, queries) = _embeddings(method, picture, layer)
    height, width = keys.shape[-2:]
    row, column = min(height - 1, int(point[1] * height)), min(width - 1, int(point[0] * width))
    query = queries[0, :, row, column]
    similarity = torch.einsum("c,chw->hw", query, keys[0]) / method.config.temperature
    values = (similarity - similarity.max()).exp()[None, None]
    marked = mark(to_image(translation / 2 + 0.5), point)
    return PatchMatches(as_array(values), glow(small, values), marked)


def embedding_colours(
    method: Method, picture: Image.Image, layer: int | None = None
) -> tuple[Image.Image, Image.Image]:
    """`picture` and its translation, every patch in the colour of its embedding (three principal
    components of both pictures'): patches of one colour are alike to CUT's contrastive loss."""
    small, _, embeddings = _embeddings(method, picture, layer)
    vectors = torch.cat([x[0].flatten(1) for x in embeddings], 1).T
    centred = vectors - vectors.mean(0)
    _, _, directions = torch.linalg.svd(centred, full_matrices=False)
    components = centred @ directions[:3].T
    low, high = (components.quantile(share, 0) for share in (0.02, 0.98))
    colours = ((components - low) / (high - low).clamp_min(1e-6)).clamp(0, 1)
    size = embeddings[0].shape[-2:]
    maps = [part.T.reshape(1, 3, *size) for part in colours.split(size.numel())]
    first, second = (to_image(F.interpolate(x, small.size[::-1], mode="nearest")) for x in maps)
    return first, second


def layers_of(method: Method) -> tuple[int, ...]:
    """The layers whose features a CUT model compares; () for other methods."""
    return method.config.nce_layers if isinstance(method, CUT) else ()


def middle(layers: tuple[int, ...]) -> int:
    """The layer in the middle of `layers`, which is shown by default."""
    return layers[len(layers) // 2]


def _check_training_networks(method: Method, what: str) -> None:
    method.check_is_fitted()
    if not method.has_training_networks:
        problem = f"This model's file has no {what}: it is an imported generator, or older."
        raise InputError(f"{problem} Fit one here, or choose a shipped model.")


@torch.no_grad()
def _embeddings(
    method: Method, picture: Image.Image, layer: int | None
) -> tuple[Image.Image, Tensor, list[Tensor]]:
    """The picture, shrunk, its translation (1, 3, H, W) in [−1, 1], and both as unit vectors
    (1, C, h, w) of the compared `layer`."""
    if not isinstance(method, CUT):
        raise InputError("Only CUT compares patches: choose a CUT model.")
    _check_training_networks(method, "projection")
    layers = method.config.nce_layers
    layer = middle(layers) if layer is None else layer
    if layer not in layers:
        raise InputError(f"Layer {layer} is not compared: choose one of {layers}.")
    small = fit_short_side(picture.convert("RGB"), SHORT_SIDE)
    multiple, number = method.capabilities.multiple_of, layers.index(layer)
    fitting, undo = fit_multiple(to_tensor(small).to(method.device), multiple)
    translation = undo(method(fitting)).clamp(0, 1) * 2 - 1
    embeddings = []
    for x in (undo(fitting) * 2 - 1, translation):
        feature = method.generator.encode(x, layers)[number]
        vectors = method.projection.heads[number](feature.flatten(2).transpose(1, 2))
        unit = F.normalize(vectors, dim=-1).transpose(1, 2)
        embeddings.append(unit.unflatten(2, feature.shape[-2:]))
    return small, translation, embeddings
