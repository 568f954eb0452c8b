"""Widgets and small helpers that tabs share."""

import base64
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData
from gradio.processing_utils import save_bytes_to_cache
from PIL import Image

from i2i_core.errors import MAX_SEED, InputError
from i2i_core.images.files import open_image

STARTERS = Path(__file__).parents[2] / "examples" / "starters"
DOWNLOAD: Any = ["download", "fullscreen"]  # buttons of a result
LARGE = 4_000_000  # pixels; beyond, people are told that their picture was shrunk


class _PathImage(gr.Image):
    """A gr.Image whose handlers get the path of the uploaded file, untouched: gr.Image would end in
    a generic error for a damaged one, and lose label maps' palettes. The core's own door is better.
    """

    is_template = True  # the page shows it as its parent

    def preprocess(self, payload: ImageData | None) -> str | None:
        """The uploaded file's path, or None. A picture that is the address itself, in base64, as
        programs send it, becomes a file."""
        if payload is None or payload.path or not (payload.url or "").startswith("data:"):
            return payload.path if payload else None
        try:
            data = base64.b64decode(str(payload.url).partition(",")[2], validate=True)
        except ValueError:
            raise gr.Error("The picture's base64 is damaged: encode it again.") from None
        return str(save_bytes_to_cache(data, "picture", self.GRADIO_CACHE))


def Picture(value: str | None = None, **settings: Any) -> gr.Image:
    """An input picture: any file, read by the core."""
    settings = {"sources": ["upload", "clipboard"], "buttons": ["fullscreen"], **settings}
    return _PathImage(value, type="filepath", image_mode=None, format="png", **settings)


def PicturePair(*starters: tuple[str, str]) -> list[gr.Image]:
    """Two input pictures side by side, from the starter and the label of each."""
    size = {"height": 220, "min_width": 130}
    with gr.Row(equal_height=True):
        return [Picture(starter(name), label=label, **size) for name, label in starters]


def enlarged(picture: Image.Image, like: Image.Image) -> Image.Image:
    """A small `picture` in the shape of `like`, so large that nothing jumps when that follows."""
    scale = max(512, *picture.size) / max(like.size)
    size = (round(like.width * scale), round(like.height * scale))
    return picture.resize(size, Image.Resampling.BICUBIC)


def moved(slider: gr.Slider) -> Callable[..., Any]:
    """The event that somebody has moved a slider, by dragging, by the arrow keys, or back by the
    arrow that resets it. It comes often: wire it up so that the latest counts."""
    return partial(gr.on, [slider.input, slider.release])


def thumbnails(names: Iterable[str], label: str) -> gr.Dataset:
    """Starter files to choose from; a click gives the index."""
    return gr.Dataset(
        components=[gr.Image(visible=False)], samples=[[starter(name)] for name in names],
        label=label, type="index",
    )  # fmt: skip


def read(
    path: str | None, what: str, *, flatten: bool = True, short_side: int | None = None
) -> Image.Image:
    """Open an upload (see `open_image`); a person who has not given it yet is told so."""
    if path is None:
        raise InputError(f"Add {what} first.")
    picture = open_image(path, flatten=flatten, short_side=short_side)
    width, height = picture.size
    if short_side is not None:  # it may have been shrunk already: the file's header tells
        with Image.open(path) as file:
            width, height = file.size
    if width * height > LARGE:
        pixels = f"{width} × {height}"
        gr.Info(f"{what.capitalize()} has {pixels} pixels: it is shrunk to work with.")
    return picture


def Gallery(label: str, height: int, value: Any = None, **settings: Any) -> gr.Gallery:
    """A place for many pictures, each a file of its own."""
    return gr.Gallery(
        value, label=label, height=height, type="filepath", file_types=["image"], buttons=[],
        object_fit="contain", **{"columns": 4, "min_width": 140, **settings},
    )  # fmt: skip


def files_of(gallery: Any, place: str, what: str, most: int, purpose: str = "") -> list[str]:
    """The files of a gallery. Raises InputError for none and for more than `most`."""
    files = [item[0] for item in gallery or []]
    if not files:
        raise InputError(f"Add pictures to the {place} first.")
    if len(files) > most:
        raise InputError(f"{len(files)} {what} are too many{purpose}: {most} at most.")
    return files


def clicked_point(picture: Image.Image, event: gr.SelectData) -> tuple[float, float]:
    """The point (x, y) of a click, as shares of the picture's sides."""
    x, y = event.index
    return min(1.0, x / picture.width), min(1.0, y / picture.height)


def same_size(picture: Image.Image, like: Image.Image) -> Image.Image:
    """`picture` at the size of `like`, for a before/after slider."""
    return picture.resize(like.size, Image.Resampling.LANCZOS)


def starter(name: str) -> str:
    """Path of a starter file."""
    return str(STARTERS / name)


def Result(value: str | None = None, **settings: Any) -> gr.Image:
    """A picture that is shown, exactly."""
    settings = {"buttons": ["fullscreen"], **settings}
    return gr.Image(value, format="png", type="pil", interactive=False, **settings)


def Seed(value: int = 0, **settings: Any) -> gr.Number:
    """A whole number, for another result."""
    return gr.Number(value, precision=0, minimum=0, maximum=MAX_SEED, label="Seed", **settings)


def BeforeAfter(value: tuple[str, str] | None, **settings: Any) -> gr.ImageSlider:
    """Two pictures of one size and a handle between them."""
    settings = {"buttons": DOWNLOAD, **settings}
    return gr.ImageSlider(value, format="png", type="pil", interactive=False, **settings)
