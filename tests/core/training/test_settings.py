"""Configurations: what their fields allow, and what is said otherwise."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import pytest

from i2i_core.errors import InputError
from i2i_core.methods import METHODS
from i2i_core.networks.autoencoder_shape import AutoencoderShape
from i2i_core.training.settings import (
    CheckedConfig,
    FitConfig,
    check_crops,
    choice,
    make_config,
    setting,
)


@dataclass(frozen=True)
class Plain(CheckedConfig):
    """One field of every kind."""

    width: int = setting(8, 1, 64)
    share: float = setting(0.5, 0, 1)
    kind: str = choice("round", "square", "oval")
    channels: int = choice(3, 1)
    widths: tuple[int, ...] = setting((4, 8), 1, 16)
    flip: bool = True
    anything: int = 3


@dataclass(frozen=True)
class Changed(Plain):
    """Other defaults leave what is allowed as it was."""

    width: int = 16
    kind: str = "oval"


@pytest.mark.parametrize("config", [Plain, Changed])
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"width": 0}, "width"),
        ({"width": 65}, "1 to 64"),
        ({"width": 8.5}, "width is 8.5, and should be a int"),
        ({"width": True}, "width is True, and should be a int"),
        ({"share": float("nan")}, "0 to 1"),
        ({"share": "half"}, "share is 'half', and should be a float"),
        ({"kind": "cube"}, "kind is 'cube': choose one of 'round', 'square', 'oval'"),
        ({"channels": 2}, "channels is 2: choose one of 3, 1"),
        ({"widths": (4, 17)}, "1 to 16"),
        ({"widths": (4, "8")}, "give whole numbers"),
        ({"widths": (4, True)}, "give whole numbers"),
        ({"flip": 1}, "flip is 1, and should be a bool"),
        ({"anything": None}, "anything"),
    ],
)
def test_values_that_a_field_does_not_allow_are_named(
    config: type[Plain], settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        config(**settings)


def test_what_is_allowed_is_taken() -> None:
    assert Plain(width=64, share=1, kind="oval", channels=1, widths=(), anything=-7).share == 1
    assert Changed().width == 16
    assert Plain(widths=[1, 16]).widths == (1, 16)  # type: ignore[arg-type]  # from a file


def test_what_a_field_may_be_can_be_asked_for() -> None:
    assert Changed.allowed("width") == {"range": (1, 64)}
    assert Changed.allowed("kind") == {"choices": ("round", "square", "oval")}
    assert Changed.allowed("anything") == {}
    assert Changed.allowed("nothing") == {}


def test_unknown_settings_are_named_beside_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r'Plain has no setting "height".*anything, channels'):
        make_config(Plain, "Plain", {"height": 3})


@pytest.mark.parametrize("name", METHODS)
def test_every_methods_defaults_are_allowed_and_its_sizes_have_limits(name: str) -> None:
    kind: Any = METHODS[name].Config
    kind()
    checked_elsewhere = {each.name for each in fields(AutoencoderShape)}
    for each in fields(kind):
        if type(each.default) is int and each.name not in checked_elsewhere:
            assert kind.allowed(each.name), f"{each.name} may be anything"


def test_fits_share_their_settings() -> None:
    stepwise = [kind for kind in METHODS.values() if issubclass(kind.Config, FitConfig)]
    assert len(stepwise) == 6
    names = {each.name for each in fields(FitConfig)}
    assert {"learning_rate", "steps", "crop_size", "load_size", "ema", "decay_start"} <= names


def config(crop_size: int, load_size: int) -> FitConfig:
    settings = FitConfig()
    object.__setattr__(settings, "crop_size", crop_size)  # past the field's own range
    object.__setattr__(settings, "load_size", load_size)
    return settings


def test_crops_that_cannot_be_made_are_refused() -> None:
    check_crops(config(256, 286), 256)
    check_crops(config(8, 8), 4)
    for crop_size, load_size, multiple, words in (
        (250, 286, 4, "crop_size is 250: .* multiple of 4"),
        (256, 255, 4, "load_size is 255"),
        (256, 5000, 4, "load_size is 5000"),
    ):
        with pytest.raises(InputError, match=words):
            check_crops(config(crop_size, load_size), multiple)
    for crop_size in (4, 4096):
        with pytest.raises(InputError, match=f"crop_size is {crop_size}"):
            FitConfig(crop_size=crop_size)


def test_crops_that_a_discriminator_cannot_judge_are_refused() -> None:
    check_crops(config(24, 24), 4, layers=3)
    with pytest.raises(InputError, match=r"discriminator of 3 layers.* at least 24"):
        check_crops(config(20, 24), 4, layers=3)
    check_crops(config(8, 24), 4, layers=0)
