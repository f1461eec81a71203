"""Figures that are closed are let go."""

from tests.unit.session.running import RunningSession

COUNT = """
import gc, io, matplotlib.pyplot as plt
from matplotlib.figure import Figure
def alive():
    gc.collect()
    return sum(isinstance(each, Figure) for each in gc.get_objects())
def draw():
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    figure.savefig(io.BytesIO(), format='png')
    return figure
"""


def test_closed_figures_do_not_wait_for_the_end_of_the_cell(session: RunningSession) -> None:
    session.evaluate(COUNT)
    assert session.evaluate("for _ in range(10): plt.close(draw())\nprint(alive())").text() == "1\n"


def test_open_figures_are_shown_in_their_order_and_once(session: RunningSession) -> None:
    session.evaluate(COUNT)
    output = session.evaluate("a = draw(); b = draw(); plt.close(a); c = draw(); plt.close(draw())")
    assert output.kinds == ["display_data"] * 2
    session.evaluate("%config InlineBackend.close_figures = False")
    output = session.evaluate("d = draw(); e = draw(); plt.close(d)")
    assert output.kinds == ["display_data"]
    session.evaluate("%config InlineBackend.close_figures = True\nplt.close('all')")
