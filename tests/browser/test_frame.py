"""Scripted outputs: they run, in frames of their own."""

import re

from playwright.sync_api import expect

from tests.browser.reader import Reader
from tests.running import wait_until


def test_an_animation_plays(reader: Reader) -> None:
    outputs = reader.evaluate(
        "import numpy as np, matplotlib.pyplot as plt\n"
        "from matplotlib.animation import FuncAnimation\n"
        "from IPython.display import HTML\n"
        "figure, axes = plt.subplots(figsize=(3, 2))\n"
        "(line,) = axes.plot([0, 1], [0, 1])\n"
        "animation = FuncAnimation(figure, lambda i: line.set_ydata([0, i]), frames=4, interval=40)\n"
        "plt.close(figure)\n"
        "HTML(animation.to_jshtml())"
    )
    frame = outputs.frame_locator("iframe")
    picture = frame.locator("img")
    expect(picture).to_have_attribute("src", re.compile("^data:image/png"))
    first = picture.get_attribute("src")
    frame.get_by_title("Play", exact=True).click()
    wait_until(lambda: picture.get_attribute("src") != first, 10, "the picture has changed")
    height = outputs.locator("iframe").evaluate("frame => frame.offsetHeight")
    assert 150 < height < 600
    signs = frame.locator(".fa-pause").evaluate("sign => getComputedStyle(sign, '::before').content")
    assert signs not in ("none", "normal")


def test_a_script_has_its_element(reader: Reader) -> None:
    outputs = reader.evaluate("from IPython.display import Javascript\nJavascript('element.append(6 * 7)')")
    expect(outputs.frame_locator("iframe").locator("#output")).to_have_text("42")


def test_scripts_run_in_order_and_the_frame_grows(reader: Reader) -> None:
    outputs = reader.evaluate(
        "from IPython.display import HTML\n"
        "HTML('''<div id=a></div><script src='data:text/javascript,window.x=1'></script>"
        "<script>a.textContent = x + 1; a.style.height = '321px'</script>''')"
    )
    expect(outputs.frame_locator("iframe").locator("#a")).to_have_text("2")
    frame = outputs.locator("iframe")
    wait_until(lambda: frame.evaluate("frame => frame.offsetHeight") >= 321, 5, "the frame has grown")


def test_a_script_of_another_site_is_named(reader: Reader) -> None:
    outputs = reader.evaluate(
        "from IPython.display import HTML\nHTML('<script src=\"https://cdn.example.org/x.js\"></script>text')"
    )
    expect(outputs.frame_locator("iframe").locator("#output")).to_contain_text(
        "Not loaded: https://cdn.example.org/x.js"
    )


def test_frames_come_back_after_a_reload(reader: Reader) -> None:
    reader.evaluate("from IPython.display import HTML\nHTML('<p id=p></p><script>p.textContent = 1 + 1</script>')")
    reader.reload()
    expect(reader.outputs().frame_locator("iframe").locator("#p")).to_have_text("2")
