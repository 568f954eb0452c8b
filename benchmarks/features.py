"""Measures every shipped model by what EfficientNet-Lite0 sees: `python -m benchmarks.features`.

On test pictures: kernel and Fréchet distance of the results to real pictures (not KID and FID,
which are Inception's), and for pairs the distance of features (as LPIPS, but not calibrated by
people), beside what goes in, as it is, and beside real pictures of the training set."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from benchmarks.texture import TASKS as SWAPS
from benchmarks.texture import test_pictures
from i2i_core.checkpoints.model_zoo import LoadedModel, open_model
from i2i_core.data.folders import Folder, readable
from i2i_core.evaluation.set_metrics import FeatureSet, feature_distance, look
from i2i_core.images.line_drawings import trace
from i2i_core.images.sizes import fit_short_side
from i2i_core.images.tensors import to_tensor
from i2i_core.methods.swapping_codes import decode, encode
from i2i_core.networks.deep_features import DeepFeatures
from i2i_core.pipelines.texture_swap import as_swapper, swap
from i2i_core.pipelines.translation import translate
from i2i_core.progress import last_picture

SIZE = 256
DETAIL = 0.35  # of the drawings, traced as edges
REAL = 300  # pictures that swaps are compared with
COLUMNS = ("pictures", "kernel", "Fréchet", "features")
Pictures = Sequence[Image.Image]


class Task(NamedTuple):
    """A model and folders: of what goes into it, of what should come out, and of real pictures of
    that kind that it has learnt from. Pairs show the same thing, one by one."""

    model: str
    sources: str
    targets: str
    examples: str
    paired: bool = False
    reverse: bool = False


PHOTOS, PAINTINGS = "monet2photo/testB", "monet2photo/testA"
MAPS, FRONTS = "facades/test_label", "facades/test_photo"
SUMMERS, WINTERS = "yosemite/testA", "yosemite/testB"
TASKS = (
    Task("pix2pix.cats", "cats/test", "cats/test", "cats/train", paired=True),
    Task("pix2pix.facades", MAPS, FRONTS, "facades/train_photo", paired=True),
    Task("pix2pix.facades-to-labels", FRONTS, MAPS, "facades/train_label", paired=True),
    Task("cut.monet", PHOTOS, PAINTINGS, "monet2photo/trainA"),
    Task("cyclegan.monet", PHOTOS, PAINTINGS, "monet2photo/trainA"),
    Task("cyclegan.monet", PAINTINGS, PHOTOS, "monet2photo/trainB", reverse=True),
    Task("cut.yosemite-winter", SUMMERS, WINTERS, "yosemite/trainB"),
    Task("cut.yosemite-summer", WINTERS, SUMMERS, "yosemite/trainA"),
)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("I2I_DATA"))
    parser.add_argument("--models", nargs="+", help="only these")
    parser.add_argument("--limit", type=int, default=106, help="so many pictures at most")
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data: name the folder that holds cats/, facades/ and the others.")
    print(f"{'':44}" + "".join(f"{name:>11}" for name in COLUMNS))
    for task in TASKS:
        if not options.models or task.model in options.models:
            translations(task, options.data, options.limit)
    for model, folders in SWAPS:
        if not options.models or model in options.models:
            swaps(open_model(model), options.data, folders, min(50, options.limit))


def translations(task: Task, data: Path, limit: int) -> None:
    """Print the rows of a model that translates."""
    model = open_model(task.model)
    sources, targets = (pictures(data / f, limit) for f in (task.sources, task.targets))
    if model.info.takes == "sketch":
        sources = [trace(picture, "edges", DETAIL) for picture in sources]
    results = [
        last_picture(translate(source, model, short_side=SIZE, reverse=task.reverse))
        for source in sources
    ]
    print(f"{task.model}{', back' if task.reverse else ''}")
    pairs = targets if task.paired else None
    real = features(targets, paired=task.paired)
    row("real pictures (of the training set)", pictures(data / task.examples, len(targets)), real)
    row("what goes in, as it is", sources, real, pairs)
    row("translated", results, real, pairs)


def swaps(model: LoadedModel, data: Path, folders: Sequence[str], count: int) -> None:
    """Print the rows of a swapping autoencoder. Structures and textures are the same set, so the
    real ones are of the training set here."""
    learnt = [folder.replace("test", "train") for folder in folders]
    examples = test_pictures(data, tuple(learnt), 2 * REAL)
    own = test_pictures(data, tuple(folders), count)
    method = as_swapper(model)
    rebuilt = [decode(method, encode(method, picture)) for picture in own]
    step = len(own) * 2 // 5
    swapped = [last_picture(swap(one, own[n - step], model)) for n, one in enumerate(own)]
    print(model.info.name)
    real = features(examples[::2])
    row("real pictures (of the training set)", examples[1 : 2 * len(own) : 2], real)
    row("test pictures", own, real)
    row("rebuilt, by the network alone", rebuilt, real, own)
    row("swapped", swapped, real)


def row(name: str, results: Pictures, real: FeatureSet, pairs: Pictures | None = None) -> None:
    """Print the distances of `results` to real pictures, and each one's to its partner."""
    ours = features(results, paired=pairs is not None)
    numbers = f"{len(results):11}{ours.kernel_distance(real):11.2f}"
    numbers += f"{ours.frechet_distance(real):11.0f}"
    if pairs is not None:
        network = DeepFeatures()
        both = [
            [look(network, to_tensor(picture.convert("RGB"))) for picture in pair]
            for pair in zip(results, pairs, strict=True)
        ]
        numbers += f"{sum(feature_distance(*maps) for maps in both) / len(both):11.3f}"
    print(f"  {name:42}{numbers}", flush=True)


def features(pictures: Pictures, paired: bool = False) -> FeatureSet:
    """What EfficientNet-Lite0 sees in the set; `paired` with others that show the same."""
    network, feature_set = DeepFeatures(layers=(4,)), FeatureSet()
    for key, picture in enumerate(pictures):
        feature_set.add(look(network, to_tensor(picture.convert("RGB"))), key if paired else -1)
    return feature_set


def pictures(folder: Path, limit: int) -> list[Image.Image]:
    """The first pictures of a folder, SIZE pixels on the shorter side."""
    first = islice(readable(Folder(folder)), limit)
    return [fit_short_side(picture.convert("RGB"), SIZE) for picture in first]


if __name__ == "__main__":
    main()
