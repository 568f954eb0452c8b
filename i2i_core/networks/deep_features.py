"""Deep features of pictures by a frozen network: the one that comes with the studio, or timm's."""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.errors import InputError
from i2i_core.errors import WeightsUnavailable as WeightsUnavailable
from i2i_core.networks.efficientnet import (
    CHANNELS,
    REDUCTIONS,
    EfficientNetLite0,
    load_efficientnet_lite0,
)

EFFICIENTNET = "efficientnet_lite0"  # Tan & Le 2019; its weights come with the studio
VGG = "vgg16.tv_in1k"  # Simonyan & Zisserman 2015
DINO = "vit_small_patch16_224.dino"  # Caron et al. 2021
_FILE = "model.safetensors"  # timm's repositories on the Hub hold one; nothing is unpickled
_PATIENCE = 5.0  # seconds for the Hub to answer at all, before anything is downloaded


class DeepFeatures(nn.Module):
    """A published network as a judge of pictures: (N, 3, H, W) in [0, 1], of any size, to a list of
    feature maps (N, C, ⌈H/r⌉, ⌈W/r⌉), one for each of `layers`, r being the layer's reduction.

    `name` is EFFICIENTNET, which needs no timm, or timm's, with the weights' tag. `layers` number
    its stages: of EfficientNet-Lite0 as `networks.efficientnet` does, by default all five; of a VGG
    the last ReLUs before each pooling, by default relu1_2, relu2_2, relu3_3, relu4_3 (Johnson et
    al. 2016, section 4.1); of a ViT its blocks. Pictures are normalised here, and their borders
    repeated up to a multiple of the coarsest reduction. Gradients reach the pictures, never the
    weights.

    If `pretrained`, timm's weights come from the Hub or its local cache; WeightsUnavailable, which
    says `without` them what is done, where they cannot be had. InputError for an unknown name.
    Each has a network of its own: it may be moved to a device without moving anybody else's."""

    def __init__(
        self, name: str = EFFICIENTNET, layers: Sequence[int] | None = None, *,
        pretrained: bool = True, without: str = "What needs it is left out.",
    ) -> None:  # fmt: skip
        super().__init__()
        self.name = name
        # EfficientNet-Lite0 normalises by itself: nothing is left to do.
        self.mean = nn.Buffer(torch.zeros(1, 3, 1, 1))
        self.std = nn.Buffer(torch.ones(1, 3, 1, 1))
        self.backbone: Any
        if name == EFFICIENTNET:
            self._open_efficientnet(layers, pretrained, without)
        else:
            self._open_timm(layers, pretrained, without)
        self.requires_grad_(False).eval()

    def _open_efficientnet(
        self, layers: Sequence[int] | None, pretrained: bool, without: str
    ) -> None:
        layers = range(len(CHANNELS)) if layers is None else layers
        try:
            network = load_efficientnet_lite0(layers) if pretrained else EfficientNetLite0(layers)
        except WeightsUnavailable as missing:
            raise WeightsUnavailable(f"{missing} {without}") from None
        self.backbone = network
        self.channels = [CHANNELS[layer] for layer in layers]
        self.reductions = [REDUCTIONS[layer] for layer in layers]

    def _open_timm(self, layers: Sequence[int] | None, pretrained: bool, without: str) -> None:
        timm, name = _timm(without), self.name
        published = timm.get_pretrained_cfg(name)
        if published is None:
            raise InputError(
                f'timm knows no network "{name}": try {EFFICIENTNET}, {VGG} or {DINO}.'
            )
        options: dict[str, Any] = {"features_only": True}
        if layers is not None or name.startswith("vgg"):
            options["out_indices"] = (0, 1, 2, 3) if layers is None else tuple(layers)
        if published.fixed_input_size:  # of ViTs: their position embeddings are then interpolated
            options["dynamic_img_size"] = True
        if pretrained:
            # As a file: timm's own way to the Hub would keep trying for a minute when offline.
            overlay = {"file": _cached_file(name) or _fetch(name, without), "custom_load": False}
            options |= {"pretrained": True, "pretrained_cfg_overlay": overlay}
        self.backbone = timm.create_model(name, **options)
        self.channels = list(self.backbone.feature_info.channels())
        self.reductions = list(self.backbone.feature_info.reduction())
        self.mean = nn.Buffer(Tensor(published.mean).view(1, 3, 1, 1))
        self.std = nn.Buffer(Tensor(published.std).view(1, 3, 1, 1))

    def train(self, mode: bool = True) -> "DeepFeatures":  # noqa: ARG002
        """Stays in evaluation mode, whatever the network around it does."""
        return super().train(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        bottom, right = (-side % max(self.reductions) for side in pictures.shape[-2:])
        x = F.pad((pictures - self.mean) / self.std, (0, right, 0, bottom), mode="replicate")
        return list(self.backbone(x))


def weights_cached(name: str) -> bool:
    """Whether the weights `name` ("network.tag") lie in the Hub's local cache. Asks no network."""
    return _cached_file(name) is not None


def usable(name: str) -> bool:
    """Whether `DeepFeatures(name)` would work offline: with weights in the cache and timm here."""
    if find_spec("timm") is None or not weights_cached(name):  # importing timm takes seconds
        return False
    try:
        _timm("")
    except WeightsUnavailable:
        return False
    return True


def _cached_file(name: str) -> str | None:
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(f"timm/{name}", _FILE)
    return path if isinstance(path, str) else None


def _fetch(name: str, without: str) -> str:
    """The path of the weights, newly downloaded into the Hub's cache."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    try:
        # Asks once, where a download would ask again and again for what it cannot reach.
        get_hf_file_metadata(hf_hub_url(f"timm/{name}", _FILE), timeout=_PATIENCE)
        return hf_hub_download(f"timm/{name}", _FILE)
    except Exception as error:  # which ones differs between versions of the Hub's client
        raise WeightsUnavailable(
            f"The weights of {name} are not on this machine and could not be fetched from the "
            f"Hugging Face Hub ({type(error).__name__}). {without} The network is needed once: "
            "connected, the same call fetches and keeps them."
        ) from None


def _timm(without: str) -> Any:
    try:
        return import_module("timm")
    except (ImportError, RuntimeError):  # a torchvision of another build raises the latter
        raise WeightsUnavailable(
            f"Deep features need timm, which cannot be imported here. {without} Install it with "
            "`pip install timm torchvision`, the torchvision that belongs to the installed torch "
            "and is built like it (both for CPU or both for CUDA)."
        ) from None
