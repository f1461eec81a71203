"""Signing in, as a person does it in a browser, with a real provider; and the pages of accounts on a phone."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.running import RunningSite, running_site
from tests.site.accounts.browser_end import link_in, users
from tests.site.sign_in.mock_provider import MockProvider, running_mock_provider

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
BARE = "[[environment]]\nname = 'python'\npreload = []\nspares = 1\n"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockProvider]:
    with running_mock_provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture(scope="module")
def campus(provider: MockProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site where people sign in with a provider."""
    settings = provider.settings()
    config = (
        f"{BARE}[[provider]]\nname = 'campus'\nlabel = 'the Campus'\nissuer = '{settings.issuer}'\n"
        f"client_id = '{settings.client_id}'\nclient_secret_file = '{settings.client_secret_file}'\n"
    )
    with running_site(tmp_path_factory.mktemp("campus"), config=config) as running:
        yield running


@pytest.fixture
def person(chromium: Browser, campus: RunningSite) -> Iterator[Callable[[], Page]]:
    """Give a function that lets somebody come with a browser of their own, on a phone.

    The site's pages must be silent; what the provider shows is its own.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" and message.location["url"].startswith(campus.url):
            faults.append(message.text)

    def come() -> Page:
        contexts.append(context := chromium.new_context(viewport={"width": 360, "height": 740}))
        context.set_default_timeout(15_000)
        context.on("console", on_console)
        return context.new_page()

    yield come
    for context in contexts:
        context.close()
    assert faults == []


def sign_in(page: Page, campus: RunningSite, subject: str) -> None:
    page.goto(campus.url + "sign-in")
    page.get_by_role("button", name="Sign in with the Campus").click()
    agree(page, subject)


def agree(page: Page, subject: str) -> None:
    """Say at the provider who one is."""
    page.locator("input[name=sub]").fill(subject)
    page.locator("button").first.click()


def serious(page: Page) -> list[str]:
    """Return the rules of axe-core that a page breaks badly."""
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = json.loads(page.evaluate("async () => JSON.stringify((await axe.run()).violations)"))
    return [each["id"] for each in found if each["impact"] in ("serious", "critical")]


def assert_clean(page: Page) -> None:
    """Assert that axe-core finds no serious fault, that nothing scrolls sideways, and that targets are large enough."""
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        "[...document.querySelectorAll('button, input:not([type=hidden]):not([type=checkbox]):not([hidden]), .box')]"
        ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 40).length"
    )
    assert small == 0


def test_somebody_signs_in_with_a_provider_and_out(person: Callable[[], Page], campus: RunningSite) -> None:
    page = person()
    page.goto(campus.url + "sign-in")
    assert_clean(page)
    sign_in(page, campus, "ada-1")
    page.wait_for_url(campus.url)
    page.goto(campus.url + "account")
    expect(page.get_by_role("main")).to_contain_text("Ada · ada@example.org")
    expect(page.get_by_role("main")).to_contain_text("the Campus: ada@example.org")
    assert_clean(page)
    page.get_by_role("button", name="Sign out").first.click()
    page.wait_for_url(campus.url + "sign-in")
    page.goto(campus.url + "account")
    expect(page).to_have_url(campus.url + "sign-in")


def test_by_keyboard_alone_with_a_link(person: Callable[[], Page], campus: RunningSite) -> None:
    page = person()
    token = link_in(users(campus.data, "add", "Grace")).partition("token=")[2]
    page.goto(f"{campus.url}sign-in/link?token={token}")
    assert_clean(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(campus.url)
    # One more way to sign in: the provider's.
    page.goto(campus.url + "account")
    page.get_by_role("button", name="Add the Campus").click()
    agree(page, "grace-1")
    page.wait_for_url(campus.url + "account")
    expect(page.get_by_role("main")).to_contain_text("Grace")
    expect(page.get_by_role("main")).to_contain_text("the Campus: grace-1")
    # By it the same person comes in from another browser, and ends the first one from there.
    other = person()
    sign_in(other, campus, "grace-1")
    other.wait_for_url(campus.url)
    other.goto(campus.url + "account")
    expect(other.get_by_role("main")).to_contain_text("Grace")
    other.get_by_role("button", name="Sign out all others").click()
    page.goto(campus.url + "account")
    expect(page).to_have_url(campus.url + "sign-in")
    # It is the last way in, which nobody takes away by mistake.
    expect(other.get_by_role("button", name="Remove")).to_have_count(0)


def test_two_tabs_at_once(person: Callable[[], Page], campus: RunningSite) -> None:
    one = person()
    two = one.context.new_page()
    for tab in (one, two):
        tab.goto(campus.url + "sign-in?next=/account")
        tab.get_by_role("button", name="Sign in with the Campus").click()
    agree(two, "two-tabs")
    two.wait_for_url(campus.url + "account")
    agree(one, "two-tabs")
    one.wait_for_url(campus.url + "account")
    expect(one.get_by_role("main")).to_contain_text("two-tabs")


def test_who_runs_the_site_sees_accounts(person: Callable[[], Page], campus: RunningSite) -> None:
    page = person()
    token = link_in(users(campus.data, "add", "Olga <i>", "--operator")).partition("token=")[2]
    page.goto(f"{campus.url}sign-in/link?token={token}")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(campus.url)
    users(campus.data, "add", "Victim")
    page.goto(campus.url + "accounts")
    assert_clean(page)
    page.get_by_label("Id, name or address").fill("victim")
    page.keyboard.press("Enter")
    expect(page.locator(".entries li")).to_have_count(1)
    page.get_by_role("button", name="Disable").click()
    page.goto(campus.url + "accounts?search=victim")
    expect(page.locator(".entries li")).to_contain_text("disabled")
    page.get_by_role("link", name=re.compile("Who did what")).click()
    expect(page.locator(".entries li").first).to_contain_text("disabled")
    assert_clean(page)
