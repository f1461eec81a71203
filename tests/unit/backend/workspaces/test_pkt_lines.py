"""What a push begins with, read from whatever comes."""

import io
import os
import random
from contextlib import suppress

from sagews.backend.workspaces.pkt_lines import FLUSH, Push, advertisement, line, read_push, report
from sagews.errors import WorkspaceError

BODIES = 200_000 if os.environ.get("SAGEWS_PROVE") else 2_000
OLD, NEW, NOTHING = "1" * 40, "2" * 40, "0" * 40


def push_of(*lines: bytes) -> Push:
    push = read_push(io.BytesIO(b"".join(lines) + FLUSH))
    assert push is not None
    return push


def test_what_a_client_says() -> None:
    body = io.BytesIO(
        line(f"shallow {OLD}")
        + line(f"{OLD} {NEW} refs/heads/main\0 report-status side-band-64k agent=git/2.39\n")
        + line(f"{NEW} {NOTHING} refs/tags/Ω\n")
        + FLUSH
        + b"PACK"
    )
    push = read_push(body)
    assert push is not None and push.is_divided and body.read() == b"PACK"
    assert [(each.old, each.new, each.ref) for each in push.commands] == [
        (OLD, NEW, "refs/heads/main"),
        (NEW, None, "refs/tags/Ω"),
    ]
    assert read_push(io.BytesIO(FLUSH)) is None


def test_what_a_client_hears() -> None:
    plain = push_of(line(f"{OLD} {NEW} refs/heads/main\0report-status"))
    assert report(plain, {}) == b"000eunpack ok\n0017ok refs/heads/main\n0000"
    assert b"ng refs/heads/main a?b\n" in report(plain, {"refs/heads/main": "a\nb"})
    divided = push_of(line(f"{OLD} {NEW} refs/heads/main\0report-status side-band-64k"))
    told = report(divided, {"refs/heads/main": "no"}, "in words")
    assert told.startswith(b"000e\x02in words\n") and told.endswith(b"0000" + FLUSH)
    assert advertisement({}).startswith(b"00") and f"{NOTHING} capabilities^{{}}\0".encode() in advertisement({})
    assert f"{OLD} refs/heads/main\0report-status".encode() in advertisement({"refs/heads/main": OLD})


def test_whatever_comes_is_read_or_refused() -> None:
    whole = line(f"shallow {OLD}") + line(f"{OLD} {NEW} refs/heads/main\0report-status") + FLUSH
    chance = random.Random(4)
    for _ in range(BODIES):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 5)):
            at = chance.randrange(len(body) + 1)
            body[at : at + chance.randint(0, 8)] = chance.randbytes(chance.randint(0, 8))
        with suppress(WorkspaceError):
            push = read_push(io.BytesIO(bytes(body)))
            for command in push.commands if push is not None else ():
                assert command.ref.isprintable()
