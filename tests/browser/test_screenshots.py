"""The README's picture: two cells of a page, as they are.

With SAGEWS_SCREENSHOT set to a path it goes there (`make screenshot`), otherwise into the test's own folder.
"""

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.reader import Reader

FORMULA = """from sympy import *

x = symbols("x")
display(factor(x**6 - 1))
Integral(exp(-x**2) * cos(x), (x, -oo, oo))"""
FIGURE = """import numpy as np
import matplotlib.pyplot as plt

t = np.linspace(0, 12, 500)
plt.figure(figsize=(7, 2.4))
plt.plot(t, np.exp(-t / 4) * np.sin(3 * t));"""


def test_screenshot(enter: Callable[..., Reader], tmp_path: Path) -> None:
    target = Path(os.environ.get("SAGEWS_SCREENSHOT") or tmp_path / "cell.png")
    target.parent.mkdir(parents=True, exist_ok=True)
    reader = enter(viewport={"width": 1000, "height": 930}, device_scale_factor=2)
    reader.evaluate(FORMULA)
    expect(reader.outputs().locator(".katex").first).to_be_visible()
    reader.add_cell()
    reader.evaluate(FIGURE, place=1)
    expect(reader.outputs(1).locator("img")).to_be_visible()
    reader.page.evaluate("document.fonts.ready")
    reader.page.evaluate("scrollTo(0, 0)")
    reader.await_status("Ready")
    reader.page.screenshot(path=target, animations="disabled")
    assert target.stat().st_size > 20_000
