"""Measures discriminators against each other: `python -m benchmarks.discriminators TASK`.

The same generator learns from the same pictures for the same processor time, judged by patches as
published or by a network that can see, each with and without a perceptual term. That network
flatters its pupils: read the sliced Wasserstein distance of patches, which judged nobody, beside
the Fréchet distance, and look at the grid."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmarks.domain import patches
from benchmarks.facades import grid, see
from benchmarks.features import features, pictures
from i2i_core.checkpoints.checkpoint import load, save
from i2i_core.data.folders import Folder
from i2i_core.images.line_drawings import field, trace
from i2i_core.method import Method
from i2i_core.methods import METHODS
from i2i_core.training.settings import PROJECTED
from weights.train import RECIPES, clean_labels

COLUMNS = ("kernel", "Fréchet", "features", "SWD")
SHOWN = 8
DETAIL = 0.35  # of traced drawings
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "patch": {"discriminator": "patch"},
    "patch, perceptual": {"discriminator": "patch", "perceptual_weight": 1.0},
    "projected": {**PROJECTED, "perceptual_weight": 0.0},
    "projected, perceptual": PROJECTED,
    "both, perceptual": {**PROJECTED, "discriminator": "both", "matching_weight": 2.0},
}


class Task(NamedTuple):
    """What is learnt: the recipe whose pictures are taken, the method and its settings, and folders
    of held-out inputs and of what they should become."""

    recipe: str
    method: str
    settings: Mapping[str, Any]
    sources: str
    targets: str
    paired: bool = False


# The learning rate stays what it is, for nobody knows how many steps there will be.
SHARED = {"decay_start": 1.0, "steps": 10**8}
PAIRS = {**SHARED, "coarse": 0.0, "l1_weight": 5.0}
TASKS = {
    "cats": Task(
        "pix2pix.cats", "pix2pixhd", {**PAIRS, "in_channels": 1, "noise": True},
        "cats/test", "cats/test", paired=True,
    ),
    "facades": Task(
        "pix2pix.facades", "pix2pixhd", PAIRS,
        "facades/test_label", "facades/test_photo", paired=True,
    ),
    "monet": Task(
        "cut.monet", "cut", {**SHARED, "nce_weight": 0.4}, "monet2photo/testB", "monet2photo/testA"
    ),
}  # fmt: skip


def main() -> None:
    """Teach what is not taught yet, print a table and save a grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--data", type=Path, default=os.environ.get("I2I_DATA"))
    parser.add_argument("--work", type=Path, default=Path("training"), help="for pairs and models")
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"))
    parser.add_argument("--minutes", type=float, default=20, help="of processor time, each")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, help="only these")
    parser.add_argument("--limit", type=int, default=106, help="so many pictures at most")
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data: name the folder that holds cats/, facades/ and monet2photo/.")
    task = TASKS[options.task]
    names = options.variants or [n for n in VARIANTS if task.paired or not n.startswith("both")]
    models = {}
    for name in names:
        file = options.work / f"{options.task}.{name.replace(', ', '-')}.safetensors"
        options.work.mkdir(parents=True, exist_ok=True)
        if not file.is_file():
            save(teach(task, VARIANTS[name], options), file)
        models[name] = load(file)
    sources, targets = (pictures(options.data / f, options.limit) for f in task[3:5])
    if task.recipe == "pix2pix.cats":
        sources = [field(trace(photo, "edges", DETAIL)) for photo in sources]
    elif task.recipe == "pix2pix.facades":
        sources = [clean_labels(labels) for labels in sources]
    rows = {name: [model.translate(s) for s in sources] for name, model in models.items()}
    real = features(targets)
    print(f"{'':24}" + "".join(f"{name:>11}" for name in COLUMNS))
    for name, results in rows.items():
        if task.paired:
            seen = see(results, targets)
        else:
            mine = features(results)
            seen = mine.kernel_distance(real), mine.frechet_distance(real), float("nan")
        numbers = *seen, patches(results).distance(patches(targets))
        print(f"{name:24}" + "".join(f"{number:11.3f}" for number in numbers))
    options.out.mkdir(parents=True, exist_ok=True)
    columns = [sources[:SHOWN], *(results[:SHOWN] for results in rows.values())]
    grid(columns).save(options.out / f"discriminators_{options.task}.png")


def teach(task: Task, variant: Mapping[str, Any], options: argparse.Namespace) -> Method:
    """The method, taught for `options.minutes` of processor time."""
    work = options.work / task.recipe
    a, b = (Folder(folder) for folder in RECIPES[task.recipe].prepare(options.data, work))
    allowed = set(METHODS[task.method].Config.__dataclass_fields__)
    settings = {**task.settings, **{k: v for k, v in variant.items() if k in allowed}}
    method = METHODS[task.method].from_preset("laptop", **settings)
    began = time.process_time()
    for record in method.fit(a, b):
        if record.step % 100 == 0:
            minutes = (time.process_time() - began) / 60
            print(f"{record.step} steps, {minutes:.1f} minutes", end="\r", flush=True)
            if minutes >= options.minutes:
                break
    return method


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
