"""Measures models that make building fronts of labels: `python -m benchmarks.facades`.

The FCN-score (Isola et al. 2017, section 4.1): a network that learnt to read labels off real fronts
reads them off the translations of the test maps, beside the same network on the real photographs.
And what EfficientNet-Lite0 sees in them: kernel and Fréchet distance of the sets, the distance of
features of the pairs (not KID, FID and LPIPS, which take other networks).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from PIL import Image

from i2i_core.checkpoints.model_zoo import open_model
from i2i_core.data.folders import Folder, match
from i2i_core.evaluation.fcn_score import (
    Pairs,
    Palette,
    SegmenterConfig,
    read_confusion,
    segmentation_scores,
    shrink,
    train_segmenter,
)
from i2i_core.evaluation.segmenter import Segmenter
from i2i_core.evaluation.set_metrics import (
    FeatureSet,
    PatchSet,
    feature_distance,
    l1_levels,
    look,
    ssim,
)
from i2i_core.images.tensors import to_tensor
from i2i_core.labels.palettes import FACADES
from i2i_core.networks.deep_features import DeepFeatures
from i2i_core.pipelines.translation import translate
from i2i_core.progress import last_picture

COLUMNS = (
    "pixel acc", "class acc", "class IoU", "SWD", "L1", "SSIM", "kernel", "Fréchet", "features"
)  # fmt: skip
PALETTE = Palette(tuple(FACADES.values()))
SIZE = 256


def main() -> None:
    """Print a table and save a grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("I2I_DATA"))
    parser.add_argument("--models", nargs="+", default=["pix2pix.facades"], help="names or files")
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"))
    parser.add_argument("--limit", type=int, help="so many test pairs")
    parser.add_argument("--reader-steps", type=int, default=1500)
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data: name the folder that holds facades/train_photo and the others.")
    root = Path(options.data) / "facades"
    maps, photos = match(Folder(root / "test_label"), Folder(root / "test_photo"))
    train = match(Folder(root / "train_label"), Folder(root / "train_photo"))
    count = min(options.limit or len(maps), len(maps))
    reader = teach_reader(*train, steps=options.reader_steps)
    torch.manual_seed(0)

    real = [photos[i].convert("RGB").resize((SIZE, SIZE)) for i in range(count)]
    labels = [maps[i] for i in range(count)]
    rows: list[tuple[str, list[Image.Image]]] = [("real photographs", real)]
    rows.append(
        ("the label maps themselves", [m.convert("RGB").resize((SIZE, SIZE)) for m in labels])
    )
    for name in options.models:
        began = time.perf_counter()
        model = open_model(name)
        results = [last_picture(translate(m, model)).resize((SIZE, SIZE)) for m in labels]
        print(f"{name}: {(time.perf_counter() - began) / count:.2f} s a picture", file=sys.stderr)
        rows.append((model.info.name, results))
    print(f"{'':28}" + "".join(f"{name:>11}" for name in COLUMNS))
    for name, pictures in rows:
        scores = (*read(reader, labels, pictures), *compare(pictures, real), *see(pictures, real))
        print(f"{name:28}" + "".join(f"{score:11.3f}" for score in scores))
    options.out.mkdir(parents=True, exist_ok=True)
    grid([labels, *(pictures for _, pictures in rows)]).save(options.out / "facades.png")


def teach_reader(
    maps: Sequence[Image.Image], photos: Sequence[Image.Image], steps: int
) -> Segmenter:
    """The segmenter, taught on all real pairs."""
    config = SegmenterConfig(steps=steps)
    work = train_segmenter(pairs(maps, photos, config.size), len(FACADES), config)
    return last_value(work, lambda p: print(f"reader: {p.step} of {p.total}", file=sys.stderr))


def last_value(work: Iterator, say: Callable) -> Segmenter:
    """Run a generator to its end; returns what it returns."""
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            return end.value
        if progress.step % 250 == 0:
            say(progress)


def pairs(maps: Sequence[Image.Image], photos: Sequence[Image.Image], size: int) -> Pairs:
    """Maps and photographs as the reader takes them."""
    ids = [torch.from_numpy(PALETTE.read(m, size)) for m in maps]
    return Pairs(torch.stack([shrink(p, size) for p in photos]), torch.stack(ids))


def read(
    reader: Segmenter, maps: Sequence[Image.Image], pictures: Sequence[Image.Image]
) -> tuple[float, float, float]:
    """Pixel accuracy, class accuracy, class IoU of the labels read off `pictures`."""
    size = SegmenterConfig().size
    return segmentation_scores(read_confusion(reader, pairs(maps, pictures, size), len(FACADES)))


def compare(pictures: Sequence[Image.Image], real: Sequence[Image.Image]) -> list[float]:
    """Sliced Wasserstein distance of the patches of both sets, and L1 and SSIM of the pairs."""
    sets = [PatchSet(len(real)) for _ in range(2)]
    for one, other in zip(pictures, real, strict=True):
        sets[0].add(to_tensor(one))
        sets[1].add(to_tensor(other))
    both = [(to_tensor(p), to_tensor(r)) for p, r in zip(pictures, real, strict=True)]
    means = [sum(f(p, r) for p, r in both) / len(both) for f in (l1_levels, ssim)]
    return [sets[0].distance(sets[1]), *means]


def see(pictures: Sequence[Image.Image], real: Sequence[Image.Image]) -> tuple[float, float, float]:
    """What EfficientNet-Lite0 sees: kernel and Fréchet distance of both sets, and the mean distance
    of features of the pairs."""
    network, sets, distances = DeepFeatures(), (FeatureSet(), FeatureSet()), []
    for key, pair in enumerate(zip(pictures, real, strict=True)):
        maps = [look(network, to_tensor(picture)) for picture in pair]
        for feature_set, of_picture in zip(sets, maps, strict=True):
            feature_set.add(of_picture, key)
        distances.append(feature_distance(*maps))
    ours, target = sets
    mean = sum(distances) / len(distances)
    return ours.kernel_distance(target), ours.frechet_distance(target), mean


def grid(rows: Sequence[Sequence[Image.Image]], columns: int = 8) -> Image.Image:
    """The first pictures of every row, under each other."""
    sheet = Image.new("RGB", (columns * SIZE, len(rows) * SIZE))
    for y, row in enumerate(rows):
        for x, picture in enumerate(row[:columns]):
            sheet.paste(picture.convert("RGB").resize((SIZE, SIZE)), (x * SIZE, y * SIZE))
    return sheet


if __name__ == "__main__":
    main()
