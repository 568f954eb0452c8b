"""Measures models of domains on test pictures: `python -m benchmarks.domain`.

How far the translations' patches are from the target domain's (sliced Wasserstein distance), and
what EfficientNet-Lite0 sees in them (kernel and Fréchet distance: not KID and FID, which are
Inception's), beside pictures as they are, colour transfer, and real pictures; how much of the
arrangement is kept; what a megapixel costs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from i2i_core.checkpoints.model_zoo import LoadedModel, open_model
from i2i_core.data.folders import Folder, readable
from i2i_core.evaluation.set_metrics import FeatureSet, PatchSet, look
from i2i_core.images.sizes import fit_short_side
from i2i_core.images.tensors import to_image, to_tensor
from i2i_core.methods.heuristics import colour_transfer
from i2i_core.networks.deep_features import DeepFeatures
from i2i_core.patches.metrics import self_similarity
from i2i_core.pipelines.domain_transfer import transfer
from i2i_core.progress import last_picture, last_result

SIZE = 256
TIMED = ((512, 512), (2048, 1365))  # pixels
COLUMNS = ("SWD", "gap closed", "kernel", "Fréchet", "self-sim.", "cycle")


class Task(NamedTuple):
    """A model's direction, and the folders of the domains that it goes between."""

    model: str
    reverse: bool
    source: str
    target: str


MONET, PHOTO = "monet2photo/{}A", "monet2photo/{}B"
SUMMER, WINTER = "yosemite/{}A", "yosemite/{}B"
TASKS = (
    Task("cut.monet", False, PHOTO, MONET),
    Task("cyclegan.monet", False, PHOTO, MONET),
    Task("cyclegan.monet", True, MONET, PHOTO),
    Task("cut.yosemite-winter", False, SUMMER, WINTER),
    Task("cut.yosemite-summer", False, WINTER, SUMMER),
)


def main() -> None:
    """Print a table and save grids."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("I2I_DATA"))
    parser.add_argument("--models", nargs="+", help="only these")
    parser.add_argument("--folder", type=Path, help="models here go before the shipped ones")
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"))
    parser.add_argument("--limit", type=int, default=100, help="so many pictures of each folder")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, tuple(options.size))
        return
    if options.data is None:
        parser.error("--data: name the folder that holds monet2photo/ and yosemite/.")
    options.out.mkdir(parents=True, exist_ok=True)
    print(f"{'':44}" + "".join(f"{name:>12}" for name in COLUMNS))
    models: dict[str, LoadedModel] = {}
    for task in TASKS:
        if options.models and task.model not in options.models:
            continue
        file = (options.folder or Path()) / f"{task.model}.safetensors"
        models[task.model] = open_model(file if file.is_file() else task.model)
        sheet = evaluate(task, models[task.model], options.data, options.limit)
        way = "back" if task.reverse else "there"
        sheet.save(options.out / f"domain_{task.model}_{way}.png")
    print(f"\n{'one picture':44}{'seconds':>12}{'s/MP':>12}{'peak MB':>12}")
    for name, model in models.items():
        for width, height in TIMED:
            call = [sys.executable, "-m", "benchmarks.domain", "--measure", str(model.info.path)]
            call += ["--size", str(width), str(height)]
            process = subprocess.run(call, check=True, capture_output=True, text=True)
            seconds, peak = map(float, process.stdout.split())
            each = seconds / (width * height / 1e6)
            print(f"{f'{name}, {width} x {height}':44}{seconds:12.2f}{each:12.2f}{peak:12.0f}")


def evaluate(task: Task, model: LoadedModel, data: Path, limit: int) -> Image.Image:
    """Print the rows of one direction; returns pictures above their translations."""

    def pictures(folder: str, part: str) -> list[Image.Image]:
        first = islice(readable(Folder(data / folder.format(part))), limit)
        return [fit_short_side(picture.convert("RGB"), SIZE) for picture in first]

    sources, targets = pictures(task.source, "test"), pictures(task.target, "test")
    examples = pictures(task.target, "train")
    target_patches, seen = patches(targets), features(targets)
    real = patches(examples).distance(target_patches)
    untranslated = patches(sources).distance(target_patches)

    def measured(results: Sequence[Image.Image], distance: float) -> str:
        closed, ours = (untranslated - distance) / (untranslated - real), features(results)
        kernel, frechet = ours.kernel_distance(seen), ours.frechet_distance(seen)
        return f"{distance:12.3f}{closed:12.2f}{kernel:12.2f}{frechet:12.0f}"

    def row(name: str, results: Sequence[Image.Image], cycle: float | None = None) -> None:
        numbers = measured(results, patches(results).distance(target_patches))
        both = [(to_tensor(r), to_tensor(s)) for r, s in zip(results, sources, strict=True)]
        similarity = float(np.mean([self_similarity(r, s) for r, s in both]))
        back = "" if cycle is None else f"{cycle:12.1f}"
        print(f"  {name:42}{numbers}{similarity:12.3f}{back}", flush=True)

    results = [
        last_result(transfer(picture, model, reverse=task.reverse, back=True))
        for picture in sources
    ]
    translations = [result.translation for result in results]
    errors = [result.cycle_error for result in results if result.cycle_error is not None]
    cycle = float(np.mean(errors)) if errors else None
    print(f"{task.model}, {'back' if task.reverse else 'there'}: {len(sources)} pictures")
    print(f"  {'real pictures (of the training set)':42}{measured(examples, real)}")
    row("pictures as they are", sources)
    row("colours of a target picture", coloured(sources, examples))
    row("translated", translations, cycle)
    return grid([sources, translations])


def patches(pictures: Sequence[Image.Image]) -> PatchSet:
    """The set's patches, for distances."""
    patch_set = PatchSet(len(pictures))
    for picture in pictures:
        patch_set.add(to_tensor(picture))
    return patch_set


def features(pictures: Sequence[Image.Image]) -> FeatureSet:
    """What EfficientNet-Lite0 sees in the set, for distances."""
    network, feature_set = DeepFeatures(), FeatureSet()
    for picture in pictures:
        feature_set.add(look(network, to_tensor(picture)))
    return feature_set


def coloured(sources: Sequence[Image.Image], targets: Sequence[Image.Image]) -> list[Image.Image]:
    """Each picture with the mean and spread of colours of one target picture: a baseline."""
    results = []
    for number, source in enumerate(sources):
        target = to_tensor(targets[number % len(targets)]) * 2 - 1
        result = colour_transfer(to_tensor(source) * 2 - 1, target) / 2 + 0.5
        results.append(to_image(result.clamp(0, 1)))
    return results


def measure(file: Path, size: tuple[int, int]) -> None:
    """Print the seconds that one picture takes, and the whole process's peak memory in megabytes;
    in a process of its own, for the peak does not fall."""
    import resource

    picture = Image.effect_noise(size, 60).convert("RGB")
    model = open_model(file)
    last_picture(transfer(picture.resize((64, 64)), model))
    began = time.perf_counter()
    last_picture(transfer(picture, model))
    seconds = time.perf_counter() - began
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def grid(rows: Sequence[Sequence[Image.Image]], columns: int = 8) -> Image.Image:
    """The first pictures of every row, under each other."""
    sheet = Image.new("RGB", (columns * SIZE, len(rows) * SIZE))
    for y, row in enumerate(rows):
        for x, picture in enumerate(row[:columns]):
            sheet.paste(picture.resize((SIZE, SIZE)), (x * SIZE, y * SIZE))
    return sheet


if __name__ == "__main__":
    main()
