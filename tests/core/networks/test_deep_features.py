"""Deep features: optional, frozen, right without a network, and honest about what is missing."""

import importlib
import sys
import time
from pathlib import Path
from typing import Any

import huggingface_hub
import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

timm = pytest.importorskip("timm")

from i2i_core.errors import InputError  # noqa: E402
from i2i_core.networks import deep_features as features_module  # noqa: E402
from i2i_core.networks.deep_features import (  # noqa: E402
    DINO,
    VGG,
    DeepFeatures,
    WeightsUnavailable,
    usable,
    weights_cached,
)
from i2i_core.patches import deep_guides  # noqa: E402
from i2i_core.patches.structure_guides import candidates, structure_guides  # noqa: E402
from i2i_core.training.perceptual import PerceptualTerm  # noqa: E402

VIT, CNN = "test_vit.r160_in1k", "test_resnet.r160_in1k"


def pictures(height: int = 32, width: int = 48, count: int = 1, seed: int = 0) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed))


def random(name: str, layers: tuple[int, ...] | None = None) -> DeepFeatures:
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        return DeepFeatures(name, layers, pretrained=False)


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hub cache that holds nothing, and no network."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    return tmp_path


def put_into_cache(cache: Path, name: str, tensors: dict[str, Tensor]) -> None:
    """Lay weights down as the Hub's client does."""
    repository = cache / f"models--timm--{name}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc")
    (repository / "snapshots" / "abc").mkdir(parents=True)
    save_file(tensors, repository / "snapshots" / "abc" / "model.safetensors")


