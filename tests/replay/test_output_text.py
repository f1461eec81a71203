"""Output text at the edges: bytes that are no text, control characters, carriage returns, floods."""

import asyncio
import time

from tests.replay.outputs import reason_of, stream
from tests.running import RunningSite
from tests.site.client_end import connected, result_of, text_of
from tests.site.desk import Desk
from tests.site.neighbour import neighbour
from tests.site.test_service import call

CONFIG = """
[limits]
interrupt_pause = 0.5
output_bytes = 64_000_000

[worker]
replay_bytes = 100_000_000

[[environment]]
name = "python"
preload = []
spares = 1
"""
CAP = 1 << 20


async def test_a_path_that_holds_undecodable_bytes(desk: Desk, product: RunningSite) -> None:
    r"""Print `b'a\xc3%9F'`, decoded with surrogateescape: an escape stands for the byte, and the next cell runs.

    Source: reported of a notebook server, whose page stayed busy for ever.
    """
    code = r"print(b'a\xc3%9F'.decode('utf-8', 'surrogateescape'))"
    assert text_of(await desk.evaluate(code)) == "a\\udcc3%9F\n"
    assert text_of(await desk.evaluate("print(1)")) == "1\n"
    assert (await call(product, code))["stdout"] == "a\\udcc3%9F\n"
    raw = r"import sys; sys.stdout.buffer.write(b'a\xc3%9F\n'); sys.stderr.buffer.write(b'\xff\n'); None"
    events = await desk.evaluate(raw)
    assert (stream(events, "stdout"), stream(events, "stderr")) == ("a\ufffd%9F\n", "\ufffd\n")


async def test_control_and_latin_characters(desk: Desk, product: RunningSite) -> None:
    """Print a text with a NUL, a 0x1d and characters from U+0080 on: each arrives, here, in another tab, in an answer.

    Source: reported of a server of worksheets, one of which hung.
    """
    odd = "\u00b7\u001d\u00af\u009f\0\t" + "".join(map(chr, range(0x250)))
    code = r"print('\u00b7\x1d\u00af\x9f\0\t' + ''.join(map(chr, range(0x250))), end='')"
    events = await desk.evaluate(code)
    assert text_of(events) == odd
    assert events[-1]["output_bytes"] == len(odd.encode())
    assert text_of(await desk.evaluate("print(1)")) == "1\n"
    assert text_of(await replayed(desk, product)) == odd + "1\n"
    assert (await call(product, code))["stdout"] == odd


async def test_carriage_returns_are_kept_as_written(desk: Desk, product: RunningSite) -> None:
    r"""Print `1\r2\r3`, `ab\r\n` and `long\rx`: the page gets them as they are, and gets the same when it comes back.

    What the page makes of them is tested in a browser. Source: reported of a notebook server.
    """
    code = r"print('1\r2\r3'); print('ab\r\n', end=''); print('long\rx')"
    assert text_of(await desk.evaluate(code)) == "1\r2\r3\nab\r\nlong\rx\n"
    assert text_of(await replayed(desk, product)) == "1\r2\r3\nab\r\nlong\rx\n"


async def test_an_endless_loop_of_prints_is_interrupted(desk: Desk, product: RunningSite) -> None:
    """Print numbers without end, and interrupt after a second: it stops within 2 s, and others notice nothing.

    Source: reported of a notebook server, whose page froze.
    """
    async with neighbour(product.url):
        await desk.begin("loop", "number = 0\nwhile True:\n    number += 1\n    print(number)")
        await desk.client.until("output")
        reading = asyncio.create_task(desk.end_of("loop"))
        await asyncio.sleep(1)
        begun = time.monotonic()
        await desk.interrupt()
        events = await reading
        assert time.monotonic() - begun < 2
    assert reason_of(events) == "interrupted"
    assert result_of(await desk.evaluate("1+1")) == "2"


async def test_an_endless_loop_of_prints_is_cut_with_a_mark(desk: Desk) -> None:
    """Print numbers without end, and do nothing: the text ends at the cap, with a mark, and the reason says so.

    Source: reported of a notebook server.
    """
    code = "number = 0\nwhile True:\n    number += 1\n    print(number)"
    events = await desk.run(code, limits={"output_bytes": CAP})
    assert reason_of(events) == "output"
    (mark,) = (event for event in events if event["kind"] == "truncated")
    assert mark["limit"] == CAP
    assert len(text_of(events)) == CAP
    assert result_of(await desk.evaluate("1+1")) == "2"


async def test_the_cap_counts_bytes_and_not_lines(desk: Desk, product: RunningSite) -> None:
    """Write megabytes without an end of line, in a loop and in one print of 50 MB: no more than the cap arrives.

    Source: reported of a notebook server, whose throttle counted messages.
    """
    loop = "import sys\nwhile True: sys.stdout.write('x' * 1_000_000)"
    async with neighbour(product.url):
        for code in (loop, "print('x' * 50_000_000)", loop.replace("stdout", "stderr"), "print('ä' * 25_000_000)"):
            events = await desk.run(code, limits={"output_bytes": CAP})
            assert reason_of(events) == "output"
            assert len(text_of(events).encode()) == CAP
            assert max(len(event.get("body", "")) for event in events) < 1 << 19
            assert result_of(await desk.evaluate("1+1")) == "2"


async def test_stop_gets_through_a_flood_in_a_shared_session(desk: Desk, product: RunningSite) -> None:
    """Flood a session that two have open, one of whom reads nothing: the other stops it, and a third one joins.

    Stop acts within 2 s, joining takes no longer. Source: reported of a server of worksheets.
    """
    flood = "import time\nwhile True:\n    print('x' * 5_000)\n    time.sleep(0.001)"
    attach = {"session": desk.session, "token": desk.client.opened["token"]}
    async with connected(product.url) as second:
        await second.send("attach", **attach)
        await second.until("attached")
        reading = desk.client.socket._response
        assert reading is not None and reading.connection is not None
        transport = reading.connection.transport
        assert transport is not None
        transport.pause_reading()  # type: ignore[attr-defined]
        await desk.begin("flood", flood)
        following = asyncio.create_task(second.until("done", evaluation="flood"))
        await asyncio.sleep(1.5)
        begun = time.monotonic()
        await second.send("interrupt", session=desk.session)
        assert reason_of(await following) == "interrupted"
        assert time.monotonic() - begun < 2
        begun = time.monotonic()
        async with connected(product.url) as third:
            await third.send("attach", **attach)
            assert len(text_of(await third.until("attached"))) > 100_000
        assert time.monotonic() - begun < 2
        transport.resume_reading()  # type: ignore[attr-defined]
        assert reason_of(await desk.end_of("flood")) == "interrupted"


async def replayed(desk: Desk, product: RunningSite) -> list[dict[str, object]]:
    """Return what a tab gets that comes later."""
    async with connected(product.url) as tab:
        await tab.send("attach", session=desk.session, token=desk.client.opened["token"], after_sequence=0)
        return await tab.until("attached")
