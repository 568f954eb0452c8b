"""Published swapping autoencoders as our method: the official files and rosinality's."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import Tensor

from i2i_core.errors import InputError
from i2i_core.importing.state_dicts import ASK, first_sides, matched
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder, SwappingAutoencoderConfig
from i2i_core.networks.autoencoder_shape import OFFICIAL, ROSINALITY
from i2i_core.networks.meta import on_meta_device

_TRAINING_ONLY = re.compile(r"^(D|Dpatch|d|cooccur)\.|^num_discriminator_iters$")


def is_swapping(tensors: Mapping[str, Tensor]) -> bool:
    """Whether these are the tensors of a swapping autoencoder, of either kind."""
    parts = {name.split(".")[0] for name in tensors}
    return {"E", "G"} <= parts or {"e_ema", "g_ema"} <= parts or {"e", "g"} <= parts


def import_swapping(tensors: Mapping[str, Tensor], file: str) -> SwappingAutoencoder:
    """The autoencoder of these `tensors`, ready to translate; its discriminators are new. Raises
    InputError, naming the `file`, for files that are incomplete or of changed networks."""
    official = any(name.startswith("E.") for name in tensors)
    if official:
        _check_blurs(tensors, file)
    # The blurs' kernels are constants.
    weights = {
        name: value
        for name, value in tensors.items()
        if not _TRAINING_ONLY.match(name) and not name.endswith(".kernel")
    }
    if official:
        config = _official_config(weights, file)
        name, kind = partial(_official_name, config), "the official"
    else:
        weights = _networks(weights)
        config = _rosinality_config(weights, file)
        name, kind = partial(_rosinality_name, config), "rosinality's"
    with on_meta_device():
        network = config.build()
    published = {ours: name(ours) for ours in network.state_dict()}
    ups = {theirs for ours, theirs in published.items() if re.match(r"generator\.ups.*skip", ours)}
    for key, value in weights.items():
        if value.ndim == 5:  # a modulated weight, with a batch of one in front
            weights[key] = value[0]
        elif key == "G.ToRGB.bias":  # as a picture
            weights[key] = value.flatten()
        elif not official and key in ups:
            weights[key] = value.transpose(0, 1)
    what = f"{file} seems to be {kind} swapping autoencoder"
    method = SwappingAutoencoder(config)
    method.ema.load_weights(matched(weights, network, published, "batch", what))
    method.fitted = True
    return method


def _networks(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of encoder and generator as "e.…" and "g.…", of their averages if there are."""
    ending = "_ema" if any(name.startswith("e_ema.") for name in tensors) else ""
    parts = [(name.partition("."), value) for name, value in tensors.items()]
    return {f"{p[0]}.{rest}": v for (p, _, rest), v in parts if p in (f"e{ending}", f"g{ending}")}


def _channels(tensors: Mapping[str, Tensor], file: str, name: str) -> int:
    """The channels that come out of the layer whose weights, or bias, are called `name`."""
    if not name.endswith(".bias"):
        return first_sides(tensors, name, file)[0]
    if name not in tensors or tensors[name].ndim != 1:
        raise InputError(f"{file} lacks {name}. It is damaged, or of a changed network. {ASK}")
    return len(tensors[name])


def _official_config(tensors: Mapping[str, Tensor], file: str) -> SwappingAutoencoderConfig:
    out = partial(_channels, tensors, file)
    down = _numbers(tensors, r"^E\.DownToSpatialCode\.ResBlockDownBy(\d+)\.")
    deeper = _numbers(tensors, r"^E\.DownToGlobalCode\.ConvLayerDownBy(\d+)\.")
    heads = _numbers(tensors, r"^G\.HeadResnetBlock(\d+)\.")
    ups = _numbers(tensors, r"^G\.UpsamplingResBlock(\d+)\.")
    widths = [out(f"E.DownToSpatialCode.ResBlockDownBy{n}.conv2.Conv.weight") for n in down]
    return _config(
        file,
        variant=OFFICIAL,
        widths=(out("E.FromRGB.Conv.weight"), *widths),
        texture_widths=[out(f"E.DownToGlobalCode.ConvLayerDownBy{n}.Conv.weight") for n in deeper],
        structure_channels=out("E.ToSpatialCode.1.Conv.weight"),
        texture_size=out("E.ToGlobalCode.0.bias"),
        head_widths=[out(f"G.HeadResnetBlock{n}.conv2.activate.bias") for n in heads],
        up_widths=[out(f"G.UpsamplingResBlock{n}.conv2.activate.bias") for n in ups],
        noise=f"G.UpsamplingResBlock{ups[0]}.conv1.noise.weight" in tensors if ups else True,
    )


def _rosinality_config(tensors: Mapping[str, Tensor], file: str) -> SwappingAutoencoderConfig:
    out = partial(_channels, tensors, file)
    stem = _numbers(tensors, r"^e\.stem\.(\d+)\.")
    blocks = [out(f"e.stem.{n}.conv2.1.weight") for n in stem if n]
    deeper = _numbers(tensors, r"^e\.texture\.(\d+)\.2\.bias$")
    layers = _numbers(tensors, r"^g\.layers\.(\d+)\.")
    widths = [out(f"g.layers.{n}.conv2.activate.bias") for n in layers]
    heads = len(layers) - len(blocks)
    return _config(
        file,
        variant=ROSINALITY,
        widths=(out("e.stem.0.0.weight"), *blocks),
        texture_widths=[out(f"e.texture.{n}.1.weight") for n in deeper],
        structure_channels=out("e.structure.1.0.weight"),
        texture_size=out(f"e.texture.{len(deeper) + 1}.0.weight"),
        head_widths=widths[:heads],
        up_widths=widths[heads:],
    )


