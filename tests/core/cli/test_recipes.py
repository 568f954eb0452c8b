"""The recipes of the shipped models: what they tell the command fit is understood."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from i2i_core.cli.main import main
from i2i_core.method import Method
from i2i_core.progress import Progress, Work

RECIPES: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[3] / "weights" / "train.py"))[
    "RECIPES"
]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_can_be_fitted(
    collections: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []

    def watched(method: Method, a: Any, b: Any, out: Any, **_: Any) -> Work:
        started.append((method, out))
        yield Progress(1, 1)

    monkeypatch.setattr("i2i_core.finetuning.run.run_fit", watched)
    recipe = RECIPES[name]
    call = ["fit", *recipe.fit, "--a", "a", "--b", "b", "-o", "m.safetensors"]
    call += ["--takes", recipe.takes, "--makes", recipe.makes, "--about", recipe.about]
    if recipe.start:
        call += ["--start", recipe.start]
    assert main(call) == 0
    ((method, out),) = started
    if "--steps" in recipe.fit:
        assert method.config.steps == int(recipe.fit[recipe.fit.index("--steps") + 1])
    assert (out.about, out.takes, out.makes) == (recipe.about, recipe.takes, recipe.makes)
