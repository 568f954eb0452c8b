"""Fixtures for every test: no telemetry, and the running page."""

from __future__ import annotations

import os
from collections.abc import Iterator

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