def _config(file: str, **settings: Any) -> SwappingAutoencoderConfig:
    halvings = len(settings["widths"]) - 1
    size = 1024 if halvings > 4 else 256  # the published ones: 512 pixels were learnt as 256
    try:
        return SwappingAutoencoderConfig(crop_size=size, load_size=size, **settings)
    except InputError as error:
        problem = f"is a swapping autoencoder that lacks parts or has odd sizes ({error})"
        raise InputError(f"{file} {problem} Give the file as it was published.") from None


def _official_name(config: SwappingAutoencoderConfig, ours: str) -> str:
    """What the official files call the tensor that is `ours` in `Autoencoder`."""

    def deeper(match: re.Match[str]) -> str:
        return f"E.DownToGlobalCode.ConvLayerDownBy{2 ** (len(config.widths) - 1 + int(match[1]))}"

    rules = (
        (r"encoder\.from_rgb", "E.FromRGB"),
        (r"encoder\.down\.(\d+)", lambda m: f"E.DownToSpatialCode.ResBlockDownBy{2 ** int(m[1])}"),
        (r"encoder\.to_structure", "E.ToSpatialCode"),
        (r"encoder\.texture_down\.(\d+)", deeper),
        (r"encoder\.to_texture", "E.ToGlobalCode.0"),
        (r"generator\.scale", "G.SpatialCodeModulation.scale"),
        (r"generator\.shift", "G.SpatialCodeModulation.bias"),
        (r"generator\.heads\.(\d+)", lambda m: f"G.HeadResnetBlock{m[1]}"),
        (r"generator\.ups\.(\d+)", lambda m: f"G.UpsamplingResBlock{2 ** (4 + int(m[1]))}"),
        (r"generator\.to_rgb", "G.ToRGB.conv"),
        (r"generator\.bias", "G.ToRGB.bias"),
    )
    for pattern, replacement in rules:
        name, count = re.subn(f"^{pattern}(?=\\.|$)", replacement, ours)
        if count:
            break
    if name.startswith("E.ToGlobalCode") or ".SpatialCodeModulation." in name or "ToRGB" in name:
        return name  # linear layers and the last one are named alike
    if name == "E.ToSpatialCode.1.bias":
        return "E.ToSpatialCode.1.Conv.bias"
    if re.search(r"^G\..*\.conv[12]\.", name):
        return _styled_name(name)
    return re.sub(r"\.weight$", ".Conv.weight", re.sub(r"\.bias$", ".Act.bias", name))


def _rosinality_name(config: SwappingAutoencoderConfig, ours: str) -> str:
    """What rosinality's files call the tensor that is `ours`."""
    part, group, *rest = ours.split(".")
    if part == "generator":
        if group == "to_rgb":
            return f"g.to_rgb.0.{rest[-1]}"
        number = int(rest[0]) + (len(config.head_widths) if group == "ups" else 0)
        name = f"g.layers.{number}.{'.'.join(rest[1:])}"
        return name.replace(".skip.", ".skip.0.") if ".skip." in name else _styled_name(name)
    # A layer's parts are numbered: what comes before the convolution, it, its activation.
    leaf = rest[-1]
    if group == "from_rgb":
        return f"e.stem.0.{_part(leaf, 0)}"
    if group == "down":
        return f"e.stem.{int(rest[0]) + 1}.{rest[1]}.{_part(leaf, 1)}"
    if group == "to_structure":
        return f"e.structure.{rest[0]}.{_part(leaf, 0)}"
    if group == "texture_down":
        return f"e.texture.{rest[0]}.{_part(leaf, 1)}"
    return f"e.texture.{len(config.texture_widths) + 1}.{_part(leaf, 0)}"


def _part(leaf: str, convolution: int) -> str:
    """A tensor of a layer: the convolution's weight, or the bias of the activation after it."""
    return f"{convolution}.weight" if leaf == "weight" else f"{convolution + 1}.bias"


def _styled_name(name: str) -> str:
    """A tensor of a styled convolution, by its published name."""
    name = re.sub(r"\.noise$", ".noise.weight", name)
    return re.sub(r"(\.conv[12])\.bias$", r"\1.activate.bias", name)


def _numbers(tensors: Mapping[str, Tensor], pattern: str) -> list[int]:
    matches = (re.match(pattern, name) for name in tensors)
    return sorted({int(match[1]) for match in matches if match})


def _check_blurs(tensors: Mapping[str, Tensor], file: str) -> None:
    """Raise InputError for a network that was trained without blurs: ours has them."""
    kernel = tensors.get("E.DownToSpatialCode.ResBlockDownBy1.conv2.Blur.kernel")
    if kernel is not None and kernel.numel() == 1:
        raise InputError(
            f"{file} was trained with use_antialias off, and this studio's network has the blurs "
            "that this leaves out. Give one that was trained with the usual options."
        )
