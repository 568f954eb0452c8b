"""Files of older versions in today's words: each format becomes the next one, change by change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

FORMATS = ("i2i-1", "i2i-2")  # the last one is what is written

# Settings that have another name since i2i-2, of all methods and of single ones.
RENAMED_SETTINGS = {
    "size": "crop_size",
    "constant": "decay_start",
    "widest": "max_multiple",
    "tone": "lowpass",
    "whole": "full_images_at_end",
}
RENAMED_SETTINGS_OF: Mapping[str, Mapping[str, str]] = {
    "structural_analogy": {"size": "long_side", "guide": "correspondence"},
    "semantic_analogy": {"size": "long_side"},
    "pix2pixhd": {"discriminator_widest": "discriminator_max_multiple"},
    "sincut": {"crop": "crop_size"},
    "swapping_autoencoder": {
        "discriminator_widest": "discriminator_max_width",
        "patch_widest": "patch_max_width",
    },
}
# Patterns of tensors' names, and what they became; one after the other.
RENAMED_TENSORS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "*": (
        (r"^extra\.", "training."),
        (r"^state\.updaters\.", "state.optimizers."),
    ),
    "pix2pix": ((r"^networks\.average\.", "networks.ema.average."),),
    "pix2pixhd": (
        (r"^networks\.average\.", "networks.ema.average."),
        (r"^networks\.judges\.", "networks.discriminators."),
    ),
    "cut": ((r"^networks\.average\.", "networks.ema.average."),),
    "sincut": ((r"^networks\.average\.", "networks.ema.average."),),
    "cyclegan": ((r"^networks\.average_(ab|ba)\.", r"networks.ema_\1.average."),),
    "swapping_autoencoder": (
        (r"^networks\.average\.", "networks.ema.average."),
        (r"^(encoder|generator)\.", r"autoencoder.\1."),
    ),
}
# Parts of tensors' names, wherever they stand.
RENAMED_PARTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "*": (),
    "cut": ((r"\btones\.", "lowpass."),),
    "cyclegan": ((r"\btones\.", "lowpass."),),
    "swapping_autoencoder": (
        (r"^survey\.", "statistics."),
        (r"^networks\.(directions|arrangements|features)\.", r"networks.statistics.\1."),
        (r"\barrangements\.", "layouts."),
        (r"\.usual$", ".threshold"),
    ),
}


def migrate_header(header: Mapping[str, str]) -> dict[str, str]:
    """A file's header as today's version writes it. Raises KeyError or ValueError for a damaged
    one."""
    header = dict(header)
    for step in _HEADER_STEPS[FORMATS.index(header["format"]) :]:
        header = step(header)
    return header | {"format": FORMATS[-1]}


def migrate_tensors(
    tensors: Mapping[str, Tensor], method: str, old_header: Mapping[str, str]
) -> dict[str, Tensor]:
    """A file's tensors by the names that they have today."""
    if old_header["format"] == FORMATS[-1]:
        return dict(tensors)
    return {_tensor_name_1_to_2(name, method): value for name, value in tensors.items()}


def _header_1_to_2(header: dict[str, str]) -> dict[str, str]:
    name, config = header["method"], json.loads(header["config"])
    names = {**RENAMED_SETTINGS, **RENAMED_SETTINGS_OF.get(name, {})}
    renamed: dict[str, Any] = {names.get(key, key): value for key, value in config.items()}
    if "warm_up" in renamed:  # was a number of steps, and is a share of them
        renamed["warm_up"] = min(1.0, renamed["warm_up"] / renamed["steps"])
    return header | {"config": json.dumps(renamed)}


def _tensor_name_1_to_2(name: str, method: str) -> str:
    for table in (RENAMED_TENSORS, RENAMED_PARTS):
        for pattern, replacement in (*table["*"], *table.get(method, ())):
            name = re.sub(pattern, replacement, name)
    return name


_HEADER_STEPS: tuple[Callable[[dict[str, str]], dict[str, str]], ...] = (_header_1_to_2,)
