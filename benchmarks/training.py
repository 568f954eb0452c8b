"""Measures training steps and translations against plain loops: `python -m benchmarks.training`."""

from __future__ import annotations

import argparse
import math
import os
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import numpy as np
import torch
from PIL import Image
from torch.profiler import ProfilerActivity, profile

from benchmarks.analogy import in_fresh_process
from benchmarks.baselines import peak_memory
from benchmarks.plain_training import plain_step, plain_translator
from i2i_core.data.batches import Batches, CropSettings
from i2i_core.data.folders import Folder
from i2i_core.images.tensors import to_tensor
from i2i_core.method import Method, training_mode
from i2i_core.methods import METHODS

COMPARED = ("pix2pix", "cyclegan", "cut")
PLAIN, OURS = "plain", "ours"
CHECKED_STEPS = 5
# Where the time goes: the first of these that the name of a PyTorch operation contains.
PARTS = {
    "convolutions": ("convolution", "conv_depthwise"),
    "matrix products": ("mm", "addmm", "bmm"),
    "optimiser": ("adam", "Optimizer", "addcdiv", "addcmul", "lerp", "foreach"),
    "norms": ("norm",),
    "padding, copies": ("pad", "copy", "cat", "col2im", "im2col", "upsample", "avg_pool"),
}


@dataclass(frozen=True)
class Cost:
    """Milliseconds of every step and translation (the first of each left out), the most memory, MB,
    the losses of the first steps, and shares of our time."""

    step: list[float]
    translation: list[float]
    memory: float
    losses: list[dict[str, float]] = field(default_factory=list)
    parts: dict[str, float] = field(default_factory=dict)


def noise_pictures(size: int, count: int, seed: int) -> list[Image.Image]:
    """`count` pictures of `size` pixels a side, with something of every frequency in them: the work
    does not depend on what they show."""
    random = np.random.default_rng(seed)
    grids = [random.integers(0, 256, (side, side, 3), np.uint8) for side in (8, 32)] * count
    return [
        Image.fromarray(g).resize((size, size), Image.Resampling.BICUBIC) for g in grids[:count]
    ]


def make(name: str, size: int, width: int) -> Method:
    """The method at its published numbers, but for `width` and pictures of `size` pixels a side,
    which are not cropped."""
    kind = METHODS[name]
    if kind.capabilities.task == "single pair":
        return kind()
    changes: dict[str, Any] = {"width": width, "discriminator_width": width, "steps": 1000}
    changes |= {"crop_size": size, "load_size": size, "flip": False}
    if "depth" in vars(kind.Config()):
        changes["depth"] = int(math.log2(size))
    return kind.from_settings(changes)


def prepare(
    name: str, size: int, width: int, count: int
) -> tuple[Method, tuple[list[Image.Image], list[Image.Image]], Batches]:
    """The method, `count` pictures of each side to learn from, and what it sees of them by step."""
    method = make(name, size, width)
    can = method.capabilities
    count = 1 if can.task == "single pair" else count
    pictures = noise_pictures(size, count, 0), noise_pictures(size, count, 1)
    crops = CropSettings(size, size, flip=False)
    return method, pictures, Batches(*pictures, crops, paired=can.needs_pairs)


