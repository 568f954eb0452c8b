"""The FCN-score (Isola et al. 2017): are the right labels read off translations?

Section 4.1 there; Long et al. 2015, section 5. The paper's reader is an FCN-8s trained on
Cityscapes. Here a small one is trained on the pairs at hand, so its score on translations means
something only beside its score on the real photographs."""

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from i2i_core.errors import MAX_SEED, InputError
from i2i_core.evaluation.segmenter import Segmenter
from i2i_core.labels import colours as label_colours
from i2i_core.labels.colours import PURE, UNLABELLED, Colour, Ids
from i2i_core.labels.maps import UNLABELLED_COLOUR
from i2i_core.progress import Progress
from i2i_core.training.loop import seeded
from i2i_core.training.optim import Optimizer, linear_decay
from i2i_core.training.settings import CheckedConfig, setting

MAX_LABELS = 64
SAMPLE = 24  # maps whose colours stand for those of all
BATCH = 16  # pictures that are read at once


@dataclass(frozen=True)
class SegmenterConfig(CheckedConfig):
    """How it learns: `steps` of `batch` crops, half of them mirrored, 7/8 of `size`² pixels."""

    size: int = setting(128, 32, 512)
    width: int = setting(32, 1, 128)
    steps: int = setting(400, 1, 100_000)
    batch: int = setting(8, 1, 256)
    learning_rate: float = 2e-3
    seed: int = setting(0, 0, MAX_SEED)


@dataclass(frozen=True)
class Palette:
    """The colours of the labels 0, 1, … of a whole set of maps, and those that mean "none"."""

    colours: tuple[Colour, ...]
    unlabelled: tuple[Colour, ...] = ()

    def read(self, label_map: Image.Image, size: int) -> Ids:
        """Ids (size, size) of a map by the nearest colour, UNLABELLED where that means none."""
        small = label_map.convert("RGB").resize((size, size), Image.Resampling.NEAREST)
        ids, _ = label_colours.nearest_colour(np.asarray(small), (*self.colours, *self.unlabelled))
        ids[ids >= len(self.colours)] = UNLABELLED
        return ids


def find_palette(maps: Sequence[Image.Image]) -> Palette:
    """The dominant colours of label maps, from SAMPLE of them spread over the set; of greys all,
    255 as unlabelled beside small ids. Raises InputError for pictures that are no label maps."""
    sample = np.unique(np.linspace(0, len(maps) - 1, min(SAMPLE, len(maps))).round().astype(int))
    pixels = []
    for index in sample.tolist():
        with suppress(InputError):
            pixels.append(np.asarray(maps[index].convert("RGB")))
    if not pixels:
        raise InputError("None of the label maps can be read.")
    if all((p == p[..., :1]).all() for p in pixels):
        levels = np.unique(np.concatenate([p[..., 0].ravel() for p in pixels]))
        if len(levels) <= MAX_LABELS:
            small = levels[levels != UNLABELLED]
            # Beside other small ids 255 means none; beside 0 alone it is white.
            ids = len(small) > 1 and small.max() < 64
            labels = [int(v) for v in (small if ids else levels)]
            none = [(UNLABELLED,) * 3] if ids and len(small) < len(levels) else []
            return _checked([(v, v, v) for v in labels], none)
    width = max(p.shape[1] for p in pixels)
    margins = [((0, 0), (0, width - p.shape[1]), (0, 0)) for p in pixels]
    sheets = [np.pad(p, margin) for p, margin in zip(pixels, margins, strict=True)]
    sheet = np.concatenate(sheets)
    covered = np.concatenate([np.arange(width) < np.full((len(p), 1), p.shape[1]) for p in pixels])
    try:
        colours = label_colours.flat_colours(sheet, covered, MAX_LABELS)
    except InputError:
        colours = ()  # as of a photograph
    none = [c for c in colours if label_colours.rgb_distance(c, UNLABELLED_COLOUR) <= PURE]
    return _checked([c for c in colours if c not in none], none)


@dataclass(frozen=True)
class Pairs:
    """Photographs (N, 3, S, S) uint8 and their ids (N, S, S) uint8, ready to be learnt from."""

    photos: Tensor
    ids: Tensor

    def part(self, pairs: slice) -> "Pairs":
        """Some of them."""
        return Pairs(self.photos[pairs], self.ids[pairs])


