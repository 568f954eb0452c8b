"""A visitor's first minute with the tab "Texture swap", in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demos.shared.widgets import starter

playwright = pytest.importorskip("playwright.sync_api")
VISIBLE = "[...document.querySelectorAll('.i2i-out img')].filter(i => i.offsetParent)"
PATIENT = {"timeout": 60_000}


def block(page: Any, label: str) -> Any:
    """The innermost block of this label."""
    return page.locator(".block:visible").filter(has=page.get_by_text(label, exact=True)).last


def fill(page: Any, label: str, value: str) -> None:
    number = page.get_by_label(f"number input for {label}").first
    number.fill(value)
    number.blur()


def test_two_pictures_are_swapped_and_one_is_edited(
    browser: Any, page_url: str, tmp_path: Path
) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1600})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(page_url)
    page.get_by_role("tab", name="Texture swap").click()
    # A swap stands there before the first click, and a grid of swaps below it.
    page.wait_for_function(f"{VISIBLE}.filter(i => i.naturalWidth === 256).length === 2")
    grid = block(page, "Grid").locator("img").first
    playwright.expect(grid).to_be_visible(**PATIENT)

    # Another texture picture: a sideways one, as phones make them.
    turned = Image.open(starter("tabby_photo.jpg")).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "phone.jpg", exif=exif)
    second = block(page, "2 · Texture of this")
    second.get_by_label("Remove Image").click()
    second.locator("input[type=file]").set_input_files(tmp_path / "phone.jpg")
    said = page.locator(".i2i-out:visible .i2i-status").first
    playwright.expect(said).to_contain_text("Re-made by patches", **PATIENT)
    playwright.expect(said).to_contain_text("swapping_autoencoder.cats was tried too")

    page.get_by_role("tab", name="Edit", exact=True).click()
    canvas = block(page, "Click a region").locator("img").first
    first = canvas.get_attribute("src")
    fill(page, "1.", "2")
    playwright.expect(canvas).not_to_have_attribute("src", first, **PATIENT)
    page.get_by_role("button", name="Keep this edit").click()
    playwright.expect(page.get_by_text("can be taken back: 1.")).to_be_visible(**PATIENT)

    # A click chooses a region, and a slider changes it.
    canvas.click(position={"x": 90, "y": 200})
    region = block(page, "The region").locator("img")
    playwright.expect(region).to_have_count(1, **PATIENT)
    kept = canvas.get_attribute("src")
    fill(page, "Structure, direction 1", "3")
    playwright.expect(canvas).not_to_have_attribute("src", kept, **PATIENT)

    # Painted with the mouse, cloned, and taken back.
    paper = block(page, "Paint here").locator("canvas").first
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(x + 3 * step, y + 2 * step)
    page.mouse.up()
    page.wait_for_timeout(700)
    page.get_by_role("button", name="Clone", exact=True).click()
    playwright.expect(page.get_by_text("Cloned.")).to_be_visible(**PATIENT)
    page.get_by_role("button", name="Undo", exact=True).first.click()
    playwright.expect(page.get_by_text("Edits before this one: 1.")).to_be_visible(**PATIENT)
    page.close()
    assert problems == []
