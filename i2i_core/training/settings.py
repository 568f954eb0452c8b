"""Configurations: dataclasses whose fields say what they may be; those that fits share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from torch import nn

from i2i_core.data.batches import CropSettings
from i2i_core.errors import MAX_SEED, InputError, check_range
from i2i_core.losses.adversarial import ADVERSARIAL
from i2i_core.networks.deep_features import EFFICIENTNET
from i2i_core.training.optim import Optimizer

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Config = TypeVar("Config", bound="DataclassInstance")


def setting(default: Any, low: float | None = None, high: float | None = None) -> Any:
    """A field that may be from `low` to `high`; of a tuple each of its numbers."""
    return field(default=default, metadata={} if low is None else {"range": (low, high)})


def choice(default: Any, *others: Any) -> Any:
    """A field that may be `default` or one of `others`."""
    choices = others if default in others else (default, *others)
    return field(default=default, metadata={"choices": choices})


@dataclass(frozen=True)
class CheckedConfig:
    """Raises InputError for values that its fields, or those that they replace, do not allow."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(each.default, tuple) and isinstance(value, list):  # from a file
                value = tuple(value)
                object.__setattr__(self, each.name, value)
            _check_type(each.name, value, each.default)
            allowed = self.allowed(each.name)
            if "range" in allowed:
                for number in value if isinstance(value, tuple) else (value,):
                    check_range(each.name, number, *allowed["range"])
            if value not in allowed.get("choices", (value,)):
                choices = ", ".join(f"{option!r}" for option in allowed["choices"])
                raise InputError(f"{each.name} is {value!r}: choose one of {choices}.")

    @classmethod
    def allowed(cls, name: str) -> Mapping[str, Any]:
        """What the field `name` may be: its "range" or its "choices", or nothing if it is free."""
        for kind in cls.__mro__:
            declared = vars(kind).get("__dataclass_fields__", {}).get(name)
            if declared is not None and declared.metadata:
                return dict(declared.metadata)
        return {}


@dataclass(frozen=True)
class FitConfig(CheckedConfig):
    """What every fit by steps has, with the papers' usual numbers."""

    learning_rate: float = setting(2e-4, 1e-8, 1)
    beta1: float = setting(0.5, 0, 0.9999)  # of Adam
    beta2: float = setting(0.999, 0, 0.9999999)
    batch: int = setting(1, 1, 1024)
    steps: int = setting(0, 0, 10**9)  # 0: as many as the epochs take
    decay_start: float = setting(0.5, 0, 1)  # share of the steps before the learning rate falls
    crop_size: int = setting(256, 8, 2048)  # pixels a side of what is learnt from
    load_size: int = setting(286, 8, 4096)  # of the shorter side of the pictures it is cut from
    flip: bool = True  # half of the pictures are mirrored
    ema: float = setting(0.0, 0, 0.999999)  # decay of the weights' moving average, 0 for none
    perceptual_weight: float = 0.0  # of a loss on deep features, see `training.perceptual`
    perceptual_network: str = EFFICIENTNET  # or one of timm's, such as vgg16.tv_in1k
    seed: int = setting(0, 0, MAX_SEED)

    @property
    def crops(self) -> CropSettings:
        """How pictures become training material."""
        return CropSettings(self.crop_size, self.load_size, self.flip)

    def optimizer(self, *networks: nn.Module) -> Optimizer:
        """Adam for these networks."""
        return Optimizer(networks, self.learning_rate, (self.beta1, self.beta2))


@dataclass(frozen=True)
class AdversarialConfig(FitConfig):
    """What fits of collections or pairs against discriminators of patches have besides."""

    in_channels: int = choice(3, 1)
    out_channels: int = choice(3, 1)
    epochs: int = setting(200, 1, 10**6)
    discriminator_width: int = setting(64, 1, 512)
    discriminator_layers: int = setting(3, 0, 6)  # its halvings
    adversarial: str = choice("least squares", *ADVERSARIAL)
    adversarial_weight: float = 1.0
    # "patch" as published; "projected": see `networks.projected`, and the preset of that name.
    discriminator: str = choice("patch", "projected")
    projected_width: int = setting(64, 1, 512)
    augment: bool = False  # what a projected discriminator judges (Zhao et al. 2020)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.discriminator == "projected" and self.adversarial == "wasserstein":
            problem = "A projected discriminator has no gradient penalty, which Wasserstein's loss"
            raise InputError(f'{problem} needs: choose the adversarial loss "hinge".')

    @property
    def patch_layers(self) -> int:
        """The halvings of a discriminator of patches, 0 if there is none."""
        return self.discriminator_layers if self.discriminator in ("patch", "both") else 0


# Presets "projected": what goes with that discriminator (Sauer et al. 2021, section 4).
PROJECTED: Mapping[str, Any] = {
    "discriminator": "projected", "adversarial": "hinge", "beta1": 0.0, "beta2": 0.99,
    "perceptual_weight": 1.0,
}  # fmt: skip


def make_config(kind: type[Config], name: str, settings: Mapping[str, Any]) -> Config:
    """The configuration of the method `name`. Raises InputError for unknown settings."""
    names = sorted(each.name for each in fields(kind))
    unknown = sorted({*settings} - {*names})
    if unknown:
        advice = f"Its settings are: {', '.join(names)}."
        raise InputError(f'{name} has no setting "{unknown[0]}". {advice}')
    return kind(**settings)


def check_crops(config: FitConfig, multiple: int, layers: int = 0) -> None:
    """Raise InputError unless crops suit the network and a discriminator of `layers` halvings."""
    size = config.crop_size
    if size % multiple:
        raise InputError(f"crop_size is {size}: for this network choose a multiple of {multiple}.")
    smallest = 3 * 2**layers  # or its last norm would have a single pixel to normalise
    if layers and size < smallest:
        problem = f"Crops of {size} pixels are too small for a discriminator of {layers} layers"
        advice = f"choose a crop_size of at least {smallest}, or fewer discriminator_layers."
        raise InputError(f"{problem}: {advice}")
    check_range("load_size", config.load_size, size, 4096)


def _check_type(name: str, value: Any, default: Any) -> None:
    kind: Any = type(default)
    fits = isinstance(value, (float, int) if kind is float else kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise InputError(f"{name} is {value!r}, and should be a {kind.__name__}.")
    if kind is tuple and not all(type(number) is type(default[0]) for number in value):
        raise InputError(f"{name} is {value}: give whole numbers, such as {default}.")
