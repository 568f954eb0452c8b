"""How good a model is on a folder of pictures: distances of its translations to the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import torch
from PIL.Image import Image, Resampling
from torch import Tensor

from i2i_core.errors import InputError, check_range
from i2i_core.evaluation.fcn_evaluation import FCNEvaluation
from i2i_core.evaluation.fcn_score import SegmenterConfig
from i2i_core.evaluation.set_metrics import Moments, PatchSet, frechet_distance, l1_levels, ssim
from i2i_core.images.sizes import fit_short_side, same_aspect
from i2i_core.images.tensors import to_tensor
from i2i_core.method import Method
from i2i_core.networks.deep_features import DINO, DeepFeatures, WeightsUnavailable
from i2i_core.patches.metrics import self_similarity
from i2i_core.progress import Progress, Work

Pictures = Sequence[Image]
Embedding = Callable[[Tensor], Tensor]  # a picture (1, 3, H, W) to a vector (1, D)
FRECHET_SIDE = 224  # pixels, as most published networks were trained
ALONE = 4  # pictures on a side that a distribution needs: two in each half


def evaluate_model(
    method: Method,
    a: Pictures,
    b: Pictures,
    *,
    paired: bool,
    reverse: bool = False,
    limit: int | None = None,
    size: int | None = None,
    labels: bool | None = None,
    train: tuple[Pictures, Pictures] | None = None,
    segmenter: SegmenterConfig | None = None,
    backbone: str = DINO,
) -> Work:
    """Translate A (with `reverse`, B) and score the translations against the real other side.

    `paired`: picture i of one side shows what picture i of the other does. `limit`: so many
    pictures of each side at most. `size`: pixels of every picture's shorter side, by default the
    size that the model was made for. `labels`: whether the FCN-score is wanted, for which what is
    translated must be label maps of a pair; None: where it is so. `train`: further pairs (A, B) to
    teach its reader with; else that learns from one half of the pairs at hand and reads the other,
    and the other way round. `backbone`: the deep features of the Fréchet distance.

    Every record shows a translation or says what is done; the last one's `losses` are the scores,
    its `note` what was left out and why. Lower is better for
    - "sliced_wasserstein": of all patches (`set_metrics.PatchSet`), beside two anchors:
      "…_untranslated", of the sources as they are, and "…_real_halves", of the real ones' halves;
    - "frechet" (and "frechet_untranslated"), where the weights of the deep features can be had;
    - "l1", in grey levels of 0 to 255 (pairs);
    higher for
    - "ssim" (pairs); "self_similarity" (else), of a translation and its source;
    - "fcn_pixel_accuracy", "fcn_class_accuracy", "fcn_class_iou", in [0, 1], beside
      "…_real", the same reader's on the real photographs.

    Raises InputError for a model that has learnt nothing, for fewer than ALONE pictures on a side,
    for sides that are no pairs when they should be, and for labels that are wanted but not there.
    """
    sources, targets = (b, a) if reverse else (a, b)
    if train is not None and reverse:
        train = train[1], train[0]
    _check(method, sources, targets, paired, reverse, limit, labels)
    if size is None:
        size = int(getattr(getattr(method, "config", None), "size", 256))
    check_range("size", size, 32, 2048)
    reading = FCNEvaluation.prepare(sources, labels if paired else False, train, segmenter)
    count_s, count_t = (min(len(side), limit or len(side)) for side in (sources, targets))
    total = count_t + count_s + (reading.steps if reading else 0)
    notes: list[str] = []
    skipped: dict[str, str] = {}
    embed = _embedding(method, backbone, notes)

    # The real ones go into two halves in turn; those of pairs are looked at again beside their
    # translations, for only the patches and moments are kept.
    halves = [_Set(count_t, embed), _Set(count_t, embed)]
    for step, picture in enumerate(_readable(targets, count_t, size, "real", skipped), start=1):
        if picture is not None:
            min(halves, key=len).add(to_tensor(picture))
        yield Progress(step, total, picture=picture, note="Looking at the real pictures")

    source_set, result_set = _Set(count_s, embed), _Set(count_s, embed)
    sums: dict[str, list[float]] = {}
    for index, picture in enumerate(_readable(sources, count_s, size, "source", skipped)):
        result = None
        if picture is not None:
            result = _translate(method, picture, reverse)
            source, translated = to_tensor(picture), to_tensor(result)
            source_set.add(source)
            result_set.add(translated)
            if not paired:
                agreement = self_similarity(translated, source)
                sums.setdefault("self_similarity", []).append(agreement)
            elif (target := _partner(targets, index, result, skipped)) is not None:
                wanted = to_tensor(target)
                sums.setdefault("l1", []).append(l1_levels(translated, wanted))
                sums.setdefault("ssim", []).append(ssim(translated, wanted))
                if reading:
                    reading.add(sources[index], target, result)
        step = count_t + index + 1
        yield Progress(step, total, picture=result, note="Translating and comparing")
    if min(len(source_set), len(halves[0]) + len(halves[1])) < ALONE:
        raise InputError(f"Fewer than {ALONE} pictures of a side can be used. {_first(skipped)}")

    real = halves[0].patches + halves[1].patches
    scores = {
        "sliced_wasserstein": result_set.patches.distance(real),
        "sliced_wasserstein_untranslated": source_set.patches.distance(real),
        "sliced_wasserstein_real_halves": halves[0].patches.distance(halves[1].patches),
    }
    scores |= {name: sum(values) / len(values) for name, values in sums.items()}
    if embed:
        deep = halves[0].deep + halves[1].deep
        scores["frechet"] = frechet_distance(result_set.deep, deep)
        scores["frechet_untranslated"] = frechet_distance(source_set.deep, deep)
    if reading:
        for step, progress in enumerate(reading.run(_device(method)), count_t + count_s + 1):
            yield Progress(step, total, progress.losses, note=progress.note)
        scores |= reading.scores
        notes.append(reading.note)
    if skipped:
        notes.append(f"Left out: {len(skipped)}, such as {_first(skipped)}")
    yield Progress(total, total, scores, note=" ".join(notes))


class _Set:
    """What is kept of a set of pictures: their patches, and the moments of their deep features."""

    def __init__(self, pictures: int, embed: Embedding | None) -> None:
        self.patches, self.deep, self.embed = PatchSet(pictures), Moments(), embed
        self.count = 0

    def __len__(self) -> int:
        return self.count

    def add(self, picture: Tensor) -> None:
        self.count += 1
        self.patches.add(picture)
        if self.embed:
            self.deep.add(self.embed(picture))


def _translate(method: Method, picture: Image, reverse: bool) -> Image:
    return method.translate(picture, reverse=True) if reverse else method.translate(picture)


def _check(
    method: Method,
    sources: Pictures,
    targets: Pictures,
    paired: bool,
    reverse: bool,
    limit: int | None,
    labels: bool | None,
) -> None:
    if reverse and not method.two_way:
        raise InputError("This model translates in one direction only: leave reverse off.")
    if limit is not None and limit < ALONE:
        raise InputError(f"The limit is {limit}: evaluate on {ALONE} pictures or more.")
    for name, side in (("to translate", sources), ("to compare with", targets)):
        if len(side) < ALONE:
            raise InputError(
                f"There are {len(side)} pictures {name}: a distribution needs {ALONE} or more, "
                "better a hundred."
            )
    if paired and len(sources) != len(targets):
        raise InputError(
            f"Pairs are needed: {len(sources)} pictures do not match {len(targets)}. "
            "Without pairs, evaluate unpaired."
        )
    if labels and not paired:
        raise InputError("The FCN-score needs pairs of a label map and a photograph.")


def _readable(
    pictures: Pictures, count: int, size: int, kind: str, skipped: dict[str, str]
) -> Iterator[Image | None]:
    """The first `count` pictures at `size`, nothing in place of those that cannot be read."""
    for index in range(count):
        try:
            yield fit_short_side(pictures[index].convert("RGB"), size)
        except InputError as error:
            skipped[f"{kind} picture {index + 1}"] = str(error)
            yield None


def _partner(targets: Pictures, index: int, result: Image, skipped: dict[str, str]) -> Image | None:
    """The real picture that the translation `result` should be, at its size."""
    try:
        target = targets[index].convert("RGB")
    except InputError:
        return None  # it has been said of the real pictures
    if not same_aspect(target.size, result.size):
        skipped[f"pair {index + 1}"] = "The two pictures of the pair have different shapes."
        return None
    return target.resize(result.size, Resampling.BICUBIC, reducing_gap=3.0)


def _embedding(method: Method, backbone: str, notes: list[str]) -> Embedding | None:
    """From a picture (1, 3, H, W) to its mean deep feature (1, D), where that can be had."""
    try:
        network = DeepFeatures(backbone, without="The Fréchet distance is left out.")
    except WeightsUnavailable as missing:
        notes.append(str(missing))
        return None
    network.to(_device(method))
    notes.append(
        f"The Fréchet distance is of {network.channels[-1]} features of {backbone}, averaged over "
        f"each picture at {FRECHET_SIDE} pixels: not FID, which takes Inception's."
    )

    @torch.no_grad()
    def embed(picture: Tensor) -> Tensor:
        square = torch.nn.functional.interpolate(
            picture.to(_device(method)),
            (FRECHET_SIDE, FRECHET_SIDE),
            mode="bicubic",
            antialias=True,
        )
        features: Tensor = network(square.clamp(0, 1))[-1]
        return features.mean((2, 3))

    return embed


def _device(method: Method) -> torch.device:
    return next(chain(method.parameters(), method.buffers()), torch.empty(0)).device


def _first(skipped: dict[str, str]) -> str:
    return next((f"{name}: {why}" for name, why in skipped.items()), "")
