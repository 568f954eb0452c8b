"""Image-to-image translation: PIL images in, PIL images out, tensors inside.

What most people need can be imported from here; it is loaded when it is first used."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from i2i_core.deprecated import OldPaths

if TYPE_CHECKING:
    from i2i_core.checkpoints.checkpoint import load as load
    from i2i_core.checkpoints.checkpoint import save as save
    from i2i_core.checkpoints.model_zoo import find_models as find_models
    from i2i_core.checkpoints.model_zoo import open_model as open_model
    from i2i_core.data.folders import open_domains as open_domains
    from i2i_core.errors import InputError as InputError
    from i2i_core.images.files import open_image as open_image
    from i2i_core.method import Capabilities as Capabilities
    from i2i_core.method import Method as Method
    from i2i_core.methods import METHODS as METHODS
    from i2i_core.pipelines.analogy import move_region as move_region
    from i2i_core.pipelines.analogy import resize_region as resize_region
    from i2i_core.pipelines.analogy import semantic_analogy as semantic_analogy
    from i2i_core.pipelines.analogy import structural_analogy as structural_analogy
    from i2i_core.pipelines.background_removal import pick_object as pick_object
    from i2i_core.pipelines.background_removal import remove_background as remove_background
    from i2i_core.pipelines.correspondence import find_correspondence as find_correspondence
    from i2i_core.pipelines.domain_transfer import transfer as transfer
    from i2i_core.pipelines.object_removal import remove_object as remove_object
    from i2i_core.pipelines.segmentation import segment as segment
    from i2i_core.pipelines.segmentation import segment_together as segment_together
    from i2i_core.pipelines.texture_swap import swap as swap
    from i2i_core.pipelines.translation import translate as translate
    from i2i_core.progress import Progress as Progress
    from i2i_core.progress import last_picture as last_picture

_HOMES = {
    "checkpoints.checkpoint": "load save",
    "checkpoints.model_zoo": "find_models open_model",
    "data.folders": "open_domains",
    "errors": "InputError",
    "images.files": "open_image",
    "method": "Capabilities Method",
    "methods": "METHODS",
    "pipelines.analogy": "move_region resize_region semantic_analogy structural_analogy",
    "pipelines.background_removal": "pick_object remove_background",
    "pipelines.correspondence": "find_correspondence",
    "pipelines.domain_transfer": "transfer",
    "pipelines.object_removal": "remove_object",
    "pipelines.segmentation": "segment segment_together",
    "pipelines.texture_swap": "swap",
    "pipelines.translation": "translate",
    "progress": "Progress last_picture",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Load what was asked for (PEP 562): importing the package alone brings nothing along."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})


sys.meta_path.append(OldPaths())