def shrink(photo: Image.Image, size: int) -> Tensor:
    """A photograph squeezed to (3, size, size), uint8."""
    small = photo.convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1)


def train_segmenter(
    pairs: Pairs, classes: int, config: SegmenterConfig, device: torch.device | str = "cpu"
) -> Generator[Progress, None, Segmenter]:
    """Teach a reader by cross-entropy, a record for every step; returns it, ready to read. The same
    pairs and configuration make the same reader. Raises InputError for no pairs."""
    if not len(pairs.photos):
        raise InputError("There are no pairs of label map and photograph to learn to read from.")
    with seeded(config.seed):
        network = Segmenter(classes, config.width)
    network.to(device).train()
    optimizer = Optimizer([network], config.learning_rate, (0.9, 0.999))
    random = torch.Generator().manual_seed(config.seed)
    for step in range(config.steps):
        photos, ids = _crops(pairs, config, random)
        logits = network(photos.to(device).float() / 255)
        loss = F.cross_entropy(logits, ids.to(device).long(), ignore_index=UNLABELLED)
        rate = linear_decay(step, config.steps, 0.5)
        losses = optimizer.minimize({"cross-entropy": loss}, step, rate)
        yield Progress(step + 1, config.steps, losses, note="Teaching a network to read labels")
    return network.eval()


@torch.no_grad()
def read_confusion(network: Segmenter, pairs: Pairs, classes: int) -> NDArray[np.int64]:
    """How often each id (row) was read as each (column) off pictures, (classes, classes)."""
    device = next(network.parameters()).device
    table = np.zeros((classes, classes), np.int64)
    for photos, ids in zip(pairs.photos.split(BATCH), pairs.ids.split(BATCH), strict=True):
        read = network(photos.to(device).float() / 255).argmax(1).cpu().numpy()
        table += confusion(read, ids.numpy(), classes)
    return table


def confusion(
    read: NDArray[np.integer], target: NDArray[np.integer], classes: int
) -> NDArray[np.int64]:
    """Counts (classes, classes) of target ids (row) read as (column), unlabelled pixels aside."""
    labelled = target != UNLABELLED
    index = target[labelled].astype(np.int64) * classes + read[labelled].astype(np.int64)
    return np.bincount(index, minlength=classes**2).reshape(classes, classes)


def segmentation_scores(table: NDArray[np.int64]) -> tuple[float, float, float]:
    """Pixel accuracy, mean class accuracy and mean class IoU (Long et al. 2015, section 5) from a
    confusion table, over the classes of the target. Raises InputError if none was."""
    right, target, read = np.diag(table).astype(float), table.sum(1), table.sum(0)
    there = target > 0
    if not there.any():
        raise InputError("No pixel of the label maps is labelled: there is nothing to read.")
    accuracies = right[there] / target[there]
    ious = right[there] / (target + read - right)[there]
    return float(right.sum() / target.sum()), float(accuracies.mean()), float(ious.mean())


def _crops(pairs: Pairs, config: SegmenterConfig, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """One batch: random pairs, each cut and mirrored alike in both."""
    side = config.size * 7 // 8
    photos, ids = [], []
    for index in torch.randint(len(pairs.photos), (config.batch,), generator=random).tolist():
        top, left = torch.randint(config.size - side + 1, (2,), generator=random).tolist()
        photo = pairs.photos[index, :, top : top + side, left : left + side]
        target = pairs.ids[index, top : top + side, left : left + side]
        if torch.rand((), generator=random) < 0.5:
            photo, target = photo.flip(2), target.flip(1)
        photos.append(photo)
        ids.append(target)
    return torch.stack(photos), torch.stack(ids)


def _checked(colours: list[Colour], unlabelled: list[Colour]) -> Palette:
    if not 2 <= len(colours) <= MAX_LABELS:
        raise InputError(
            f"These pictures do not look like label maps: two to {MAX_LABELS} flat colours, the "
            "same in all of them, are needed. Give label maps, or leave the FCN-score out."
        )
    return Palette(tuple(colours), tuple(unlabelled))
