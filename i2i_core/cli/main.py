"""The command line: `python -m i2i_core COMMAND`, the same calls as the page makes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence

from i2i_core.cli.common import common, run_work, save_and_print
from i2i_core.cli.models import add_commands, add_evaluation_of_models, evaluate_model
from i2i_core.cli.texture_swap import add_swap
from i2i_core.errors import InputError
from i2i_core.images.files import open_image, writable
from i2i_core.images.sizes import fit_long_side
from i2i_core.images.tensors import to_tensor


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, 2 for what the person can mend (one sentence on
    standard error), 130 when interrupted."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except InputError as error:
        print(f"i2i: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("i2i: stopped.", file=sys.stderr)
        return 130
    return 0


def structural(options: argparse.Namespace) -> None:
    from i2i_core.pipelines.analogy import structural_analogy

    out = writable(options.out)
    scribbles = None
    if options.scribbles:
        first, second = (open_image(path, flatten=False) for path in options.scribbles)
        scribbles = (first, second)
    work = structural_analogy(
        open_image(options.a),
        open_image(options.b),
        preset=options.preset,
        granularity=options.granularity,
        guide=options.guide,
        seed=options.seed,
        size=options.size,
        reverse=options.reverse,
        scribbles=scribbles,
    )
    run_work(work, out)


def semantic(options: argparse.Namespace) -> None:
    from i2i_core.pipelines.analogy import semantic_analogy

    work = semantic_analogy(
        open_image(options.photo),
        open_image(options.labels, flatten=False),
        open_image(options.target_labels, flatten=False),
        size=options.size,
        keep=options.keep,
        seed=options.seed,
    )
    run_work(work, writable(options.out))


def remove(options: argparse.Namespace) -> None:
    from i2i_core.pipelines.analogy import remove_object

    photo, mask = open_image(options.photo), open_image(options.mask, flatten=False)
    work = remove_object(photo, mask, size=options.size, seed=options.seed)
    run_work(work, writable(options.out))


def segmentation(options: argparse.Namespace) -> None:
    from i2i_core.labels.maps import encode
    from i2i_core.labels.segmentation import segment

    out = writable(options.out)
    if out.suffix.lower() != ".png":
        raise InputError(f"{out.name}: label maps need exact colours, so name the file .png.")
    save_and_print(encode(segment(open_image(options.photo), options.classes)), out)


def evaluate(options: argparse.Namespace) -> None:
    from i2i_core.evaluation.result import evaluate_labels, evaluate_pictures

    if options.a or options.b or options.ab:
        print_scores(evaluate_model(options), options.json)
        return
    if not options.appearance:
        raise InputError(
            "Say what to measure against: --appearance for a result, --a and --b for a model."
        )
    result = open_image(options.result)
    size = max(result.size)
    appearance = to_tensor(fit_long_side(open_image(options.appearance), size))
    structure = None
    if options.structure:
        structure = to_tensor(open_image(options.structure).resize(result.size))
    scores = evaluate_pictures(to_tensor(result), appearance, structure)
    if options.labels:
        own, wanted = (open_image(path, flatten=False) for path in options.labels)
        scores |= evaluate_labels(to_tensor(result), appearance, own, wanted)
    print_scores(scores, options.json)


def print_scores(scores: Mapping[str, float], as_json: bool) -> None:
    if as_json:
        print(json.dumps(dict(scores)))
        return
    width = max(20, *(len(name) for name in scores))
    for name, value in scores.items():
        print(f"{name:{width}} {value:8.3f}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m i2i_core",
        description="Translate pictures by analogy, in seconds, or learn new translations.",
        epilog="Each command explains itself: python -m i2i_core COMMAND --help",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    c = commands.add_parser(
        "structural-analogy",
        help="the arrangement of A made of the stuff of B",
        description="Make a picture with the arrangement of A out of patches of B.",
    )
    c.add_argument("a", metavar="A", help="picture whose structure is kept")
    c.add_argument("b", metavar="B", help="picture whose appearance is taken")
    c.add_argument("--reverse", action="store_true", help="exchange the roles of A and B")
    c.add_argument(
        "--preset",
        default="structure",
        help='"structure" (default), "style", "texture" or "text effect"',
    )
    c.add_argument(
        "--granularity",
        type=float,
        help="0: only A's large arrangement; 1: all of A's detail (default: the preset's)",
    )
    c.add_argument(
        "--guide", help='what answers to what: "auto", "lightness", "objects", "colour", ...'
    )
    c.add_argument(
        "--scribbles",
        nargs=2,
        metavar=("ON_A", "ON_B"),
        help="strokes of two to four colours on transparent ground: equal colours correspond",
    )
    common(c, structural, 256)

    c = commands.add_parser(
        "semantic-analogy",
        help="the photograph that follows an edited label map",
        description="Make the photograph that TARGET_LABELS would be the label map of.",
    )
    c.add_argument("photo", metavar="PHOTO")
    c.add_argument("labels", metavar="LABELS", help="the photograph's label map")
    c.add_argument("target_labels", metavar="TARGET_LABELS", help="a map with the same labels")
    c.add_argument("--keep", action="store_true", help="leave alone what has the same label")
    common(c, semantic, 256)

    c = commands.add_parser(
        "remove",
        help="fill a masked part of a photograph from the rest",
        description="Fill what MASK shows white (or opaque) from the rest of PHOTO.",
    )
    c.add_argument("photo", metavar="PHOTO")
    c.add_argument("mask", metavar="MASK", help="of the photograph's shape, white where to fill")
    common(c, remove, 512)

    c = commands.add_parser(
        "segment",
        help="a label map of a photograph",
        description="Divide a photograph into editable regions and write them as a label map.",
    )
    c.add_argument("photo", metavar="PHOTO")
    c.add_argument("-o", "--out", required=True, metavar="LABELS", help="a .png file")
    c.add_argument("--classes", type=int, default=4, help="number of labels, 2 to 8 (default 4)")
    c.set_defaults(run=segmentation)

    c = commands.add_parser(
        "evaluate",
        help="measure a result, or a model",
        description="Measure a result against the pictures it was made from (--appearance), or a "
        "model on folders of pictures that it has not learnt from (--a, --b).",
    )
    c.add_argument("result", metavar="RESULT", help="a picture, or a model's file")
    c.add_argument("--appearance", metavar="B", help="what it is made of")
    c.add_argument("--structure", metavar="A", help="whose arrangement it has")
    c.add_argument(
        "--labels",
        nargs=2,
        metavar=("LABELS_OF_B", "WANTED"),
        help="label map of B, and the one that the result should have",
    )
    c.add_argument("--json", action="store_true", help="print JSON")
    add_evaluation_of_models(c)
    c.set_defaults(run=evaluate)
    add_swap(commands)
    add_commands(commands)
    return parser
