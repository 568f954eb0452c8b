"""What tensors are called in the files that other people published, and whose files those are."""

import re
from collections.abc import Iterable

READABLE = (
    "This studio reads generators of pix2pix, CycleGAN, CUT and FastCUT, and swapping autoencoders."
)
WHOLE = "Give the whole checkpoint, with the encoder and the generator."
GENERATOR = "Give the generator's file instead, such as latest_net_G.pth."

# Names that only one network has, what that is, and what to do.
_KNOWN = (
    (r"^mlp_\d+\.0\.weight$", "netF, the projection that CUT needs in training only", GENERATOR),
    (r"^net\.0\.weight$", "a discriminator, which judges pixels", GENERATOR),
    (r"^(discriminator_\d+\.|scale\d+_layer\d+)", "a discriminator of several scales", GENERATOR),
    (r"^model1_\d+\.", "pix2pixHD's local enhancer", READABLE),
    (r"^model\.(down\.0\.weight$|submodule\.)", "BicycleGAN's generator", READABLE),
    (r"^fcVar\.", "BicycleGAN's encoder", READABLE),
    (r"\.mlp_shared\.|^head_0\.conv_0\.weight_orig$", "SPADE's (GauGAN's) generator", READABLE),
    (r"^(E|G|D|Dpatch)\.", "a part of the official swapping autoencoder", WHOLE),
    (r"^(e|g|e_ema|g_ema|cooccur)\.", "a part of rosinality's swapping autoencoder", WHOLE),
    (r"^(stem|structure|to_rgb)\.", "a part of rosinality's swapping autoencoder", WHOLE),
    (r"^(encoder_[ci]|FiLM_c2i_alpha)\.", "SemIA, which learns one picture", READABLE),
    (r"^head\.conv\.weight$", "one scale of SinGAN, which learns one picture", READABLE),
)
_BLOCK = re.compile(r"^model\.(\d+)\.conv_block\.")


def known_but_unusable(names: Iterable[str]) -> str:
    """What a file with tensors of these `names` is, and what to do; "" if it may be usable."""
    names = list(names)
    for pattern, what, advice in _KNOWN:
        if any(re.search(pattern, name) for name in names):
            return f"{what}. {advice}"
    blocks = block_numbers(names)
    # After CycleGAN's two halvings number 10 is a block; here it is the third halving.
    if "model.10.weight" in names and blocks and min(blocks) > 12:
        return f"pix2pixHD's global generator, a ResNet of more than two halvings. {READABLE}"
    return ""


def block_numbers(names: Iterable[str]) -> set[int]:
    """The layers of a ResNet that are residual blocks."""
    return {int(match[1]) for match in map(_BLOCK.match, names) if match}


def unet_names(depth: int) -> dict[str, str]:
    """Our U-Net's layers, such as "downs.1", to pix2pix's, such as "model.model.1.model.1"."""
    names = {"downs.0": "model.model.0", "ups.0": "model.model.3"}
    level, within = 1, "model.model.1.model"
    while level < depth - 1:
        names |= {f"downs.{level}": f"{within}.1", f"down_norms.{level}": f"{within}.2"}
        names |= {f"ups.{level}": f"{within}.5", f"up_norms.{level}": f"{within}.6"}
        level, within = level + 1, f"{within}.3.model"
    # The innermost level has no norm on its way down and nothing within.
    names |= {f"downs.{level}": f"{within}.1"}
    names |= {f"ups.{level}": f"{within}.3", f"up_norms.{level}": f"{within}.4"}
    return names
