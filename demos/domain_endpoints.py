"""What a developer calls of the tab "Domain transfer": a picture and a model's name in, one out."""

from __future__ import annotations

import gradio as gr
from PIL import Image

from demos import jobs, models
from demos.panels import Picture, read
from i2i_core.domain_transfer import MOST, transfer


@jobs.plainly
def transfer_domain(image: str, model: str, reverse: bool, strength: float) -> Image.Image:
    """Translate a picture from one domain to another: photograph to Monet, summer to winter.

    Args:
        image: The picture, of any size; its shorter side is shrunk to 1536 pixels at most.
        model: Name of a shipped model, see list_models; those of cyclegan and cut.
        reverse: Use a two-way model (cyclegan) the other way about: Monet to photograph.
        strength: 0 for the picture as it is, 1 for the translation, up to 2 to exaggerate.

    Returns:
        The translation, a PNG.
    """
    return jobs.finish(
        transfer,
        read(image, "the picture"),
        str(models.shipped_path(model)),
        reverse=bool(reverse),
        strength=float(strength),
    )


def build() -> None:
    """Register the endpoint in the current Blocks."""
    with gr.Column(visible=False):
        image = Picture(label="image")
        model = gr.Textbox("cut.monet", label="model")
        reverse = gr.Checkbox(False, label="reverse")
        strength = gr.Slider(0, MOST, 1, label="strength")
        result = gr.Image(format="png", label="result")
        gr.Button().click(
            transfer_domain, [image, model, reverse, strength], result,
            api_name="transfer_domain", **jobs.COMPUTE,
        )  # fmt: skip
