"""What becomes of the tests of a browser that is missing."""

import shutil
from pathlib import Path

import pytest

from tests.browser.browsers import DEMAND, browser_path


def test_a_missing_browser_is_skipped_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DEMAND, raising=False)
    with pytest.raises(pytest.skip.Exception, match="neither of no-browser and none is installed"):
        browser_path(("no-browser", "none"))


def test_a_missing_browser_fails_where_browsers_are_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DEMAND, "1")
    with pytest.raises(pytest.fail.Exception, match="is set"):
        browser_path(("no-browser", "none"))


def test_the_first_that_is_there_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    there = tmp_path / "second"
    there.write_text("#!/bin/sh\n")
    there.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("first") is None
    assert browser_path(("first", "second")) == str(there)
