"""One file a method, named as its paper; METHODS lists them."""

from i2i_core.errors import check_choice
from i2i_core.method import Method
from i2i_core.methods.cut import CUT
from i2i_core.methods.cyclegan import CycleGAN
from i2i_core.methods.pix2pix import Pix2Pix
from i2i_core.methods.pix2pixhd import Pix2PixHD
from i2i_core.methods.semantic_analogy import SemanticAnalogy
from i2i_core.methods.sincut import SinCUT
from i2i_core.methods.structural_analogy import StructuralAnalogy
from i2i_core.methods.swapping_autoencoder import SwappingAutoencoder

METHODS: dict[str, type[Method]] = {
    "structural_analogy": StructuralAnalogy,
    "semantic_analogy": SemanticAnalogy,
    "pix2pix": Pix2Pix,
    "pix2pixhd": Pix2PixHD,
    "cut": CUT,
    "cyclegan": CycleGAN,
    "sincut": SinCUT,
    "swapping_autoencoder": SwappingAutoencoder,
}


def find_method(name: str) -> type[Method]:
    """The method called `name`. Raises InputError, naming what there is, for an unknown one."""
    check_choice("method", name, tuple(METHODS))
    return METHODS[name]
