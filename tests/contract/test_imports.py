"""What importing the package brings along: nothing heavy, nothing that works."""

import subprocess
import sys
from pathlib import Path

import i2i_core

HEAVY = ("torchvision", "timm", "gradio", "skimage", "scipy", "matplotlib")


def loaded_by(code: str) -> set[str]:
    """Names of the modules that are loaded after `code` ran in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"],
        cwd=Path(i2i_core.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


def test_importing_stays_light() -> None:
    modules = ("cli.main", "pipelines.analogy", "evaluation.result", "labels.segmentation")
    loaded = loaded_by("import i2i_core.methods" + "".join(f", i2i_core.{m}" for m in modules))
    assert "i2i_core.methods.structural_analogy" in loaded
    assert not loaded & set(HEAVY)


def test_the_package_itself_brings_nothing() -> None:
    assert not loaded_by("import i2i_core") & {*HEAVY, "torch", "numpy", "PIL"}


def test_gradio_never_enters_the_core() -> None:
    for path in Path(i2i_core.__file__).parent.rglob("*.py"):
        words = path.read_text(encoding="utf-8")
        assert "import gradio" not in words, path.name
        assert "from gradio" not in words, path.name
