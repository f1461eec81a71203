"""What was once reported of pages like ours, as far as it takes a browser to see it, and is seen nowhere else here.

The same cases are driven without a browser in `tests/replay/`.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.reader import Reader
from tests.processes import wait_until
from tests.site.backend_process import running_backend
from tests.site.worker_process import QUICK, running_worker


def test_control_characters_hang_nothing_and_come_back(reader: Reader) -> None:
    """Print NUL, 0x1d, 0x9f and a tab: the page shows them, a reload shows the same, and the next cell runs."""
    outputs = reader.evaluate(r"print('\u00b7\x1d\u00af\x9f\0\tx')")
    expect(outputs.locator("pre")).to_contain_text("\u00b7")
    shown = outputs.locator("pre").inner_text()
    assert shown.startswith("\u00b7") and shown.rstrip().endswith("x")
    reader.reload()
    expect(reader.outputs().locator("pre")).to_contain_text("\u00b7")
    assert reader.outputs().locator("pre").inner_text() == shown
    expect(reader.evaluate("1+1")).to_contain_text("2")


@pytest.mark.parametrize("allowed", [True, False])
def test_dollars_in_a_table_are_no_formula(reader: Reader, allowed: bool) -> None:
    """Show a table that holds `$200 to $700`: both signs are there, as written, whatever pandas allows."""
    outputs = reader.evaluate(
        f"import pandas as pd\npd.options.display.html.use_mathjax = {allowed}\n"
        "pd.DataFrame({'price': ['$200 to $700']})"
    )
    expect(outputs.locator("td").last).to_have_text("$200 to $700")
    expect(outputs.locator(".katex")).to_have_count(0)


def test_what_catches_every_interrupt_is_left_to_restart(reader: Reader) -> None:
    """Stop a loop around a bare `except: pass`: the page says that only Restart helps, and Restart does."""
    reader.begin("import time\nwhile True:\n    try: time.sleep(0.01)\n    except: pass")
    reader.await_status("Running")
    reader.button("Stop").click()
    reader.await_status("It does not stop by itself: Restart ends the session")
    reader.page.get_by_role("button", name="Restart").click()
    reader.await_end()
    expect(reader.evaluate("1+1")).to_contain_text("2")


def test_a_session_that_cannot_start_is_told_and_a_retry_works(enter: Callable[..., Reader], tmp_path: Path) -> None:
    """Evaluate while no worker is there: the page says so when hope is over, and keeps the code; later it runs."""
    with running_backend(tmp_path, f"[backend]\nworkers = ['unix:{tmp_path}/run/w1.sock']\n") as url:
        reader = enter(url=url)
        reader.begin("6 * 7")
        reader.await_status("Waiting for a free place: 1 of 1")
        told = re.compile("No session could be started: .*no worker can be reached, and 30 s of waiting brought none")
        expect(reader.page.locator(".notice")).to_contain_text(told, timeout=45_000)
        reader.await_end(reason="refused")
        assert reader.code() == "6 * 7"
        with running_worker(tmp_path, QUICK) as worker:
            healthy = f"fetch('{url}healthz').then(answer => answer.ok)"
            wait_until(lambda: reader.page.evaluate(healthy), 10, "the worker is reached")
            expect(reader.evaluate("6 * 7")).to_contain_text("42")
            assert re.search('"session opened"', worker.log.read_text())
        reader.page.close()
        reader.faults = [fault for fault in reader.faults if "503" not in fault]
