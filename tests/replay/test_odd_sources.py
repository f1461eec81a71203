"""Odd sources, made from a grammar: whatever is evaluated ends with a reason, and the session or a new one answers."""

import os
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.replay.outputs import bodies, reason_of
from tests.running import RunningSite
from tests.site.client_end import result_of
from tests.site.desk import Desk, desk_at

PARTS, EXAMPLES = (20, 1_000) if os.environ.get("SAGEWS_PROVE") else (1, 200)
"""How many times so many sources are tried; all at once would take over an hour."""

CONFIG = """
[limits]
interrupt_pause = 0.5
wall_time = 2
output_bytes = 1_000_000

[[environment]]
name = "python"
preload = []
spares = 2
"""

names = st.one_of(
    st.sampled_from(
        ["x", "_", "__", "ﬁ", "µ", "\U0001d535", "ª", "é", "e\u0301", "π", "变量", "__debug__", "None", "match", "type"]
    ),
    st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nl", "Mn", "Nd"]), min_size=1, max_size=8),
)
literals = st.one_of(
    st.integers().map(str),
    st.integers(1, 10_000).map(lambda size: "9" * size),
    st.integers(1, 100_000).map(lambda size: "0x" + "f" * size),
    st.integers(1, 100_000).map(lambda size: repr("a" * size)),
    st.sampled_from(
        ["1e999", "1_0", "0777", "1__0", "0b2", "1j", "...", "b'\\xff'", "b'é'", "'\\ud800'", "'\\N{BULLET}'"]
    ),
    st.sampled_from(
        ["'\\N{no}'", "f'{x!r:{x}}'", "f'{'", "f'{(lambda: 1)()}'", "rb'\\'", '"""', "'a", "'\\", "u'x' b'y'"]
    ),
    st.text(max_size=30).map(repr),
    st.text(max_size=30).map(lambda text: f"'{text}'"),
)
depths = st.one_of(st.integers(1, 120), st.integers(1, 3_000))


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return expressions made of expressions."""
    brackets = st.sampled_from(["()", "[]", "{}", "(,)", "[*]"])
    return st.one_of(
        st.tuples(inner, st.sampled_from("+-*/@%&|^,<>=:. "), inner).map("".join),
        st.tuples(st.sampled_from(["-", "~", "not ", "*", "await ", "lambda: ", "yield ", "x := "]), depths, inner).map(
            lambda parts: parts[0] * parts[1] + parts[2]
        ),
        st.tuples(brackets, depths, inner).map(lambda parts: deep(*parts)),
        st.tuples(inner, inner, inner).map(lambda parts: "[{} for {} in {}]".format(*parts)),
        st.tuples(inner, inner, inner).map(lambda parts: "({} if {} else {})".format(*parts)),
        st.tuples(names, st.lists(inner, max_size=3)).map(lambda parts: f"{parts[0]}({', '.join(parts[1])})"),
        st.tuples(inner, depths, st.sampled_from([".x", "[0]", "()", "+1", " or 1", " < 1"])).map(
            lambda parts: parts[0] + parts[2] * parts[1]
        ),
        inner.map(lambda text: f"f'{{{text}}}'"),
    )


def deep(brackets: str, depth: int, inner: str) -> str:
    return brackets[:-1].replace(",", "") * depth + inner + (brackets[-1] if "," not in brackets else ",)") * depth


expressions = st.recursive(names | literals, nested, max_leaves=6)
simple = st.one_of(
    expressions,
    st.tuples(expressions, expressions).map(" = ".join),
    st.tuples(names, expressions, expressions).map(lambda parts: "{}: {} = {}".format(*parts)),
    st.tuples(
        st.sampled_from(
            [
                "return",
                "del",
                "raise",
                "assert",
                "global",
                "nonlocal",
                "import",
                "from . import",
                "yield",
                "pass",
                "break",
            ]
        ),
        expressions,
    ).map(" ".join),
    st.tuples(
        st.sampled_from(["%", "%time ", "?", "%%", "%%time\n", "%%capture\n", "%%nonsense\n", "%x "]), expressions
    ).map("".join),
    expressions.map(lambda text: f"{text}?"),
)
heads = st.sampled_from(
    [
        "if {}:",
        "def {}():",
        "class {}:",
        "try:",
        "with {}:",
        "async def {}():",
        "match {}:",
        "case {}:",
        "else:",
        "except* {}:",
    ]
)


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return statements made of statements."""
    indents = st.sampled_from([" ", "    ", "\t", "\u00a0", "\f "])
    block = st.tuples(heads, expressions, inner, indents, st.one_of(st.integers(1, 3), st.integers(1, 120)))
    return block.map(lambda parts: block_of(*parts)) | st.lists(inner, max_size=4).map("\n".join)


