"""Figures and rich forms: many, large, odd, and those that offer one form alone."""

import pytest

from tests.films import FILMS
from tests.replay.outputs import error_of, shown, stream
from tests.site.client_end import result_of, text_of
from tests.site.desk import Desk

CONFIG = """
[limits]
interrupt_pause = 0.5
output_bytes = 64_000_000
"""


async def test_many_figures_that_are_closed(desk: Desk) -> None:
    """Draw, save and close 100 large figures: memory is afterwards what it was after the first, and a fifth more.

    Source: reported of a library of plots, under a notebook.
    """
    code = """
import io, matplotlib.pyplot as plt
def draw():
    figure, axes = plt.subplots(figsize=(20, 15))
    axes.plot(range(1000))
    figure.savefig(io.BytesIO(), format='raw')
    plt.close(figure)
for _ in range(3): draw()
"""
    await desk.evaluate(code)
    before = await memory_of(desk)
    events = await desk.evaluate("for _ in range(100): draw()")
    assert shown(events) == []
    assert await memory_of(desk) < before * 1.2


async def test_many_figures_that_are_not_closed(desk: Desk) -> None:
    """Make 60 figures in a loop and close none: all are shown at the end of the cell, and the memory comes back.

    Source: reported of a library of plots, under a notebook.
    """
    code = "for number in range({}): plt.figure(figsize=(6, 4)); plt.plot([number])"
    await desk.evaluate("import matplotlib.pyplot as plt\n" + code.format(5))
    before = await memory_of(desk)
    events = await desk.evaluate(code.format(60))
    assert sum("image/png" in form for form in shown(events)) == 60
    assert result_of(await desk.evaluate("plt.get_fignums()")) == "[]"
    assert await memory_of(desk) < before * 1.2


async def test_dollars_in_a_table_are_dollars(desk: Desk) -> None:
    """Show a table that holds `$200 to $700`: its HTML is what pandas makes of it, with formulas allowed or not.

    That the page shows it as written is tested in a browser. Source: reported of a library of tables.
    """
    await desk.evaluate("import pandas as pd\nframe = pd.DataFrame({'price': ['$200 to $700']})")
    for allowed in (True, False):
        await desk.evaluate(f"pd.options.display.html.use_mathjax = {allowed}")
        (form,) = shown(await desk.evaluate("frame"))
        (html,) = shown(await desk.evaluate("frame._repr_html_()"))
        assert repr(form["text/html"]) == html["text/plain"]
        assert ("tex2jax_ignore" in form["text/html"]) == (not allowed)
        assert "$200 to $700" in form["text/html"] and "$200 to $700" in form["text/plain"]


async def memory_of(desk: Desk) -> int:
    """Return the bytes that the session has in memory, without garbage and what the allocator keeps for later."""
    await desk.evaluate("import ctypes, gc; gc.collect(); ctypes.CDLL(None).malloc_trim(0)")
    return int(text_of(await desk.evaluate("print(int(open('/proc/self/statm').read().split()[1]) * 4096)")))


ANIMATION = """
import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation
from IPython.display import HTML
figure, axes = plt.subplots(figsize=(3, 2))
(line,) = axes.plot([0, 1], [0, 1])
animation = FuncAnimation(figure, lambda i: line.set_ydata([0, i]), frames=4, interval=40)
plt.close(figure)
"""


async def test_an_animation_as_a_page(desk: Desk) -> None:
    """Show an animation by to_jshtml: the page's script comes as HTML. Source: reported of a server of worksheets.

    That it runs in a frame of its own, and nothing on the page's side, is tested in a browser.
    """
    (form,) = shown(await desk.evaluate(f"{ANIMATION}HTML(animation.to_jshtml())"))
    assert "<script" in form["text/html"] and "data:image/png;base64" in form["text/html"]


