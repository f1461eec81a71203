"""What the page says of limits, and of code that is too long; on sites whose limits are low."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.reader import Reader
from tests.running import running_site


def test_the_limit_that_is_near_is_named(enter: Callable[..., Reader], tmp_path: Path) -> None:
    with running_site(tmp_path, config="[limits]\nwall_time = 8.0\nidle = 250.0\nlifetime = 400.0\n") as site:
        reader = enter(url=site.url)
        reader.evaluate("1+1")
        reader.await_status(r"Ready The session ends in 4 min( \d+ s)? unless it is used\.")
        reader.begin("while True: pass")
        reader.await_status(r"Running · [67] s It will be stopped at 8 s\.")
        reader.await_end(reason="wall_time")
        expect(reader.cell().locator(".standing")).to_contain_text("ran for 8 s, the limit of one evaluation")
        reader.page.close()


def test_the_limit_of_output_that_is_near_is_named(enter: Callable[..., Reader], tmp_path: Path) -> None:
    with running_site(tmp_path, config="[limits]\noutput_bytes = 100_000\n") as site:
        reader = enter(url=site.url)
        reader.begin("print('é' * 35_000)\ninput('More? ')")
        expect(reader.outputs().locator("input")).to_be_visible()
        expect(reader.page.locator(".status .warning")).to_have_count(0)
        reader.page.keyboard.press("Enter")
        reader.await_end()
        reader.begin("print('é' * 45_000)\ninput('More? ')")
        reader.await_status(r"It has put out 88 KiB and will be stopped at 98 KiB\.")
        reader.reload()
        reader.await_status(r"It has put out 88 KiB and will be stopped at 98 KiB\.")
        reader.page.close()


def test_what_is_no_longer_kept_is_shown_as_a_gap(enter: Callable[..., Reader], tmp_path: Path) -> None:
    with running_site(tmp_path, config="[worker]\nreplay_bytes = 65536\n") as site:
        reader = enter(url=site.url)
        outputs = reader.evaluate(
            "from time import sleep\nfor n in range(300):\n    print(n, 'x' * 1000)\n    sleep(0.002)"
        )
        expect(outputs).to_contain_text("299 x")
        reader.reload()
        expect(reader.outputs()).to_contain_text("299 x")
        expect(reader.page.locator("sagews-page")).to_contain_text(
            re.compile(r"\d+ events? \(.* [KM]iB\) of this session are missing here")
        )
        reader.page.close()


def test_code_that_is_too_long_is_refused(reader: Reader) -> None:
    reader.page.evaluate("document.querySelector('sagews-cell').cell.code = '#' + 'x'.repeat(1 << 20)")
    reader.button("Evaluate").click()
    reader.await_end(reason="refused")
    expect(reader.cell().locator(".standing")).to_contain_text("at most 1 MiB")
    expect(reader.evaluate("1+1")).to_contain_text("2")
