"""The baselines of the analogies, and one case measured by all of them and by our own method."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from i2i_core.evaluation.result import evaluate_labels, evaluate_pictures
from i2i_core.images.sizes import fit_long_side
from i2i_core.images.tensors import to_image, to_tensor
from i2i_core.labels.maps import decode_together, fill_unlabelled, resize
from i2i_core.patches.synthesis import synthesize
from i2i_core.patches.task import Task, settings_for
from i2i_core.pipelines import analogy
from i2i_core.progress import Progress

OURS = "ours"
IMPORT = (
    "import time, torch; start = time.perf_counter(); import i2i_core.methods; "
    "print(time.perf_counter() - start)"
)
Size = tuple[int, int]  # width, height


@dataclass(frozen=True)
class Case:
    """One task. Semantic, when there are `labels`: `structure` is the wanted label map and
    `appearance` the photograph that `labels` belongs to. Else structural: A and B."""

    name: str
    structure: Image.Image
    appearance: Image.Image
    labels: Image.Image | None = None


@dataclass
class Result:
    """A picture, its numbers by name, and the correspondence that was chosen, if one was."""

    picture: Image.Image
    scores: dict[str, float] = field(default_factory=dict)
    correspondence: str = ""


def mean_colour_per_label(
    photo: Image.Image, labels: Image.Image, target: Image.Image, size: Size
) -> Image.Image:
    """`target` (a label map) at `size`, each label painted in the mean RGB colour that it has in
    `photo`, whose own label map is `labels`: everything in its place, and no texture at all."""
    photo_map, target_map = decode_together(labels, target)
    photo_ids = resize(fill_unlabelled(photo_map.ids), photo.size)
    target_ids = resize(fill_unlabelled(target_map.ids), size)
    pixels = np.asarray(photo.convert("RGB"), np.float64)
    means = np.zeros((len(photo_map.colours), 3))
    for label in np.unique(photo_ids):
        means[label] = pixels[photo_ids == label].mean(0)
    return Image.fromarray(means.round().astype(np.uint8)[target_ids])


def colour_transfer(structure: Image.Image, appearance: Image.Image) -> Image.Image:
    """`structure` with the mean and standard deviation of each CIELAB channel of `appearance`
    (Reinhard et al. 2001, eq. 10 and 11, there in lαβ); colours out of gamut are clipped."""
    from skimage.color import lab2rgb, rgb2lab

    a, b = (rgb2lab(np.asarray(x.convert("RGB"))) for x in (structure, appearance))
    spread = a.std((0, 1))
    # A channel without variance has nothing to stretch: only its mean moves.
    gain = np.where(spread > 1e-3, b.std((0, 1)) / np.maximum(spread, 1e-3), 1.0)
    moved = (a - a.mean((0, 1))) * gain + b.mean((0, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Its warning about colours out of gamut: they are clipped.
        rgb = lab2rgb(moved)
    return Image.fromarray((rgb.clip(0, 1) * 255).round().astype(np.uint8))


def unguided(appearance: Image.Image, size: Size, seed: int = 0) -> Image.Image:
    """`size` pixels of `appearance`'s stuff in no particular place: our own engine with a guide
    that says nothing. What a guided result is more than that, the guides have done."""
    source = to_tensor(appearance)
    guide = torch.zeros(1, 1, size[1], size[0])
    task = Task(source, torch.zeros_like(source[:, :1]), guide)
    *_, level = synthesize(task, settings_for(max(size), seed=seed))
    return to_image(level.picture)


def measure(case: Case, size: int, warm_up: bool = True) -> dict[str, Result]:
    """Run every baseline and our method (last) on a case, at `size` pixels, and score them.

    Call it in a fresh process: `memory` is the peak of all that the process has done.
    """
    if warm_up:  # The first call also imports modules: that is not its own time.
        for _ in _ours(case, 64):
            pass
    ours = _timed(partial(_ours, case, size))
    ours.scores["memory"] = peak_memory()
    appearance = fit_long_side(case.appearance, size)
    results = {
        name: _timed(partial(_at_once, make))
        for name, make in _baselines(case, appearance, ours.picture.size).items()
    }
    results[OURS] = ours
    for result in results.values():
        result.scores |= _scores(case, result.picture, appearance)
    return results


def _ours(case: Case, size: int) -> Iterable[Progress]:
    if case.labels is None:
        return analogy.structural_analogy(case.structure, case.appearance, long_side=size)
    return analogy.semantic_analogy(case.appearance, case.labels, case.structure, long_side=size)


def _baselines(
    case: Case, appearance: Image.Image, size: Size
) -> dict[str, Callable[[], Image.Image]]:
    without_guide = partial(unguided, appearance, size)
    if case.labels is not None:
        return {
            "copy of source": partial(appearance.resize, size),
            "mean colour": partial(
                mean_colour_per_label, appearance, case.labels, case.structure, size
            ),
            "unguided": without_guide,
        }
    structure = case.structure.resize(size, Image.Resampling.LANCZOS)
    return {
        "copy of A": structure.copy,
        "copy of B": appearance.copy,
        "colour transfer": partial(colour_transfer, structure, appearance),
        "unguided": without_guide,
    }


def _at_once(make: Callable[[], Image.Image]) -> Iterable[Progress]:
    yield Progress(1, 1, picture=make())


def _timed(start: Callable[[], Iterable[Progress]]) -> Result:
    """Run the work to its end: seconds by the processors' and by the wall clock, to the first
    picture that it shows and to the last."""
    wall, cpu = time.perf_counter(), time.process_time()
    seconds: dict[str, float] = {}
    picture, correspondence = None, ""
    for progress in start():
        if progress.picture is not None:
            picture = progress.picture
            if not seconds:
                seconds["first_cpu"] = time.process_time() - cpu
                seconds["first_wall"] = time.perf_counter() - wall
        if progress.result is not None and progress.result.tried:
            correspondence = progress.result.tried[0].name  # the best is the one that is finished
    seconds["cpu"], seconds["wall"] = time.process_time() - cpu, time.perf_counter() - wall
    assert picture is not None
    return Result(picture, seconds, correspondence)


def _scores(case: Case, picture: Image.Image, appearance: Image.Image) -> dict[str, float]:
    result, source = to_tensor(picture), to_tensor(appearance)
    if case.labels is None:
        structure = case.structure.resize(picture.size, Image.Resampling.LANCZOS)
        return evaluate_pictures(result, source, to_tensor(structure))
    labels = evaluate_labels(result, source, case.labels, case.structure)
    return evaluate_pictures(result, source) | labels


def peak_memory() -> float:
    """Most memory that this process has had resident, in MB (10⁶ bytes)."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux. Its ru_maxrss would also count what the parent process held when it started us.
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024 / 1e6
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 1e6 if sys.platform == "darwin" else used * 1024 / 1e6


def import_seconds(runs: int = 5) -> float:
    """Median time of importing `i2i_core.methods` in a new interpreter that has torch already."""
    command = [sys.executable, "-c", IMPORT]
    root = Path(__file__).resolve().parent.parent
    return statistics.median(
        float(subprocess.run(command, cwd=root, check=True, capture_output=True).stdout)
        for _ in range(runs)
    )
