"""The command fit, made small."""

from __future__ import annotations

import json
from typing import Any

from i2i_core.cli.main import main
from tests.helpers import ROWS


def set_options(settings: dict[str, Any]) -> list[str]:
    """--set for each of the settings."""
    texts = ((k, v if isinstance(v, str) else json.dumps(v)) for k, v in settings.items())
    return [word for name, text in texts for word in ("--set", f"{name}={text}")]


def fit(*more: str, method: str = "pix2pix", out: str = "m.safetensors") -> int:
    """Three steps of the smallest model of `method` on the folders a and b; the exit code."""
    settings = set_options({**ROWS[method].settings, "steps": 3})
    return main(["fit", method, "--a", "a", "--b", "b", "-o", out, *settings, *more])
