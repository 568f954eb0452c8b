"""What the numbers of configurations may be."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from i2i_core.errors import MAX_SEED, InputError, check_range

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


# What the numbers of the methods' configurations may be.
RANGES: dict[str, tuple[float, float]] = {
    "width": (1, 512),
    "widest": (1, 16),
    "depth": (2, 12),
    "blocks": (0, 32),
    "discriminator_width": (1, 512),
    "discriminator_layers": (0, 6),
    "nce_width": (1, 2048),
    "nce_patches": (1, 65536),
    "temperature": (1e-3, 100),
    "pool": (0, 10_000),
    "identity_every": (1, 1000),
    "tone": (0, 32),
    "batch": (1, 1024),
    "epochs": (1, 10**6),
    "steps": (0, 10**9),
    "constant": (0, 1),
    "learning_rate": (1e-8, 1),
    "beta1": (0, 0.9999),
    "beta2": (0, 0.9999999),
    "ema": (0, 0.999999),
    "seed": (0, MAX_SEED),
}


def check_settings(config: DataclassInstance) -> None:
    """Raise InputError unless every setting is of its default's type and, of RANGES, within."""
    for setting in fields(config):
        name: str = setting.name
        kind: Any = type(setting.default)
        value: Any = vars(config)[name]
        fits = isinstance(value, (float, int) if kind is float else kind)
        if not fits or (isinstance(value, bool) and kind is not bool):
            raise InputError(f"{name} is {value!r}, and should be a {kind.__name__}.")
        if name in RANGES:
            check_range(name, value, *RANGES[name])
        if name in ("in_channels", "out_channels") and value not in (1, 3):
            raise InputError(f"{name} is {value}: choose 3, or 1 for grey.")
        if name == "nce_layers" and not all(type(layer) is int for layer in value):
            raise InputError(f"nce_layers is {value}: give whole numbers, such as (0, 4, 8).")


def check_crops(size: int, load_size: int, multiple: int, layers: int = 0) -> None:
    """Raise InputError unless crops of `size` can be cut, halved as the network does, and judged by
    a patch discriminator of `layers` halvings."""
    check_range("size", size, 8, 2048)
    if size % multiple:
        raise InputError(f"The size is {size}: for this network choose a multiple of {multiple}.")
    smallest = 3 * 2**layers  # or its last norm would have a single pixel to normalise
    if layers and size < smallest:
        raise InputError(
            f"Crops of {size} pixels are too small for a discriminator of {layers} layers: "
            f"choose a size of at least {smallest}, or fewer discriminator_layers."
        )
    check_range("load size", load_size, size, 4096)
