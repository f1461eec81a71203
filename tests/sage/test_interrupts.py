"""Interrupts of what runs in compiled libraries: the cell ends, is said to be interrupted, and all works afterwards."""

import pytest

from tests.replay.outputs import error_of, reason_of, stream
from tests.site.desk import Desk

CYCLIC = "[sum(prod(v[(i+j)%9] for j in range(k)) for i in range(9)) for k in range(1, 9)] + [prod(v) - 1]"
"""Equations of cyclic 9-roots, made here: Sage has Singular make them at the other end of a terminal, and an interrupt
that comes while that starts is lost in Sage."""
HARD = "(next_prime(10^45+7)*next_prime(3*10^45))"
LONG = {
    "factor": f"factor{HARD}",
    "pari": "pari('for(i=1,10^12,)')",
    "python": "while True: pass",
    "await": "import asyncio; await asyncio.sleep(600)",
    "maxima": "from sage.calculus.calculus import maxima; maxima('for i:1 thru 10^9 do 1')",
    "gap": "libgap.eval('for i in [1..10^11] do od;')",
    "groebner": f"R = PolynomialRing(GF(32003), 'x', 9); v = R.gens(); R.ideal({CYCLIC}).groebner_basis()",
    "sleep": "sleep(600)",
}
AFTERWARDS = """
from sage.calculus.calculus import maxima
print(factor(2^64+1), pari('1+1'), str(maxima('2+3')).strip(), libgap.eval('4+5'), integrate(sin(x), x))
"""
RIGHT = "274177 * 67280421310721 2 5 9 -cos(x)\n"


@pytest.mark.parametrize("name", LONG)
async def test_it_ends_and_the_libraries_work_on(desk: Desk, name: str) -> None:
    await desk.begin("long", f"print('begun', flush=True)\n{LONG[name]}")
    await desk.client.until("output")
    await desk.interrupt()
    events = await desk.end_of("long")
    assert reason_of(events) == "interrupted", events
    assert error_of(events)["ename"] == "KeyboardInterrupt"
    assert stream(await desk.evaluate(AFTERWARDS), "stdout").endswith(RIGHT)


async def test_one_that_comes_when_nothing_runs_hurts_no_later_cell(desk: Desk) -> None:
    await desk.evaluate("factor(15)")
    await desk.interrupt()
    for _ in range(3):
        assert stream(await desk.evaluate(AFTERWARDS), "stdout").endswith(RIGHT)


async def test_one_is_met_once(desk: Desk) -> None:
    """Interrupt a loop of compiled and of Python's code that goes on after its first interrupt: it is not hit again."""
    code = f"""
try:
    print('begun', flush=True)
    while True: factor{HARD}
except KeyboardInterrupt:
    for n in range(2000): factor(2^60 + n)
    print('went on')
"""
    await desk.begin("loop", code)
    await desk.client.until("output")
    await desk.interrupt()
    events = await desk.end_of("loop")
    assert stream(events, "stdout").endswith("went on\n"), events
