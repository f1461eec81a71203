"""What can be read of the page, in light and in dark; and what it says of its own safety."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.reader import Reader

CODE = """def half(number):  # a comment
    return number / "2"
print("text")
half(1)"""

# Lets the browser itself lay the colours over each other, whatever form they are written in, and reads the pixel.
# Contrast is that of WCAG 2, "contrast ratio". What cannot be used may be faint.
POOR = """(selector) => {
    const paper = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const lay = (colour, filter = "none") => {
        Object.assign(paper, { fillStyle: colour, filter });
        paper.fillRect(0, 0, 1, 1);
    };
    const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const luminance = () => {
        const [red, green, blue] = [...paper.getImageData(0, 0, 1, 1).data].map((part) => linear(part / 255));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (element) => {
        const around = [];
        for (let each = element; each; each = each.parentElement ?? each.getRootNode().host) around.unshift(each);
        lay("white");
        for (const each of around) lay(getComputedStyle(each).backgroundColor);
        const below = luminance();
        lay(getComputedStyle(element).color, getComputedStyle(element).filter);
        const [dark, light] = [below, luminance()].sort((one, other) => one - other);
        return (light + 0.05) / (dark + 0.05);
    };
    const all = (root) => [...root.querySelectorAll("*")]
        .flatMap((element) => [element, ...(element.shadowRoot ? all(element.shadowRoot) : [])]);
    const inside = (part) => [...all(part), ...(part.shadowRoot ? all(part.shadowRoot) : [])];
    const hasText = (element) =>
        [...element.childNodes].some((child) => child instanceof Text && child.data.trim() !== "");
    const shown = [...document.querySelectorAll(selector)]
        .flatMap(inside)
        .filter((element) => hasText(element) && element.checkVisibility() && !element.matches(":disabled"));
    const poor = shown
        .map((element) => [element, contrast(element)])
        .filter(([, value]) => value < 4.5)
        .map(([element, value]) => `${element.textContent.trim().slice(0, 40)}: ${value.toFixed(2)}`);
    return shown.length > 0 ? poor : ["nothing is shown"];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(enter: Callable[..., Reader], scheme: str) -> None:
    # Without motion no colour is on its way to another.
    reader = enter(color_scheme=scheme, reduced_motion="reduce")
    assert reader.page.evaluate(POOR, "sagews-page") == []
    reader.evaluate(CODE)
    expect(reader.outputs().locator(".fault")).to_be_visible()
    assert reader.page.evaluate(POOR, "sagews-editor") == []
    assert reader.page.evaluate(POOR, ".fault") == []
    assert reader.page.evaluate(POOR, "sagews-page") == []


def test_dark_is_dark(enter: Callable[..., Reader]) -> None:
    reader = enter(color_scheme="dark")
    background, ink = reader.page.evaluate(
        "(({ backgroundColor, color }) => [backgroundColor, color].map((text) => Number(text.match(/[0-9]+/)[0])))"
        "(getComputedStyle(document.documentElement))"
    )
    assert background < 64 < 192 < ink


def test_the_page_says_what_protects_whom(reader: Reader) -> None:
    footer = reader.page.get_by_role("contentinfo")
    expect(footer).to_contain_text(re.compile(r"Code runs .*\(tier [A-D]\)\."))
    expect(footer).to_contain_text("Only this computer can reach it.")
