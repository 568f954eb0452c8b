"""How good a model is on a folder of pictures: distances of its translations to the real ones."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from PIL.Image import Image, Resampling
from torch import Tensor

from i2i_core.errors import InputError, check_range
from i2i_core.evaluation.fcn_evaluation import FCNEvaluation, Pictures, Sides
from i2i_core.evaluation.fcn_score import SegmenterConfig
from i2i_core.evaluation.set_metrics import (
    FEATURE_SIDE,
    FeatureSet,
    PatchSet,
    feature_distance,
    l1_levels,
    look,
    ssim,
)
from i2i_core.images.sizes import fit_short_side, same_aspect
from i2i_core.images.tensors import to_tensor
from i2i_core.method import Method
from i2i_core.networks.deep_features import EFFICIENTNET, DeepFeatures, WeightsUnavailable
from i2i_core.patches.metrics import self_similarity
from i2i_core.progress import Progress, Work

Embedding = Callable[[Tensor], list[Tensor]]  # a picture (1, 3, H, W) to its feature maps
MIN_PICTURES = 4  # pictures on a side that a distribution needs: two in each half


@dataclass(frozen=True)
class EvaluationSettings:
    """What is measured."""

    paired: bool  # picture i of one side shows what picture i of the other does
    reverse: bool = False  # B is translated, and compared with A
    limit: int | None = None  # pictures of each side at most
    short_side: int | None = None  # of every picture, by default as the model has learnt at
    # Whether label maps are translated, as the FCN-score needs; None: where they look like it.
    labels: bool | None = None
    segmenter: SegmenterConfig | None = None  # the reader of the FCN-score, if not the usual
    backbone: str = EFFICIENTNET  # the deep features, see `networks.deep_features`


@dataclass(frozen=True)
class ModelScores:
    """Scores by name, and in words what they are of, and what was left out and why.

    Lower is better for
    - "sliced_wasserstein": of all patches (`set_metrics.PatchSet`), beside two anchors:
      "…_untranslated", of the sources as they are, and "…_real_halves", of the real ones' halves;
    - "kernel" and "frechet", the kernel and the Fréchet distance of mean deep features (where their
      weights can be had), of which the kernel distance is the better one of few pictures, with the
      same anchors ("frechet" without the halves': its bias would rule them);
    - "l1", in grey levels of 0 to 255, and "feature_distance", of deep features in place (pairs);
    higher for
    - "ssim" (pairs); "self_similarity" (else), of a translation and its source;
    - "fcn_pixel_accuracy", "fcn_class_accuracy", "fcn_class_iou", in [0, 1], beside
      "…_real", the same reader's on the real photographs."""

    scores: Mapping[str, float]
    note: str


def evaluate_model(
    method: Method, a: Pictures, b: Pictures, settings: EvaluationSettings,
    train: Sides | None = None,
) -> Work[ModelScores]:  # fmt: skip
    """Translate A (in reverse, B) and score the translations against the real other side. `train`:
    further pairs (A, B) for the FCN-score's reader, see `FCNEvaluation`. The last record holds the
    result. Raises InputError for a model that has learnt nothing, fewer than MIN_PICTURES on a
    side, sides that are no pairs when they should be, and labels that are wanted but missing."""
    sides = (b, a) if settings.reverse else (a, b)
    if settings.reverse and train:
        train = train[::-1]
    evaluation = _Evaluation(method, sides, settings, train)
    total = evaluation.steps
    for step, progress in enumerate(evaluation.run(), start=1):
        yield replace(progress, step=step, total=total)
    result = evaluation.result()
    yield Progress(total, total, note=result.note, result=result)


class _Evaluation:
    """One evaluation of translations of one side beside the other, in phases."""

    def __init__(
        self, method: Method, sides: Sides, settings: EvaluationSettings, train: Sides | None
    ) -> None:
        _check(method, *sides, settings)
        self.method, self.settings = method, settings
        self.sources, self.targets = sides
        self.short_side = settings.short_side or method.capabilities.working_size or 256
        check_range("short side", self.short_side, 32, 2048)
        labels = settings.labels if settings.paired else False
        self.reader = FCNEvaluation.prepare(self.sources, labels, train, settings.segmenter)
        self.counts = [min(len(x), settings.limit or len(x)) for x in sides]
        self.steps = sum(self.counts) + (self.reader.steps if self.reader else 0)
        self.notes: list[str] = []
        self.skipped: list[str] = []  # what, and why
        self.embed = embed = _embedding(method, settings.backbone, self.notes)
        self.halves = [_PictureSet(self.counts[1], embed) for _ in range(2)]
        self.source_set, self.result_set = (_PictureSet(self.counts[0], embed) for _ in range(2))
        self.values: dict[str, list[float]] = defaultdict(list)  # of single pictures

    def run(self) -> Work:
        """All phases; their records are not numbered."""
        # The real ones go into two halves in turn. Only patches and moments are kept.
        for index, picture in enumerate(self._readable(self.targets, self.counts[1], "real")):
            if picture is not None:
                min(self.halves, key=len).add(to_tensor(picture), self._key(index))
            yield Progress(0, self.steps, picture=picture, note="Looking at the real pictures")
        for index, source in enumerate(self._readable(self.sources, self.counts[0], "source")):
            result = None
            if source is not None:
                result = self.method.translate(source, reverse=self.settings.reverse)
                self._compare(index, to_tensor(source), result)
            yield Progress(0, self.steps, picture=result, note="Translating and comparing")
        if min(len(self.source_set), sum(map(len, self.halves))) < MIN_PICTURES:
            reason = next(iter(self.skipped), "")
            raise InputError(f"Fewer than {MIN_PICTURES} pictures of a side can be used. {reason}")
        if self.reader:
            yield from self.reader.run(self.method.device)

    def _compare(self, index: int, source: Tensor, result: Image) -> None:
        translation = to_tensor(result)
        self.source_set.add(source, self._key(index))
        self.result_set.add(translation, self._key(index))
        if not self.settings.paired:
            self.values["self_similarity"].append(self_similarity(translation, source))
        elif (partner := self._partner(index, result)) is not None:
            wanted = to_tensor(partner)
            for name, metric in (("l1", l1_levels), ("ssim", ssim)):
                self.values[name].append(metric(translation, wanted))
            if self.embed:
                distance = feature_distance(self.embed(translation), self.embed(wanted))
                self.values["feature_distance"].append(distance)
            if self.reader:
                self.reader.add(self.sources[index], partner, result)

    def _key(self, index: int) -> int:
        return index if self.settings.paired else -1

    def result(self) -> ModelScores:
        """The scores, once `run` is through."""
        one, other = self.halves
        real = one.patches + other.patches
        scores = {
            "sliced_wasserstein": self.result_set.patches.distance(real),
            "sliced_wasserstein_untranslated": self.source_set.patches.distance(real),
            "sliced_wasserstein_real_halves": one.patches.distance(other.patches),
        }
        scores |= {name: sum(values) / len(values) for name, values in self.values.items()}
        if self.embed:
            features = one.features + other.features
            for ending, pictures in (("", self.result_set), ("_untranslated", self.source_set)):
                scores[f"kernel{ending}"] = pictures.features.kernel_distance(features)
                scores[f"frechet{ending}"] = pictures.features.frechet_distance(features)
            scores["kernel_real_halves"] = one.features.kernel_distance(other.features)
        notes = list(self.notes)
        if self.reader:
            scores |= self.reader.scores
            notes.append(self.reader.note)
        if self.skipped:
            notes.append(f"Left out: {len(self.skipped)}, such as {self.skipped[0]}")
        return ModelScores(scores, " ".join(notes))

    def _readable(self, pictures: Pictures, count: int, kind: str) -> Iterator[Image | None]:
        """The first `count` pictures as they are measured; None for those that cannot be read."""
        for index in range(count):
            try:
                yield fit_short_side(pictures[index].convert("RGB"), self.short_side)
            except InputError as error:
                self.skipped.append(f"{kind} picture {index + 1}: {error}")
                yield None

    def _partner(self, index: int, result: Image) -> Image | None:
        """The real picture that the translation `result` should be, at its size."""
        try:
            target = self.targets[index].convert("RGB")
        except InputError:
            return None  # `skipped` has it among the real pictures
        if not same_aspect(target.size, result.size):
            reason = "The two pictures of the pair have different shapes."
            self.skipped.append(f"pair {index + 1}: {reason}")
            return None
        return target.resize(result.size, Resampling.BICUBIC, reducing_gap=3.0)


class _PictureSet:
    """What is kept of a set of pictures: their patches and their mean deep features."""

    def __init__(self, count: int, embed: Embedding | None) -> None:
        self.patches, self.features, self.embed = PatchSet(count), FeatureSet(), embed

    def __len__(self) -> int:
        return len(self.patches.levels[0])

    def add(self, picture: Tensor, key: int) -> None:
        self.patches.add(picture)
        if self.embed:
            self.features.add(self.embed(picture), key)


def _check(
    method: Method, sources: Pictures, targets: Pictures, settings: EvaluationSettings
) -> None:
    method.check_direction(settings.reverse)
    if settings.limit is not None and settings.limit < MIN_PICTURES:
        advice = f"evaluate on {MIN_PICTURES} pictures or more."
        raise InputError(f"The limit is {settings.limit}: {advice}")
    for name, side in (("to translate", sources), ("to compare with", targets)):
        if len(side) < MIN_PICTURES:
            needs = f"a distribution needs {MIN_PICTURES} or more, better a hundred."
            raise InputError(f"There are {len(side)} pictures {name}: {needs}")
    if settings.paired and len(sources) != len(targets):
        problem = f"{len(sources)} pictures do not match {len(targets)}."
        raise InputError(f"Pairs are needed: {problem} Without pairs, evaluate unpaired.")
    if settings.labels and not settings.paired:
        raise InputError("The FCN-score needs pairs of a label map and a photograph.")


def _embedding(method: Method, backbone: str, notes: list[str]) -> Embedding | None:
    """From a picture (1, 3, H, W) to its deep features (1, C, H, W), where they can be had."""
    try:
        network = DeepFeatures(backbone, without="The scores made of them are left out.")
    except WeightsUnavailable as missing:
        notes.append(str(missing))
        return None
    network.to(method.device)
    notes.append(
        f"Fréchet and kernel distance are of {network.channels[-1]} features of {backbone}, "
        f"averaged over each picture at {FEATURE_SIDE} pixels: not FID and KID, which take "
        "Inception's. Of few pictures, trust the kernel distance. The distance of features is not "
        "LPIPS, which weighs them as people do."
    )
    return partial(look, network)
