"""Fixtures for every test: no telemetry, and the running page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


@pytest.fixture(scope="session")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole page, served on a free port of this machine."""
    os.environ["GRADIO_TEMP_DIR"] = str(tmp_path_factory.mktemp("gradio"))
    import app

    page = app.build()
    app.launch(page, prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    yield page.local_url
    page.close()


@pytest.fixture(scope="session")
def swapper(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of a small swapping autoencoder with random weights and directions of its own."""
    import numpy as np
    from PIL import Image

    from i2i_core.checkpoints.checkpoint import save
    from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder, SwappingAutoencoderConfig
    from i2i_core.methods.swapping_statistics import fit_statistics

    config = SwappingAutoencoderConfig(
        widths=(4, 8, 12), texture_widths=(16,), structure_channels=4, texture_size=12,
        head_widths=(12,), up_widths=(12, 8), noise=False, texture_gain=3.0, bounded=True,
        discriminator_width=4, discriminator_max_width=8, patch_width=4, patch_max_width=8,
        patch_linear=8, patch_size=16, patches=2, window=32, crop_size=64, load_size=64, batch=1,
        steps=4, ema=0.9,
    )  # fmt: skip
    method = SwappingAutoencoder(config)
    method.fitted = method.training_networks_loaded = True
    random = np.random.default_rng(0)
    tints = [random.integers(0, 200, 3) for _ in range(12)]
    fit_statistics(
        method,
        [
            Image.fromarray((random.integers(0, 56, (64, 80, 3)) + tint).astype(np.uint8))
            for tint in tints
        ],
    )
    path = tmp_path_factory.mktemp("swapper") / "small.safetensors"
    save(method, path, about="Small: for tests")
    return str(path)


@pytest.fixture(scope="session")
def swapper_model(swapper: str) -> Any:
    """The same model, ready to swap: a LoadedModel."""
    from i2i_core.checkpoints.model_zoo import open_model

    return open_model(swapper)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium; tests skip where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    flags = ["--no-sandbox", "--use-gl=swiftshader", "--enable-webgl", "--ignore-gpu-blocklist"]
    with playwright.sync_playwright() as p:
        if path is None and not Path(p.chromium.executable_path).exists():
            pytest.skip("no Chromium: install it, or run `playwright install chromium`")
        browser = p.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()
