"""Tickets: whose they are, for how long, from which page, and under keys that may change."""

import time
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from sagews.backend.reader import ANONYMOUS, TOKEN, Reader
from sagews.backend.tickets import FILE_NAME, LIFE, Tickets, read_keys
from sagews.errors import ConfigurationError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import MAX_TICKET, RefusedRequest

PAGE = "https://math.example.org"


def reader(origin: str = PAGE, subject: str = ANONYMOUS) -> Reader:
    return Reader(address="192.0.2.7", origin=origin, subject=subject)


def refused(tickets: Tickets, ticket: str, origin: str = PAGE) -> str:
    """Return what is said against a ticket."""
    with pytest.raises(RefusedRequest) as found:
        tickets.bearer(ticket, origin)
    assert found.value.code == pb.FAILURE_CODE_WRONG_TICKET and found.value.hint
    return found.value.what


def write(path: Path, *keys: bytes) -> None:
    """Replace the file of keys whole."""
    draft = path.with_suffix(".new")
    draft.write_bytes(b"\n".join(keys))
    draft.chmod(0o600)
    draft.replace(path)


def test_a_ticket_says_whose_it_is(tmp_path: Path) -> None:
    tickets = Tickets(tmp_path)
    for subject in (ANONYMOUS, TOKEN):
        ticket = tickets.issue(reader(subject=subject))
        assert (
            tickets.bearer(ticket, PAGE) == tickets.bearer(ticket, PAGE.upper())
            and tickets.bearer(ticket, PAGE).subject == subject
        )
        assert subject not in ticket and len(ticket) < MAX_TICKET


def test_the_longest_origin_has_room(tmp_path: Path) -> None:
    longest = f"https://{'x' * 253}:65535"
    assert len(Tickets(tmp_path).issue(reader(longest))) < MAX_TICKET


@pytest.mark.parametrize(
    ("fetched", "shown"),
    [(PAGE, ""), ("", PAGE), (PAGE, "http://math.example.org"), (PAGE, PAGE + ":444"), (PAGE, "null"), ("null", "")],
)
def test_a_ticket_is_good_for_one_origin(tmp_path: Path, fetched: str, shown: str) -> None:
    tickets = Tickets(tmp_path)
    assert "another origin" in refused(tickets, tickets.issue(reader(fetched)), shown)


@pytest.mark.parametrize("ticket", ["", "x", "ä", "\ud800", "gAAAAA", "A" * MAX_TICKET, "gAAAAABq" + "A" * 92])
def test_what_is_no_ticket(tmp_path: Path, ticket: str) -> None:
    assert refused(Tickets(tmp_path), ticket) == ("is none of this site's" if ticket else "is missing")


def test_any_changed_byte_is_noticed(tmp_path: Path) -> None:
    tickets = Tickets(tmp_path)
    ticket = tickets.issue(reader())
    # Of the last character not all bits count.
    for place in range(len(ticket.rstrip("=")) - 1):
        changed = ticket[:place] + ("A" if ticket[place] != "A" else "B") + ticket[place + 1 :]
        assert refused(tickets, changed) == "is none of this site's"


def test_it_lives_for_a_minute(tmp_path: Path) -> None:
    tickets = Tickets(tmp_path)
    sealed = read_keys(tmp_path / FILE_NAME).seal
    content = sealed.decrypt(tickets.issue(reader()))
    now = int(time.time())
    for age, good in ((-30, True), (LIFE - 10, True), (LIFE + 1, False), (3600, False), (-300, False)):
        ticket = sealed.encrypt_at_time(content, now - age).decode()
        if good:
            assert tickets.bearer(ticket, PAGE).subject == ANONYMOUS
        else:
            assert refused(tickets, ticket) == "is not of the last 60 s"


def test_what_the_key_sealed_and_is_no_ticket(tmp_path: Path) -> None:
    tickets = Tickets(tmp_path)
    sealed = read_keys(tmp_path / FILE_NAME).seal
    for content in (b"", b"{}", b"17", b"\xff", b'{"subject": 1, "origin": ""}'):
        assert refused(tickets, sealed.encrypt(content).decode())


def test_the_keys_are_made_once_and_private(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first, second = Tickets(data), Tickets(data)
    assert second.bearer(first.issue(reader()), PAGE).subject == ANONYMOUS
    assert (data / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in data.iterdir()] == [FILE_NAME]


def test_keys_are_changed_while_tickets_are_on_their_way(tmp_path: Path) -> None:
    tickets = Tickets(tmp_path)
    path = tmp_path / FILE_NAME
    old, new = path.read_bytes().strip(), Fernet.generate_key()
    before = tickets.issue(reader())
    write(path, old, new)
    assert tickets.bearer(before, PAGE).subject == ANONYMOUS
    Fernet(old).decrypt(tickets.issue(reader()))
    write(path, new, old)
    after = tickets.issue(reader())
    Fernet(new).decrypt(after)
    assert tickets.bearer(before, PAGE).subject == tickets.bearer(after, PAGE).subject == ANONYMOUS
    write(path, new)
    assert tickets.bearer(after, PAGE).subject == ANONYMOUS
    assert refused(tickets, before) == "is none of this site's"
    write(path, b"no key")
    assert tickets.bearer(after, PAGE).subject == ANONYMOUS


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ([], "holds 0 keys"),
        ([b"", b""], "holds 0 keys"),
        ([b"short"], "no key"),
        ([Fernet.generate_key(), b"x" * 44], "no key"),
        ([Fernet.generate_key() for _ in range(9)], "holds 9 keys"),
        ([b"\xff" * 44], "no key"),
    ],
)
def test_what_is_no_file_of_keys(tmp_path: Path, lines: list[bytes], what: str) -> None:
    write(tmp_path / FILE_NAME, *lines)
    with pytest.raises(ConfigurationError, match=what):
        Tickets(tmp_path)


def test_somebody_is_counted_anew_when_another_key_is_the_first(tmp_path: Path) -> None:
    tickets = Tickets(tmp_path)
    path = tmp_path / FILE_NAME
    old, new = path.read_bytes().strip(), Fernet.generate_key()
    counted = tickets.pseudonym("quota account:a")
    write(path, old, new)
    assert Tickets(tmp_path).pseudonym("quota account:a") == counted
    write(path, new, old)
    assert Tickets(tmp_path).pseudonym("quota account:a") != counted


def test_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    Tickets(tmp_path)
    (tmp_path / FILE_NAME).chmod(0o640)
    with pytest.raises(ConfigurationError, match="0640"):
        Tickets(tmp_path)


def test_blank_lines_do_not_matter(tmp_path: Path) -> None:
    key = Fernet.generate_key()
    write(tmp_path / FILE_NAME, b"", b"  " + key + b"\r", b"")
    assert read_keys(tmp_path / FILE_NAME).first == key
