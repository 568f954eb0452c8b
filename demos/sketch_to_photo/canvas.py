"""The drawing canvas as Python sees it; the browser's part is canvas.js, with .css and .html.

Gradio's own image editor has no rectangles, blurs labels and loses drawings. This gr.HTML's value
is JSON: kind ("sketch", "labels"; the browser keeps a past for each), data URL, and palette."""

import base64
import io
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from i2i_core.errors import InputError
from i2i_core.labels.colours import Colour

SIDE = 512  # pixels of the canvas
MAX_SIDE = 2048  # pixels of a drawing that arrives
MAX_CHARACTERS = 4_000_000
Palette = Mapping[str, Colour]

_HERE = Path(__file__).parent
_HTML, _CSS, _JS = (
    (_HERE / f"canvas.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")
)


class DrawingCanvas(gr.HTML):
    """The canvas; `value` as `to_value` makes it. `input` fires with strokes, and during them."""

    def __init__(self, value: str | None = None, **settings: Any) -> None:
        super().__init__(
            value, html_template=_HTML, css_template=_CSS, js_on_load=_JS, apply_default_css=False,
            **settings,
        )  # fmt: skip

    def get_block_name(self) -> str:
        """What the browser shows it as."""
        return "html"


def to_value(
    picture: Image.Image | None, palette: Palette | None = None, *, keep: bool = False
) -> str:
    """The JSON that shows `picture` as a sketch or, with `palette`, as labels in its colours (the
    first is the ground); it can be undone. None shows what is drawn of that kind. `keep`: nothing
    is replaced that is drawn already; what then stands there comes back as input."""
    value: dict[str, Any] = {"kind": "sketch" if palette is None else "labels", "keep": keep}
    value["png"] = None if picture is None else _data_url(picture)
    if palette is not None:
        value["palette"] = [[name, "#{:02x}{:02x}{:02x}".format(*c)] for name, c in palette.items()]
    value["nonce"] = secrets.token_hex(4)  # the same drawing sent twice is still news
    return json.dumps(value)


def to_picture(value: str | None) -> Image.Image | None:
    """The browser's drawing, RGB; None for nothing drawn. Raises InputError for what is none."""
    if not value:
        return None
    try:
        if len(value) > MAX_CHARACTERS:
            raise InputError("This drawing is too large. Clear the canvas and draw it again.")
        url = json.loads(value)["png"]
        if url is None:
            return None
        data = base64.b64decode(url.removeprefix("data:image/png;base64,"), validate=True)
        with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
            if max(picture.size) > MAX_SIDE:
                raise InputError("This drawing has too many pixels. Clear the canvas, start again.")
            drawing = picture.convert("RGB")
    except InputError:
        raise
    except Exception:
        # Whatever a stranger's browser may send: JSON, base64 and PNG fail in many ways.
        problem = "The drawing did not arrive whole. Draw one more stroke, or reload the page."
        raise InputError(problem) from None
    pixels = np.asarray(drawing)
    return drawing if (pixels != pixels[0, 0]).any() else None


def _data_url(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
