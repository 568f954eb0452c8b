"""Published .pth files as our methods: pix2pix, CycleGAN, CUT, swapping autoencoders.

Such a .pth file holds the tensors of one network by name and not a word about the network. What it
was is read from the names and shapes, so nobody has to repeat the options that it was trained with.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from i2i_core.errors import InputError
from i2i_core.importing import names
from i2i_core.importing.state_dicts import first_sides, matched, norm_kind, read_state_dict
from i2i_core.importing.swapping_autoencoder import import_swapping, is_swapping
from i2i_core.method import Method
from i2i_core.methods.cut import CUT, CUTConfig
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig
from i2i_core.methods.pix2pix import Pix2Pix, Pix2PixConfig
from i2i_core.networks.meta import on_meta_device
from i2i_core.networks.resnet import ResNet
from i2i_core.networks.unet import UNet


@dataclass(frozen=True)
class Published:
    """One generator: the configuration that it needs, and its tensors by our networks' names."""

    file: str
    config: Pix2PixConfig | CycleGANConfig | CUTConfig
    tensors: dict[str, Tensor]

    def named(self, network: str) -> dict[str, Tensor]:
        """The tensors as those of a method's `network`."""
        return {f"{network}.{name}": value for name, value in self.tensors.items()}


def import_published(
    path: str | Path, reverse_path: str | Path | None = None, *, test_time: str = "paper"
) -> Method:
    """The generator in the file `path` as a method that translates: a U-Net as `Pix2Pix` (with this
    `test_time`), a ResNet as `CycleGAN` (one direction, or both if `reverse_path` is the other's
    file), an anti-aliased ResNet as `CUT`, encoder and generator as `SwappingAutoencoder`.

    They can be fitted further, with new discriminators, but CycleGAN only if it has both. Nothing
    in the file is run. Raises InputError for files that are missing, damaged, unsafe, of another
    kind or incomplete, and for two that are not both directions of one model."""
    tensors = read_state_dict(Path(path))
    if is_swapping(tensors) and reverse_path is None:
        return import_swapping(tensors, Path(path).name)
    there = _read(tensors, Path(path).name)
    if reverse_path is not None:
        back = _read(read_state_dict(Path(reverse_path)), Path(reverse_path).name)
        return _both_directions(there, back)
    method: Method
    if isinstance(there.config, Pix2PixConfig):
        method, network = Pix2Pix(replace(there.config, test_time=test_time)), "generator"
    elif isinstance(there.config, CUTConfig):
        method, network = CUT(there.config), "generator"
    else:
        method, network = CycleGAN(there.config), "generator_ab"
    method.load_inference_state_dict(there.named(network))
    return method


def _read(tensors: Mapping[str, Tensor], file: str) -> Published:
    if unusable := names.known_but_unusable(tensors):
        raise InputError(f"{file} is {unusable}")
    if "model.0.weight" in tensors and tensors["model.0.weight"].shape[2:] == (4, 4):
        raise InputError(f"{file} is a discriminator, which judges patches. {names.GENERATOR}")
    if any(name.startswith("model.model.") for name in tensors):
        return _read_unet(tensors, file)
    if names.block_numbers(tensors):
        return _read_resnet(tensors, file)
    first = next(iter(tensors))
    raise InputError(f'{file} is of no known kind: its first tensor is "{first}". {names.READABLE}')


def _both_directions(there: Published, back: Published) -> CycleGAN:
    if not (isinstance(there.config, CycleGANConfig) and isinstance(back.config, CycleGANConfig)):
        odd = back if isinstance(there.config, CycleGANConfig) else there
        problem = "is not of CycleGAN, and only CycleGAN has two directions"
        raise InputError(f"{odd.file} {problem}. Give one file.")
    ours, theirs = asdict(there.config), asdict(back.config)
    theirs |= {"in_channels": theirs["out_channels"], "out_channels": theirs["in_channels"]}
    unlike = [f"{key} {ours[key]} and {theirs[key]}" for key in ours if ours[key] != theirs[key]]
    if unlike:
        problem = f"are not two directions of one model: they have {', '.join(unlike)}"
        advice = "Give two files of one training, or one file."
        raise InputError(f"{there.file} and {back.file} {problem}. {advice}")
    method = CycleGAN(replace(there.config, both=True))
    method.load_inference_state_dict(there.named("generator_ab") | back.named("generator_ba"))
    return method


