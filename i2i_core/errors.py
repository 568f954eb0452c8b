"""The exceptions that are meant for the person at the keyboard, and checks that raise them."""

from collections.abc import Sequence

MAX_SEED = 2**31 - 1


class InputError(ValueError):
    """Something the person can put right: the message says what is wrong and what to do. It becomes
    `gr.Error` on the page and exit code 2 on the command line; all other exceptions propagate."""


class WeightsUnavailable(InputError):
    """A published network, or what runs it, is not here and cannot be fetched."""


def check_range(what: str, value: float, low: float, high: float) -> None:
    """Raise InputError unless `value` lies from `low` to `high`."""
    if not low <= value <= high:
        raise InputError(f"The {what} is {value}: choose one from {low} to {high}.")


def check_choice(what: str, value: str, choices: Sequence[str]) -> None:
    """Raise InputError unless `value` is one of `choices`."""
    if value not in choices:
        raise InputError(f'There is no {what} "{value}". Choose one of: {", ".join(choices)}.')
