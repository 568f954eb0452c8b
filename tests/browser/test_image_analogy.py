"""A visitor's first minute, in a real browser: two pictures in, the analogy out."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from i2i_core.labels.palettes import FACADES

playwright = pytest.importorskip("playwright.sync_api")


def stroke(page: Any, *points: tuple[float, float]) -> None:
    """Draw on the canvas; points are shares of its side."""
    box = page.locator(".dc canvas").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def drawn(page: Any) -> np.ndarray:
    """What is on the canvas, (512, 512, 3)."""
    url = page.evaluate("document.querySelector('.dc canvas').toDataURL()")
    data = base64.b64decode(url.split(",")[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def choose(page: Any, model: str) -> None:
    page.get_by_label("What to draw").click()
    page.get_by_role("option", name=model).click()


def test_draw_and_the_photograph_follows(browser: Any, page_url: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1100})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(page_url)
    photo = page.locator(".i2i-result img")
    playwright.expect(photo).to_have_count(1)  # a result stands there before the first click
    page.wait_for_function("document.querySelector('[data-do=undo]').disabled === false")
    starter, shown = drawn(page), photo.get_attribute("src")

    stroke(page, (0.3, 0.9), (0.7, 0.9))
    playwright.expect(photo).not_to_have_attribute("src", shown, timeout=20_000)
    mine = drawn(page)
    assert (mine < 128).sum() > (starter < 128).sum() + 1000
    page.get_by_label("Undo").click()
    assert np.array_equal(drawn(page), starter)
    page.get_by_label("Redo").click()
    assert np.array_equal(drawn(page), mine)

    # Another kind of model: labels to paint, exact; and the drawing is there on coming back.
    choose(page, "Labels to building front")
    page.get_by_role("button", name="door").click()
    page.wait_for_function("document.querySelector('.dc').dataset.kind === 'labels'")
    playwright.expect(photo).to_have_count(1)
    stroke(page, (0.55, 0.3), (0.8, 0.6))
    colours = {tuple(colour) for colour in np.unique(drawn(page).reshape(-1, 3), axis=0)}
    assert (0, 207, 255) in colours
    assert colours <= set(FACADES.values())
    labels = drawn(page)
    assert (labels[200:300, 300:400] == (0, 207, 255)).all()
    choose(page, "Sketch to cat")
    page.wait_for_function("document.querySelector('.dc').dataset.kind === 'sketch'")
    assert np.array_equal(drawn(page), mine)
    choose(page, "Labels to building front")
    page.wait_for_function("document.querySelector('.dc').dataset.kind === 'labels'")
    assert np.array_equal(drawn(page), labels)
    assert problems == []
    page.close()


def test_upload_two_pictures_and_see_the_result(
    browser: Any, page_url: str, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0)
    for name, ground, disc in (("a.png", 60, 200), ("b.jpg", 220, 20)):
        y, x = np.mgrid[:160, :200]
        values = np.where((y - 80) ** 2 + (x - 60) ** 2 < 1600, disc, ground)
        values = values + noise.integers(-15, 15, values.shape)
        colour = np.stack([values, values // 2, 255 - values], -1).clip(0, 255)
        Image.fromarray(colour.astype(np.uint8)).save(tmp_path / name)

    page = browser.new_page(viewport={"width": 1400, "height": 900})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(page_url)
    page.get_by_role("tab", name="Image analogy").click()
    inputs = page.locator(".i2i-in")
    page.wait_for_selector("text=This is a starter")
    # Results before the first click: two sliders of two pictures.
    playwright.expect(page.locator(".i2i-out img").nth(3)).to_be_attached(timeout=20_000)

    remove = inputs.get_by_label("Remove Image")
    for index, name in enumerate(("a.png", "b.jpg")):
        remove.nth(index).click()
        playwright.expect(remove).to_have_count(1)
        inputs.locator("input[type=file]").nth(index).set_input_files(tmp_path / name)
        playwright.expect(remove).to_have_count(2)
    page.get_by_text("More settings").click()
    page.get_by_label("Longer side, pixels").first.click()
    page.get_by_role("option", name="256").first.click()
    before = page.locator(".i2i-out img").nth(1).get_attribute("src")
    page.get_by_role("button", name="Make the analogy").click()
    page.wait_for_selector("text=Done. Drag the handles", timeout=90_000)
    assert page.locator(".i2i-out img").nth(1).get_attribute("src") != before
    assert problems == []
    page.close()


def test_a_click_on_one_picture_lights_up_the_other(browser: Any, page_url: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1400})
    page.goto(page_url)
    page.get_by_role("tab", name="Image analogy").click()
    page.get_by_text("Point, and see what answers to what").click()
    status = page.get_by_text("1 asks, 2 answers.")
    playwright.expect(status).to_be_visible(timeout=30_000)
    first, second = (page.locator(".block", has_text=f"In {n}").locator("img").last for n in (1, 2))
    playwright.expect(second).to_be_visible(timeout=30_000)
    before = first.get_attribute("src")
    second.click(position={"x": 60, "y": 60})
    playwright.expect(page.get_by_text("2 asks, 1 answers.")).to_be_visible(timeout=30_000)
    playwright.expect(first).not_to_have_attribute("src", before)
    page.close()


def test_a_repainted_result_becomes_the_photograph(browser: Any, page_url: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1400})
    page.goto(page_url)
    page.get_by_role("tab", name="Image analogy").click()
    page.get_by_role("tab", name="Repaint").click()
    page.get_by_label("Longer side, pixels").last.click()
    page.get_by_role("option", name="384").last.click()
    page.get_by_role("button", name="Render").click()
    page.wait_for_selector("text=Done, at 384 pixels", timeout=60_000)
    page.get_by_role("button", name="Use as source").click()
    page.wait_for_selector("text=The result is the photograph now", timeout=20_000)
    page.close()
