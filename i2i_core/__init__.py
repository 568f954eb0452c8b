"""Image-to-image translation: PIL images in, PIL images out, tensors inside.

What most people need can be imported from here; it is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from i2i_core.deprecated import keep_old_paths

if TYPE_CHECKING:
    from i2i_core.checkpoints.checkpoint import load, save
    from i2i_core.checkpoints.model_zoo import find_models, open_model
    from i2i_core.data.folders import open_domains
    from i2i_core.errors import InputError
    from i2i_core.images.files import open_image
    from i2i_core.labels.segmentation import segment
    from i2i_core.method import Capabilities, Method
    from i2i_core.methods import METHODS
    from i2i_core.pipelines.analogy import (
        move_region,
        resize_region,
        semantic_analogy,
        structural_analogy,
    )
    from i2i_core.pipelines.domain_transfer import transfer
    from i2i_core.pipelines.object_removal import remove_object
    from i2i_core.pipelines.texture_swap import swap
    from i2i_core.pipelines.translation import translate
    from i2i_core.progress import Progress, last_picture

__all__ = [
    "METHODS",
    "Capabilities",
    "InputError",
    "Method",
    "Progress",
    "find_models",
    "last_picture",
    "load",
    "move_region",
    "open_domains",
    "open_image",
    "open_model",
    "remove_object",
    "resize_region",
    "save",
    "segment",
    "semantic_analogy",
    "structural_analogy",
    "swap",
    "transfer",
    "translate",
]

_HOMES = {
    "checkpoints.checkpoint": ("load", "save"),
    "checkpoints.model_zoo": ("find_models", "open_model"),
    "data.folders": ("open_domains",),
    "errors": ("InputError",),
    "images.files": ("open_image",),
    "labels.segmentation": ("segment",),
    "method": ("Capabilities", "Method"),
    "methods": ("METHODS",),
    "pipelines.analogy": (
        "move_region",
        "resize_region",
        "semantic_analogy",
        "structural_analogy",
    ),
    "pipelines.domain_transfer": ("transfer",),
    "pipelines.object_removal": ("remove_object",),
    "pipelines.texture_swap": ("swap",),
    "pipelines.translation": ("translate",),
    "progress": ("Progress", "last_picture"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load what was asked for (PEP 562): importing the package alone brings nothing along."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


keep_old_paths()
