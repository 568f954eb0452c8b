"""The drawing canvas in a real browser: what is drawn there is what the server reads."""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from demos.sketch_to_photo.canvas import SIDE, DrawingCanvas, to_picture, to_value
from i2i_core.labels.palettes import FACADES

playwright = pytest.importorskip("playwright.sync_api")
LATE = 0.8  # seconds that a slow handler takes


def ring() -> Image.Image:
    picture = Image.new("RGB", (SIDE, SIDE), "white")
    picture.paste((0, 0, 0), (100, 100, 300, 300))
    picture.paste((255, 255, 255), (120, 120, 280, 280))
    return picture


def told(value: str | None) -> str:
    """How many dark pixels arrived, and how many colours."""
    picture = to_picture(value)
    if picture is None:
        return "blank"
    pixels = np.asarray(picture).reshape(-1, 3)
    return f"{(pixels.max(1) < 128).sum()} ink, {len(np.unique(pixels, axis=0))} colours"


def late(value: str | None) -> str | None:
    time.sleep(LATE)
    return value


def build() -> gr.Blocks:
    # While an event shows its progress, Gradio's overlay keeps the pointer from its outputs.
    quiet: dict[str, Any] = {"show_progress": "hidden"}
    with gr.Blocks() as demo:
        canvas = DrawingCanvas(elem_id="first")
        heard = gr.Textbox("nothing", label="Heard")
        read = gr.Textbox(label="Read")
        canvas.input(told, canvas, heard, trigger_mode="always_last")
        gr.Button("To labels").click(lambda: to_value(None, FACADES), None, canvas, **quiet)
        gr.Button("To sketch").click(lambda: to_value(None), None, canvas, **quiet)
        gr.Button("A ring").click(lambda: to_value(ring()), None, canvas, **quiet)
        gr.Button("Echo late").click(late, canvas, canvas, **quiet)
        gr.Button("Read it").click(told, canvas, read)
        with gr.Tabs():
            gr.Tab("Front")
            with gr.Tab("Behind"):
                second = DrawingCanvas(to_value(ring()), elem_id="second")
                there = gr.Textbox("nothing", label="There")
                second.input(told, second, there, trigger_mode="always_last")
    return demo


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        demo = build()
        demo.launch(prevent_thread_lock=True, server_name="127.0.0.1", quiet=True)
        yield demo.local_url
        demo.close()


@pytest.fixture
def page(browser: Any, url: str) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1000, "height": 1100})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(url)
    playwright.expect(page.locator("#first canvas")).to_be_visible()
    yield page
    page.close()
    assert problems == []


def stroke(page: Any, *points: tuple[float, float], on: str = "#first", held: bool = False) -> None:
    """Draw; points are shares of the canvas's side."""
    page.locator(f"{on} canvas").hover()  # waits until no overlay of a fresh page is above it
    box = page.locator(f"{on} canvas").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    if not held:
        page.mouse.up()


