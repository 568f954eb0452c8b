"""Measures models of domains on test pictures: `python -m benchmarks.domain`.

How far the translations' patches are from the target domain's (sliced Wasserstein distance), beside
pictures as they are, colour transfer, and real pictures; how much of the arrangement is kept; what
a megapixel costs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from i2i_core.checkpoints.model_zoo import open_model, resolve
from i2i_core.data.folders import Folder, readable
from i2i_core.evaluation.set_metrics import PatchSet
from i2i_core.images.sizes import fit_short_side
from i2i_core.images.tensors import to_image, to_tensor
from i2i_core.methods.heuristics import colour_transfer
from i2i_core.patches.metrics import self_similarity
from i2i_core.pipelines.domain_transfer import difference, transfer
from i2i_core.progress import last_picture

SIZE = 256
TIMED = ((512, 512), (2048, 1365))  # pixels
COLUMNS = ("SWD", "gap closed", "self-sim.", "cycle")


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
    files: dict[str, Path] = {}
    for task in TASKS:
        if options.models and task.model not in options.models:
            continue
        own = (options.folder or Path()) / f"{task.model}.safetensors"
        files[task.model] = own if own.is_file() else resolve(task.model)
        sheet = evaluate(task, files[task.model], options.data, options.limit)
        way = "back" if task.reverse else "there"
        sheet.save(options.out / f"domain_{task.model}_{way}.png")
    print(f"\n{'one picture':44}{'seconds':>12}{'s/MP':>12}{'peak MB':>12}")
    for name, file in files.items():
        for width, height in TIMED:
            call = [sys.executable, "-m", "benchmarks.domain", "--measure", str(file)]
            call += ["--size", str(width), str(height)]
            done = subprocess.run(call, check=True, capture_output=True, text=True)
            seconds, peak = map(float, done.stdout.split())
            each = seconds / (width * height / 1e6)
            print(f"{f'{name}, {width} x {height}':44}{seconds:12.2f}{each:12.2f}{peak:12.0f}")


def evaluate(task: Task, file: Path, data: Path, limit: int) -> Image.Image:
    """Print the rows of one direction; returns pictures above their translations."""

    def pictures(folder: str, part: str) -> list[Image.Image]:
        pictures = islice(readable(Folder(data / folder.format(part))), limit)
        return [fit_short_side(picture.convert("RGB"), SIZE) for picture in pictures]

    sources, targets = pictures(task.source, "test"), pictures(task.target, "test")
    known = pictures(task.target, "train")
    wanted = patches(targets)
    real = patches(known).distance(wanted)
    untranslated = patches(sources).distance(wanted)

    def row(name: str, made: Sequence[Image.Image], cycle: float | None = None) -> None:
        distance = patches(made).distance(wanted)
        closed = (untranslated - distance) / (untranslated - real)
        both = [(to_tensor(m), to_tensor(s)) for m, s in zip(made, sources, strict=True)]
        kept = float(np.mean([self_similarity(m, s) for m, s in both]))
        back = "" if cycle is None else f"{cycle:12.1f}"
        print(f"  {name:42}{distance:12.3f}{closed:12.2f}{kept:12.3f}{back}", flush=True)

    translate = translator(file, task.reverse)
    made = [translate(picture) for picture in sources]
    cycle = None
    if open_model(file).two_way:
        return_ = translator(file, not task.reverse)
        backs = [return_(picture) for picture in made]
        cycle = float(np.mean([difference(s, b) for s, b in zip(sources, backs, strict=True)]))
    print(f"{task.model}, {'back' if task.reverse else 'there'}: {len(sources)} pictures")
    print(f"  {'real pictures (of the training set)':42}{real:12.3f}{1:12.2f}")
    row("pictures as they are", sources)
    row("colours of a target picture", coloured(sources, known))
    row("translated", made, cycle)
    return grid([sources, made])


def translator(file: Path, reverse: bool) -> Callable[[Image.Image], Image.Image]:
    """A function that translates one picture."""
    return lambda picture: last_picture(transfer(picture, file, reverse=reverse))


def patches(pictures: Sequence[Image.Image]) -> PatchSet:
    """The set's patches, for distances."""
    found = PatchSet(len(pictures))
    for picture in pictures:
        found.add(to_tensor(picture))
    return found


def coloured(sources: Sequence[Image.Image], targets: Sequence[Image.Image]) -> list[Image.Image]:
    """Each picture with the mean and spread of colours of one target picture: a baseline."""
    rule = colour_transfer
    made = []
    for number, source in enumerate(sources):
        like = to_tensor(targets[number % len(targets)]) * 2 - 1
        made.append(to_image((rule(to_tensor(source) * 2 - 1, like) / 2 + 0.5).clamp(0, 1)))
    return made


def measure(file: Path, size: tuple[int, int]) -> None:
    """Print the seconds that one picture takes, and the whole process's peak memory in megabytes;
    in a process of its own, for the peak does not fall."""
    import resource

    picture = Image.effect_noise(size, 60).convert("RGB")
    translate = translator(file, False)
    translate(picture.resize((64, 64)))
    began = time.perf_counter()
    translate(picture)
    seconds = time.perf_counter() - began
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def grid(rows: Sequence[Sequence[Image.Image]], shown: int = 8) -> Image.Image:
    """The first pictures of every row, under each other."""
    sheet = Image.new("RGB", (shown * SIZE, len(rows) * SIZE))
    for y, row in enumerate(rows):
        for x, picture in enumerate(row[:shown]):
            sheet.paste(picture.resize((SIZE, SIZE)), (x * SIZE, y * SIZE))
    return sheet


if __name__ == "__main__":
    main()
