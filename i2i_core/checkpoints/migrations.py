"""Old model files: their settings and tensors by today's names."""

import json
import re
from collections.abc import Mapping

from torch import Tensor

FORMATS = ("i2i-1", "i2i-2")  # the last one is what is written

# Settings that have another name since i2i-2, of all methods and of single ones.
RENAMED_SETTINGS = {
    "size": "crop_size", "constant": "decay_start", "widest": "max_multiple", "tone": "lowpass",
    "whole": "full_images_at_end",
}  # fmt: skip
RENAMED_SETTINGS_OF = {
    "structural_analogy": {"size": "long_side", "guide": "correspondence"},
    "semantic_analogy": {"size": "long_side"},
    "pix2pixhd": {"discriminator_widest": "discriminator_max_multiple"},
    "sincut": {"crop": "crop_size"},
    "swapping_autoencoder": {
        "discriminator_widest": "discriminator_max_width",
        "patch_widest": "patch_max_width",
    },
}
# Patterns of tensors' names and what they became, in this order: of all methods, of single ones.
RENAMED_TENSORS = (
    (r"^extra\.", "training."),
    (r"^state\.updaters\.", "state.optimizers."),
    (r"^networks\.average\.", "networks.ema.average."),
)
RENAMED_TENSORS_OF: Mapping[str, tuple[tuple[str, str], ...]] = {
    "pix2pixhd": ((r"^networks\.judges\.", "networks.discriminators."),),
    "cut": ((r"\btones\.", "lowpass."),),
    "cyclegan": (
        (r"^networks\.average_(ab|ba)\.", r"networks.ema_\1.average."),
        (r"\btones\.", "lowpass."),
    ),
    "swapping_autoencoder": (
        (r"^(encoder|generator)\.", r"autoencoder.\1."),
        (r"^survey\.", "statistics."),
        (r"^networks\.(directions|arrangements|features)\.", r"networks.statistics.\1."),
        (r"\barrangements\.", "layouts."),
        (r"\.usual$", ".threshold"),
    ),
}


def migrate_header(header: Mapping[str, str]) -> dict[str, str]:
    """A header as it is written today. Raises KeyError, TypeError or ValueError if damaged."""
    if header["format"] == FORMATS[-1]:
        return dict(header)
    names = RENAMED_SETTINGS | RENAMED_SETTINGS_OF.get(header["method"], {})
    config = {names.get(key, key): v for key, v in json.loads(header["config"]).items()}
    if "warm_up" in config:  # was a number of steps, and is a share of them
        config["warm_up"] = min(1.0, config["warm_up"] / config["steps"])
    if not config.get("perceptual_weight"):  # the network that it did not use was another one
        config.pop("perceptual_network", None)
    return {**header, "format": FORMATS[-1], "config": json.dumps(config)}


def migrate_tensors(
    tensors: dict[str, Tensor], method: str, old_header: Mapping[str, str]
) -> dict[str, Tensor]:
    """A file's tensors by the names that they have today."""
    if old_header["format"] == FORMATS[-1]:
        return tensors
    renamed = {}
    patterns = (*RENAMED_TENSORS, *RENAMED_TENSORS_OF.get(method, ()))
    for name, value in tensors.items():
        for pattern, replacement in patterns:
            name = re.sub(pattern, replacement, name)
        renamed[name] = value
    return renamed
