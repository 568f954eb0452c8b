"""The import paths of 0.1, which still work in 0.2, with a warning."""

import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

PACKAGE = "i2i_core."
# What a module was called, and where its contents are.
MOVED = {
    "checkpoint": ["checkpoints.checkpoint"], "weights": ["checkpoints.model_zoo"],
    "device": ["devices"], "sketches": ["images.line_drawings"], "likeness": ["images.descriptors"],
    "label_colours": ["labels.colours"], "label_sets": ["labels.palettes"],
    "label_edits": ["labels.edits"], "model_evaluation": ["evaluation.model"],
    "sampling": ["data.batches", "data.folders", "images.sizes"],
    "mixtures": ["data.implicit_pairs", "training.image_pool"],
    "fitting": ["training.loop", "training.settings"],
    "metrics": ["patches.metrics", "evaluation.label_reader"],
    "published": ["importing.generators"], "inside": ["pipelines.inspection"],
    "translation": ["pipelines.translation", "checkpoints.model_zoo"],
    "texture_codes": ["methods.swapping_codes", "methods.swapping_statistics"],
    "teaching": ["finetuning.run", "finetuning.pairs", "finetuning.preview"],
    "teaching_domains": ["finetuning.domains"], "teaching_textures": ["finetuning.textures"],
    "methods.applications": ["pipelines.analogy"],
    "methods.object_removal": ["pipelines.object_removal"],
}  # fmt: skip
# Those that kept their names, by where they are.
for home in (
    "data.folders", "devices.distributed", "evaluation.fcn_score", "evaluation.set_metrics",
    "images.filters", "labels.segmentation", "pipelines.domain_transfer",
    "pipelines.texture_edits", "pipelines.texture_swap", "training.optim",
):  # fmt: skip
    MOVED[home.rpartition(".")[2]] = [home]
RENAMED = {
    "Model": "ModelInfo", "describe": "model_info", "locate": "resolve", "Updater": "Optimizer",
    "Half": "SideBySide", "Mixed": "ImplicitPairs", "Crops": "CropSettings", "every": "readable",
    "look": "inspect", "arrangement": "layout_descriptor", "survey": "fit_statistics",
    "misfit": "out_of_distribution_score", "judge_patches": "score_patches",
    "compare_patches": "match_patches", "teach": "run_fit", "teach_pairs": "finetune_pairs",
    "teach_domains": "finetune_domains", "teach_from_one": "finetune_single_pair",
    "teach_textures": "finetune_textures",
}  # fmt: skip


def contents(module: str, *homes: str, warn: bool = False) -> Callable[[str], Any]:
    """The `__getattr__` of a `module` whose contents are in the modules `homes` now."""

    def find(name: str) -> Any:
        for home in () if name.startswith("__") else homes:
            there = import_module(PACKAGE + home)
            today = name if hasattr(there, name) else RENAMED.get(name, name)
            if hasattr(there, today):
                if warn:
                    message = f"{module}.{name} is {PACKAGE}{home}.{today} now"
                    warnings.warn(f"{message}; the old path goes with 0.3.", DeprecationWarning, 2)
                return getattr(there, today)
        raise AttributeError(f"{module} had no {name!r}, or it is gone")

    return find


class OldPaths(MetaPathFinder, Loader):
    """On `sys.meta_path`: finds the modules of MOVED, after all that are there."""

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        old = fullname.startswith(PACKAGE) and fullname.removeprefix(PACKAGE) in MOVED
        return ModuleSpec(fullname, self) if old else None

    def exec_module(self, module: ModuleType) -> None:
        homes = MOVED[module.__name__.removeprefix(PACKAGE)]
        module.__dict__["__getattr__"] = contents(module.__name__, *homes, warn=True)
