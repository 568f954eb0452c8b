"""Where a fit starts: from nothing, or from what a model has learnt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from i2i_core.checkpoints.model_zoo import LoadedModel
from i2i_core.devices import best_device
from i2i_core.errors import InputError, check_choice, check_range
from i2i_core.method import Method, Task
from i2i_core.methods import METHODS

Start = LoadedModel | None  # what a fit begins with: a model, or nothing


@dataclass(frozen=True)
class Recipe:
    """A method as it is taught in minutes."""

    method: str
    variant: str = ""  # one of its presets

    @property
    def kind(self) -> type[Method]:
        """The method's class."""
        return METHODS[self.method]

    def start(self, model: Start, *presets: str, **changes: Any) -> Method:
        """The method, ready to be fitted on the best device; with a `model`, going on from what
        that has learnt, which is much faster. `presets` and `changes` of single settings overrule
        the recipe's. Raises InputError for a model that it cannot go on from."""
        first = "laptop" if model is None else "finetune"
        names = [name for name in (first, self.variant) if name in self.kind.presets]
        settings = self.kind.preset_settings(*names, *presets, **changes)
        if model is not None:
            model.method.check_trainable()
        return start_fit(self.kind, settings, model).to(best_device())


def recipes(task: Task) -> dict[str, Recipe]:
    """What a visitor can choose to teach for this task, by title: methods and their variants."""
    by_title = {}
    for name, kind in METHODS.items():
        if kind.capabilities.task == task and "laptop" in kind.presets:
            by_title[kind.title] = Recipe(name)
            by_title |= {title: Recipe(name, preset) for title, preset in kind.variants.items()}
    return by_title


def find_recipe(task: Task, title: str, steps: int) -> Recipe:
    """The recipe of this title, once it and the number of steps are checked (InputError)."""
    choices = recipes(task)
    check_choice("method", title, tuple(choices))
    check_range("steps", steps, 1, 100_000)
    return choices[title]


def start_fit(kind: type[Method], settings: Mapping[str, Any], model: Start = None) -> Method:
    """The method `kind` with these settings; all else is the `model`'s, settings and what it has
    learnt. Raises InputError for one of another method or of networks of other sizes."""
    if model is None:
        return kind.from_settings(settings)
    name = model.info.name
    if type(model.method) is not kind:
        advice = f"choose one that was made by {kind.title}, or start from nothing."
        raise InputError(f"{name} is a model of {model.method.title}: {advice}")
    method = kind.from_settings({**vars(model.method.config), **settings})
    try:
        method.init_from(model.method)
    except RuntimeError:
        problem = f"{name} has networks of other sizes than these settings ask for"
        advice = "leave away the settings that change them, or start from nothing."
        raise InputError(f"{problem}: {advice}") from None
    if method.fit_state is not None and not method.training_networks_loaded:
        note = f"{name} comes without discriminators of this kind: new ones begin to learn."
        method.fit_state.start_note = note
    return method
