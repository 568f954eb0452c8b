"""Fixtures of the contract: every method with a row, in all its variants, and one of a stranger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from i2i_core.method import Method
from i2i_core.methods import METHODS
from tests.fakes.munit import MUNIT
from tests.helpers import ROWS, SMALL, A, B, Row, fitted

# What a new method adds to this test: its row.
STRANGER = Row(MUNIT, {**SMALL, "width": 4}, A, B[:2], {"no ema": {"ema": 0.0}})
CONTRACT = {**ROWS, "munit": STRANGER}
CASES = [(name, variant) for name, row in CONTRACT.items() for variant in ("", *row.variants)]
STEPWISE_CASES = [(name, variant) for name, variant in CASES if CONTRACT[name].stepwise]


@pytest.fixture(autouse=True)
def munit(monkeypatch: pytest.MonkeyPatch) -> type[MUNIT]:
    """A method that nobody outside of its file knows, with its entry in METHODS."""
    monkeypatch.setitem(METHODS, "munit", MUNIT)
    return MUNIT


@pytest.fixture(params=CONTRACT)
def row(request: pytest.FixtureRequest) -> Row:
    """Every method."""
    return CONTRACT[request.param]


@pytest.fixture(params=[name for name, row in CONTRACT.items() if row.stepwise])
def stepwise_row(request: pytest.FixtureRequest) -> Row:
    """Every method that learns step by step."""
    return CONTRACT[request.param]


@pytest.fixture(params=[name for name, row in CONTRACT.items() if row.one_each])
def pair_row(request: pytest.FixtureRequest) -> Row:
    """Every method that learns from one picture on each side."""
    return CONTRACT[request.param]


@dataclass(frozen=True)
class Case:
    """A row in one of its variants, fitted; what only reads it may share it."""

    row: Row
    changes: dict[str, Any]
    method: Method


def _title(case: tuple[str, str]) -> str:
    return "-".join(filter(None, case))


@pytest.fixture(params=CASES, ids=_title)
def case(request: pytest.FixtureRequest) -> Case:
    """Every method in every variant."""
    return _case(*request.param)


@pytest.fixture(params=[name for name, variant in STEPWISE_CASES if not variant])
def plain_stepwise_case(request: pytest.FixtureRequest) -> Case:
    """Every method that learns step by step, as its row has it."""
    return _case(request.param, "")


@pytest.fixture(params=STEPWISE_CASES, ids=_title)
def stepwise_case(request: pytest.FixtureRequest) -> Case:
    """Every method that learns step by step, in every variant."""
    return _case(*request.param)


@cache
def _case(name: str, variant: str) -> Case:
    row = CONTRACT[name]
    changes = dict(row.variants[variant]) if variant else {}
    return Case(row, changes, fitted(row, **changes))
