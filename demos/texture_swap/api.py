"""What a developer calls of the tab "Texture swap": swap two pictures, encode one, edit one."""

from __future__ import annotations

import tempfile
from pathlib import Path

import gradio as gr
from PIL import Image

from demos.shared import jobs, models
from demos.shared.widgets import Picture, read
from demos.texture_swap import models as swappers
from i2i_core.errors import InputError
from i2i_core.pipelines.texture_editor import edited, encoded
from i2i_core.pipelines.texture_swap import AUTO, MAX_STRENGTH, PATCHES, swap


@jobs.with_gradio_errors
def swap_texture(structure: str, texture: str, strength: float, model: str) -> Image.Image:
    """Give one picture the texture of another: fur, palette, weather; the layout stays.

    Args:
        structure: The picture whose layout and shapes are kept.
        texture: The picture whose colours and materials are taken.
        strength: 0 for the structure picture as it is, 1 for the whole swap, up to 1.5.
        model: A shipped swapping autoencoder, see list_models; "auto" for whichever fits both
            pictures, or if none does, patches; "patches" for these.

    Returns:
        The swap, a PNG.
    """
    name = model or AUTO
    path = name if name in (AUTO, PATCHES) else str(models.shipped_path(name))
    return jobs.finish(
        swap,
        read(structure, "the structure picture"),
        read(texture, "the texture picture"),
        path,
        strength=float(strength),
    )


@jobs.with_gradio_errors
def encode(image: str, model: str) -> str:
    """Take a picture apart into a structure code and a texture code.

    Args:
        image: The picture.
        model: Name of a shipped swapping autoencoder, see list_models.

    Returns:
        A .safetensors file: "structure" (C, h, w), "texture" (T,), the picture's size in its
        header.
    """
    path = str(models.shipped_path(model))
    target = Path(tempfile.mkdtemp(prefix=models.PREFIX)) / "codes.safetensors"
    for _ in jobs.compute(encoded, read(image, "the picture"), path, target):
        pass
    return str(target)


@jobs.with_gradio_errors
def edit(image: str, direction: str, amount: float, model: str) -> Image.Image:
    """Move a picture's texture along one of the directions in which pictures differ most.

    Args:
        image: The picture.
        direction: Number of the direction, 1 for the widest, or its name as the page's editor
            shows it, such as "2. cooler – warmer".
        amount: Standard deviations to move by, -6 to 6; 2 is much.
        model: Name of a shipped swapping autoencoder, see list_models.

    Returns:
        The edited picture, a PNG.
    """
    path = str(models.shipped_path(model))
    number = str(direction).split(".")[0].strip()
    if not number.isdecimal():
        raise InputError(f'There is no direction "{direction}". Give its number, 1 for the widest.')
    return jobs.finish(edited, read(image, "the picture"), path, int(number), float(amount))


def build() -> None:
    """Register the endpoints in the current Blocks."""
    with gr.Column(visible=False):
        structure, texture = Picture(label="structure"), Picture(label="texture")
        strength = gr.Slider(0, MAX_STRENGTH, 1, label="strength")
        way = gr.Textbox(AUTO, label="model")
        result = gr.Image(format="png", label="result")
        gr.Button().click(
            swap_texture, [structure, texture, strength, way], result,
            api_name="swap_texture", **jobs.COMPUTE,
        )  # fmt: skip
        image = Picture(label="image")
        model = gr.Textbox(swappers.FAVOURITE, label="model")
        gr.Button().click(
            encode, [image, model], gr.File(label="codes"), api_name="encode", **jobs.COMPUTE
        )
        direction, amount = gr.Textbox("1", label="direction"), gr.Number(2, label="amount")
        made = gr.Image(format="png", label="edited")
        gr.Button().click(
            edit, [image, direction, amount, model], made, api_name="edit", **jobs.COMPUTE
        )