@pytest.mark.parametrize("name", [VIT, CNN])
@pytest.mark.parametrize("size", [(32, 32), (48, 80), (33, 71), (8, 9)])
def test_maps_of_any_size_are_rounded_up(name: str, size: tuple[int, int]) -> None:
    network = random(name)
    maps = network(pictures(*size, count=2))
    assert len(maps) == len(network.channels) == len(network.reductions)
    coarsest = max(network.reductions)
    padded = [-(-side // coarsest) * coarsest for side in size]
    for one, channels, reduction in zip(maps, network.channels, network.reductions, strict=True):
        assert one.shape == (2, channels, padded[0] // reduction, padded[1] // reduction)
        assert one.isfinite().all()


def test_layers_of_a_vgg_are_the_relus_before_its_poolings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: dict[str, Any] = {}

    def small(name: str, **options: Any) -> nn.Module:
        asked.update(options)
        narrow = [8, 8, "M", 16, 16, "M", 24, 24, 24, "M", 32, 32, 32, "M"]  # VGG16's, but thin
        vgg = timm.models.vgg.VGG(narrow, num_classes=0)
        indices = options["out_indices"]
        return timm.models._features.FeatureListNet(vgg, indices, flatten_sequential=True)

    monkeypatch.setattr(timm, "create_model", small)
    maps = random(VGG)(pictures(32, 40))
    assert asked["out_indices"] == (0, 1, 2, 3)
    assert [tuple(one.shape[1:]) for one in maps] == [
        (8, 32, 40), (16, 16, 20), (24, 8, 10), (32, 4, 5),
    ]  # fmt: skip
    assert all(one.min() >= 0 for one in maps)


def test_gradients_reach_the_pictures_and_never_the_weights() -> None:
    network = random(VIT)
    x = pictures().requires_grad_()
    sum(one.square().sum() for one in network(x)).backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert not any(p.requires_grad or p.grad is not None for p in network.parameters())


def test_it_stays_in_evaluation_mode() -> None:
    network = random(CNN)
    around = nn.Sequential(network).train()
    assert not any(module.training for module in network.modules())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    around(pictures())
    assert all(torch.equal(before[name], v) for name, v in network.state_dict().items())


def test_pictures_are_normalised_as_the_network_was_trained() -> None:
    network = random(CNN, (0,))
    published = timm.get_pretrained_cfg(CNN)
    x = pictures(32, 32)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (published.mean, published.std))
    assert torch.allclose(network(x)[0], network.backbone((x - mean) / std)[0])
    assert not torch.allclose(network(x)[0], network.backbone(x)[0])


def test_weights_come_from_the_cache_without_a_network(empty_cache: Path) -> None:
    assert not weights_cached(VIT)
    published = timm.create_model(VIT, pretrained=False)
    put_into_cache(empty_cache, VIT, published.state_dict())
    assert weights_cached(VIT)
    assert usable(VIT)
    assert not weights_cached(CNN)
    first = DeepFeatures(VIT).backbone.state_dict()
    assert len(first) > 10
    own = published.state_dict()
    assert all(
        torch.equal(value, own[name.removeprefix("model.")]) for name, value in first.items()
    )


def test_missing_weights_are_said_at_once() -> None:
    begin = time.perf_counter()
    with pytest.raises(WeightsUnavailable, match=r"network is needed once") as caught:
        DeepFeatures(VIT, without="Nothing is lost.")
    assert VIT in str(caught.value)
    assert "Nothing is lost." in str(caught.value)
    assert isinstance(caught.value, InputError)
    assert time.perf_counter() - begin < 5


def test_a_hub_that_does_not_answer_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def silent(url: str, **options: Any) -> None:
        calls.append(options["timeout"])
        raise TimeoutError

    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", silent)
    with pytest.raises(WeightsUnavailable, match="TimeoutError"):
        DeepFeatures(VIT)
    assert calls == [features_module._PATIENCE]


def test_what_the_hub_has_is_fetched(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = empty_cache / "fetched.safetensors"
    save_file(timm.create_model(VIT, pretrained=False).state_dict(), file)
    asked = []
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", lambda url, timeout: None)
    monkeypatch.setattr(
        huggingface_hub, "hf_hub_download", lambda *names: asked.append(names) or str(file)
    )
    DeepFeatures(VIT)
    assert asked == [(f"timm/{VIT}", "model.safetensors")]


@pytest.mark.parametrize("error", [ImportError, RuntimeError("operator torchvision::nms")])
def test_without_timm_it_says_what_to_install(
    error: Any, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_into_cache(empty_cache, VIT, {"x": torch.zeros(1)})

    def broken(name: str) -> Any:
        raise error

    monkeypatch.setattr(features_module, "import_module", broken)
    with pytest.raises(WeightsUnavailable, match="pip install timm torchvision"):
        DeepFeatures(VIT, pretrained=False)
    assert not usable(VIT)
    monkeypatch.setattr(features_module, "find_spec", lambda name: None)
    assert not usable(VIT)
    assert importlib.import_module("timm") is sys.modules["timm"]


def test_an_unknown_network_is_no_matter_of_weights() -> None:
    with pytest.raises(InputError, match="magic") as caught:
        DeepFeatures("magic")
    assert not isinstance(caught.value, WeightsUnavailable)


def test_the_perceptual_term_pulls_towards_the_target() -> None:
    term = PerceptualTerm(random(CNN), 3.0)
    target, start = pictures(seed=1) * 2 - 1, pictures(seed=2) * 2 - 1
    assert term(target, target) == 0
    assert term(start, target) == pytest.approx(
        3 * float(PerceptualTerm(term.features)(start, target))
    )
    result, wanted = start.clone().requires_grad_(), target.clone().requires_grad_()
    loss = term(result, wanted)
    loss.backward()
    assert wanted.grad is None
    assert term(start - 0.1 * result.grad / result.grad.abs().max(), target) < loss


def test_the_perceptual_term_is_no_part_of_a_method() -> None:
    method = nn.Linear(2, 2)
    method.term = PerceptualTerm(random(CNN))  # type: ignore[assignment]
    assert set(method.state_dict()) == {"weight", "bias"}
    assert len(list(method.parameters())) == 2


def test_a_fit_is_told_what_it_does_without() -> None:
    term, note = PerceptualTerm.try_make(VIT, 1.0)
    assert term is None
    assert "goes on without its perceptual term" in note
    assert PerceptualTerm.try_make(VIT, 0.0) == (None, "")
    with pytest.raises(InputError, match="magic"):
        PerceptualTerm.try_make("magic", 1.0)


def test_a_term_with_weights_has_no_note(empty_cache: Path) -> None:
    put_into_cache(empty_cache, CNN, timm.create_model(CNN, pretrained=False).state_dict())
    term, note = PerceptualTerm.try_make(CNN, 2.0, (1,))
    assert note == ""
    assert term is not None
    assert term.weight == 2
    assert len(term.features(pictures())) == 1


@pytest.fixture
def small_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    network = random(VIT, (3,))
    monkeypatch.setattr(deep_guides, "backbone", lambda: network)


@pytest.mark.usefixtures("small_backbone")
def test_deep_guides_lie_over_their_pictures() -> None:
    a, b = pictures(40, 60), pictures(50, 30, seed=1)
    guide_a, guide_b = deep_guides.deep_features(a, b)
    assert guide_a.shape == (1, 4, 40, 60)
    assert guide_b.shape == (1, 4, 50, 30)
    for guide in (guide_a, guide_b):
        assert guide.abs().max() <= 1
        assert not guide.requires_grad
        assert abs(float(guide.mean())) < 0.1
    # Of ranks' spread in the first component, less in those that follow.
    spread = torch.cat([g.flatten(2) for g in (guide_a, guide_b)], 2).std(2)[0]
    assert 0.15 < float(spread[0]) < 0.35
    assert spread.tolist() == sorted(spread.tolist(), reverse=True)


@pytest.mark.usefixtures("small_backbone")
def test_deep_guides_of_one_picture_twice_are_one() -> None:
    guide_a, guide_b = deep_guides.deep_features(pictures(), pictures())
    assert torch.allclose(guide_a, guide_b)
    edged, _ = structure_guides("deep features", pictures(), pictures())
    assert edged.shape[1] == 5


def test_deep_features_are_tried_unasked_only_where_they_lie_at_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", lambda *a, **k: asked.append(a))
    assert "deep features" not in candidates(pictures(), pictures(seed=1))
    assert not asked
    monkeypatch.setattr(features_module, "weights_cached", lambda name: name == DINO)
    assert candidates(pictures(), pictures(seed=1))[-1] == "deep features"


def test_asked_for_by_name_without_weights_it_says_what_to_do() -> None:
    with pytest.raises(WeightsUnavailable, match="choose another guide"):
        structure_guides("deep features", pictures(), pictures())