@FILMS
async def test_an_animation_as_a_film(desk: Desk) -> None:
    """Show an animation by to_html5_video, behind every wall, and save it. Source: as above."""
    (form,) = shown(await desk.evaluate(f"{ANIMATION}HTML(animation.to_html5_video())"))
    assert "<video" in form["text/html"] and 'src="data:video/mp4;base64,' in form["text/html"]
    await desk.evaluate("animation.save('film.mp4'); animation.save('film.gif')")
    assert [entry["name"] for entry in (await desk.list())["files"]] == ["film.gif", "film.mp4"]
    (form,) = shown(await desk.evaluate("from IPython.display import Video\nVideo('film.mp4')"))
    assert 'src="data:video/mp4;base64,' in form["text/html"]
    await desk.evaluate("with open('film.mp4', 'ab') as file: file.truncate(20 << 20)")
    said = error_of(await desk.run("Video('film.mp4')._repr_html_()"))["evalue"]
    assert said.startswith("film.mp4: has 20.0 MiB, and 11 MiB can be shown")


async def test_a_film_without_ffmpeg_names_what_is_missing(desk: Desk) -> None:
    await desk.evaluate(f"{ANIMATION}import os\nos.environ['PATH'] = '/nowhere'")
    for code in ("animation.to_html5_video()", "animation.save('film.mp4')", "animation.save('a.gif', 'ffmpeg')"):
        said = error_of(await desk.run(code))
        assert said["ename"] == "MissingProgramError"
        assert said["evalue"].startswith("FFmpeg: is not installed on this worker; the operator installs the package")
    await desk.evaluate("animation.save('film.gif')")
    assert [entry["name"] for entry in (await desk.list())["files"]] == ["film.gif"]


async def test_a_plot_in_three_dimensions(desk: Desk) -> None:
    """Draw a surface: it is shown as a picture. Source: reported of a server of worksheets."""
    code = """
import numpy as np, matplotlib.pyplot as plt
x, y = np.meshgrid(np.arange(9), np.arange(9))
plt.figure().add_subplot(projection='3d').plot_surface(x, y, x * y);
"""
    assert [set(form) >= {"image/png", "text/plain"} for form in shown(await desk.evaluate(code))] == [True]


PICTURE = (
    "base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=')"
)
FORMS = {
    "_repr_png_": (PICTURE, "image/png"),
    "_repr_svg_": ("'<svg xmlns=\"http://www.w3.org/2000/svg\"/>'", "image/svg+xml"),
    "_repr_latex_": ("'$x^2$'", "text/latex"),
    "_repr_html_": ("'<b>x</b>'", "text/html"),
    "_repr_markdown_": ("'*x*'", "text/markdown"),
    "_repr_json_": ("{'x': 1}", "application/json"),
    "_repr_mimebundle_": ("{'text/html': '<i>x</i>'}", "text/html"),
}


@pytest.mark.parametrize("method", list(FORMS))
async def test_an_object_with_one_rich_form(desk: Desk, method: str) -> None:
    """Show an object that offers one rich form alone: that form comes, and a text beside it.

    Source: reported of a notebook of another kind, which showed nothing.
    """
    value, mime = FORMS[method]
    code = f"import base64\nclass Rich:\n    def {method}(self, **_): return {value}\n"
    for show in ("Rich()", "display(Rich())"):
        (form,) = shown(await desk.evaluate(code + show))
        assert form[mime]
        assert "Rich at" in form["text/plain"]


async def test_a_form_that_fails_hides_no_other(desk: Desk) -> None:
    """Show an object whose HTML form raises and whose picture is good: the picture is shown, and what failed."""
    code = (
        "import base64\nclass Half:\n    def _repr_html_(self): raise ValueError('no html today')\n"
        f"    def _repr_png_(self): return {PICTURE}\nHalf()"
    )
    events = await desk.run(code)
    assert any("image/png" in form for form in shown(events))
    assert "no html today" in str(events)
    assert result_of(await desk.evaluate("1+1")) == "2"


async def test_labels_that_no_font_has(desk: Desk) -> None:
    """Plot with labels in many scripts, in LaTeX, and with signs that no font has: a warning hides no figure.

    Source: reported of a notebook of another kind.
    """
    code = r"""
import matplotlib.pyplot as plt
plt.plot([1, 2], label='λ ω Ω')
plt.title(r'$\int_0^\infty e^{-x^2} dx$ 한글')
plt.xlabel('\U0001f600 \U00012000')
plt.legend();
"""
    events = await desk.evaluate(code)
    assert [set(form) >= {"image/png", "text/plain"} for form in shown(events)] == [True]
    assert "Glyph" in stream(events, "stderr")
