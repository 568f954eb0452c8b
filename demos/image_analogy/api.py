"""What developers call of the tab: /structural_analogy, /semantic_analogy, /remove_object, …

They are ordinary listeners on components that the page does not show, so that the schemas of the
Python, JavaScript, REST and MCP clients come out as for any picture."""

import gradio as gr
from PIL import Image

from demos.image_analogy.pair import CORRESPONDENCES, PRESETS
from demos.shared import jobs
from demos.shared.widgets import Picture, read
from i2i_core.labels.maps import encode
from i2i_core.labels.segmentation import segment as find_regions
from i2i_core.pipelines import analogy


def structural_analogy(
    a: str, b: str, preset: str, granularity: float, correspondence: str, seed: int,
    size: int, reverse: bool,
) -> Image.Image:  # fmt: skip
    """Make a picture with the arrangement of one picture out of the stuff of another.

    Args:
        a: The picture whose structure is kept.
        b: The picture whose appearance is taken.
        preset: One of structure, style, texture, text effect.
        granularity: 0 keeps only the large arrangement, 1 all detail; -1 for the preset's.
        correspondence: What answers to what, such as auto, lightness, objects; empty for the
            preset's.
        seed: Another number gives another result.
        size: Longer side of the result in pixels, 64 to 1024.
        reverse: Exchange the roles of a and b.

    Returns:
        The picture, a PNG."""
    return jobs.finish(
        analogy.structural_analogy, read(a, "the picture a"), read(b, "the picture b"),
        preset=preset, granularity=None if granularity < 0 else granularity,
        correspondence=correspondence or None, seed=seed, long_side=size, reverse=reverse,
    )  # fmt: skip


def semantic_analogy(
    photo: str, labels: str, target_labels: str, size: int, keep: bool, seed: int
) -> Image.Image:
    """Make the photograph that an edited label map would be the label map of.

    Args:
        photo: A photograph.
        labels: Its label map: flat colours, or grey ids with 255 as unlabelled.
        target_labels: A map with the same labels, edited or of another place.
        size: Longer side worked at in pixels, 64 to 1024.
        keep: Leave the photograph alone where both maps have the same label.
        seed: Another number gives another result.

    Returns:
        The photograph, a PNG."""
    return jobs.finish(
        analogy.semantic_analogy, read(photo, "the photograph"),
        read(labels, "the label map", flatten=False),
        read(target_labels, "the target label map", flatten=False),
        long_side=size, keep=keep, seed=seed,
    )  # fmt: skip


def remove_object(photo: str, mask: str, size: int, seed: int) -> Image.Image:
    """Fill a masked part of a photograph from the rest of it.

    Args:
        photo: A photograph.
        mask: A picture of the same shape, white (or opaque) where the photograph is to be filled.
        size: Longer side, in pixels, of the window around the mask that is worked on.
        seed: Another number gives another result.

    Returns:
        The photograph at its own size, a PNG."""
    pictures = read(photo, "the photograph"), read(mask, "the mask", flatten=False)
    return jobs.finish(analogy.remove_object, *pictures, long_side=size, seed=seed)


def segment(photo: str, classes: int) -> Image.Image:
    """Divide a photograph into editable regions.

    Args:
        photo: A photograph.
        classes: Number of labels, 2 to 8.

    Returns:
        The label map, a PNG of flat colours, as large as the photograph."""
    return encode(find_regions(read(photo, "the photograph"), classes))


def build() -> None:
    """Register the endpoints in the current Blocks."""
    with gr.Column(visible=False):
        a, b, photo, mask, labels, target = (Picture() for _ in range(6))
        preset = gr.Dropdown(list(PRESETS), value="structure")
        correspondence = gr.Dropdown(["", *CORRESPONDENCES], value="")
        granularity, reverse, keep = gr.Number(-1), gr.Checkbox(), gr.Checkbox()
        size, window, seed, classes = (gr.Number(n, precision=0) for n in (256, 512, 0, 4))
        result = gr.Image(format="png", label="result")
        for function, inputs in (
            (structural_analogy, [a, b, preset, granularity, correspondence, seed, size, reverse]),
            (semantic_analogy, [photo, labels, target, size, keep, seed]),
            (remove_object, [photo, mask, window, seed]),
            (segment, [photo, classes]),
        ):
            jobs.endpoint(function, inputs, result)
