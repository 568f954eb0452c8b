"""Palettes of known label sets, such as facades: which colour stands for what."""

from i2i_core.labels.colours import Colour

# CMP Facade Database (Tyleček & Šára 2013), in the order of its ids from 1.
FACADES: dict[str, Colour] = {
    "background": (0, 0, 222),
    "wall": (0, 48, 255),
    "window": (0, 128, 255),
    "door": (0, 207, 255),
    "cornice": (32, 255, 223),
    "sill": (112, 255, 143),
    "balcony": (192, 255, 63),
    "blind": (255, 240, 0),
    "decoration": (255, 160, 0),
    "molding": (255, 80, 0),
    "pillar": (240, 0, 0),
    "shop": (175, 0, 0),
}

LABEL_SETS = {"facades": FACADES}
