"""What developers call of the tab: /transfer_domain, /teach_domains."""

from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from demos.domain_transfer import models as domains
from demos.domain_transfer.finetune import MIN_PICTURES
from demos.shared import finetune as fits
from demos.shared import jobs, models
from demos.shared.widgets import Picture, read
from i2i_core.finetuning.domains import RECIPE, STEPS, finetune_domains
from i2i_core.finetuning.starts import recipes
from i2i_core.pipelines.domain_transfer import MAX_SHORT_SIDE, MAX_STRENGTH, transfer
from i2i_core.progress import Progress


def transfer_domain(
    image: str, model: str, reverse: bool, strength: float, seed: int = 0,
    reference: str | None = None, keep_colours: bool = False,
) -> Image.Image:  # fmt: skip
    """Translate a picture from one domain to another: photograph to Monet, summer to winter.

    Args:
        image: The picture, of any size; its shorter side is shrunk to 1536 pixels at most.
        model: Name of a shipped model, see list_models; those of cyclegan and cut.
        reverse: Use a two-way model (cyclegan) the other way about: Monet to photograph.
        strength: 0 for the picture as it is, 1 for the translation, up to 2 to exaggerate.
        seed: Another number gives another translation, if the model knows several.
        reference: A picture that the translation should be like, if the model takes one.
        keep_colours: Take over lightness only.

    Returns:
        The translation, a PNG."""
    side = MAX_SHORT_SIDE
    return jobs.finish(
        transfer, read(image, "the picture", short_side=side), models.shipped_model(model),
        reference=reference and read(reference, "the reference picture", short_side=side),
        reverse=bool(reverse), strength=float(strength),
        seed=int(seed), keep_colours=bool(keep_colours),
    )  # fmt: skip


def teach_domains(
    a: list[str] | None, b: list[str] | None, kind: str, steps: int, start: str
) -> Iterator[tuple[str, Any, Any]]:
    """Learn to make pictures like b out of pictures like a. Streams how far it is: iterate over the
    job to watch it; the last value has the model.

    Args:
        a: Pictures of one kind, five at least.
        b: Pictures of what they should become, five at least.
        kind: One of CUT, FastCUT, CycleGAN (which learns both directions).
        steps: Training steps; a step takes a quarter of a second on two cores.
        start: Name of a shipped model of the same method to go on from; empty for none.

    Returns:
        What happens, in words; a preview (pictures above their translations), when there is a new
        one; and at the end the model, a .safetensors file."""
    first = fits.folder([(file, None) for file in a or []], "pictures a", MIN_PICTURES)
    second = fits.folder([(file, None) for file in b or []], "pictures b", MIN_PICTURES)
    target = str(models.new_file("taught"))
    event: Progress = Progress(0, 1)
    for event in jobs.compute(
        finetune_domains, first, second, target, recipe=kind, steps=int(steps),
        model=models.shipped_model(start) if start else None, seconds=60 * fits.MAX_MINUTES,
        about="Taught through the API",
    ):  # fmt: skip
        yield event.note, event.picture, None
    yield event.note, event.picture, target


def build() -> None:
    """Register the endpoints in the current Blocks."""
    with gr.Column(visible=False):
        image, model = Picture(), gr.Textbox(domains.stored().model.name)
        reverse, keep_colours = gr.Checkbox(False), gr.Checkbox(False)
        strength, seed = gr.Slider(0, MAX_STRENGTH, 1), gr.Number(0, precision=0)
        inputs = [image, model, reverse, strength, seed, Picture(), keep_colours]
        jobs.endpoint(transfer_domain, inputs, gr.Image(format="png", label="result"))
        a, b = gr.File(file_count="multiple"), gr.File(file_count="multiple")
        kind, start = gr.Dropdown(list(recipes("domains")), value=RECIPE), gr.Textbox("")
        steps = gr.Number(STEPS, precision=0)
        note, preview = gr.Textbox(label="note"), gr.Image(format="png", label="preview")
        outputs = [note, preview, gr.File(label="model")]
        jobs.endpoint(teach_domains, [a, b, kind, steps, start], outputs, **fits.QUEUE)