def _check_channels(channels_in: int, channels_out: int, file: str) -> None:
    if channels_out == 2:
        raise InputError(
            f"{file} is a colourisation model: it gives the two colour channels of Lab, and this "
            "studio's pictures have 1 or 3 channels. Give a model that draws whole pictures."
        )
    if not {channels_in, channels_out} <= {1, 3}:
        problem = f"{file} takes {channels_in} channels and gives {channels_out}"
        advice = "Give a model that makes pictures of pictures."
        raise InputError(f"{problem}; this studio's pictures have 1 or 3. {advice}")


def _read_unet(tensors: Mapping[str, Tensor], file: str) -> Published:
    """pix2pix's U-Net. Nothing tells of dropout, so it is where the paper has it."""
    # Each level is a `model` within the last one's.
    depth = max(name.split(".").count("model") for name in tensors) - 1
    width, channels_in = first_sides(tensors, "model.model.0.weight", file)
    _, channels_out = first_sides(tensors, "model.model.3.weight", file)
    _check_channels(channels_in, channels_out, file)
    # unet_128 was trained at 128 pixels; the others' pictures must hold a pixel of the last level.
    size = 128 if depth == 7 else max(256, 2**depth)
    norm = norm_kind(tensors, "model.model.3")
    settings: dict[str, Any] = {"width": width, "depth": depth, "norm": norm} | _sizes(size)
    config = Pix2PixConfig(in_channels=channels_in, out_channels=channels_out, **settings)
    with on_meta_device():
        network = UNet(channels_in, channels_out, width, depth, norm)
    layers = names.unet_names(depth)
    parts = {ours: ours.rpartition(".") for ours in network.state_dict()}
    published = {ours: f"{layers[layer]}.{leaf}" for ours, (layer, _, leaf) in parts.items()}
    what = f"{file} seems to be a pix2pix U-Net of {depth} halvings"
    return Published(file, config, matched(tensors, network, published, norm, what))


def _sizes(side: int) -> dict[str, Any]:
    """The settings for crops of `side` pixels, out of pictures as much larger as the paper's."""
    return {"crop_size": side, "load_size": side * 286 // 256}


def _read_resnet(tensors: Mapping[str, Tensor], file: str) -> Published:
    """CycleGAN's ResNet or, if it has fixed blurs, CUT's."""
    antialias = any(name.endswith(".filt") for name in tensors)
    # The blurs are constants, ours too.
    tensors = {name: value for name, value in tensors.items() if not name.endswith(".filt")}
    blocks = max(names.block_numbers(tensors)) - (11 if antialias else 9)
    last = f"model.{blocks + (21 if antialias else 17)}"
    width, channels_in = first_sides(tensors, "model.1.weight", file)
    channels_out, _ = first_sides(tensors, f"{last}.weight", file)
    _check_channels(channels_in, channels_out, file)
    norm = norm_kind(tensors, last)
    # Dropout has no tensors, but moves the second convolution from number 5 to 6.
    dropout = any(".conv_block.6." in name and value.ndim == 4 for name, value in tensors.items())
    settings: dict[str, Any] = {"in_channels": channels_in, "out_channels": channels_out}
    settings |= {"width": width, "blocks": blocks, "norm": norm, "dropout": dropout}
    # The paper's pictures: 128 pixels for six blocks, 256 for nine.
    settings |= _sizes(128 if blocks <= 6 else 256)
    # What is grey on one side only cannot be its own translation.
    same = channels_in == channels_out
    config: CycleGANConfig | CUTConfig
    if antialias:
        layers = tuple(layer for layer in CUTConfig.nce_layers if layer < 12 + blocks)
        config = CUTConfig(**settings, nce_layers=layers, nce_identity=same)
        what = f"{file} seems to be a CUT ResNet of {blocks} blocks"
    else:
        weight = CycleGANConfig.identity_weight if same else 0.0
        config = CycleGANConfig(**settings, both=False, identity_weight=weight)
        what = f"{file} seems to be a CycleGAN ResNet of {blocks} blocks"
    with on_meta_device():
        network = ResNet(channels_in, channels_out, width, blocks, norm, dropout, antialias)
    published = {name: name for name in network.state_dict()}
    return Published(file, config, matched(tensors, network, published, norm, what))
