"""The models of the tab "Texture swap" that a visitor can choose, and the ways without one."""

from demos.shared import models
from i2i_core.checkpoints.model_zoo import ModelInfo, model_info
from i2i_core.method import Task
from i2i_core.pipelines.texture_swap import AUTO, PATCHES

TASK: Task = "textures"
FAVOURITE = "swapping_autoencoder.cats"  # what stands on the page first


def choices(visit_paths: list[str]) -> list[tuple[str, str]]:
    """Label and value of what can make a swap: whatever does best, one of the models, none."""
    return [
        ("Whatever does best", AUTO),
        *models.choices(visit_paths, TASK),
        ("Colours and patches of the texture picture", PATCHES),
    ]


def model_of(choice: str) -> ModelInfo | str:
    """The model of a value of `choices`; AUTO and PATCHES are none."""
    return choice if choice in (AUTO, PATCHES) else model_info(choice)


def first() -> str:
    """The path of the model that is chosen when the page opens."""
    return str(models.shipped_model(FAVOURITE).path)
