"""The forms of outputs: streams, tables, figures, formulas, and everything else with a rich repr."""

import base64
import re

import pytest
from playwright.sync_api import expect

from tests.browser.reader import Reader
from tests.films import FILMS


def test_a_plot(reader: Reader) -> None:
    outputs = reader.evaluate("import matplotlib.pyplot as plt\nplt.plot([1, 4, 9]);")
    image = outputs.locator("img")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") > 200


def test_a_vector_plot(reader: Reader) -> None:
    outputs = reader.evaluate(
        "%config InlineBackend.figure_formats = ['svg']\nimport matplotlib.pyplot as plt\nplt.plot([1, 4, 9]);"
    )
    image = outputs.locator("img[src^='data:image/svg+xml']")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") > 200


def test_latex(reader: Reader) -> None:
    outputs = reader.evaluate("from sympy import *\nx = symbols('x')\nIntegral(exp(-x**2), (x, -oo, oo))")
    expect(outputs.locator(".katex").first).to_be_visible()
    fonts = reader.page.evaluate(
        "document.fonts.ready.then(fonts => [...fonts].filter(f => f.status == 'loaded').length)"
    )
    assert fonts > 0


def test_latex_that_cannot_be_read_is_shown_as_written(reader: Reader) -> None:
    outputs = reader.evaluate(r"from IPython.display import Latex" + "\n" + r"Latex(r'$\frac{1}{$ and $\nonsense$')")
    expect(outputs).to_contain_text("frac")


def test_a_formula_loads_no_more_than_it_needs(reader: Reader) -> None:
    loaded: list[str] = []
    reader.page.on("request", lambda request: loaded.append(request.url))
    reader.evaluate("1+1")
    assert not [url for url in loaded if "katex" in url.lower() or "latex" in url]


def test_a_table(reader: Reader) -> None:
    outputs = reader.evaluate("import pandas as pd\npd.DataFrame({'n': [1, 2], 'price': ['$200', 'to $700']})")
    expect(outputs.locator("table")).to_be_visible()
    expect(outputs.locator("td").last).to_have_text("to $700")
    assert outputs.locator("td").last.evaluate("cell => getComputedStyle(cell).textAlign") == "right"


def test_a_styled_table_keeps_its_style_to_itself(reader: Reader) -> None:
    outputs = reader.evaluate(
        "import pandas as pd\n"
        "pd.DataFrame({'n': [1, 2]}).style.set_properties(color='rgb(200, 0, 0)')"
        ".set_table_styles([{'selector': 'td', 'props': 'font-weight: 900'}])"
    )
    cell = outputs.locator("td").first
    assert cell.evaluate("cell => getComputedStyle(cell).color") == "rgb(200, 0, 0)"
    assert cell.evaluate("cell => getComputedStyle(cell).fontWeight") == "900"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1\\r2\\r3", "3"),
        ("long\\rx", "xong"),
        ("ab\\r\\n", "ab"),
        ("abc\\b\\bX", "aXc"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
    ],
)
def test_text_as_a_terminal_shows_it(reader: Reader, written: str, shown: str) -> None:
    outputs = reader.evaluate(f'print("{written}", end="")')
    expect(outputs.locator("pre")).to_have_text(shown)
    reader.reload()
    expect(reader.outputs().locator("pre")).to_have_text(shown)


def test_colours(reader: Reader) -> None:
    outputs = reader.evaluate(
        r"print('\x1b[31mred\x1b[0m \x1b[1mbold\x1b[0m \x1b[38;2;1;2;3mexact\x1b[0m plain <i>no</i>')"
    )
    expect(outputs.locator(".ansi-red-fg")).to_have_text("red")
    assert outputs.get_by_text("exact").evaluate("span => getComputedStyle(span).color") == "rgb(1, 2, 3)"
    assert outputs.get_by_text("bold").evaluate("span => getComputedStyle(span).fontWeight") == "700"
    expect(outputs).to_contain_text("plain <i>no</i>")


def test_a_progress_bar_is_one_line(reader: Reader) -> None:
    outputs = reader.evaluate("from tqdm import tqdm\nfor i in tqdm(range(50)): pass")
    expect(outputs).to_contain_text("50/50")
    assert outputs.inner_text().strip().count("\n") == 0


def test_stderr_is_set_apart(reader: Reader) -> None:
    outputs = reader.evaluate("import sys\nprint('good')\nprint('bad', file=sys.stderr)")
    expect(outputs.locator("sagews-stream.stderr")).to_have_text(re.compile("bad"))


def test_long_text_is_folded_and_unfolds(reader: Reader) -> None:
    outputs = reader.evaluate("for n in range(3000): print('line', n)")
    expect(outputs).to_contain_text("line 2999")
    expect(outputs).not_to_contain_text("line 1500")
    outputs.get_by_role("button", name="more lines").click()
    expect(outputs).to_contain_text("line 1500")