def drawn(page: Any, on: str = "#first") -> np.ndarray:
    """What is on the canvas, (512, 512, 3)."""
    shown = page.evaluate(f"document.querySelector('{on} canvas').toDataURL()")
    data = base64.b64decode(shown.split(",")[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def ink(page: Any, on: str = "#first") -> int:
    return int((drawn(page, on).max(-1) < 128).sum())


def hears(page: Any, said: str, label: str = "Heard") -> None:
    playwright.expect(page.get_by_label(label)).to_have_value(said)


def switch(page: Any, kind: str) -> None:
    page.get_by_role("button", name=f"To {kind}").click()
    page.wait_for_selector(f"#first .dc[data-kind={kind}]")


def reads_what_is_shown(page: Any) -> None:
    page.get_by_role("button", name="Read it").click()
    playwright.expect(page.get_by_label("Read")).to_have_value(re.compile(f"^{ink(page)} ink"))


def colours(page: Any) -> set[tuple[int, ...]]:
    return {tuple(map(int, c)) for c in np.unique(drawn(page).reshape(-1, 3), axis=0)}


def test_strokes_arrive_and_can_be_undone(page: Any) -> None:
    page.wait_for_timeout(300)
    hears(page, "nothing")  # an untouched canvas keeps silent
    stroke(page, (0.2, 0.3), (0.8, 0.3), held=True)
    playwright.expect(page.get_by_label("Heard")).not_to_have_value("nothing")
    page.mouse.up()  # the photograph followed before that
    mine = drawn(page)
    count = len(np.unique(mine.reshape(-1, 3), axis=0))
    hears(page, f"{ink(page)} ink, {count} colours")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+z")  # the pointer over the canvas is enough
    hears(page, "blank")
    page.keyboard.press("Control+Shift+z")
    assert np.array_equal(drawn(page), mine)
    page.locator("#first").get_by_role("button", name="Clear").click()
    hears(page, "blank")
    page.locator("#first").get_by_label("Undo").click()
    assert np.array_equal(drawn(page), mine)


def test_a_line_that_leaves_the_paper_does_not_run_along_its_edge(page: Any) -> None:
    stroke(page, (0.5, 0.5), (1.05, 0.5), (1.05, 0.9), (0.5, 0.9))
    dark = drawn(page).max(-1) < 128
    assert dark[:, -1].any()
    assert not dark[280:440, -1].any()


def test_labels_are_exact_and_each_kind_keeps_its_drawing(page: Any) -> None:
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    sketch = drawn(page)
    switch(page, "labels")
    tools = page.locator("#first")
    tools.get_by_role("button", name="door").click()
    stroke(page, (0.25, 0.25), (0.5, 0.75))
    hears(page, "0 ink, 2 colours")
    assert colours(page) == {FACADES["background"], FACADES["door"]}

    tools.get_by_role("button", name="pillar").click()
    tools.get_by_role("button", name="Brush").click()
    stroke(page, (0.1, 0.1), (0.9, 0.95))
    hears(page, "0 ink, 3 colours")
    tools.get_by_role("button", name="shop").click()
    tools.get_by_role("button", name="Fill").click()
    stroke(page, (0.3, 0.7), (0.3, 0.7))  # the half of the door below the brush
    hears(page, "0 ink, 4 colours")
    assert colours(page) <= set(FACADES.values())
    labels = drawn(page)

    heard = page.get_by_label("Heard").input_value()
    switch(page, "sketch")
    assert np.array_equal(drawn(page), sketch)
    # Nobody drew, so nothing was sent; who reads the canvas gets what it shows all the same.
    reads_what_is_shown(page)
    hears(page, heard)
    tools.get_by_label("Undo").click()  # each kind has its own past
    hears(page, "blank")
    switch(page, "labels")
    assert np.array_equal(drawn(page), labels)
    tools.get_by_label("Undo").click()
    hears(page, "0 ink, 3 colours")


def test_what_the_server_sends_appears_and_can_be_undone(page: Any) -> None:
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    mine = drawn(page)
    page.get_by_role("button", name="A ring").click()
    # Inside the ring's bar: white until it has come.
    page.wait_for_function(
        "document.querySelector('#first canvas').getContext('2d')"
        ".getImageData(110, 250, 1, 1).data[0] === 0"
    )
    assert np.array_equal(drawn(page), np.asarray(ring()))
    page.locator("#first").get_by_label("Undo").click()
    assert np.array_equal(drawn(page), mine)


def test_a_small_drawing_is_offered_to_be_fitted_to_the_paper(page: Any) -> None:
    fit = page.locator("#first").get_by_role("button", name="Fit the small drawing")
    playwright.expect(fit).to_be_hidden()
    stroke(page, (0.1, 0.1), (0.3, 0.1), (0.3, 0.2))
    small = drawn(page)
    fit.click()
    playwright.expect(fit).to_be_hidden()
    dark = np.argwhere(drawn(page).max(-1) < 128)
    (top, left), (bottom, right) = dark.min(0), dark.max(0)
    assert right - left > 0.8 * SIDE
    assert abs((left + right) / 2 - SIDE / 2) < 3
    assert abs((top + bottom) / 2 - SIDE / 2) < 3
    reads_what_is_shown(page)
    page.locator("#first").get_by_label("Undo").click()
    assert np.array_equal(drawn(page), small)
    switch(page, "labels")
    playwright.expect(fit).to_be_hidden()


def test_a_late_echo_does_not_undo_newer_strokes(page: Any) -> None:
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    page.get_by_role("button", name="Echo late").click()
    page.wait_for_timeout(100)
    stroke(page, (0.2, 0.7), (0.8, 0.7))
    mine = drawn(page)
    page.wait_for_timeout(1000 * LATE + 300)
    assert np.array_equal(drawn(page), mine)
    reads_what_is_shown(page)


def test_a_second_canvas_in_a_hidden_tab(page: Any) -> None:
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    mine = drawn(page)
    page.get_by_role("tab", name="Behind").click()
    page.locator("#second canvas").scroll_into_view_if_needed()
    page.wait_for_function("!document.querySelector('#second [data-do=undo]').disabled")
    assert np.array_equal(drawn(page, "#second"), np.asarray(ring()))
    before = ink(page, "#second")
    stroke(page, (0.1, 0.9), (0.9, 0.9), on="#second")
    playwright.expect(page.get_by_label("There")).not_to_have_value("nothing")
    assert ink(page, "#second") > before
    assert np.array_equal(drawn(page), mine)
    page.get_by_role("tab", name="Front").click()
    page.get_by_role("tab", name="Behind").click()
    assert ink(page, "#second") > before


def test_the_drawing_is_saved_as_png_and_a_phone_has_room(browser: Any, url: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto(url)
    box = page.locator("#first canvas").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["width"] == pytest.approx(box["height"], abs=2)
    for button in page.locator("#first button:visible").all():
        size = button.bounding_box()
        assert min(size["width"], size["height"]) >= 36
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    with page.expect_download() as saved:
        page.locator("#first").get_by_label("Save drawing").click()
    with Image.open(saved.value.path()) as picture:
        assert picture.size == (SIDE, SIDE)
        assert np.array_equal(np.asarray(picture.convert("RGB")), drawn(page))
    page.close()
