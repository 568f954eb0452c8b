"""The import contracts: they hold, and whoever breaks one or forgets to place a module is told."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the sources and of the contracts."""
    for package in ("i2i_core", "demos", "examples"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=lambda _, names: {
                n for n in names if ("." in n and not n.endswith(".py")) or n == "__pycache__"
            },
        )  # fmt: skip
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_contracts_hold(house: Path) -> None:
    result = lint(house)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("stray", ["i2i_core/stray.py", "demos/stray.py"])
def test_a_module_that_nobody_placed_fails(house: Path, stray: str) -> None:
    (house / stray).write_text('"""A module without a place."""\n')
    result = lint(house)
    assert result.returncode == 1
    assert "stray" in result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("i2i_core/networks/unet.py", "import i2i_core.methods"),
        ("i2i_core/patches/search.py", "import gradio"),
        ("demos/shared/jobs.py", "import torch"),
        ("demos/texture_swap/__init__.py", "import demos.image_analogy"),
    ],
)
def test_an_import_against_the_grain_fails(house: Path, module: str, line: str) -> None:
    path = house / module
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    assert lint(house).returncode == 1
