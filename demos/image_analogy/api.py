"""What developers call of the tab: /structural_analogy, /semantic_analogy, /remove_object, …

They are ordinary listeners on components that the page does not show, so that the schemas of the
Python, JavaScript, REST and MCP clients come out as for any picture."""

import gradio as gr
from PIL import Image

from demos.image_analogy.pair import CORRESPONDENCES, PRESETS
from demos.shared import jobs
from demos.shared.widgets import Picture, read
from i2i_core.labels.maps import encode
from i2i_core.pipelines import analogy
from i2i_core.pipelines.background_removal import remove_background as cut_out
from i2i_core.pipelines.correspondence import find_correspondence as correspond
from i2i_core.pipelines.segmentation import segment as find_regions


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
        correspondence: What answers to what, such as auto, semantic, lightness, objects; empty for
            the preset's.
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
    photo: str, labels: str | None = None, target_labels: str | None = None, size: int = 256,
    keep: bool = False, seed: int = 0, layout: str | None = None, classes: int = 5,
) -> Image.Image:  # fmt: skip
    """Make the photograph that an edited label map would be the label map of, or, in place of both
    maps, the photograph with the layout of another one.

    Args:
        photo: A photograph.
        labels: Its label map: flat colours, or grey ids with 255 as unlabelled. No map with layout.
        target_labels: A map with the same labels, edited or of another place.
        size: Longer side worked at in pixels, 64 to 1024.
        keep: Leave the photograph alone where both maps have the same label.
        seed: Another number gives another result.
        layout: Another photograph, whose layout is taken; in place of both maps, without keep.
        classes: Kinds of region to find in both photographs, 2 to 8; with layout only.

    Returns:
        The photograph, a PNG."""
    return jobs.finish(
        analogy.semantic_analogy, read(photo, "the photograph"),
        labels and read(labels, "the label map", flatten=False),
        target_labels and read(target_labels, "the target label map", flatten=False),
        layout=layout and read(layout, "the photograph whose layout is taken"), classes=classes,
        long_side=size, keep=keep, seed=seed,
    )  # fmt: skip


def find_correspondence(a: str, b: str, x: float, y: float) -> tuple[Image.Image, float, float]:
    """Find the spot of picture b that shows what picture a shows at a point.

    Args:
        a: The picture that is asked about.
        b: The picture that answers.
        x: The point in a, a share of its width, 0 to 1.
        y: The same of its height.

    Returns:
        A heat map over b, a PNG, and the best spot in b: x and y, shares of its sides."""
    found = jobs.call(correspond, read(a, "the picture a"), read(b, "the picture b"), (x, y))
    return found.heat_map, *found.point


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


def remove_background(photo: str) -> Image.Image:
    """Cut out what stands out of a photograph.

    Args:
        photo: A photograph.

    Returns:
        The photograph at its own size on transparent ground, a PNG."""
    picture: Image.Image = jobs.call(cut_out, read(photo, "the photograph"))
    return picture


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
        a, b, photo, mask, labels, target, layout = (Picture() for _ in range(7))
        preset = gr.Dropdown(list(PRESETS), value="structure")
        correspondence = gr.Dropdown(["", *CORRESPONDENCES], value="")
        granularity, reverse, keep = gr.Number(-1), gr.Checkbox(), gr.Checkbox()
        size, window, seed = (gr.Number(n, precision=0) for n in (256, 512, 0))
        classes, kinds = gr.Number(4, precision=0), gr.Number(5, precision=0)
        x, y, best_x, best_y = (gr.Number(0.5) for _ in range(4))
        result = gr.Image(format="png", label="result")
        for function, inputs in (
            (structural_analogy, [a, b, preset, granularity, correspondence, seed, size, reverse]),
            (semantic_analogy, [photo, labels, target, size, keep, seed, layout, kinds]),
            (remove_object, [photo, mask, window, seed]),
            (remove_background, [photo]),
            (segment, [photo, classes]),
        ):
            jobs.endpoint(function, inputs, result)
        jobs.endpoint(find_correspondence, [a, b, x, y], [result, best_x, best_y])
