"""Completion and inspection: quick, and without running what they look at."""

import json
import time

from tests.site.client_end import Json, result_of, text_of
from tests.site.desk import Desk

SEEN = """
import functools, time
seen = 0
def look():
    global seen
    seen += 1
    print('looked')
class Slow:
    ready = 1
    @property
    def x(self):
        look()
        time.sleep(5)
        return [1]
class Refusing:
    def __getattr__(self, name):
        raise RuntimeError(name)
class Counting:
    def __getattr__(self, name):
        look()
        return 1
class Keyed:
    def __getitem__(self, key):
        look()
        return 1
    def __len__(self):
        look()
        return 3
class Cached:
    @functools.cached_property
    def x(self):
        look()
        return [1]
class Descriptor:
    def __get__(self, instance, owner):
        look()
        return [1]
class Described:
    x = Descriptor()
a, refusing, counting, keyed, cached, described = Slow(), Refusing(), Counting(), Keyed(), Cached(), Described()
"""


async def test_completion_evaluates_no_property(desk: Desk) -> None:
    """Complete after a property that sleeps, prints and counts: the answer comes at once, and it was not evaluated.

    Source: reported of an interactive shell.
    """
    await desk.evaluate(SEEN)
    for code in ("a.", "a.x", "a.x.", "a.x[0].", "print(a.x.", "a.re", "cached.x.", "described.x.", "Described.x."):
        begun = time.monotonic()
        answer = await ask(desk, "complete", code)
        assert time.monotonic() - begun < 2, code
        assert any(match.endswith("ready") for match in answer["matches"]) == (code in {"a.", "a.re"}), code
        await assert_unseen(desk, code)


async def test_completion_runs_nothing_of_the_readers(desk: Desk) -> None:
    """Complete after objects whose `__getattr__` raises, counts and prints, or whose items do: none of it runs.

    Source: reported of an interactive shell.
    """
    await desk.evaluate(SEEN)
    for code in ("refusing.", "refusing.x.", "counting.", "counting.x.", "keyed[", "keyed['a'].", "look().", "f(a."):
        await ask(desk, "complete", code)
        await assert_unseen(desk, code)


async def test_inspection_runs_nothing_of_the_readers(desk: Desk) -> None:
    """Ask what a property is, and what lies behind it: the answer comes at once, and nothing was evaluated."""
    await desk.evaluate(SEEN)
    for code in ("a.x", "a.x.y", "refusing.x", "counting.x.y", "counting.x", "cached.x", "described.x", "Described.x"):
        begun = time.monotonic()
        await ask(desk, "inspect", code, detail=0)
        assert time.monotonic() - begun < 2, code
        await assert_unseen(desk, code)
    for code in ("look", "a.ready", "functools.partial", "time.sleep("):
        assert (await ask(desk, "inspect", code, detail=0))["found"], code


async def ask(desk: Desk, kind: str, code: str, **fields: int) -> Json:
    request = await desk.client.send(kind, session=desk.session, code=code, cursor=len(code), **fields)
    answered = {"complete": "completed", "inspect": "inspected"}[kind]
    events = await desk.client.until(answered, request=request)
    assert text_of(events) == ""
    body: Json = json.loads(events[-1]["body"])
    assert body["status"] == "ok"
    return body


async def assert_unseen(desk: Desk, code: str) -> None:
    """Assert that nothing of the reader's code has run meanwhile, and that the session goes on."""
    events = await desk.evaluate("seen")
    assert (text_of(events), result_of(events)) == ("", "0"), code
