"""What developers call of the tab: /swap_texture, /encode, /decode, /edit."""

import gradio as gr
from PIL import Image

from demos.shared import jobs
from demos.shared.models import new_file, shipped_model
from demos.shared.widgets import Picture, read
from demos.texture_swap.models import FAVOURITE
from i2i_core.errors import InputError
from i2i_core.methods.swapping_codes import load_codes, save_codes
from i2i_core.pipelines import texture_edits
from i2i_core.pipelines.texture_swap import AUTO, MAX_STRENGTH, PATCHES, decode_codes, swap


def swap_texture(structure: str, texture: str, strength: float, model: str) -> Image.Image:
    """Give one picture the texture of another: fur, palette, weather; the layout stays.

    Args:
        structure: The picture whose layout and shapes are kept.
        texture: The picture whose colours and materials are taken.
        strength: 0 for the structure picture as it is, 0.5 for it in the colours of the texture
            picture, which takes a second, 1 for it re-made of the texture picture's patches. With a
            model 1 is the whole swap, and up to 1.5 it is exaggerated.
        model: "auto" for whatever is measured to do best, "patches" to ask no model, or a shipped
            swapping autoencoder, see list_models.

    Returns:
        The swap, a PNG."""
    model = model or AUTO
    pictures = read(structure, "the structure picture"), read(texture, "the texture picture")
    choice = model if model in (AUTO, PATCHES) else shipped_model(model)
    return jobs.finish(swap, *pictures, choice, strength=strength)


def encode(image: str, model: str) -> str:
    """Take a picture apart into a structure code and a texture code; decode puts them together.

    Args:
        image: The picture.
        model: Name of a shipped swapping autoencoder, see list_models.

    Returns:
        A .safetensors file: "structure" (C, h, w), "texture" (T,), the picture's size in its
        header."""
    edited = jobs.call(texture_edits.begin, read(image, "the picture"), shipped_model(model))
    path = new_file("codes")
    save_codes(edited.codes, path)
    return str(path)


def decode(codes: str, model: str, texture: str | None = None, strength: float = 1) -> Image.Image:
    """Put the codes of a picture together again, with its own texture or that of another.

    Args:
        codes: A file that encode made.
        model: Name of the model that made it.
        texture: Another file that encode made by this model, whose texture is taken; may be left
            out.
        strength: How much of that texture: 0 for none of it, 1 for all, up to 1.5.

    Returns:
        The picture as the model rebuilds it, a PNG."""
    if codes is None:
        raise InputError("Add a file of codes first: encode makes them.")
    own, other = load_codes(codes), None if texture is None else load_codes(texture)
    picture: Image.Image = jobs.call(decode_codes, own, shipped_model(model), other, strength)
    return picture


def edit(image: str, direction: str, amount: float, model: str) -> Image.Image:
    """Move a picture's texture along one of the directions in which pictures differ most.

    Args:
        image: The picture.
        direction: Number of the direction, 1 for the widest, or its name as the page's editor
            shows it, such as "2. cooler – warmer".
        amount: Standard deviations to move by, -6 to 6; 2 is much.
        model: Name of a shipped swapping autoencoder, see list_models.

    Returns:
        The edited picture, a PNG."""
    number = str(direction).split(".")[0].strip()
    if not number.isdecimal():
        raise InputError(f'There is no direction "{direction}". Give its number, 1 for the widest.')
    inputs = read(image, "the picture"), shipped_model(model), int(number), amount
    picture: Image.Image = jobs.call(texture_edits.edit_direction, *inputs)
    return picture


def build() -> None:
    """Register the endpoints in the current Blocks."""
    with gr.Column(visible=False):
        structure, texture, image = Picture(), Picture(), Picture()
        strength = gr.Slider(0, MAX_STRENGTH, 1)
        choice, model = gr.Textbox(AUTO), gr.Textbox(FAVOURITE)
        direction, amount = gr.Textbox("1"), gr.Number(2)
        codes, texture_codes = gr.File(), gr.File()
        result = gr.Image(format="png", label="result")
        for function, inputs, output in (
            (swap_texture, [structure, texture, strength, choice], result),
            (encode, [image, model], gr.File(label="codes")),
            (decode, [codes, model, texture_codes, strength], result),
            (edit, [image, direction, amount, model], result),
        ):
            jobs.endpoint(function, inputs, output)
