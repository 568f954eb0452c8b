"""What a developer calls of the tab "Domain transfer": a picture and a model's name in, one out;
two lists of pictures in, and a model out, with word of how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from demos.domain_transfer.finetune import FEWEST, KIND
from demos.shared import finetune as fitting
from demos.shared import jobs, models
from demos.shared.widgets import Picture, read
from i2i_core.finetuning.domains import KINDS
from i2i_core.finetuning.domains import finetune_domains as teach
from i2i_core.pipelines.domain_transfer import MAX_STRENGTH, transfer
from i2i_core.progress import Progress


@jobs.with_gradio_errors
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
        one; and at the end the model, a .safetensors file.
    """
    first, second = (
        jobs.with_gradio_errors(fitting.folder)(
            [(file, None) for file in files or []], what, FEWEST
        )
        for files, what in ((a, "pictures a"), (b, "pictures b"))
    )
    known = str(jobs.with_gradio_errors(models.shipped_path)(start)) if start else None
    target = str(models.new_file("taught"))
    event = Progress(0, 1)
    for event in jobs.compute(
        teach, first, second, target, kind=kind, steps=int(steps), start=known,
        seconds=60 * fitting.MAX_MINUTES, about="Taught through the API",
    ):  # fmt: skip
        yield event.note, event.picture, None
    yield event.note, event.picture, target


def build() -> None:
    """Register the endpoints in the current Blocks."""
    with gr.Column(visible=False):
        image = Picture(label="image")
        model = gr.Textbox("cut.monet", label="model")
        reverse = gr.Checkbox(False, label="reverse")
        strength = gr.Slider(0, MAX_STRENGTH, 1, label="strength")
        result = gr.Image(format="png", label="result")
        gr.Button().click(
            transfer_domain, [image, model, reverse, strength], result,
            api_name="transfer_domain", **jobs.COMPUTE,
        )  # fmt: skip
        a, b = (gr.File(file_count="multiple", label=label) for label in ("a", "b"))
        kind = gr.Dropdown(list(KINDS), value=KIND, label="kind")
        steps = gr.Number(1500, precision=0, label="steps")
        start = gr.Textbox("", label="start")
        note, preview = gr.Textbox(label="note"), gr.Image(format="png", label="preview")
        gr.Button().click(
            teach_domains, [a, b, kind, steps, start], [note, preview, gr.File(label="model")],
            api_name="teach_domains", **fitting.QUEUE,
        )  # fmt: skip
