"""README's tree of files: every module with its own first sentence. `make tree` writes it."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("demos", "i2i_core")
WIDTH = 32  # columns for the names
BEGIN, END = "<!-- the tree: written by `make tree` -->\n```\n", "```\n<!-- the tree ends -->"


def first_sentence(path: Path) -> str:
    """Of a module's docstring, without its full stop, and no more of it than a line holds."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    sentence = re.split(r"(?<=[.!?])\s+(?=[A-Z`])", " ".join(text.split()))[0]
    return textwrap.shorten(sentence.rstrip("."), 100, placeholder=" …")


def lines(folder: Path, depth: int = 0) -> list[str]:
    """A line for the folder, and below it one for each of its modules and folders."""
    init, indent = folder / "__init__.py", "  " * depth
    rows = [f"{indent}{folder.name + '/':{WIDTH - 2 * depth}}{first_sentence(init)}"]
    for path in sorted(folder.iterdir(), key=lambda p: (p.is_dir(), p.name)):
        if path.is_dir() and (path / "__init__.py").exists():
            rows += lines(path, depth + 1)
        elif path.suffix == ".py" and path != init:
            name = f"{indent}  {path.name}"
            rows.append(f"{name:{WIDTH}}{first_sentence(path)}")
    return rows


def tree() -> str:
    """The whole block, as it stands in the README."""
    rows = [line for package in PACKAGES for line in lines(ROOT / package)]
    return BEGIN + "\n".join(rows) + "\n" + END


def main() -> None:
    """Write it into the README."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    readme.write_text(before + tree() + after, encoding="utf-8")


if __name__ == "__main__":
    main()
