"""Scores of models: perfect translations score as the real pictures do, noise does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import huggingface_hub.constants
import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from i2i_core.errors import InputError
from i2i_core.evaluation import model as model_evaluation
from i2i_core.evaluation.fcn_score import (
    SegmenterConfig,
)
from i2i_core.evaluation.model import EvaluationSettings, ModelScores, evaluate_model
from i2i_core.method import Capabilities, Method
from i2i_core.networks.deep_features import DINO
from i2i_core.progress import Progress, Work
from tests.core.evaluation.conftest import SIDE

FAST = SegmenterConfig(size=32, width=8, steps=60, batch=4, learning_rate=5e-3)


@pytest.fixture(autouse=True)
def nothing_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Hub cache that holds nothing, and no network."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


class Fake(Method):
    """Translates by looking the picture up among those it was given, or else makes noise."""

    Config: ClassVar[type] = dict
    title = "fake"
    capabilities = Capabilities("domains", two_way=True, working_size=SIDE)

    def __init__(self, answers: Sequence[tuple[Image.Image, Image.Image]] = ()) -> None:
        super().__init__()
        self.answers = {one.tobytes(): other for one, other in answers}
        self.fitted = True
        self.directions: list[bool] = []  # whether in reverse, of every translation

    def fit(self, a: Sequence[Image.Image], b: Sequence[Image.Image]) -> Work:
        yield Progress(1, 1)

    def forward(self, source: Tensor, *_: Any, **__: Any) -> Tensor:
        raise NotImplementedError

    def render(
        self,
        source: Image.Image,
        reference: Any = None,
        *,
        reverse: bool = False,
        seed: int | None = None,
    ) -> Work:
        self.directions.append(reverse)
        noise = np.random.default_rng(len(self.directions)).integers(0, 256, (*source.size, 3))
        result = self.answers.get(source.tobytes(), Image.fromarray(noise.astype(np.uint8)))
        yield Progress(1, 1, picture=result)


def evaluate(
    method: Method, a: Any, b: Any, *, train: Any = None, **settings: Any
) -> list[Progress[ModelScores]]:
    """All records of an evaluation."""
    return list(evaluate_model(method, a, b, EvaluationSettings(**settings), train))


def scores_of(method: Method, a: Any, b: Any, **settings: Any) -> dict[str, float]:
    result = evaluate(method, a, b, **settings)[-1].result
    assert result is not None
    return dict(result.scores)


def test_a_perfect_model_scores_as_the_real_photographs_do(pairs: Any) -> None:
    maps, photos = pairs
    method = Fake(list(zip(maps, photos, strict=True)))
    records = evaluate(method, maps, photos, paired=True, segmenter=FAST)
    assert [record.step for record in records[:-1]] == list(range(1, len(records)))
    assert records[-1].step == records[-1].total == records[-2].step
    assert all(record.result is None for record in records[:-1])
    assert records[-1].result is not None
    assert records[-1].note == records[-1].result.note
    scores = records[-1].result.scores
    assert all(type(value) is float for value in scores.values())
    assert scores["l1"] == pytest.approx(0, abs=1e-4)
    assert scores["ssim"] == pytest.approx(1, abs=1e-4)
    assert scores["sliced_wasserstein"] < 0.1 < scores["sliced_wasserstein_untranslated"]
    assert 0 < scores["sliced_wasserstein_real_halves"] < 0.3
    for name in ("fcn_pixel_accuracy", "fcn_class_accuracy", "fcn_class_iou"):
        assert scores[name] == scores[f"{name}_real"]
    assert scores["fcn_pixel_accuracy"] > 0.85
    assert scores["fcn_class_iou"] > 0.6
    assert "self_similarity" not in scores
    assert scores["feature_distance"] == pytest.approx(0, abs=1e-6)
    assert abs(scores["frechet"]) < 1e-3 < scores["frechet_untranslated"]
    assert abs(scores["kernel"]) < 0.05 * scores["kernel_untranslated"]
    assert abs(scores["kernel_real_halves"]) < 0.2 * scores["kernel_untranslated"]

    noisy = scores_of(Fake(), maps, photos, paired=True, segmenter=FAST)
    assert noisy["fcn_pixel_accuracy"] < scores["fcn_pixel_accuracy"] - 0.3
    assert noisy["fcn_class_iou"] < 0.5 * scores["fcn_class_iou"]
    assert noisy["fcn_class_iou_real"] == scores["fcn_class_iou_real"]
    assert noisy["sliced_wasserstein"] > scores["sliced_wasserstein"]
    assert noisy["l1"] > 30
    assert noisy["feature_distance"] > 0.5
    assert noisy["kernel"] > scores["kernel"]
    assert noisy["frechet"] > 1
    assert noisy["ssim"] < 0.3


def test_the_reader_may_learn_from_pairs_of_its_own(pairs: Any) -> None:
    maps, photos = pairs
    few = SegmenterConfig(size=32, width=4, steps=3, batch=2)
    method = Fake(list(zip(maps, photos, strict=True)))
    train = (maps[6:], photos[6:])
    *_, last = evaluate(method, maps[:6], photos[:6], paired=True, train=train, segmenter=few)
    assert last.total == 6 + 6 + 3
    assert "6 pairs of their own" in last.note
    with pytest.raises(InputError, match="not pairs"):
        evaluate(method, maps, photos, paired=True, train=(maps[:2], photos))


def test_unpaired_sides_are_compared_as_sets_and_layouts(pairs: Any) -> None:
    photos = pairs[1]
    identity = Fake([(photo, photo) for photo in photos])
    scores = scores_of(identity, photos[:5], photos[5:], paired=False)
    assert scores["self_similarity"] == pytest.approx(1, abs=1e-4)
    assert scores["sliced_wasserstein"] == scores["sliced_wasserstein_untranslated"]
    assert not {"l1", "ssim", "fcn_class_iou"} & set(scores)
    assert scores_of(Fake(), photos[:5], photos[5:], paired=False)["self_similarity"] < 0.5
    assert identity.directions == [False] * 5


def test_reverse_and_limit(pairs: Any) -> None:
    maps, photos = pairs
    method = Fake(list(zip(photos, maps, strict=True)))
    *_, last = evaluate(method, maps, photos, paired=True, reverse=True, limit=4)
    assert method.directions == [True] * 4
    assert last.result.scores["l1"] == pytest.approx(0, abs=1e-4)
    assert last.total == 8  # no label maps are translated, so none is read
    method.capabilities = replace(method.capabilities, two_way=False)
    with pytest.raises(InputError, match="leave reverse off"):
        evaluate(method, maps, photos, paired=True, reverse=True)


def test_missing_weights_are_said_and_present_ones_are_used(
    pairs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("timm")
    photos = pairs[1]
    identity = Fake([(photo, photo) for photo in photos])
    *_, last = evaluate(identity, photos, photos, paired=False, limit=4, backbone=DINO)
    assert "The scores made of them are left out." in last.note
    assert not {"frechet", "kernel"} & set(last.result.scores)

    real = model_evaluation.DeepFeatures
    monkeypatch.setattr(
        model_evaluation,
        "DeepFeatures",
        lambda name, **_: real("test_vit.r160_in1k", (1,), pretrained=False),
    )
    *_, last = evaluate(identity, photos, photos, paired=False, limit=4)
    assert last.result.scores["frechet"] == pytest.approx(0, abs=1e-6)
    assert last.result.scores["frechet"] == last.result.scores["frechet_untranslated"]
    assert "not FID" in last.note


class Broken(list[Image.Image]):
    """Pictures of which one cannot be read."""

    def __getitem__(self, index: Any) -> Any:
        if index == 2:
            raise InputError("2.png is damaged.")
        return super().__getitem__(index)


def test_what_cannot_be_read_is_left_out_and_said(pairs: Any) -> None:
    maps, photos = pairs
    method = Fake(list(zip(maps, photos, strict=True)))
    *_, last = evaluate(method, Broken(maps[:6]), photos[:6], paired=True, labels=False)
    assert "2.png is damaged" in last.note
    assert last.result.scores["l1"] == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"paired": True, "counts": (6, 5)}, "do not match"),
        ({"paired": False, "counts": (3, 6)}, "There are 3 pictures to translate"),
        ({"paired": False, "counts": (6, 3)}, "There are 3 pictures to compare with"),
        ({"paired": False, "limit": 3}, "The limit is 3"),
        ({"paired": False, "labels": True}, "needs pairs"),
        ({"paired": False, "short_side": 8}, "short side"),
    ],
)
def test_what_cannot_be_evaluated_is_said(
    pairs: Any, settings: dict[str, Any], message: str
) -> None:
    count_a, count_b = settings.pop("counts", (6, 6))
    with pytest.raises(InputError, match=message):
        evaluate(Fake(), pairs[0][:count_a], pairs[1][:count_b], **settings)
