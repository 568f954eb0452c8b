"""Outlines of objects, drawn by hand in pictures, to learn from and to measure found objects on.

An outline is a line of text: x, y, x, y, … of a polygon, or "o" and left, top, right, bottom of an
ellipse, in hundredths of the picture's width and height."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from skimage import data

# Those that come with scikit-image, so that every clone can measure, by their names there.
BUNDLED = ("coins", "coffee", "horse", "camera", "cell", "astronaut", "chelsea")

# Objects by the picture's name in scikit-image or its path in the folder of data.
OBJECTS: dict[str, list[str]] = {
    "coins": [
        "o 6 11 17.5 24.5",
        "o 21 13 31.5 24.5",
        "o 34.5 9 46.5 24.5",
        "o 50 9 62.5 24.5",
        "o 66.5 11 77 24",
        "o 79 5 95 24",
        "o 6.5 34 17.5 48",
        "o 22 35 32 47.5",
        "o 35 36.5 45 48",
        "o 48.5 34.5 59 47.5",
        "o 64 31 77.5 48",
        "o 82 35 92.5 48",
        "o 6.5 58.5 16.5 71.5",
        "o 21 57.5 32.5 71.5",
        "o 35 59 45 71.5",
        "o 49 56 61.5 71.5",
        "o 65.5 57 77 71.5",
        "o 82 51.5 99 72",
        "o 4.5 77 19.5 94.5",
        "o 24 81 35.5 94.5",
        "o 37.5 78 52.5 95",
        "o 57 79.5 70 95",
        "o 71.5 79 85.5 95",
        "o 87.5 82 99 95",
    ],
    "coffee": [
        "13 52 15 44 20 38 29 31 29 22 33 12 40 6 47 4 54 5 63 10 68 17 70 17 71 20 70 28 76 "
        "35 79.5 45 80 53 78 66 70 80 62 91 50 96 40 95 28 87 18 74",
    ],
    "horse": [
        "5 32 9 28 20 25.5 30 25 40 27 50 28 58 26.5 63 24 70 12 78 7 85 6 87.5 3 90 3 90 8 "
        "94 17 98 26 96 29 94 31 91 30 89 25 82 21.5 78.5 33 77 47 74 56 70 70 68.5 80 70 88 "
        "73.5 94 69 94 65.5 83 65.5 76 64.5 90 66.5 94 62 94 61.5 90 63.5 70 62.5 58 47 57 34 "
        "51 31 54 28 70 28 80 30 87 34 92 30 92.5 26 83 25.5 75 22.5 67 22.5 63 17 73 16 87 "
        "18.5 94 14 94 11.5 90 13 75 13.5 55 13 68 9 77 6.5 72 5 55",
    ],
    "camera": [
        "0 50 7 40 14 27 22 24.5 29 21 32 20 35 14 41 12.5 47 14.5 52.5 22 51 26.5 57 28 63 "
        "27.5 63 33 62 33 64.5 34 63 40 57.5 44.5 58 49 56 56.5 48 61 40 57 27 74 29.5 100 25 "
        "100 19 87 17.5 100 2 100 1.5 70 0 68",
    ],
    "cell": [
        "o 66 48.5 89 68.5",
    ],
    "astronaut": [
        "7 100 6 80 6 70 11 55 18 46 25 40 23 36 28 31 36 29 38 25 31 21 30 15 33 7 42 3 50 "
        "3.5 57 9 58.5 18 56 23 51 25 50 30 53 32 59 42 59 47 66 53 69 60 70 66 60 73 56 85 "
        "57 100",
    ],
    "structural_analogy/208.jpg": [
        "o 9.5 28 23 46",
        "o 33 34 47.5 55",
        "o 46.5 8 56.5 21.5",
        "o 56.5 2.5 65 14",
        "o 57 65.5 77.8 92.5",
    ],
    "structural_analogy/209.jpg": [
        "o 28.5 0.3 43 14",
        "o 8.5 36.5 27.5 52.5",
        "44 48 40 46 38 42 39 38 43 35.5 48 35 53 36 56 39 50 39 46 42",
        "o 43 38.5 60 55.5",
        "57 38 61 36 66 34.5 71 36 75 40 75 46 72 50.5 67 52 61 51.5 61 44",
        "100 38 97 40 95 43.5 96 49 100 52",
        "o 75.5 66.5 97.5 85",
    ],
    "single_images/balloons.png": [
        "59.5 29.5 56 22 53 16 53.5 8 57 2 63 0 69 2 72.5 8 72.5 14 69 22 65.5 29.5",
        "o 14.5 28.5 23.7 42",
        "o 17.8 58 24.8 68.5",
        "o 41 55 48.8 65.5",
        "52 72 54 70 57 70 58 73 56 77.5 54 77.5",
        "o 65 59.5 69.5 66",
        "o 71.5 43.5 76.5 51",
    ],
    "single_images/birds.png": [
        "14.5 56 16 53.5 20 54 26 53 23.5 57 24 63 18.5 60.5",
        "36.5 69 39 64.5 45 64 45 73 42 69 38 70",
        "4 25 7 23 12 23 10.5 26.5 9.5 30 6 27.5",
        "2 40 6 37.5 11.5 37.5 9 40 6 42 3 41",
        "27.5 49 30 47 32.5 43 31 41 33.5 41.5 36 44 40 44.5 39 46 34.5 47 35.5 50 31 51.5",
        "42 43 45 41.5 49 42 52.5 44 50 45 47.5 48 45 46",
        "68 59 71 61 73.5 65 77 65.5 74 67 68.5 69",
        "75.5 47 77 45 75.5 42.5 79 41.5 82.5 42 80 45 77.8 51",
    ],
    "photo_pairs/husky_wolf_a.jpg": [
        "10.5 14 12 4 15 2.5 21 7 30 17 45 17.5 65 18 71 11 79 3 83 3 85 12 84 38 82 45 87 58 "
        "88 72 89 85 89.5 100 7.5 100 9 80 7 70 11 55 13 48 11 38",
    ],
    "photo_pairs/horse_ink_a.jpg": [
        "18 23.5 24 12 24 2 26.5 4 29 4.5 33 5 40 4 48 13 49 28 58 33 70 33 76 39 83 43 87 52 "
        "90 60 98 68 92 74 84 64 79 46 76.5 55 71 63 75 73 74.5 93 69 93 72.5 88 72 76 67 65 "
        "64 73 59 82 57 93 51 94 55 88 62 70 63 60 45 59 37 59 32.5 68 39.5 78 38 82 34 80 "
        "31.5 71 24 84 21.5 92 18 92 23 81 30 62 33 57 31.5 40 30 22 23 26 20 28",
    ],
    "semantic_analogy/tree/img.png": [
        "63 80 63 77 52 78 40 76 36 72 35.5 62 35 54 37 42 45 36 52 26 60 24 65 22.5 80 25 85 "
        "33 90 36 91 45 98 50 100 55 98 65 99 70 90 75 80 78 70 80",
    ],
    "labelled_photos/cocostuff/train_img/000000203744.jpg": [
        "43 21 52 27 63 35.5 66 35 72 28 80 20 86 11 83 19 76 29 69 36.5 69.5 40 74 43 69 42 "
        "68.5 45 65 41 61.5 39.5 61.5 37 55 33 47 27",
    ],
    "labelled_photos/cocostuff/train_img/000000197384.jpg": [
        "0 42 5 42 6 36 8 30 20 30 22 34 57 34 62 36 72 36 77.5 38 78 44 91 48 92 66 84 67 82 "
        "74 75 74 72 67 57 67 46 68 36 67 33 71 26 71 24 67 19 71 14 69 12 64 5 62 1 58",
    ],
    "labelled_photos/cocostuff/train_img/000000580986.jpg": [
        "34 40 36 33 40 30 44 22 50 15 57 12.5 65 17 70 24 70 33 66 41 62 60 61 74 63 77 63.5 "
        "84 55 85 53 84 53 90 42 90 42 86 46 80 46 72 42 62 40 48 36 48",
    ],
    "labelled_photos/cocostuff/train_img/000000184101.jpg": [
        "o 15.5 35 32.5 55",
        "o 39.5 35 54 55.5",
        "o 63.5 35.5 78.5 56",
    ],
}

# What may be found or not: scenery that some would call an object, in the same form.
IGNORED: dict[str, list[str]] = {
    "camera": [
        "49 28 66 28 66 60 80 100 44 100 55 60",
        "60 22 100 22 100 47 60 47",
    ],
    "astronaut": [
        "0 0 22 0 22 100 0 100",
        "68 0 92 0 92 56 68 56",
        "52 55 100 55 100 100 52 100",
    ],
    "single_images/balloons.png": [
        "0 78 100 78 100 100 0 100",
    ],
    "single_images/birds.png": [
        "0 68 100 68 100 100 0 100",
    ],
    "semantic_analogy/tree/img.png": [
        "0 79 100 79 100 100 0 100",
    ],
    "labelled_photos/cocostuff/train_img/000000203744.jpg": [
        "45 78 58 78 58 100 45 100",
    ],
    "labelled_photos/cocostuff/train_img/000000580986.jpg": [
        "17 84 44 84 44 96 17 96",
    ],
    "labelled_photos/cocostuff/train_img/000000184101.jpg": [
        "0 0 100 0 100 25 0 25",
        "15 52 85 52 85 72 15 72",
        "0 70 100 70 100 100 0 100",
    ],
}
# Photographs filled by one object, whose outlines were drawn to learn from alone, in the same form.
FILLED: dict[str, list[str]] = {
    "cats/train/0007.jpg": [
        "11 10 19 14 26 24 50 24 65 24 75 14 87 13 86 28 84 40 86 55 84 65 95 75 100 85 100 "
        "100 3 100 6 80 9 60 17 48 14 30",
    ],
    "cats/train/0307.jpg": [
        "5 15 12 6 20 8 30 26 45 25 60 27 72 14 84 5 86 25 84 45 85 62 95 68 100 82 96 98 60 "
        "100 20 100 15 85 6 70 3 50",
    ],
    "cats/train/0607.jpg": [
        "13 12 20 12 32 20 55 18 68 18 82 10 85 15 84 35 84 60 80 78 80 100 5 100 14 90 28 78 "
        "22 62 18 50 20 38",
    ],
    "cats/train/0907.jpg": [
        "22 8 35 20 55 18 72 18 80 5 88 15 90 45 100 60 100 80 85 95 60 100 25 100 15 85 5 80 "
        "5 60 15 45 18 20",
    ],
    "cats/train/1207.jpg": [
        "18 13 24 13 38 22 55 20 75 20 86 11 88 18 86 35 94 55 96 70 88 85 90 100 0 100 0 62 "
        "15 55 18 40",
    ],
    "cats/train/1507.jpg": [
        "0 22 10 12 18 12 25 2 55 0 62 3 72 0 80 5 82 40 74 55 72 68 70 80 60 95 35 85 0 68",
    ],
    "photo_pairs/husky_wolf_b.jpg": [
        "13 10 18 5 26 7 36 22 50 17 66 20 76 8 86 6 89 14 88 30 84 42 92 60 93 75 88 90 85 "
        "100 12 100 8 85 2 70 10 50 15 40 12 25",
    ],
    "chelsea": [
        "8 0 85 0 80 20 82 35 78 45 80 60 66 80 66 100 10 100 0 85 0 62 10 30",
    ],
    "labelled_photos/cocostuff/train_img/000000371376.jpg": [
        "7 12 18 8 48 7 52 10 55 33 59 42 78 58 78 65 40 97 33 93 10 68 13 60 12 55",
    ],
    "monet2photo/testB/0597c38d69.jpg": [
        "17 33 20 33 30 53 44 55 43 49 50 53 78 55 100 55 100 63 65 66 60 69 52 69 50 64 28 "
        "62 16 55 22 53",
    ],
}


def mask(outline: str, size: tuple[int, int]) -> NDArray[np.bool_]:
    """What lies within `outline`: (H, W) for `size` (width, height)."""
    fine = 4
    drawing = Image.new("L", (fine * size[0], fine * size[1]))
    ellipse = outline.startswith("o ")
    numbers = [float(word) for word in outline.removeprefix("o ").split()]
    points = [
        (x * drawing.width / 100, y * drawing.height / 100)
        for x, y in zip(numbers[::2], numbers[1::2], strict=True)
    ]
    draw = ImageDraw.Draw(drawing)
    if ellipse:
        draw.ellipse(points, fill=255)
    else:
        draw.polygon(points, fill=255)
    return np.asarray(drawing.resize(size, Image.Resampling.BOX)) > 127


def photograph(name: str, folder: Path) -> Image.Image:
    """The picture `name`, out of scikit-image or the `folder` of photographs."""
    if name not in BUNDLED:
        return Image.open(folder / name).convert("RGB")
    pixels = np.asarray(getattr(data, name)())
    if pixels.dtype == bool:
        pixels = 255 * pixels.astype(np.uint8)
    return Image.fromarray(pixels).convert("RGB")
