"""Measures texture swap on test pictures: `python -m benchmarks.texture --data DIR`.

How well the models rebuild pictures that they never saw; how near swaps come to the texture picture
(sliced Wasserstein distance), as a whole and within regions that show the same kind of thing, and
how much of the structure picture's arrangement they keep, beside copies and colour transfer; what a
swap costs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from benchmarks.baselines import colour_transfer
from benchmarks.domain import grid
from i2i_core.checkpoints.model_zoo import LoadedModel, open_model, resolve
from i2i_core.data.folders import Folder, readable
from i2i_core.evaluation.set_metrics import l1_levels, ssim
from i2i_core.images.files import open_image
from i2i_core.images.sizes import fit_long_side, fit_short_side
from i2i_core.images.tensors import to_tensor
from i2i_core.methods.swapping_codes import decode, encode
from i2i_core.patches.matched_regions import RegionPair, matched_regions
from i2i_core.patches.metrics import matched_wasserstein, self_similarity, sliced_wasserstein
from i2i_core.patches.semantic_guides import semantic_features
from i2i_core.pipelines.instant_swap import InstantSwap
from i2i_core.pipelines.texture_swap import PATCHES, as_swapper, choose, swap
from i2i_core.progress import last_picture

SIZE = 256
TIMED = (256, 512)  # pixels of both sides
SCALES = 3  # of the SSIM: whole, half and quarter size
PAIRS = 100  # shared by the models
JUDGED_REGIONS = 8  # more than are recoloured by
Pair = tuple[Image.Image, Image.Image]


class Task(NamedTuple):
    """A model and the folders that its test pictures lie in."""

    model: str
    folders: tuple[str, ...]


TASKS = (
    Task("swapping_autoencoder.cats", ("cats/test",)),
    Task(
        "swapping_autoencoder.landscapes",
        ("yosemite/testA", "yosemite/testB", "monet2photo/testB"),
    ),
)


def main() -> None:
    """Print tables and save grids."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("I2I_DATA"))
    parser.add_argument("--folder", type=Path, help="models here go before the shipped ones")
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"))
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.size)
        return
    if options.data is None:
        parser.error("--data: name the folder that holds cats/, yosemite/ and monet2photo/.")
    options.out.mkdir(parents=True, exist_ok=True)
    files = {task.model: find(task.model, options.folder) for task in TASKS}
    each = max(1, options.pairs // len(TASKS))
    for task in TASKS:
        pictures = test_pictures(options.data, task.folders, each)
        model = open_model(files[task.model])
        rebuild(model, pictures)
        sheet = swaps(model.info.name, model, test_pairs(pictures, each))
        sheet.save(options.out / f"texture_{task.model}.png")
    if pairs := named_pairs(options.data / "photo_pairs"):
        swaps("photo_pairs", None, pairs).save(options.out / "texture_photo_pairs.png")
    print(f"\n{'one swap, encoding included':50}{'seconds':>12}{'peak MB':>12}")
    for name, file in files.items():
        for size in TIMED:
            call = [sys.executable, "-m", "benchmarks.texture", "--measure", str(file)]
            process = subprocess.run(
                [*call, "--size", str(size)], check=True, capture_output=True, text=True
            )
            seconds, peak = map(float, process.stdout.split())
            print(f"{f'{name}, {size} x {size}':50}{seconds:12.2f}{peak:12.0f}")


def find(model: str, folder: Path | None) -> Path:
    """The model's file, in `folder` if it is there."""
    path = (folder or Path()) / f"{model}.safetensors"
    return path if path.is_file() else resolve(model)


def test_pictures(data: Path, folders: tuple[str, ...], limit: int) -> list[Image.Image]:
    """Test pictures, from each folder as many, squares of SIZE pixels."""
    share = -(-limit // len(folders))
    squares = []
    for folder in folders:
        for picture in list(readable(Folder(data / folder)))[:share]:
            scaled = fit_short_side(picture.convert("RGB"), SIZE)
            squares.append(scaled.crop((0, 0, SIZE, SIZE)))
    return squares


def rebuild(model: LoadedModel, pictures: list[Image.Image]) -> None:
    """Print how well the model gives pictures back."""
    method = as_swapper(model)
    pairs = [
        (to_tensor(decode(method, encode(method, picture))), to_tensor(picture))
        for picture in pictures
    ]
    error = np.mean([l1_levels(a, b) for a, b in pairs])
    by_scale = np.mean([[ssim(*both) for both in scales(a, b)] for a, b in pairs], 0)
    smallest = [(F.interpolate(x, (32, 32), mode="area")) for pair in pairs for x in pair]
    blurred = [
        l1_levels(F.interpolate(x, (SIZE, SIZE), mode="bicubic").clamp(0, 1), pairs[n][1])
        for n, x in enumerate(smallest[1::2])
    ]
    print(f"\n{model.info.name}: {len(pictures)} pictures rebuilt")
    print(f"  L1 {error:.1f} of 255 (the picture at 32 pixels, enlarged: {np.mean(blurred):.1f})")
    sizes = ", ".join(f"{value:.3f}" for value in by_scale)
    print(f"  SSIM at whole, half and quarter size {sizes}; their mean {by_scale.mean():.3f}")


def scales(a: Tensor, b: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Both pictures at SCALES sizes, each half as large as the one before."""
    for _ in range(SCALES):
        yield a, b
        a, b = (F.avg_pool2d(x, 2) for x in (a, b))


def test_pairs(pictures: list[Image.Image], count: int) -> list[Pair]:
    """Each picture with the one two fifths of the list further on."""
    number = len(pictures)
    step = next(k for k in range(number * 2 // 5, number) if np.gcd(k, number) == 1)
    return [(pictures[n % number], pictures[(n + step) % number]) for n in range(count)]


def named_pairs(folder: Path) -> list[Pair]:
    """NAME_a and NAME_b of a folder, in both directions, their longer side SIZE pixels."""
    pairs = []
    for path in sorted(folder.glob("*_a.*")):
        files = path, path.with_name(path.name.replace("_a.", "_b."))
        one, other = (fit_long_side(open_image(file), SIZE) for file in files)
        pairs += [(one, other), (other, one)]
    return pairs


def swaps(name: str, model: LoadedModel | None, pairs: list[Pair]) -> Image.Image:
    """Print how swaps of pairs score; returns pictures of the first ones."""
    makers: dict[str, Callable[[Image.Image, Image.Image], Image.Image]] = {
        "the structure picture": lambda one, _: one,
        "the texture picture": lambda one, other: other.resize(one.size),
        "colour transfer": colour_transfer,
        "recoloured": lambda one, other: InstantSwap(one, other).recoloured,
        "re-made": lambda one, other: last_picture(swap(one, other, PATCHES)),
    }
    if model is not None:
        makers["the network alone (detail 0)"] = lambda one, other: last_picture(
            swap(one, other, model, detail=0)
        )
        makers["the model"] = lambda one, other: last_picture(swap(one, other, model))
    tensors = [tuple(map(to_tensor, pair)) for pair in pairs]
    regions = [
        matched_regions(*map(semantic_features, pair), count=JUDGED_REGIONS, softness=0)
        for pair in tensors
    ]
    print(f"{name}: {len(pairs)} swaps{'SWD':>32}{'within':>12}{'self-sim.':>12}{'CPU s':>12}")
    rows: list[list[Image.Image]] = [[pair[k] for pair in pairs] for k in (0, 1)]
    for title, make in makers.items():
        began = time.process_time()
        results = [make(*pair).resize(pair[0].size) for pair in pairs]
        seconds = (time.process_time() - began) / len(pairs)
        scores = [
            score(to_tensor(result), *both, shown)
            for result, both, shown in zip(results, tensors, regions, strict=True)
        ]
        numbers = "".join(f"{value:12.3f}" for value in np.mean(scores, 0))
        print(f"  {title:38}{numbers}{seconds:12.2f}", flush=True)
        rows.append(results)
    if model is not None:
        chosen = np.mean([wins(model, *pair) for pair in pairs[:20]])
        print(f"  left to choose, the model makes {100 * chosen:.0f} % of the swaps")
    return grid([*rows[:2], *rows[4:]])


def score(
    result: Tensor, structure: Tensor, texture: Tensor, regions: RegionPair
) -> tuple[float, float, float]:
    """Distance to the texture picture, as a whole and within regions, and what is kept."""
    return (
        sliced_wasserstein(result, texture),
        matched_wasserstein(result, texture, regions),
        self_similarity(result, structure),
    )


def wins(model: LoadedModel, structure: Image.Image, texture: Image.Image) -> bool:
    """Whether the page, left to choose, would have the model make this swap."""
    if choose(structure, texture) == PATCHES:
        return False
    swapped = last_picture(swap(structure, texture, model))
    return InstantSwap(structure, texture).is_beaten_by(swapped)


def measure(file: Path, size: int) -> None:
    """Print the seconds of a swap, and the process's peak memory in megabytes; in a process of its
    own, for the peak does not fall."""
    import resource

    one, other = (Image.effect_noise((size, size), sigma).convert("RGB") for sigma in (30, 60))
    model = open_model(file)
    last_picture(swap(one, other, model, short_side=64))
    began = time.perf_counter()
    last_picture(swap(one, other, model, short_side=size))
    seconds = time.perf_counter() - began
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
