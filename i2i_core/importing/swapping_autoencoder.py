"""Published swapping autoencoders, as our method: the official files (everything in one state dict)
and rosinality's (a dictionary of state dicts). Names and shapes tell the configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

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
        given = _without_constants(tensors)
        config = _official_config(given, file)
        name, what = partial(_official_name, config), "the official swapping autoencoder"
    else:
        average = any(key.startswith("e_ema.") for key in tensors)
        given = _without_constants(_of(tensors, "_ema" if average else ""))
        config = _rosinality_config(given, file)
        name, what = partial(_rosinality_name, config), "rosinality's swapping autoencoder"
    with on_meta_device():
        network = config.build()
    published = {ours: name(ours) for ours in network.state_dict()}
    ups = {theirs for ours, theirs in published.items() if re.match(r"generator\.ups.*skip", ours)}
    shaped = {
        key: value.transpose(0, 1) if not official and key in ups else _shaped(key, value)
        for key, value in given.items()
    }
    method = SwappingAutoencoder(config)
    method.ema.load_weights(matched(shaped, network, published, "batch", what, file))
    method.fitted = True
    return method


def _of(tensors: Mapping[str, Tensor], ending: str) -> dict[str, Tensor]:
    """The tensors of encoder and generator as "e.…" and "g.…", of the averages if `ending` says
    so."""
    found = {}
    for name, value in tensors.items():
        part, _, rest = name.partition(".")
        if part in (f"e{ending}", f"g{ending}"):
            found[f"{part[0]}.{rest}"] = value
    return found


def _official_config(tensors: Mapping[str, Tensor], file: str) -> SwappingAutoencoderConfig:
    def out(name: str) -> int:
        return first_sides(tensors, name, file)[0]

    down = _numbers(tensors, r"^E\.DownToSpatialCode\.ResBlockDownBy(\d+)\.")
    deeper = _numbers(tensors, r"^E\.DownToGlobalCode\.ConvLayerDownBy(\d+)\.")
    heads = _numbers(tensors, r"^G\.HeadResnetBlock(\d+)\.")
    ups = _numbers(tensors, r"^G\.UpsamplingResBlock(\d+)\.")
    return _config(
        file,
        variant=OFFICIAL,
        widths=(
            out("E.FromRGB.Conv.weight"),
            *[out(f"E.DownToSpatialCode.ResBlockDownBy{n}.conv2.Conv.weight") for n in down],
        ),
        texture_widths=[out(f"E.DownToGlobalCode.ConvLayerDownBy{n}.Conv.weight") for n in deeper],
        structure_channels=out("E.ToSpatialCode.1.Conv.weight"),
        texture_size=len(_needed(tensors, "E.ToGlobalCode.0.bias", file)),
        head_widths=[_styled_out(tensors, f"G.HeadResnetBlock{n}", file) for n in heads],
        up_widths=[_styled_out(tensors, f"G.UpsamplingResBlock{n}", file) for n in ups],
        noise=f"G.UpsamplingResBlock{ups[0]}.conv1.noise.weight" in tensors if ups else True,
    )


def _rosinality_config(tensors: Mapping[str, Tensor], file: str) -> SwappingAutoencoderConfig:
    def out(name: str) -> int:
        return first_sides(tensors, name, file)[0]

    blocks = [n for n in _numbers(tensors, r"^e\.stem\.(\d+)\.") if n]
    deeper = _numbers(tensors, r"^e\.texture\.(\d+)\.2\.bias$")
    layers = _numbers(tensors, r"^g\.layers\.(\d+)\.")
    widths = [_styled_out(tensors, f"g.layers.{n}", file) for n in layers]
    heads = len(layers) - len(blocks)
    return _config(
        file,
        variant=ROSINALITY,
        widths=(
            out("e.stem.0.0.weight"),
            *[out(f"e.stem.{n}.conv2.1.weight") for n in blocks],
        ),
        texture_widths=[out(f"e.texture.{n}.1.weight") for n in deeper],
        structure_channels=out("e.structure.1.0.weight"),
        texture_size=out(f"e.texture.{len(deeper) + 1}.0.weight"),
        head_widths=widths[:heads],
        up_widths=widths[heads:],
    )


def _config(file: str, **settings: object) -> SwappingAutoencoderConfig:
    halvings = len(settings["widths"]) - 1  # type: ignore[arg-type]
    size = 1024 if halvings > 4 else 256  # the published ones: 512 pixels were learnt as 256
    try:
        return SwappingAutoencoderConfig(crop_size=size, load_size=size, **settings)  # type: ignore[arg-type]
    except InputError as error:
        raise InputError(
            f"{file} is a swapping autoencoder that lacks parts or has odd sizes ({error}) "
            "Give the file as it was published."
        ) from None


def _official_name(config: SwappingAutoencoderConfig, ours: str) -> str:
    """What the official files call the tensor that is `ours` in `Autoencoder`."""
    halvings = len(config.widths) - 1
    rules = (
        (r"encoder\.from_rgb", "E.FromRGB"),
        (r"encoder\.down\.(\d+)", lambda m: f"E.DownToSpatialCode.ResBlockDownBy{2 ** int(m[1])}"),
        (r"encoder\.to_structure", "E.ToSpatialCode"),
        (
            r"encoder\.texture_down\.(\d+)",
            lambda m: f"E.DownToGlobalCode.ConvLayerDownBy{2 ** (halvings + int(m[1]))}",
        ),
        (r"encoder\.to_texture", "E.ToGlobalCode.0"),
        (r"generator\.scale", "G.SpatialCodeModulation.scale"),
        (r"generator\.shift", "G.SpatialCodeModulation.bias"),
        (r"generator\.heads\.(\d+)", lambda m: f"G.HeadResnetBlock{m[1]}"),
        (r"generator\.ups\.(\d+)", lambda m: f"G.UpsamplingResBlock{2 ** (4 + int(m[1]))}"),
        (r"generator\.to_rgb", "G.ToRGB.conv"),
        (r"generator\.bias", "G.ToRGB.bias"),
    )
    for pattern, replacement in rules:
        name, found = re.subn(f"^{pattern}(?=\\.|$)", replacement, ours)
        if found:
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


def _styled_out(tensors: Mapping[str, Tensor], block: str, file: str) -> int:
    return len(_needed(tensors, f"{block}.conv2.activate.bias", file))


def _needed(tensors: Mapping[str, Tensor], name: str, file: str) -> Tensor:
    if name not in tensors or tensors[name].ndim != 1:
        raise InputError(f"{file} lacks {name}. It is damaged, or of a changed network. {ASK}")
    return tensors[name]


def _numbers(tensors: Mapping[str, Tensor], pattern: str) -> list[int]:
    return sorted(
        {int(match[1]) for match in (re.match(pattern, name) for name in tensors) if match}
    )


def _without_constants(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Without what only training needs, and without the blurs' kernels, which are constants."""
    return {
        name: value
        for name, value in tensors.items()
        if not _TRAINING_ONLY.match(name) and not name.endswith(".kernel")
    }


def _shaped(name: str, value: Tensor) -> Tensor:
    """A tensor in our shape: modulated weights come with a batch of one in front, the last bias as
    a picture."""
    if value.ndim == 5:
        return value[0]
    if name == "G.ToRGB.bias":
        return value.flatten()
    return value


def _check_blurs(tensors: Mapping[str, Tensor], file: str) -> None:
    """Raise InputError for a network that was trained without blurs: ours has them."""
    kernel = tensors.get("E.DownToSpatialCode.ResBlockDownBy1.conv2.Blur.kernel")
    if kernel is not None and kernel.numel() == 1:
        raise InputError(
            f"{file} was trained with use_antialias off, and this studio's network has the blurs "
            "that this leaves out. Give one that was trained with the usual options."
        )
