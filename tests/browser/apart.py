"""What a reader does with cells by themselves, and sees of them."""

import re
import secrets
import urllib.request

from playwright.sync_api import Locator

from tests.browser.reader import Reader
from tests.running import RunningSite


def once(code: str) -> str:
    """Return code that no test has evaluated before."""
    return f"{code}  # {secrets.token_hex(8)}"


def counting() -> str:
    """Return code that takes 3 s, whose first line tells one evaluation from another."""
    return once("import time\nprint(time.time_ns())\nfor n in range(30):\n    print('line', n)\n    time.sleep(0.1)")


def choose(reader: Reader, what: str) -> None:
    """Choose what cells share, as the page words it."""
    reader.page.get_by_role("combobox", name="What cells share").select_option(what)


def apart(reader: Reader) -> Reader:
    choose(reader, "Each cell by itself")
    return reader


def standing(reader: Reader, place: int = 0) -> Locator:
    return reader.cell(place).locator(".standing")


def printed(reader: Reader, place: int = 0) -> list[str]:
    return reader.outputs(place).inner_text().strip().splitlines()


def second_tab(reader: Reader) -> Reader:
    other = Reader(reader.page.context.new_page(), reader.url)
    other.open()
    return other


def begun(site: RunningSite) -> float:
    """Return how many stateless evaluations the site has really run."""
    with urllib.request.urlopen(site.url + "metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if re.match(r'sagews_runs_total\{how="(run|fresh)"', line))


def assert_counted(reader: Reader, place: int = 0) -> None:
    """Assert that every line of `counting` came once, in order."""
    assert printed(reader, place)[1:] == [f"line {n}" for n in range(30)]
