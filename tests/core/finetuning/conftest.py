"""Fixtures of the tests of fits: where a model goes, and a clock that is a fit's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from i2i_core.finetuning import run
from i2i_core.finetuning.run import Destination
from i2i_core.method import Method
from i2i_core.progress import Progress


@pytest.fixture
def out(tmp_path: Path) -> Destination:
    return Destination(tmp_path / "m.safetensors")


class Clock:
    """A clock for `run_fit` on which every step of a fit takes `step_s` seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.step_s = 100.0, 1.0
        monkeypatch.setattr(run, "time", SimpleNamespace(monotonic=lambda: self.now))

    def of(self, method: Method) -> Method:
        """`method`, fitting by this clock."""
        fit = method.fit

        def slow_fit(*sides: Any) -> Iterator[Progress]:
            for progress in fit(*sides):
                self.now += self.step_s
                yield progress

        method.fit = slow_fit  # type: ignore[method-assign, assignment]
        return method


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)