def block_of(head: str, expression: str, inner: str, indent: str, depth: int) -> str:
    lines = [indent * level + head.format(expression) for level in range(depth)]
    return "\n".join([*lines, *(indent * depth + line for line in inner.splitlines())])


programs = st.recursive(simple, blocks, max_leaves=5)
sources = st.one_of(
    programs,
    st.tuples(
        programs, st.sampled_from(["\0", "\x1b", "\x0c", "\ufeff", "\u2028", "\\", "\r", "\x1a", "`", "$"]), programs
    ).map("".join),
    programs.map(lambda text: text.replace("\n", "\r\n")),
    st.text(max_size=200),
).map(lambda text: text.encode(errors="ignore")[: 1 << 20].decode(errors="ignore"))


@pytest.fixture
async def desk(product: RunningSite, nothing_is_left: None) -> AsyncIterator[Desk]:
    """Give a session for as long as all sources take."""
    async with desk_at(product, within=3600) as desk:
        yield desk


@pytest.mark.timeout(3600)
@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of a source of a megabyte that shows a fault
@pytest.mark.parametrize("part", range(PARTS))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(source=sources)
async def test_an_odd_source_ends_with_a_reason(desk: Desk, part: int, source: str) -> None:
    """Evaluate programs of odd names, deep nesting, huge literals, NULs and worse: each ends in a state that is known.

    An error is told once, and several only where a magic has one of its own. What crashes or never stops ends its
    session, with a reason, and the next one answers.
    """
    await assert_ends(desk, source)


MONSTERS = {
    "a number that never ends": "9**9**9",
    "a name of a million letters": "x" * 1_000_000,
    "empty lines": "\n" * 100_000,
    "a comment of a megabyte": "#" * 1_000_000,
    "semicolons": ";" * 1000,
    "open brackets": "(" * 100_000,
    "signs": "-" * 100_000 + "1",
    "a sum": "+".join("1" * 100_000),
    "attributes": "x" + ".x" * 100_000,
    "a number of a million digits": "9" * 1_000_000,
    "blocks in blocks": "\n".join(" " * depth + "if 1:" for depth in range(1000)),
    "functions in functions": "".join(" " * depth + f"def f{depth}():\n" for depth in range(90)) + " " * 90 + "pass",
}


@pytest.mark.parametrize("source", list(MONSTERS.values()), ids=list(MONSTERS))
async def test_a_monstrous_source_ends_with_a_reason(desk: Desk, source: str) -> None:
    """Evaluate what is as large or deep as it can be: it ends in a state that is known, and the next one answers."""
    await assert_ends(desk, source)


async def assert_ends(desk: Desk, source: str) -> None:
    events = await desk.run(source)
    assert reason_of(events) in {"done", "error", "wall_time", "output", "event_rate", "session_ended"}
    errors = [(body["ename"], body["evalue"]) for body in bodies(events, "error")]
    # A magic tells of its own error, after which IPython goes on; `%%` may have its cell run by IPython within IPython.
    # What is stopped while an error of it is told, since that takes long, tells that it was interrupted as well.
    own = errors if reason_of(events) == "error" else [error for error in errors if error[0] != "KeyboardInterrupt"]
    assert len(own) <= 1 or "%" in source or "?" in source
    assert len(errors) == len(set(errors)) or "%%" in source
    if events[-1]["reason"] == "error":
        assert errors
    if events[-1]["reason"] == "session_ended" or await has_ended(desk, events[-1]["reason"]):
        desk.session = await desk.client.open()
    assert result_of(await desk.run("1+1")) == "2"


async def has_ended(desk: Desk, reason: str) -> bool:
    """Whether a session that was to be stopped had to be ended: it answers, or says so."""
    if reason not in {"wall_time", "output", "event_rate"}:
        return False
    request = await desk.client.send("complete", session=desk.session, code="", cursor=0)
    while True:
        event = await desk.client.next()
        if event["kind"] == "ended" or (event["kind"] == "failure" and event.get("request") == request):
            return True
        if event["kind"] == "completed":
            return False
