"""The README's calls work as printed, and its requirement files agree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.tree import tree

ROOT = Path(__file__).parents[2]
PRINTED_URL = "http://127.0.0.1:7860"


def blocks(language: str, containing: str) -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"```{language}\n(.*?)```", text, flags=re.S)
    return [block for block in found if containing in block]


def run(command: list[str], tmp_path: Path) -> str:
    """Run in a folder that looks like the repository's root, and stays clean."""
    for name in ("examples", "i2i_core", "weights"):
        (tmp_path / name).symlink_to(ROOT / name)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_client_call(page_url: str, tmp_path: Path) -> None:
    (code,) = blocks("python", "gradio_client")
    out = run([sys.executable, "-c", code.replace(PRINTED_URL, page_url.rstrip("/"))], tmp_path)
    assert out.strip().endswith(".png")


def test_the_python_core_call(tmp_path: Path) -> None:
    (code,) = blocks("python", "structural_analogy(a, b")
    run([sys.executable, "-c", code], tmp_path)
    assert (tmp_path / "spiral.png").exists()
    assert (tmp_path / "winter.png").exists()


SMALL = {
    '"laptop")': '"laptop", width=4, depth=3, discriminator_width=4, crop_size=32, load_size=32, '
    "steps=3)",
    "--preset laptop": "--set width=4 --set depth=3 --set discriminator_width=4 --set crop_size=32 "
    "--set load_size=32 --steps 3",
}


def pairs(tmp_path: Path) -> None:
    """Folders of three label maps and photographs, as the README's commands expect them."""
    from tests.helpers import A, B

    for folder, pictures in (("labels", A), ("photos", B)):
        (tmp_path / folder).mkdir()
        for number, picture in enumerate(pictures):
            picture.save(tmp_path / folder / f"{number}.png")


def made_small(code: str) -> str:
    for words, small in SMALL.items():
        code = code.replace(words, small)
    return code


def test_the_learning_call(tmp_path: Path) -> None:
    (code,) = blocks("python", "method.fit")
    pairs(tmp_path)
    run([sys.executable, "-c", made_small(code)], tmp_path)
    assert (tmp_path / "front.png").exists()
    assert (tmp_path / "preview.png").exists()


def test_the_learning_commands(tmp_path: Path) -> None:
    (code,) = blocks("bash", "i2i_core fit pix2pix")
    pairs(tmp_path)
    command = made_small(code).replace("python -m", f"{sys.executable} -m")
    out = run(["bash", "-ec", command], tmp_path)
    assert {"fronts.safetensors", "translated/0.png", "translated/2.png"} <= set(out.split())
    assert list((tmp_path / "look").iterdir())


def test_the_commands_about_models_of_others(tmp_path: Path) -> None:
    import torch

    from benchmarks.plain_networks import PlainResNet
    from tests.helpers import A

    (code,) = blocks("bash", "i2i_core import")
    for side in "AB":
        weights = PlainResNet(width=4, blocks=6).state_dict()
        torch.save(weights, tmp_path / f"latest_net_G_{side}.pth")
    A[0].save(tmp_path / "horse.jpg")
    out = run(["bash", "-ec", code.replace("python -m", f"{sys.executable} -m")], tmp_path)
    assert {"horse2zebra.safetensors", "zebra.png", "cyclegan"} <= set(out.split())


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="needs curl, bash")
def test_the_curl_call(page_url: str, tmp_path: Path) -> None:
    (code,) = blocks("bash", "curl")
    out = run(["bash", "-c", code.replace(PRINTED_URL, page_url.rstrip("/"))], tmp_path)
    assert "event: complete" in out
    assert ".png" in out


def test_the_command_line(tmp_path: Path) -> None:
    (code,) = blocks("bash", "i2i_core segment")
    lines = [line for line in code.splitlines() if " photo.jpg" not in line]
    command = "\n".join(lines).replace("python -m", f"{sys.executable} -m")
    out = run(["bash", "-ec", command], tmp_path)
    files = {"spiral.png", "labels.png", "lake.png", "winter.png", "dark.png", "kitten.png"}
    assert files <= set(out.split())


def test_every_requirement_has_a_lower_bound_and_the_files_agree() -> None:
    def lines(name: str) -> set[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return {line for line in text.splitlines() if line and not line.startswith("#")}

    full, small = lines("requirements.txt"), lines("requirements-small.txt")
    assert all(">=" in line for line in full)
    assert {line.split(">=")[0] for line in full - small} == {"timm", "torchvision"}
    assert small <= full


def test_the_tree_is_that_of_the_files() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert tree() in text, "run `make tree`"
