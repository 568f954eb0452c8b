"""How the models in this folder were trained: `python weights/train.py NAME --data DIR`.

Three steps: pairs are prepared under --work, once; `python -m i2i_core fit` learns from them, with
the settings below, and goes on where it was stopped when the command is given again; with --ship
the model of now is put beside this file, in half precision, instead.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from i2i_core.checkpoints.checkpoint import load, load_training, save, training_path
from i2i_core.cli.main import main as command
from i2i_core.data.folders import Folder
from i2i_core.images.line_drawings import field, roughen, trace
from i2i_core.labels.maps import decode, encode, fill_unlabelled
from i2i_core.labels.palettes import FACADES
from weights.simple_drawings import simple_drawing

KINDS = ("edges", "lines", "contours", "simple")  # of every cat, one drawing of each kind


@dataclass(frozen=True)
class Recipe:
    """`prepare(data, work)` gives the folders of A and B; `fit` is what fit is told, and `then`
    what a second fit is told, which goes on from the first; `start` is the model to begin with; the
    rest goes into the model's header."""

    prepare: Callable[[Path, Path], tuple[Path, Path]]
    fit: tuple[str, ...]
    about: str
    takes: str = ""
    makes: str = ""
    start: str = ""
    then: tuple[str, ...] = ()


def make_cat_drawings(data: Path, work: Path) -> tuple[Path, Path]:
    """Drawings of the photographs in data/cats/train: traced with random detail, most of them then
    roughened, and such as a child makes."""
    a, b = work / "a", work / "b"
    photos = Folder(data / "cats" / "train")
    a.mkdir(parents=True, exist_ok=True)
    b.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(photos.files):
        for variant, kind in enumerate(KINDS):
            target = a / f"{file.stem}.{kind}.png"
            if target.exists():
                continue
            random = np.random.default_rng((number, variant))
            if kind == "simple":
                drawing = simple_drawing(photos[number], random)
            else:
                drawing = trace(photos[number], kind, random.uniform(0, 0.7))
                if random.random() < 0.7 and np.asarray(drawing).min() < 128:
                    drawing = roughen(drawing, random)
            shutil.copy(file, b / f"{file.stem}.{kind}{file.suffix}")
            field(drawing).save(target)
    return a, b


def make_front_labels(data: Path, work: Path) -> tuple[Path, Path]:
    """The label maps in data/facades/train_label, their colours cleaned of JPEG's blur."""
    a = work / "a"
    a.mkdir(parents=True, exist_ok=True)
    for file in Folder(data / "facades" / "train_label").files:
        with Image.open(file) as picture:
            clean_labels(picture).save(a / f"{file.stem}.png")
    return a, data / "facades" / "train_photo"


def clean_labels(labels: Image.Image) -> Image.Image:
    """A front's label map in the exact colours that JPEG has blurred."""
    colours = tuple(FACADES.values())
    return encode(fill_unlabelled(decode(labels, colours).ids), colours)


def make_front_photos(data: Path, work: Path) -> tuple[Path, Path]:
    """As `make_front_labels`, the other way about."""
    return make_front_labels(data, work)[::-1]


def monets(data: Path, _work: Path) -> tuple[Path, Path]:
    """Photographs and Monets."""
    return data / "monet2photo" / "trainB", data / "monet2photo" / "trainA"


def summer_winter(data: Path, _work: Path) -> tuple[Path, Path]:
    """Yosemite in summer and in winter."""
    return data / "yosemite" / "trainA", data / "yosemite" / "trainB"


def winter_summer(data: Path, work: Path) -> tuple[Path, Path]:
    """As `summer_winter`, the other way about."""
    return summer_winter(data, work)[::-1]


def faces(data: Path, _work: Path) -> tuple[Path, Path]:
    """Cats, on both sides."""
    return data / "cats" / "train", data / "cats" / "train"


def landscapes(data: Path, work: Path) -> tuple[Path, Path]:
    """Yosemite in summer and winter, and the photographs that went with the Monets; on both
    sides."""
    together = work / "a"
    together.mkdir(parents=True, exist_ok=True)
    for folder in ("yosemite/trainA", "yosemite/trainB", "monet2photo/trainB"):
        for file in Folder(data / folder).files:
            shutil.copy(file, together / f"{folder.replace('/', '.')}.{file.name}")
    return together, together