def test_markdown(reader: Reader) -> None:
    outputs = reader.evaluate(
        "from IPython.display import Markdown\n"
        "Markdown('# Head\\n\\n- *one* $a_1 + b_1$ and `$code$`\\n\\n$$x^2$$\\n\\n<style>p{color:red}</style>')"
    )
    expect(outputs.locator("h1")).to_have_text("Head")
    expect(outputs.locator("em")).to_have_text("one")
    expect(outputs.locator("code")).to_have_text("$code$")
    expect(outputs.locator(".katex")).to_have_count(2)
    expect(outputs.locator("style")).to_have_count(0)


def test_json(reader: Reader) -> None:
    outputs = reader.evaluate("from IPython.display import JSON\nJSON({'a': [1, {'b': None}]})")
    expect(outputs).to_contain_text("{1 key}")
    outputs.get_by_text("[2 items]").click()
    expect(outputs).to_contain_text("0: 1")


def test_sound_and_pictures(reader: Reader) -> None:
    outputs = reader.evaluate(
        "import numpy as np\nfrom IPython.display import Audio, Image, SVG, display\n"
        "import base64\n"
        "display(Audio(np.sin(np.arange(4000) / 10), rate=8000))\n"
        'display(SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><circle r="9"/></svg>\'))\n'
    )
    expect(outputs.locator("audio")).to_be_visible()
    wav = outputs.locator("audio").evaluate(
        "audio => new Promise(done => { if (audio.duration) done(audio.duration);"
        " audio.onloadedmetadata = () => done(audio.duration); audio.load(); })"
    )
    assert wav == pytest.approx(0.5)
    expect(outputs.locator("img")).to_be_visible()
    assert outputs.locator("img").evaluate("image => image.naturalWidth") == 40


@pytest.mark.parametrize(
    "code",
    [
        "display({'video/mp4': DATA, 'text/plain': 'a video'}, raw=True)",
        "from IPython.display import Video\nVideo(base64.b64decode(DATA), embed=True, mimetype='video/mp4')",
    ],
)
def test_a_video(reader: Reader, code: str) -> None:
    """Only that there is a player for it: the bytes are the head of an MP4 file, without pictures."""
    head = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"
    outputs = reader.evaluate(f"import base64\nDATA = {base64.b64encode(head).decode()!r}\n{code}")
    video = outputs.locator("video")
    expect(video).to_be_visible()
    expect(video).to_have_js_property("controls", True)
    source = video.evaluate("video => (video.querySelector('source') ?? video).getAttribute('src')")
    assert source.startswith("data:video/mp4;base64,AAAAGGZ0eXBpc29t")


def test_a_film_that_loops_and_has_a_name(reader: Reader) -> None:
    code = "display({'video/mp4': '', 'text/plain': 'a wave'}, metadata={'video/mp4': {'loop': True}}, raw=True)"
    film = reader.evaluate(code).locator("video")
    expect(film).to_have_js_property("loop", True)
    expect(film).to_have_attribute("aria-label", "a wave")


ANIMATION = """
import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation
from IPython.display import HTML, Video
figure, axes = plt.subplots(figsize=(8, 4))
(line,) = axes.plot([0, 1], [0, 1])
animation = FuncAnimation(figure, lambda i: line.set_ydata([0, i]), frames=20, interval=40)
plt.close(figure)
"""


@FILMS
@pytest.mark.parametrize("shown", ["HTML(animation.to_html5_video())", "animation.save('a.mp4'); Video('a.mp4')"])
def test_a_film_plays_and_fits_a_phone(reader: Reader, shown: str) -> None:
    film = reader.evaluate(ANIMATION + shown).locator("video")
    play = "async video => { await video.play(); return [video.videoWidth, video.videoHeight, video.duration]; }"
    assert film.evaluate(play) == [800, 400, pytest.approx(0.8, abs=0.1)]
    reader.page.set_viewport_size({"width": 390, "height": 800})
    box = film.bounding_box()
    assert box is not None and 250 < box["width"] < 390
    assert box["width"] / box["height"] == pytest.approx(2, abs=0.02)


def test_a_display_is_updated(reader: Reader) -> None:
    reader.evaluate("handle = display('before', display_id=True)")
    expect(reader.outputs()).to_contain_text("before")
    reader.add_cell()
    reader.evaluate("handle.update('after')", place=1)
    expect(reader.outputs(0)).to_contain_text("after")
    expect(reader.outputs(0)).not_to_contain_text("before")


def test_outputs_are_cleared(reader: Reader) -> None:
    outputs = reader.evaluate(
        "from IPython.display import clear_output\nprint('old')\nclear_output(wait=True)\nprint('new')\nprint('newer')"
    )
    expect(outputs).to_contain_text("newer")
    expect(outputs).not_to_contain_text("old")


def test_late_text_is_marked(reader: Reader) -> None:
    outputs = reader.evaluate(
        "import threading, time\ndef late():\n    time.sleep(0.5)\n    print('afterwards')\n"
        "threading.Thread(target=late).start()"
    )
    expect(outputs).to_contain_text("afterwards")
    expect(outputs).to_contain_text("written after the evaluation had ended")


def test_the_output_limit_is_marked(reader: Reader) -> None:
    outputs = reader.evaluate("while True: print('x' * 100_000)")
    reader.await_end(reason="output")
    expect(outputs).to_contain_text(re.compile("output limit of 8 MiB was reached here"))
