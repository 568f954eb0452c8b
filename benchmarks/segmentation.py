"""Measures automatic segmentation with true label maps: `python -m benchmarks.segmentation --help`.

Found labels are matched with true ones one to one, so that as many pixels as possible are right
(Kuhn 1955); as many labels are asked for as the truth has, two to eight."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from examples.scenes import NAMES, draw
from i2i_core.errors import InputError
from i2i_core.images.files import open_image
from i2i_core.images.sizes import fit_long_side
from i2i_core.labels.colours import nearest_colour
from i2i_core.labels.maps import PALETTE, UNLABELLED, Ids, decode, encode, resize
from i2i_core.labels.palettes import FACADES
from i2i_core.pipelines.segmentation import segment

SMALL = 0.02  # of the labelled pixels: true labels with less are not counted, nor their pixels
ONE_STUFF = "000000184101"  # a photograph of COCO-Stuff all of whose pixels have one label
MAX_CLASSES = 8


class Case(NamedTuple):
    """A photograph and its true ids (H, W), 255 where they are unknown."""

    name: str
    photo: Image.Image
    truth: Ids


class Scores(NamedTuple):
    """Pixel accuracy, mean IoU, and processor time in seconds."""

    accuracy: float
    mean_iou: float
    seconds: float


def scenes(data: Path) -> Iterator[Case]:
    """The labelled pictures of Li et al. 2020, and photographs of COCO-Stuff: of things and stuff
    indoors and out. The weights of segmentation were chosen on these."""
    for label in sorted((data / "semantic_analogy").glob("*/label.png")):
        labels = decode(open_image(label, flatten=False))
        yield Case(label.parent.name, open_image(label.parent / "img.png"), labels.ids)
    folder = data / "labelled_photos" / "cocostuff"
    for label in sorted((folder / "train_label").glob("*.png")):
        if label.stem != ONE_STUFF:
            yield _grey_case(label, folder / "train_img")


def streets(data: Path) -> Iterator[Case]:
    """Every 33rd picture of CamVid's films; the weights were chosen on neighbours of some, too."""
    for label in sorted((data / "streets" / "train_label").glob("*.png"))[16::33]:
        yield _grey_case(label, data / "streets" / "train_photo")


def facades(data: Path) -> Iterator[Case]:
    """Every tenth test picture of the CMP Facade Database; nothing was chosen on them."""
    for label in sorted((data / "facades" / "test_label").glob("*.jpg"))[::10]:
        pixels = np.asarray(open_image(label))
        ids, _ = nearest_colour(pixels, tuple(FACADES.values()))
        photo = open_image(data / "facades" / "test_photo" / label.name)
        yield Case(label.stem, photo, ids.astype(np.uint8))


def drawn(size: int = 320) -> Iterator[Case]:
    """The project's own drawn scenes, whose truth is known."""
    for name in NAMES:
        scene = draw(name, size)
        if scene.labels is not None:
            yield Case(name, scene.picture, decode(scene.labels).ids)


SETS: dict[str, Callable[[Path], Iterator[Case]]] = {
    "scenes": scenes,
    "streets": streets,
    "facades": facades,
}


def _grey_case(label: Path, photos: Path) -> Case:
    photo = next(photos.glob(f"{label.stem}.*"))
    return Case(label.stem, open_image(photo), np.asarray(Image.open(label), np.uint8))


def measure(case: Case) -> tuple[Scores, Ids]:
    """Segment the photograph of a case; the scores, and the ids."""
    counts = np.bincount(case.truth[case.truth != UNLABELLED], minlength=UNLABELLED)
    large = np.flatnonzero(counts >= SMALL * counts.sum())
    start = time.process_time()
    ids = segment(case.photo, int(np.clip(large.size, 2, MAX_CLASSES)))
    seconds = time.process_time() - start
    known = np.isin(case.truth, large)
    table = np.zeros((large.size, int(ids.max()) + 1))
    true = np.searchsorted(large, case.truth[known])
    np.add.at(table, (true, resize(ids, case.truth.shape[::-1])[known]), 1)
    return Scores(*matched(table), seconds), ids


def matched(table: NDArray[np.float64]) -> tuple[float, float]:
    """Pixel accuracy and mean IoU of a table (true labels, found labels) of counts of pixels, each
    true label matched with the found one that makes most pixels right, if one is left for it."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-table)
    right = table[rows, columns]
    union = table.sum(1)[rows] + table.sum(0)[columns] - right
    return float(right.sum() / table.sum()), float((right / union).sum() / len(table))


def grid(rows: Sequence[tuple[Case, Ids]], side: int = 240) -> Image.Image:
    """Photograph, truth and found regions side by side, a row for each case."""
    tiles = []
    for case, ids in rows:
        truth = np.where(case.truth == UNLABELLED, UNLABELLED, case.truth % len(PALETTE))
        pictures = case.photo, encode(truth.astype(np.uint8)), encode(ids)
        tiles.append([fit_long_side(picture, side).convert("RGB") for picture in pictures])
    heights = [row[0].height for row in tiles]
    sheet = Image.new("RGB", (3 * (side + 4), sum(heights) + 4 * len(heights)), "white")
    for i, row in enumerate(tiles):
        for j, tile in enumerate(row):
            sheet.paste(tile, (j * (side + 4), sum(heights[:i]) + 4 * i))
    return sheet


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table for each set of pictures and save its grid. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.segmentation", description=__doc__)
    parser.add_argument(
        "--data",
        default=os.environ.get("I2I_DATA"),
        help="folder with semantic_analogy/, labelled_photos/, streets/ and facades/ (default: "
        "$I2I_DATA; without it, the project's own drawn scenes)",
    )
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"))
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if options.data is None:
        print("No folder of data was given: measured on the project's own drawn scenes.")
        sets = {"drawn scenes": list(drawn())}
    else:
        sets = {name: list(SETS[name](Path(options.data))) for name in options.sets}
    options.out.mkdir(parents=True, exist_ok=True)
    for name, cases in sets.items():
        if not cases:
            print(f"{name}: skipped, for the folder has no such pictures.")
            continue
        try:
            segment(cases[0].photo)  # the first call also imports, and loads the network
            found = [measure(case) for case in cases]
        except InputError as error:
            print(f"benchmarks: {error}", file=sys.stderr)
            return 2
        print(f"\n{table(name, cases, [scores for scores, _ in found])}")
        path = options.out / f"segmentation_{name.replace(' ', '_')}.png"
        grid([(case, ids) for case, (_, ids) in zip(cases, found, strict=True)]).save(path)
        print(f"\n{path}")
    return 0


def table(name: str, cases: Sequence[Case], scores: Sequence[Scores]) -> str:
    """A Markdown table: a row for each picture, then the mean."""
    lines = [f"| {name} | accuracy | mIoU | CPU s |", "| --- | ---: | ---: | ---: |"]
    mean = Scores(*np.mean(scores, 0))
    for row, s in zip([*(c.name for c in cases), "mean"], [*scores, mean], strict=True):
        lines.append(f"| {row} | {s.accuracy:.3f} | {s.mean_iou:.3f} | {s.seconds:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
