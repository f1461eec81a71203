"""Sessions that are forked from one Sage: each has its own luck, and none takes anything from another."""

import asyncio
import random

from tests.replay.outputs import error_of, stream
from tests.running import RunningSite
from tests.sage.test_interrupts import LONG
from tests.site.client_end import ClientEnd, Json, connected

DRAWN = """
from sage.calculus.calculus import maxima
import numpy, random
print(ZZ.random_element(10^30))
print(pari('random(10^30)'))
print(libgap.Random(1, 10^9), libgap.Random(libgap.SymmetricGroup(30)))
print(maxima('random(10^30)'))
print(randint(1, 10^9), random.random(), numpy.random.randint(10^9))
print(GF(next_prime(10^30)).random_element())
print(GF(2^100).random_element())
print(random_matrix(ZZ, 3).list(), graphs.RandomGNP(12, 0.5).graph6_string())
"""
SIBLINGS = 30
WORK = [
    ("factor(2^128+1)", "59649589127497217 * 5704689200685129054721"),
    ("integrate(x^3*exp(x), x)", "(x^3 - 3*x^2 + 6*x - 6)*e^x"),
    ("[root.rhs() for root in solve(x^2-x-1 == 0, x)]", "[-1/2*sqrt(5) + 1/2, 1/2*sqrt(5) + 1/2]"),
    ("libgap.SymmetricGroup(8).Order()", "40320"),
    ("matrix(ZZ, 4, [1/(i+j+1)*27720 for i in range(4) for j in range(4)]).det()", None),
    ("R.<a,b,c> = QQ[]; ideal(a+b+c, a*b+b*c+c*a, a*b*c-1).groebner_basis()[0]", "c^3 - 1"),
    ("number_of_partitions(1000)", "24061467864032622473692149727991"),
    ("EllipticCurve('37a').rank()", "1"),
    ("graphs.PetersenGraph().chromatic_number()", "3"),
    ("pari('ellj(I)')", None),
]
"""Work of different libraries, with the result."""


async def one(site: RunningSite, code: str) -> str:
    async with connected(site.url, within=120) as client:
        session = await client.open()
        events = await client.evaluate(session, f"print({code})" if "\n" not in code else code)
        await client.send("close", session=session)
        assert events[-1]["reason"] == "done", events
        return stream(events, "stdout")


async def test_no_two_siblings_draw_the_same(sage_site: RunningSite) -> None:
    drawn = [(await one(sage_site, DRAWN)).splitlines() for _ in range(3)]
    for lines in zip(*drawn, strict=True):
        assert len(set(lines)) == 3, lines


async def test_siblings_with_the_same_work_have_the_same_result(sage_site: RunningSite) -> None:
    work = "(factor(2^128+1), integrate(x*sin(x), x), libgap.Order(libgap.SymmetricGroup(6)), pari('polroots(x^2+1)'))"
    results = await asyncio.gather(*(one(sage_site, work) for _ in range(SIBLINGS)))
    assert len(set(results)) == 1, set(results)
    assert results[0].startswith("(59649589127497217 * 5704689200685129054721, -x*cos(x) + sin(x), 720, ")


async def test_siblings_with_different_work_have_its_results(sage_site: RunningSite) -> None:
    alone = {code: await one(sage_site, last(code)) for code, _ in WORK}
    for code, expected in WORK:
        assert expected is None or alone[code] == f"{expected}\n", code
    together = await asyncio.gather(*(one(sage_site, last(WORK[n % len(WORK)][0])) for n in range(SIBLINGS)))
    assert together == [alone[WORK[n % len(WORK)][0]] for n in range(SIBLINGS)]


async def test_siblings_that_are_interrupted_have_the_results_of_those_that_are_not(sage_site: RunningSite) -> None:
    alone = {code: await one(sage_site, last(code)) for code, _ in WORK}
    longs, codes = list(LONG.values()), [code for code, _ in WORK]
    together = await asyncio.gather(
        *(
            after_interrupts(
                sage_site, [longs[(n + turn) % len(longs)] for turn in range(2)], last(codes[n % len(codes)])
            )
            for n in range(SIBLINGS)
        )
    )
    assert together == [alone[codes[n % len(codes)]] for n in range(SIBLINGS)]


async def after_interrupts(site: RunningSite, longs: list[str], code: str) -> str:
    """Begin each of these in one session, interrupt it at a moment by chance, and return what code prints then."""
    async with connected(site.url, within=120) as client:
        session = await client.open()
        for name, long in enumerate(longs):
            request = {"session": session, "evaluation": f"long{name}", "code": f"print('begun', flush=True)\n{long}"}
            await client.send("evaluate", **request)
            await client.until("output")
            await asyncio.sleep(random.uniform(0, 0.5))
            events = await until_interrupted(client, session, f"long{name}")
            assert events[-1]["reason"] == "interrupted", (long, events)
        events = await client.evaluate(session, code)
        await client.send("close", session=session)
        assert events[-1]["reason"] == "done", (longs, code, error_of(events))
        return stream(events, "stdout")


async def until_interrupted(client: ClientEnd, session: str, evaluation: str) -> list[Json]:
    """Interrupt as a reader does, who sees that it goes on: parts of Sage in C drop a KeyboardInterrupt."""
    ended = asyncio.create_task(client.until("done", evaluation=evaluation))
    for _ in range(3):
        await client.send("interrupt", session=session)
        if (await asyncio.wait({ended}, timeout=20))[0]:
            break
    async with asyncio.timeout(1):
        return await ended


def last(code: str) -> str:
    """Return code that prints the value of its last statement."""
    *before, value = code.split("; ")
    return "\n".join([*before, f"print({value})", ""])
