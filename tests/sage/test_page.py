"""Sage in the page: pictures in three dimensions turn, pictures and formulas are there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.browsers import CHROMIUM, browser_path
from tests.browser.conftest import ARGUMENTS, watch
from tests.browser.reader import Reader
from tests.processes import wait_until
from tests.running import RunningSite

SOFTWARE_GL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
"""There is no graphics card where tests run."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = [each for each in ARGUMENTS if each != "--disable-gpu"] + SOFTWARE_GL
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(CHROMIUM), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def reader(browser: Browser, sage_site: RunningSite) -> Iterator[Reader]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    reader = Reader(context.new_page(), sage_site.url)
    watch(context, reader.faults, sage_site.url)
    reader.open()
    yield reader
    assert not reader.faults, reader.faults
    context.close()


def taken(page: Page, name: str) -> bytes:
    """Take a picture, and keep it where somebody wants to look at it."""
    picture = page.screenshot()
    if folder := os.environ.get("SAGEWS_PICTURES"):
        Path(folder, f"{name}.png").write_bytes(picture)
    return picture


def test_a_picture_in_three_dimensions_turns(reader: Reader) -> None:
    outputs = reader.evaluate("x, y = var('x y'); plot3d(sin(x)*cos(y), (x, -3, 3), (y, -3, 3))")
    canvas = outputs.frame_locator("iframe").frame_locator("iframe").locator("canvas").first
    canvas.wait_for(timeout=20_000)
    box = canvas.bounding_box()
    assert box is not None and box["width"] > 300 and box["height"] > 200
    before = taken(reader.page, "surface")
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    reader.page.mouse.move(*middle)
    reader.page.mouse.down()
    reader.page.mouse.move(middle[0] + 120, middle[1] + 40, steps=8)
    reader.page.mouse.up()
    wait_until(lambda: taken(reader.page, "surface-turned") != before, 10, "the picture has turned")


def test_a_plot_and_a_formula(reader: Reader) -> None:
    outputs = reader.evaluate("show(integrate(1/(1+x^3), x)); plot(sin, -3, 3)")
    assert outputs.locator("img").count() == 1
    assert outputs.locator(".katex").count() >= 1
    taken(reader.page, "plot")


def test_an_animation_moves_and_has_a_name(reader: Reader) -> None:
    outputs = reader.evaluate("animate([plot(t*x, (x, 0, 1), ymax=2, figsize=3) for t in (1, 2)]).show(delay=50)")
    picture = outputs.get_by_role("img", name="Animation with 2 frames")
    picture.wait_for()
    first = picture.screenshot()
    wait_until(lambda: picture.screenshot() != first, 10, "the other frame is shown")
    wait_until(lambda: picture.screenshot() == first, 10, "the first one is shown again")


def test_an_animation_in_three_dimensions_plays_in_its_frame(reader: Reader) -> None:
    code = "animate([sphere((t, 0, 0), 1, aspect_ratio=1) for t in range(4)]).interactive(delay=20, online=True)"
    scene = reader.evaluate(code).frame_locator("iframe").frame_locator("iframe")
    canvas = scene.locator("canvas").first
    canvas.wait_for(timeout=20_000)
    first = canvas.screenshot()
    wait_until(lambda: canvas.screenshot() != first, 10, "it moves")


def test_a_drawing_and_a_gif(reader: Reader) -> None:
    outputs = reader.evaluate("%display graphics vector\nplot(sin, 0, 1)")
    drawing = outputs.get_by_role("img", name="Graphics object")
    assert drawing.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 100
    reader.add_cell()
    code = "animate([circle((0, 0), t, figsize=2) for t in (1, 2)]).show(format='gif')"
    gif = reader.evaluate(code, 1).get_by_role("img", name="Animation with 2 frames")
    assert gif.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 50


def test_an_interact_is_moved_by_keyboard_and_by_its_bookmark(reader: Reader) -> None:
    outputs = reader.evaluate(
        "@interact\ndef wave(n=(1..5), colour=Color('red')):\n"
        "    print('n is', n)\n    show(plot(sin(n*x), (x, 0, pi), color=colour, figsize=3))\n"
        "wave._bookmark('four', {'n': 3})"
    )
    frame = outputs.frame_locator("iframe").first
    slider = frame.get_by_role("slider")
    slider.wait_for(timeout=30_000)
    expect(frame.locator("body")).to_contain_text("n is 1")
    slider.focus()
    slider.press("ArrowRight")
    expect(frame.locator("body")).to_contain_text("n is 2")
    expect(frame.locator("body")).not_to_contain_text("n is 1")
    frame.get_by_role("button", name="four").click()
    expect(frame.locator("body")).to_contain_text("n is 4")
    expect(frame.locator("img")).to_have_count(1)
    taken(reader.page, "interact")
