"""Networks on PyTorch's meta device: names and shapes without memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class _Unfilled(TorchFunctionMode):
    """Weights without values draw no random numbers: that would cost seconds of imports."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name, kwargs = getattr(func, "__name__", ""), kwargs or {}
        if name in ("normal_", "uniform_", "xavier_normal_", "kaiming_uniform_"):
            return kwargs.get("tensor", args[0] if args else None)
        return (torch.empty if name == "randn" else func)(*args, **kwargs)


@contextmanager
def on_meta_device() -> Iterator[None]:
    """Networks built within take no memory: a file that announces a huge one can be refused."""
    with torch.device("meta"), _Unfilled():
        yield
