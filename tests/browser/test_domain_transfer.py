"""A visitor's first minute with the tab "Domain transfer", in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demos.shared.widgets import starter
from tests.helpers import gallery

playwright = pytest.importorskip("playwright.sync_api")
VISIBLE = "[...document.querySelectorAll('.i2i-out img')].filter(i => i.offsetParent)"
PATIENT = {"timeout": 60_000}


def addresses(page: Any) -> list[str]:
    """Addresses of the pictures before and after."""
    return page.evaluate(f"{VISIBLE}.map(i => i.src)")


def in_block(page: Any, label: str) -> Any:
    """The picture in the block of this label."""
    return page.locator(".block:visible").filter(has_text=label).locator("img")


def test_a_picture_is_painted_and_looked_into(browser: Any, page_url: str, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1200})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(page_url)
    page.get_by_role("tab", name="Domain transfer").click()
    # Before and after stand there before the first click.
    page.wait_for_function(f"{VISIBLE}.filter(i => i.naturalWidth === 512).length === 2")
    starters = addresses(page)

    Image.open(starter("fields.jpg")).resize((300, 200)).save(tmp_path / "mine.png")
    inputs = page.locator(".i2i-in:visible")
    inputs.get_by_label("Remove Image").click()
    inputs.locator("input[type=file]").set_input_files(tmp_path / "mine.png")
    playwright.expect(page.get_by_text("300 × 200 pixels in")).to_be_visible(**PATIENT)
    page.wait_for_function(f"{VISIBLE}.filter(i => i.naturalWidth === 300).length === 2")
    mine = addresses(page)
    assert not set(mine) & set(starters)

    # Another strength blends what was made: before stays, after changes.
    strength = page.get_by_label("number input for Strength")
    strength.fill("0.4")
    strength.blur()
    page.wait_for_function(f"after => {VISIBLE}[1].src !== after", arg=mine[1], **PATIENT)

    page.get_by_role("tab", name="See inside").click()
    page.get_by_role("button", name="Look inside").click()
    glow = in_block(page, "Where that comes from")
    playwright.expect(glow).to_have_count(1, **PATIENT)
    first = glow.get_attribute("src")
    in_block(page, "Translation: click here").click(position={"x": 30, "y": 40})
    playwright.expect(glow).not_to_have_attribute("src", first, **PATIENT)
    page.close()
    assert problems == []


def test_what_is_stopped_has_not_failed(browser: Any, page_url: str, tmp_path: Path) -> None:
    files = [Path(file) for file, _ in gallery(tmp_path, 30, (256, 256))]
    page = browser.new_page(viewport={"width": 1400, "height": 1600})
    page.goto(page_url)
    page.get_by_role("tab", name="Domain transfer").click()
    status = page.locator(".i2i-out:visible .i2i-status").first
    page.get_by_role("button", name="Many pictures at once").click()
    page.locator(".i2i-out:visible input[type=file]").first.set_input_files(files)
    translate = page.get_by_role("button", name="Translate them all")
    stop = page.get_by_role("button", name="Stop", exact=True).locator("visible=true")
    starter_button = page.locator(".i2i-in:visible button.gallery-item").first
    for ends, sentence in (
        (stop, "Stopped. What was made so far stays."),
        (starter_button, "Drag the handle"),
    ):
        translate.click()
        playwright.expect(status.locator("progress")).to_be_visible(**PATIENT)
        ends.click()
        playwright.expect(status).to_contain_text(sentence)
        page.wait_for_timeout(2000)
        playwright.expect(status).to_contain_text(sentence)

    # But what fails, says so.
    (tmp_path / "text.png").write_text("a lake")
    inputs = page.locator(".i2i-in:visible")
    inputs.get_by_label("Remove Image").click()
    inputs.locator("input[type=file]").set_input_files(tmp_path / "text.png")
    playwright.expect(status).to_have_text("That did not work.", **PATIENT)
    playwright.expect(page.get_by_text("is not a picture")).to_be_visible()
    page.close()


def test_the_starter_that_is_shown_obeys_the_sliders(browser: Any, page_url: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1200})
    page.goto(page_url)
    page.get_by_role("tab", name="Domain transfer").click()
    page.wait_for_function(f"{VISIBLE}.filter(i => i.naturalWidth === 512).length === 2")
    painted = addresses(page)[1]
    page.get_by_label("range slider for Strength").press("ArrowLeft")
    page.wait_for_function(f"after => {VISIBLE}[1].src !== after", arg=painted, **PATIENT)
    weaker = addresses(page)[1]
    strength = page.locator(".block:visible").filter(
        has=page.get_by_label("range slider for Strength")
    )
    strength.get_by_role("button").first.click()  # the arrow that resets it
    playwright.expect(page.get_by_label("number input for Strength")).to_have_value("1")
    page.wait_for_function(f"after => {VISIBLE}[1].src !== after", arg=weaker, **PATIENT)
    weaker = addresses(page)[1]
    page.get_by_label("Keep the colours").check()
    page.wait_for_function(f"after => {VISIBLE}[1].src !== after", arg=weaker, **PATIENT)
    page.close()
