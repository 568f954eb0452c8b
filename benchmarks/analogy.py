"""Measures both analogies against simple baselines: `python -m benchmarks.analogy --help`."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageDraw

from benchmarks.baselines import OURS, Case, Result, import_seconds, measure, peak_memory
from examples.scenes import draw
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.images.sizes import fit_long_side
from i2i_core.labels import edits as label_edits
from i2i_core.labels.maps import decode, encode

PAIRS = (("208", "209"), ("202", "203"), ("309", "308"), ("108", "109"), ("8", "9"))
DRAWN_PAIRS = (
    ("oranges", "bowls"),
    ("pebbles", "cracked"),
    ("letter_plain", "letter"),
    ("mosaic", "cracked"),
)
# Scene, label, what is done to its region; lengths are shares of the picture's side.
DRAWN_EDITS: tuple[tuple[str, str, Callable[..., Any], tuple[float, ...]], ...] = (
    ("lake", "lake", label_edits.grow, (0.06,)),
    ("lake", "mountains", label_edits.move, (0, -0.08)),
    ("fields", "wood", label_edits.grow, (0.05,)),
    ("fields", "oilseed rape", label_edits.shrink, (0.05,)),
)
SOURCE = {
    "coherence": "coherence",
    "completeness": "completeness",
    "SWD": "sliced_wasserstein",
}
COST = {"CPU s": "cpu", "wall s": "wall", "MB": "memory"}
# Task -> the columns of its table: heading and name of the number.
COLUMNS = {
    "semantic": {
        **SOURCE,
        "accuracy": "accuracy",
        "mIoU": "mean_iou",
        "ceiling": "mean_iou_ceiling",
        **COST,
    },
    "structural": {
        **SOURCE,
        "layout": "self_similarity",
        "edges": "boundary_agreement",
        "first CPU s": "first_cpu",
        "first wall s": "first_wall",
        **COST,
    },
}
Measured = list[tuple[Case, dict[str, Result]]]


def semantic_cases(data: Path | None, size: int) -> Iterator[Case]:
    """Every edited label map of the folder `data`; without one, edits of the drawn scenes.

    Raises InputError when the folder has none, or a picture cannot be read.
    """
    if data is None:
        for name, label, edit, lengths in DRAWN_EDITS:
            scene = draw(name, size)
            assert scene.labels is not None
            labels = decode(scene.labels)
            region = labels.ids == labels.colours.index(
                scene.label_colours[scene.label_names.index(label)]
            )
            edited = edit(labels.ids, region, *(round(length * size) for length in lengths))
            yield Case(name, encode(edited, labels.colours), scene.picture, scene.labels)
        return
    targets = sorted((data / "semantic_analogy").glob("*/cond/*.png"))
    if not targets:
        raise InputError("The data folder has no semantic_analogy/NAME/cond/*.png in it.")
    for path in targets:
        folder = path.parent.parent
        if path.name != "rec.png" and not path.name.startswith("mask_"):
            photo, labels = (
                open_image(folder / "img.png"),
                open_image(folder / "label.png", flatten=False),
            )
            yield Case(folder.name, open_image(path, flatten=False), photo, labels)


def structural_cases(data: Path | None, size: int) -> Iterator[Case]:
    """Both directions of every pair, one right after the other."""
    for names in DRAWN_PAIRS if data is None else PAIRS:
        a, b = (draw(name, size).picture if data is None else _photo(data, name) for name in names)
        yield Case(f"{names[0]} → {names[1]}", a, b)
        yield Case(f"{names[1]} → {names[0]}", b, a)


def _photo(data: Path, name: str) -> Image.Image:
    png = data / "structural_analogy" / f"{name}.png"
    return open_image(png if png.exists() else png.with_suffix(".jpg"))


def in_fresh_process(threads: int, function: Callable[..., Any], *arguments: Any) -> Any:
    """What `function` returns in a new process of its own, with that many threads."""
    spawn = get_context("spawn")
    with ProcessPoolExecutor(1, spawn, torch.set_num_threads, (threads,)) as process:
        return process.submit(function, *arguments).result()


def table(task: str, measured: Measured) -> str:
    """A Markdown table: a row for each case (cases of one name averaged) and method, then the
    mean of these rows; for structural analogy also the time of both directions together."""
    columns = COLUMNS[task]
    rows: dict[tuple[str, str], list[Result]] = {}
    for case, results in measured:
        for method, result in results.items():
            rows.setdefault((case.name, method), []).append(result)
    means = {key: _mean([result.scores for result in group]) for key, group in rows.items()}
    methods = list(measured[0][1])
    for method in methods:
        means["mean", method] = _mean([m for (_, other), m in means.items() if other == method])
    if task == "structural":
        both = {k: 2 * v for k, v in means["mean", OURS].items() if k in ("cpu", "wall")}
        means["mean of both directions together", OURS] = both
    lines = [["case", "method", *columns, "guide"]]
    for (name, method), scores in means.items():
        guide = rows[name, method][0].correspondence if (name, method) in rows else ""
        numbers = [_number(scores.get(column)) for column in columns.values()]
        lines.append([name, method, *numbers, guide])
    if task == "semantic":
        lines = [line[:-1] for line in lines]
    lines.insert(1, ["---"] * 2 + ["---:"] * len(columns) + ["---"] * (len(lines[0]) > 11))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _mean(scores: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.fmean(s[name] for s in scores) for name in scores[0]}


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def grid(task: str, measured: Measured, size: int) -> Image.Image:
    """The pictures of a task side by side, a row for each semantic case or pair."""
    rows = []
    if task == "semantic":
        for case, results in measured:
            assert case.labels is not None
            pictures = {name: results[name].picture for name in ("mean colour", OURS)}
            rows.append(
                {"source": case.appearance, "its labels": case.labels, "wanted": case.structure}
                | pictures
            )
    else:
        for (case, there), (_, back) in zip(measured[::2], measured[1::2], strict=True):
            pictures = {name: there[name].picture for name in ("colour transfer", "unguided")}
            rows.append(
                {"A": case.structure, "B": case.appearance}
                | pictures
                | {f"ours A to B, by {there[OURS].correspondence}": there[OURS].picture}
                | {f"ours B to A, by {back[OURS].correspondence}": back[OURS].picture}
            )
    caption = 14
    heights = [caption + max(fit_long_side(p, size).height for p in row.values()) for row in rows]
    sheet = Image.new("RGB", (len(rows[0]) * (size + 4), sum(heights)), "white")
    pen, y = ImageDraw.Draw(sheet), 0
    for row, height in zip(rows, heights, strict=True):
        for column, (name, picture) in enumerate(row.items()):
            pen.text((column * (size + 4) + 2, y + 1), name, "black")
            fitted = fit_long_side(picture.convert("RGB"), size)
            sheet.paste(fitted, (column * (size + 4), y + caption))
        y += height
    return sheet


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, save the picture grids. Returns the exit code."""
    options = _parser().parse_args(arguments)
    data = Path(options.data) if options.data else None
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    fresh = partial(in_fresh_process, options.threads)
    print(f"PyTorch {torch.__version__}, threads: {options.threads}, {options.size} pixels.")
    print("Times are of this one machine, and of whatever else it was doing.")
    if data is None:
        print("No folder of data was given: measured on the project's own drawn scenes.")
    print(f"Importing i2i_core.methods, beyond torch: {import_seconds():.2f} s (median of 5).")
    print(f"Memory after the imports alone: {fresh(peak_memory):.0f} MB.")
    cases = {"semantic": semantic_cases, "structural": structural_cases}
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    try:
        for task in cases if options.task == "all" else [options.task]:
            measured = [
                (c, fresh(measure, c, options.size)) for c in cases[task](data, options.size)
            ]
            print(f"\n{task} analogy\n\n{table(task, measured)}", flush=True)
            path = out / f"{task}_analogy.png"
            grid(task, measured, options.size).save(path)
            print(f"\n{path}")
    except InputError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.analogy", description=__doc__)
    parser.add_argument(
        "--data",
        default=os.environ.get("I2I_DATA"),
        help="folder with semantic_analogy/ and structural_analogy/ (default: $I2I_DATA; "
        "without it, the project's own drawn scenes)",
    )
    parser.add_argument("--out", default="out/benchmarks", help="where the picture grids go")
    parser.add_argument("--size", type=int, default=256, help="longer side, pixels")
    parser.add_argument("--task", choices=("semantic", "structural", "all"), default="all")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch, in each process")
    return parser


if __name__ == "__main__":
    sys.exit(main())
