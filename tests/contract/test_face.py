"""The package's face, and the paths by which things were imported before it had one."""

import importlib

import pytest

import i2i_core
from i2i_core.deprecated import MOVED, PACKAGE


def test_everything_on_the_face_is_there_and_typed_as_it_is() -> None:
    assert set(i2i_core._HOME_OF) <= set(dir(i2i_core))
    for name in i2i_core._HOME_OF:
        thing = getattr(i2i_core, name)
        module = importlib.import_module(f"i2i_core.{i2i_core._HOME_OF[name]}")
        assert thing is getattr(module, name)
    with pytest.raises(AttributeError, match="no attribute 'magic'"):
        i2i_core.magic  # noqa: B018


@pytest.mark.parametrize("old", sorted(MOVED))
def test_old_modules_lead_to_where_things_are(old: str) -> None:
    module = importlib.import_module(PACKAGE + old)
    for home in MOVED[old]:
        importlib.import_module(PACKAGE + home)
    with pytest.raises(AttributeError):
        module.never_was  # noqa: B018


def test_what_people_import_today_works_with_a_word_of_where_it_is() -> None:
    with pytest.warns(DeprecationWarning, match=r"i2i_core\.checkpoints\.checkpoint\.load now"):
        from i2i_core.checkpoint import load  # type: ignore[import-not-found]
    with pytest.warns(DeprecationWarning, match=r"pipelines\.analogy\.structural_analogy"):
        from i2i_core.methods.applications import (  # type: ignore[import-not-found]
            structural_analogy,
        )
    with pytest.warns(DeprecationWarning, match=r"data\.folders\.readable"):
        from i2i_core.sampling import every  # type: ignore[import-not-found]
    from i2i_core.data.folders import readable

    assert load is i2i_core.load
    assert structural_analogy is i2i_core.structural_analogy
    assert every is readable


def test_packages_that_were_modules_still_give_what_those_gave() -> None:
    images, labels = (importlib.import_module(f"i2i_core.{name}") for name in ("images", "labels"))
    for name in ("open_image", "fit_long_side", "to_tensor", "with_channels", "writable"):
        assert callable(getattr(images, name))
    for name in ("decode", "encode", "fill_unlabelled", "LabelMap"):
        assert callable(getattr(labels, name))


def test_a_module_that_never_was_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("i2i_core.nothing_of_the_kind")
