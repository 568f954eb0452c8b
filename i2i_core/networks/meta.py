"""Networks in outline: names and shapes without memory, to compare a file with before building."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class _Unfilled(TorchFunctionMode):
    """Weights without values draw no random numbers: that would cost two seconds of imports."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        draws = getattr(func, "__name__", "") == "normal_"
        return None if draws else func(*args, **(kwargs or {}))


@contextmanager
def on_meta_device() -> Iterator[None]:
    """Networks built within take no memory: a file that announces a huge one can be refused."""
    with torch.device("meta"), _Unfilled():
        yield
