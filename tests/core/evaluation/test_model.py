"""Scores of models: perfect translations score as the real pictures do, noise does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import huggingface_hub.constants
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from i2i_core.errors import InputError
from i2i_core.evaluation import model as model_evaluation
from i2i_core.evaluation.fcn_evaluation import FCNEvaluation, Pairs
from i2i_core.evaluation.fcn_score import (
    Palette,
    SegmenterConfig,
    confusion,
    find_palette,
    segmentation_scores,
    train_segmenter,
)
from i2i_core.evaluation.model import evaluate_model
from i2i_core.evaluation.segmenter import Segmenter
from i2i_core.evaluation.set_metrics import (
    Moments,
    PatchSet,
    frechet_distance,
    l1_levels,
    sliced_wasserstein_sets,
    ssim,
)
from i2i_core.images.tensors import to_tensor
from i2i_core.method import Method, Progress, Work

SIDE = 64
COLOURS = ((0, 0, 222), (0, 220, 60), (250, 160, 0))
FAST = SegmenterConfig(size=32, width=8, steps=60, batch=4, learning_rate=5e-3)


def drawn(seed: int) -> tuple[Image.Image, Image.Image]:
    """A label map of a ground and two rectangles, and its photograph: three textures."""
    random = np.random.default_rng(seed)
    ids = np.zeros((SIDE, SIDE), np.intp)
    for label in (1, 2):
        y, x = random.integers(0, SIDE // 2, 2)
        ids[y : y + SIDE // 2, x : x + SIDE // 2] = label
    rows, columns = np.indices(ids.shape)
    waves = np.stack([np.sin(rows), np.sin(columns), np.sin((rows + columns) / 3)])
    tones = np.array([[90, 120, 60], [150, 130, 120], [110, 100, 160]])
    wave = np.take_along_axis(waves, ids[None], 0)[0]
    photo = tones[ids] + 40 * wave[..., None] + random.normal(0, 8, (SIDE, SIDE, 3))
    return (
        Image.fromarray(np.array(COLOURS, np.uint8)[ids]),
        Image.fromarray(photo.clip(0, 255).astype(np.uint8)),
    )


@pytest.fixture(scope="module")
def pairs() -> tuple[list[Image.Image], list[Image.Image]]:
    maps, photos = zip(*(drawn(seed) for seed in range(12)), strict=True)
    return list(maps), list(photos)


@pytest.fixture(autouse=True)
def nothing_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Hub cache that holds nothing, and no network."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


class Fake(Method):
    """Translates by looking the picture up among those it was given, or else makes noise."""

    Config: ClassVar[type] = dict
    two_way = True

    def __init__(self, known: Sequence[tuple[Image.Image, Image.Image]] = ()) -> None:
        super().__init__()
        self.known = {one.tobytes(): other for one, other in known}
        self.fitted = True
        self.config = SegmenterConfig(size=SIDE)  # what tells the size
        self.asked: list[bool] = []

    def fit(self, a: Sequence[Image.Image], b: Sequence[Image.Image]) -> Work:
        yield Progress(1, 1)

    def forward(self, source: Tensor, reference: Tensor | None = None) -> Tensor:
        raise NotImplementedError

    def render(
        self,
        source: Image.Image,
        reference: Any = None,
        *,
        reverse: bool = False,
        seed: int | None = None,
    ) -> Work:
        self.asked.append(reverse)
        noise = np.random.default_rng(len(self.asked)).integers(0, 256, (*source.size, 3))
        made = self.known.get(source.tobytes(), Image.fromarray(noise.astype(np.uint8)))
        yield Progress(1, 1, picture=made)


def scores_of(*arguments: Any, **settings: Any) -> dict[str, float]:
    return dict(list(evaluate_model(*arguments, **settings))[-1].losses)


# Sets of patches.


def test_equal_sets_are_no_distance_apart_and_others_are(pairs: Any) -> None:
    photos = [to_tensor(photo) for photo in pairs[1]]
    maps = [to_tensor(label_map) for label_map in pairs[0]]
    assert sliced_wasserstein_sets(photos, photos) == pytest.approx(0, abs=1e-6)
    halves = sliced_wasserstein_sets(photos[:6], photos[6:])
    assert halves < 0.2
    assert sliced_wasserstein_sets(photos, maps) > 3 * halves


def test_the_set_counts_and_not_which_picture_has_what() -> None:
    random = torch.Generator().manual_seed(0)
    dark = 0.4 * torch.rand(1, 3, 64, 64, generator=random)
    light = 0.6 + 0.4 * torch.rand(1, 3, 64, 64, generator=random)
    assert sliced_wasserstein_sets([dark, light], [light, dark]) < 0.05
    assert sliced_wasserstein_sets([dark, dark], [light, dark]) > 0.3


def test_a_shift_is_measured_in_standard_deviations() -> None:
    random = torch.Generator().manual_seed(0)
    source = [torch.rand(1, 3, 48, 48, generator=random) for _ in range(4)]
    measured = PatchSet(4, scales=1), PatchSet(4, scales=1)
    for picture in source:
        measured[0].add(picture + 0.1)
        measured[1].add(picture)
    # As in the test of metrics.sliced_wasserstein.
    expected = 0.1 * (2 / np.pi) ** 0.5 * 12**0.5
    assert measured[0].distance(measured[1]) == pytest.approx(expected, rel=0.1)


def test_a_set_takes_bounded_memory_and_unites() -> None:
    large = PatchSet(10_000)
    large.add(torch.rand(1, 3, 32, 32))
    assert large.levels[0][0].shape[1] <= 4
    noise = [torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(i)) for i in (0, 1)]
    one, other, both = PatchSet(2), PatchSet(2), PatchSet(2)
    one.add(noise[0])
    other.add(noise[1])
    for picture in noise:
        both.add(picture)
    union = one + other
    assert len(union.levels[0]) == 2
    assert len(one.levels[0]) == 1
    assert union.distance(both) < 0.05


# Deep features, as Gaussians.


def test_frechet_distance_of_known_gaussians() -> None:
    def moments(mean: Sequence[float], deviations: Sequence[float]) -> Moments:
        # Every sign of every axis: mean and covariance come out exactly.
        corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * len(mean)).double()
        scale = torch.tensor(deviations).double() * (1 - 1 / len(corners)) ** 0.5
        found = Moments()
        for corner in corners * scale + torch.tensor(mean).double():
            found.add(corner[None])
        return found

    a, b = moments((0, 0), (1, 2)), moments((3, 4), (2, 2))
    assert a.mean.tolist() == pytest.approx([0, 0])
    assert a.covariance.tolist() == [pytest.approx([1, 0]), pytest.approx([0, 4])]
    # |(3, 4)|² + (1 − 2)² + (2 − 2)²
    assert frechet_distance(a, b) == pytest.approx(26)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_of_covariances_that_do_not_commute() -> None:
    random = torch.Generator().manual_seed(0)
    a, b = Moments(), Moments()
    a.add(torch.randn(50, 3, generator=random) @ torch.randn(3, 3, generator=random))
    b.add(torch.randn(50, 3, generator=random) @ torch.randn(3, 3, generator=random) + 1)
    product = np.linalg.eigvals((a.covariance @ b.covariance).numpy())
    cross = np.sqrt(product.astype(complex)).real.sum()
    by_definition = float((a.mean - b.mean).square().sum())
    by_definition += float(a.covariance.trace() + b.covariance.trace()) - 2 * cross
    assert frechet_distance(a, b) == pytest.approx(by_definition)
    assert frechet_distance(b, a) == pytest.approx(by_definition)
    assert torch.allclose((a + a).mean, a.mean)
    assert (a + b).count == 100


# Pairs.


def test_l1_and_ssim_by_hand() -> None:
    grey = torch.full((1, 3, 16, 16), 0.4)
    assert l1_levels(grey + 10 / 255, grey) == pytest.approx(10, abs=1e-3)
    assert ssim(grey, grey) == pytest.approx(1)
    # Of flat pictures only the term of luminance is left: (2 m n + c) / (m² + n² + c), c = 0.01².
    expected = (2 * 0.4 * 0.6 + 1e-4) / (0.4**2 + 0.6**2 + 1e-4)
    assert ssim(grey + 0.2, grey) == pytest.approx(expected, abs=1e-4)


# Labels.


def test_scores_of_a_confusion_by_hand() -> None:
    wanted = np.array([[0, 0, 0, 1], [1, 255, 255, 3]], np.uint8)
    read = np.array([[0, 0, 1, 1], [0, 0, 2, 2]], np.uint8)
    table = confusion(read, wanted, 4)
    assert table.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]
    pixel, of_class, iou = segmentation_scores(table)
    assert pixel == pytest.approx(3 / 6)
    assert of_class == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert iou == pytest.approx((2 / 4 + 1 / 3 + 0) / 3)


def test_the_palette_is_of_the_whole_set(pairs: Any) -> None:
    assert set(find_palette(pairs[0]).colours) == set(COLOURS)
    green = [Image.new("RGB", (20, 20), COLOURS[1]), Image.new("RGB", (30, 10), COLOURS[2])]
    assert set(find_palette(green).colours) == set(COLOURS[1:])
    with pytest.raises(InputError, match="do not look like label maps"):
        find_palette(pairs[1])


def test_grey_ids_are_labels_and_255_is_none() -> None:
    ids = np.zeros((40, 40), np.uint8)
    ids[10:], ids[20:], ids[30:] = 1, 7, 255
    palette = find_palette([Image.fromarray(ids)] * 2)
    assert palette == Palette(((0, 0, 0), (1, 1, 1), (7, 7, 7)), ((255, 255, 255),))
    assert np.unique(palette.read(Image.fromarray(ids), 40)).tolist() == [0, 1, 2, 255]


@pytest.mark.parametrize("size", [(32, 32), (28, 45), (64, 40)])
def test_the_segmenter_takes_any_size(size: tuple[int, int]) -> None:
    network = Segmenter(5, width=4).eval()
    assert network(torch.rand(2, 3, *size)).shape == (2, 5, *size)


def test_the_segmenter_learns_the_same_twice() -> None:
    random = torch.Generator().manual_seed(0)
    photos = torch.randint(0, 256, (3, 3, 32, 32), generator=random, dtype=torch.uint8)
    few = SegmenterConfig(size=32, width=4, steps=2, batch=2)

    def taught() -> nn.Module:
        work = train_segmenter(Pairs(photos, (photos[:, 0] > 99).byte()), 2, few)
        while True:
            try:
                assert next(work).losses["cross-entropy"] > 0
            except StopIteration as end:
                network: nn.Module = end.value
                return network

    one, other = taught().state_dict(), taught().state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)


# Models.


def test_a_perfect_model_scores_as_the_real_photographs_do(pairs: Any) -> None:
    maps, photos = pairs
    method = Fake(list(zip(maps, photos, strict=True)))
    records = list(evaluate_model(method, maps, photos, paired=True, segmenter=FAST))
    assert [record.step for record in records[:-1]] == list(range(1, len(records)))
    assert records[-1].step == records[-1].total == records[-2].step
    scores = records[-1].losses
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
    assert "frechet" not in scores

    noisy = scores_of(Fake(), maps, photos, paired=True, segmenter=FAST)
    assert noisy["fcn_pixel_accuracy"] < scores["fcn_pixel_accuracy"] - 0.3
    assert noisy["fcn_class_iou"] < 0.5 * scores["fcn_class_iou"]
    assert noisy["fcn_class_iou_real"] == scores["fcn_class_iou_real"]
    assert noisy["sliced_wasserstein"] > scores["sliced_wasserstein"]
    assert noisy["l1"] > 30
    assert noisy["ssim"] < 0.3


def test_the_reader_may_learn_from_pairs_of_its_own(pairs: Any) -> None:
    maps, photos = pairs
    few = SegmenterConfig(size=32, width=4, steps=3, batch=2)
    method = Fake(list(zip(maps, photos, strict=True)))
    train = (maps[6:], photos[6:])
    *_, last = evaluate_model(method, maps[:6], photos[:6], paired=True, train=train, segmenter=few)
    assert last.total == 6 + 6 + 3
    assert "6 pairs of their own" in last.note
    with pytest.raises(InputError, match="not pairs"):
        list(evaluate_model(method, maps, photos, paired=True, train=(maps[:2], photos)))


def test_line_drawings_are_not_read_as_labels_unasked(pairs: Any) -> None:
    drawings = [Image.new("RGB", (32, 32), "white") for _ in range(4)]
    for drawing in drawings:
        drawing.paste("black", (8, 8, 20, 20))
    assert FCNEvaluation.prepare(drawings, None) is None
    assert FCNEvaluation.prepare(drawings, True) is not None
    assert FCNEvaluation.prepare(pairs[0], False) is None
    assert FCNEvaluation.prepare(pairs[1], None) is None
    with pytest.raises(InputError, match="leave the FCN-score out"):
        FCNEvaluation.prepare(pairs[1], True)


def test_unpaired_sides_are_compared_as_sets_and_layouts(pairs: Any) -> None:
    photos = pairs[1]
    identity = Fake([(photo, photo) for photo in photos])
    scores = scores_of(identity, photos[:5], photos[5:], paired=False)
    assert scores["self_similarity"] == pytest.approx(1, abs=1e-4)
    assert scores["sliced_wasserstein"] == scores["sliced_wasserstein_untranslated"]
    assert not {"l1", "ssim", "fcn_class_iou"} & set(scores)
    assert scores_of(Fake(), photos[:5], photos[5:], paired=False)["self_similarity"] < 0.5
    assert identity.asked == [False] * 5


def test_reverse_and_limit(pairs: Any) -> None:
    maps, photos = pairs
    method = Fake(list(zip(photos, maps, strict=True)))
    *_, last = evaluate_model(method, maps, photos, paired=True, reverse=True, limit=4)
    assert method.asked == [True] * 4
    assert last.losses["l1"] == pytest.approx(0, abs=1e-4)
    assert last.total == 8  # no label maps are translated, so none is read
    method.two_way = False  # type: ignore[misc]
    with pytest.raises(InputError, match="leave reverse off"):
        list(evaluate_model(method, maps, photos, paired=True, reverse=True))


def test_missing_weights_are_said_and_present_ones_are_used(
    pairs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("timm")
    photos = pairs[1]
    identity = Fake([(photo, photo) for photo in photos])
    *_, last = evaluate_model(identity, photos, photos, paired=False, limit=4)
    assert "The Fréchet distance is left out." in last.note

    real = model_evaluation.DeepFeatures
    monkeypatch.setattr(
        model_evaluation,
        "DeepFeatures",
        lambda name, **_: real("test_vit.r160_in1k", (1,), pretrained=False),
    )
    *_, last = evaluate_model(identity, photos, photos, paired=False, limit=4)
    assert last.losses["frechet"] == pytest.approx(0, abs=1e-6)
    assert last.losses["frechet"] == last.losses["frechet_untranslated"]
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
    *_, last = evaluate_model(method, Broken(maps[:6]), photos[:6], paired=True, labels=False)
    assert "2.png is damaged" in last.note
    assert last.losses["l1"] == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"paired": True, "counts": (6, 5)}, "do not match"),
        ({"paired": False, "counts": (3, 6)}, "There are 3 pictures to translate"),
        ({"paired": False, "counts": (6, 3)}, "There are 3 pictures to compare with"),
        ({"paired": False, "limit": 3}, "The limit is 3"),
        ({"paired": False, "labels": True}, "needs pairs"),
        ({"paired": False, "size": 8}, "size"),
    ],
)
def test_what_cannot_be_evaluated_is_said(
    pairs: Any, settings: dict[str, Any], message: str
) -> None:
    count_a, count_b = settings.pop("counts", (6, 6))
    with pytest.raises(InputError, match=message):
        list(evaluate_model(Fake(), pairs[0][:count_a], pairs[1][:count_b], **settings))
