"""The command evaluate: a result beside what it was made from, or a model on test pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import i2i_core as i2i
from i2i_core.cli import common
from i2i_core.cli.common import arg, opt
from i2i_core.cli.fit import Direction, FolderA, FolderAB, FolderB
from i2i_core.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

    from i2i_core.checkpoints.model_zoo import LoadedModel
    from i2i_core.evaluation.model import EvaluationSettings

    Sides = tuple[Sequence[Image.Image], Sequence[Image.Image]]


def evaluate(
    result: Annotated[str, arg("RESULT", "a picture, or a model")],
    appearance: Annotated[Path | None, opt("picture that it is made of")] = None,
    structure: Annotated[Path | None, opt("picture whose arrangement it has")] = None,
    target: Annotated[Path | None, opt("picture that it should be")] = None,
    labels: Annotated[
        tuple[Path, Path] | None,
        opt("label map of the appearance, and the one that the result should have"),
    ] = None,
    a: FolderA = None,
    b: FolderB = None,
    ab: FolderAB = None,
    direction: Direction = "AtoB",
    reverse: common.Reverse = False,
    paired: Annotated[bool, opt("files of one name are pairs", "--paired")] = False,
    limit: Annotated[int | None, opt("so many pictures of each side at most")] = None,
    train: Annotated[
        tuple[Path, Path] | None,
        opt("pairs to teach the FCN-score's reader (default: one half of these, for the other)"),
    ] = None,
    network: Annotated[
        str | None,
        opt("deep features, by timm's name (default: efficientnet_lite0, which comes along)"),
    ] = None,
    as_json: common.AsJson = False,
) -> None:
    """Measure a result, or a model.

    A result is measured against the pictures it was made from (--appearance) or the one that it
    should be (--target), a model on folders of pictures that it has not learnt from (--a, --b)."""
    if a or b or ab:
        from i2i_core.evaluation.model import EvaluationSettings

        model = i2i.open_model(result)
        paired = paired or ab is not None or model.method.capabilities.needs_pairs
        turned = direction == "BtoA"
        sides = i2i.open_domains(a, b, ab=ab, paired=paired, reverse=turned, part="test")
        pairs = i2i.open_domains(*train, paired=True, reverse=turned) if train else None
        settings = EvaluationSettings(paired, reverse=reverse, limit=limit)
        if network:
            settings = replace(settings, backbone=network)
        scores = dict(_evaluate_model(model, sides, settings, pairs))
    elif appearance or target:
        scores = {}
        if appearance:
            scores = _evaluate_picture(Path(result), appearance, structure, labels)
        if target:
            scores |= _compare(Path(result), target)
    else:
        choices = "--appearance or --target for a result, --a and --b for a model"
        raise InputError(f"Say what to measure against: {choices}.")
    if as_json:
        print(json.dumps(scores))
        return
    width = max(20, *(len(name) for name in scores))
    for name, value in scores.items():
        print(f"{name:{width}} {value:8.3f}")


def _evaluate_model(
    model: LoadedModel, sides: Sides, settings: EvaluationSettings, pairs: Sides | None
) -> Mapping[str, float]:
    """The scores of a model; what there is to say of them goes to standard error."""
    from i2i_core.evaluation.model import evaluate_model
    from i2i_core.pipelines.translation import Prepared
    from i2i_core.progress import last_result

    takes, size = model.info.takes, model.method.capabilities.working_size or 256
    if takes:
        sides = Prepared(sides[0], takes, size), sides[1]
        pairs = pairs and (Prepared(pairs[0], takes, size), pairs[1])
    result = last_result(common.with_bar(evaluate_model(model.method, *sides, settings, pairs)))
    common.say(result.note)
    return result.scores


def _evaluate_picture(
    result: Path, appearance: Path, structure: Path | None, labels: tuple[Path, Path] | None
) -> dict[str, float]:
    """The scores of a result beside the pictures that it was made from."""
    from i2i_core.evaluation.result import evaluate_labels, evaluate_pictures
    from i2i_core.images import fit_long_side, to_tensor

    picture = i2i.open_image(result)
    source = to_tensor(fit_long_side(i2i.open_image(appearance), max(picture.size)))
    layout = to_tensor(i2i.open_image(structure).resize(picture.size)) if structure else None
    scores = evaluate_pictures(to_tensor(picture), source, layout)
    if labels:
        maps = (i2i.open_image(path, flatten=False) for path in labels)
        scores |= evaluate_labels(to_tensor(picture), source, *maps)
    return scores


def _compare(result: Path, target: Path) -> dict[str, float]:
    """The scores of a result beside the picture that it should be, at the result's size."""
    from i2i_core.evaluation.result import compare_pictures
    from i2i_core.images import to_tensor

    picture = i2i.open_image(result)
    return compare_pictures(
        to_tensor(picture), to_tensor(i2i.open_image(target).resize(picture.size))
    )