def compare(name: str, size: int, width: int, steps: int) -> dict[str, Cost]:
    """Ours and the plain way, step by step in turn, so that a busy machine is busy for both."""
    method, pictures, batches = prepare(name, size, width, count=4)
    plain, plain_network = plain_step(method), plain_translator(method)
    fitting = method.fit(*pictures)
    step_ms: dict[str, list[float]] = {PLAIN: [], OURS: []}
    losses: dict[str, list[dict[str, float]]] = {PLAIN: [], OURS: []}
    for number in range(steps):
        a, b = batches[number]
        start = time.perf_counter()
        losses[PLAIN].append(plain(a, b, number))
        middle = time.perf_counter()
        losses[OURS].append(dict(next(fitting).losses))
        step_ms[PLAIN].append(1000 * (middle - start))
        step_ms[OURS].append(1000 * (time.perf_counter() - middle))
    fitting.close()
    source = to_tensor(pictures[0][0])
    translation_ms: dict[str, list[float]] = {PLAIN: [], OURS: []}
    with torch.no_grad(), training_mode(method, method.infers_in_training_mode):
        for _ in range(steps):
            start = time.perf_counter()
            plain_network(source * 2 - 1)
            middle = time.perf_counter()
            method(source)
            translation_ms[PLAIN].append(1000 * (middle - start))
            translation_ms[OURS].append(1000 * (time.perf_counter() - middle))
    return {
        way: Cost(step_ms[way][1:], translation_ms[way][1:], 0.0, losses[way])
        for way in (PLAIN, OURS)
    }


def alone(name: str, size: int, width: int, way: str, steps: int = 3) -> Cost:
    """One way in this process alone: its memory, and for ours where the time goes."""
    method, pictures, batches = prepare(name, size, width, count=2)
    step_ms, parts = [], {}
    if way == PLAIN:
        plain = plain_step(method)
        del method
        for number in range(steps):
            start = time.perf_counter()
            plain(*batches[number], number)
            step_ms.append(1000 * (time.perf_counter() - start))
        return Cost(step_ms[1:], [], peak_memory())
    fitting = method.fit(*pictures)
    for _ in range(steps):
        start = time.perf_counter()
        next(fitting)
        step_ms.append(1000 * (time.perf_counter() - start))
    memory = peak_memory()
    translation = []
    for _ in range(steps):
        start = time.perf_counter()
        method.translate(pictures[0][0])
        translation.append(1000 * (time.perf_counter() - start))
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        next(fitting)
    parts = shares({e.key: e.self_cpu_time_total for e in profiler.key_averages()})
    fitting.close()
    return Cost(step_ms[1:], translation[1:], memory, parts=parts)


