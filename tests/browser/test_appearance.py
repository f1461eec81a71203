"""Light and dark in a real browser: as the system has it, or as an account has chosen whatever the system has."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_quotas import SHOTS, person, school
from tests.browser.test_sign_in import assert_clean
from tests.running import RunningSite

__all__ = ["person", "school"]  # fixtures
LIGHT, DARK = "rgb(247, 246, 243)", "rgb(21, 24, 27)"
# What surrounds all, and what the browser itself draws, such as a field that has no colours of ours.
LOOK = """() => {
    const drawn = document.body.appendChild(document.createElement("div"));
    drawn.style.color = "canvastext";
    const look = [getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(drawn).color];
    drawn.remove();
    return look;
}"""
BLACK, WHITE = "rgb(0, 0, 0)", "rgb(255, 255, 255)"
PAGES = (
    *("", "account", "account/delete", "accounts", "accounts/audit", "sign-in", "status?still", "api"),
    *("workspaces", "workspaces/none/worksheets/a.ipynb", "workspaces/none/history/a.ipynb"),
)


def choose(page: Page, school: RunningSite, label: str) -> None:
    page.goto(school.url + "account")
    page.get_by_label("Appearance").select_option(label=label)
    page.locator("form[action='/account/appearance'] button").click()
    page.wait_for_url(school.url + "account")
    expect(page.get_by_label("Appearance").locator("option:checked")).to_have_text(label)


def looks(page: Page, school: RunningSite, *paths: str) -> set[tuple[str, ...]]:
    """Return what pages look like."""
    found = set()
    for path in paths:
        page.goto(school.url + path)
        found.add(tuple(page.evaluate(LOOK)))
    return found


def test_as_chosen_whatever_the_system_prefers(person: Callable[..., Page], school: RunningSite) -> None:
    page = person("Ada of the night", "--operator")
    for system, look in (("light", (LIGHT, BLACK)), ("dark", (DARK, WHITE))):
        page.emulate_media(color_scheme=system)  # type: ignore[arg-type]
        assert looks(page, school, "", "account") == {look}
    choose(page, school, "Light")
    assert looks(page, school, *PAGES) == {(LIGHT, BLACK)}
    choose(page, school, "Dark")
    page.emulate_media(color_scheme="light")
    assert looks(page, school, *PAGES) == {(DARK, WHITE)}
    choose(page, school, "As this device has it")
    assert looks(page, school, "", "account") == {(LIGHT, BLACK)}


@pytest.mark.parametrize("label", ["Light", "Dark"])
def test_all_can_be_read_in_both(person: Callable[..., Page], school: RunningSite, label: str) -> None:
    page = person(f"Reader of {label}", "--operator")
    page.emulate_media(color_scheme="dark" if label == "Light" else "light", reduced_motion="reduce")
    choose(page, school, label)
    SHOTS.mkdir(exist_ok=True)
    for path in ("account/delete", "accounts", "accounts/sign-out-all", "account"):
        page.goto(school.url + path)
        assert_clean(page)
        page.screenshot(path=SHOTS / f"{path.replace('/', '-')}-{label.lower()}.png", full_page=True)