# Judged by a network that can see, too, once the layout is learnt: from nothing and one pair at a
# time it lets all drawings become one face.
SEEN = ("pix2pixhd", "--preset", "finetune", "--set", "ema=0.998")
# Crops show a quarter of a picture, so that brushwork is learnt at the size that it has.
CYCLE = ("cyclegan", "--preset", "laptop")
CONTRAST = ("cut", "--preset", "laptop")
# With more of the surroundings in a crop: what is snow, and what is a cloud?
SEASONS = (*CONTRAST, "--steps", "4000", "--set", "nce_weight=0.6", "--set", "load_size=200")
SWAP = ("swapping_autoencoder", "--preset", "laptop")
FACADE_LABELS = "labels:facades"
RECIPES = {
    "pix2pix.cats": Recipe(
        make_cat_drawings,
        ("pix2pixhd", "--steps", "44000", "--set", "in_channels=1", "--set", "noise=true"),
        "Sketch to cat: a face from the front, ears at the top, both eyes drawn",
        takes="sketch",
        then=(*SEEN, "--steps", "5000"),
    ),
    "pix2pix.facades": Recipe(
        make_front_labels,
        ("pix2pixhd", "--steps", "40000"),
        "Labels to building front: walls, windows, doors and the rest as colours",
        takes=FACADE_LABELS,
        then=(*SEEN, "--steps", "4800", "--set", "augment=true"),
    ),
    "pix2pix.facades-to-labels": Recipe(
        make_front_photos,
        ("pix2pixhd", "--steps", "12000", "--set", "code=0", "--set", "l1_weight=50"),
        "Building front to labels: a photograph taken from the front, in the labels' colours",
        makes=FACADE_LABELS,
    ),
    "cyclegan.monet": Recipe(
        monets,
        (*CYCLE, "--steps", "8000"),
        "Photograph to Monet: landscapes and gardens as oil paintings; back: a painting as a photo",
    ),
    "cut.monet": Recipe(
        monets,
        (*CONTRAST, "--steps", "11000", "--set", "nce_weight=0.4"),
        "Photograph to Monet, freely: strokes and colours of the paintings; one way only",
    ),
    "cut.yosemite-winter": Recipe(
        summer_winter,
        SEASONS,
        "Summer to winter: mountains, forests and meadows under snow",
        start="cut.monet",
    ),
    "cut.yosemite-summer": Recipe(
        winter_summer,
        SEASONS,
        "Winter to summer: the snow melts, and meadows and trees turn green",
        start="cut.monet",
    ),
    "swapping_autoencoder.cats": Recipe(
        faces,
        SWAP,
        "Cats: the pose and the features of one with the fur and the colours of another",
    ),
    "swapping_autoencoder.landscapes": Recipe(
        landscapes,
        SWAP,
        "Landscapes: the layout of one with the light, the weather and the season of another",
    ),
    # Not shipped: what the FCN-score of pix2pix.facades is compared with.
    "l1.facades": Recipe(
        make_front_labels,
        (
            *("pix2pixhd", "--steps", "12000"),
            *("--set", "adversarial_weight=0", "--set", "matching_weight=0"),
        ),
        "Labels to building front, by L1 alone: the mean of what could be there",
        takes=FACADE_LABELS,
    ),
}


def main() -> int:
    """Prepare and fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--data", type=Path, required=True, help="folder with cats/ and facades/")
    parser.add_argument("--work", type=Path, default=Path("training"), help="for pairs and states")
    parser.add_argument("--ship", action="store_true", help="write the model beside this file")
    options = parser.parse_args()
    recipe, work = RECIPES[options.name], options.work / options.name
    out = work / f"{options.name}.safetensors"
    first = work / f"{options.name}.first.safetensors" if recipe.then else out
    header = {"about": recipe.about, "takes": recipe.takes, "makes": recipe.makes}
    if options.ship:
        method = load(out)
        if recipe.then:  # four discriminators are half as large as the generator
            method.training_networks_loaded = False
        save(method, Path(__file__).with_name(out.name), half=True, **header)
        return 0
    work.mkdir(parents=True, exist_ok=True)
    a, b = recipe.prepare(options.data, work)
    files = [str(part) for name, text in header.items() for part in (f"--{name}", text) if text]
    files += ["--a", str(a), "--b", str(b), "--preview", str(work / "preview")]
    code = fit(first, recipe.fit, recipe.start, files)
    if recipe.then and code == 0 and finished(first):
        code = fit(out, recipe.then, str(first), files)
    return code


def fit(out: Path, settings: tuple[str, ...], start: str, files: list[str]) -> int:
    """Fit `out`, from where it was stopped or from `start`; nothing is done where it is finished.
    Returns the command's exit status."""
    if finished(out):
        return 0
    call = ["fit", *settings, *files, "-o", str(out)]
    if training_path(out).exists():
        call.append("--resume")
    elif start:
        call += ["--start", start]
    return command(call)


def finished(out: Path) -> bool:
    """Whether the model's fit has had all its steps."""
    if not training_path(out).exists():
        return False
    method = load_training(training_path(out))
    return method.fit_state is not None and method.fit_state.step >= method.config.steps


if __name__ == "__main__":
    raise SystemExit(main())