def data_cost(step_ms: float, size: int = 256, steps: int = 20) -> tuple[float, float]:
    """Milliseconds to read a batch of two JPEG files of 512 pixels for the first time and cut
    `size` out, and how long a step waits for one that was made during the `step_ms` before."""
    with TemporaryDirectory() as folder:
        for number, picture in enumerate(noise_pictures(512, steps + 1, 2)):
            picture.save(Path(folder, f"{number}.jpg"), quality=92)
        crops = CropSettings(size, size * 286 // 256)
        files = Folder(folder)
        start = time.perf_counter()
        for number in range(4):
            Batches(files, files, crops, seed=number)[0]
        making = 1000 * (time.perf_counter() - start) / 4
        waits = []
        with Batches(files, files, crops) as batches:
            batches[0]
            for number in range(1, steps):
                time.sleep(step_ms / 1000)
                start = time.perf_counter()
                batches[number]
                waits.append(1000 * (time.perf_counter() - start))
    return making, statistics.median(waits)


def shares(times: dict[str, float]) -> dict[str, float]:
    """Each part's share of the time of all operations, the rest last."""
    total = sum(times.values())
    by_part = dict.fromkeys(PARTS, 0.0)
    for operation, time_us in times.items():
        for part, words in PARTS.items():
            if any(word in operation for word in words):
                by_part[part] += time_us / total
                break
    return {**by_part, "the rest": 1 - sum(by_part.values())}


def largest_difference(
    ours: Sequence[Mapping[str, float]], plain: Sequence[Mapping[str, float]]
) -> float:
    """Between the two ways' losses of some steps, relative to losses above 1."""
    return max(
        abs(one[name] - other[name]) / max(1.0, abs(other[name]))
        for one, other in zip(ours, plain, strict=True)
        for name in other
    )


def same_losses(name: str, size: int = 64, width: int = 8, steps: int = CHECKED_STEPS) -> float:
    """The largest difference over the first steps in double precision, at a small size.

    In single precision only the first step can be compared: Adam's first steps have the length of
    the learning rate whatever the gradient's size, so the rounding of gradients that are nearly
    zero decides about whole steps, and the plain loop differs from itself on another number of
    threads.
    """
    method, pictures, batches = prepare(name, size, width, count=4)
    method = method.double()
    plain = plain_step(method)
    doubled = {number: [x.double() for x in batches[number]] for number in range(steps)}
    expected = [plain(*doubled[number], number) for number in range(steps)]
    with doubled_batches():
        fitting = method.fit(*pictures)
        losses = [dict(next(fitting).losses) for _ in range(steps)]
        fitting.close()
    return largest_difference(losses, expected)


@contextmanager
def doubled_batches() -> Iterator[None]:
    """Batches in double precision for what is fitted within."""
    single = Batches._make

    def double(self: Batches, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        a, b = single(self, step)
        return a.double(), b.double()

    with mock.patch.object(Batches, "_make", double):
        yield


def row(name: str, costs: dict[str, Cost], memory: dict[str, float]) -> str:
    """A line of the table: ours, the plain way, and their ratio."""
    cells = [name]
    both = costs[OURS], costs[PLAIN]
    for ours, plain in (
        [statistics.median(cost.step) for cost in both],
        [memory[OURS], memory[PLAIN]],
        [statistics.median(cost.translation) for cost in both],
    ):
        cells += [f"{ours:.0f}", f"{plain:.0f}", f"**{ours / plain:.2f}**"]
    first = largest_difference(costs[OURS].losses[:1], costs[PLAIN].losses[:1])
    return "| " + " | ".join([*cells, f"{first:.0e}", f"{same_losses(name):.0e}"]) + " |"


HEAD = """\
| method | step ms | plain | ratio | MB | plain | ratio | picture ms | plain | ratio | 1st | 5 |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, and where our time goes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--size", type=int, default=256, help="pixels (default 256)")
    parser.add_argument("--width", type=int, default=64, help="first width (default 64)")
    parser.add_argument("--steps", type=int, default=6, help="steps measured (default 6)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads")
    parser.add_argument("--methods", nargs="+", default=[*COMPARED, "sincut"], metavar="METHOD")
    options = parser.parse_args(arguments)
    size, width = options.size, options.width
    parts: dict[str, dict[str, float]] = {}
    print(f"{size} pixels, width {width}, {options.threads} threads, PyTorch {torch.__version__},")
    print(
        f"{torch.backends.cpu.get_cpu_capability()}; medians of {options.steps - 1}. The last two"
    )
    print("columns: losses of the first step, and of 5 small steps in double precision, differ by")
    print(f"\n{HEAD}")
    for name in options.methods:
        run = (options.threads, alone, name, size, width)
        ours = in_fresh_process(*run, OURS)
        parts[name] = ours.parts
        if name not in COMPARED:
            step, picture = (statistics.median(t) for t in (ours.step, ours.translation))
            print(f"| {name} | {step:.0f} | | | {ours.memory:.0f} | | | {picture:.0f} | | | | |")
            continue
        plain = in_fresh_process(*run, PLAIN)
        costs = in_fresh_process(options.threads, compare, name, size, width, options.steps)
        print(row(name, costs, {OURS: ours.memory, PLAIN: plain.memory}), flush=True)
    print(f"\n| where our time goes | {' | '.join([*PARTS, 'the rest'])} |")
    print("| --- |" + " ---: |" * (len(PARTS) + 1))
    for name, by_part in parts.items():
        cells = " | ".join(f"{100 * share:.0f} %" for share in by_part.values())
        print(f"| {name} | {cells} |")
    making, waiting = in_fresh_process(1, data_cost, 50.0)
    print(f"\nData: {making:.1f} ms to make a batch of new files, {waiting:.2f} ms waited for it.")


if __name__ == "__main__":
    main()
