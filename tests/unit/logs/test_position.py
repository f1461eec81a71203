"""A file is known again by what it holds."""

import pytest

from sagews.logs.position import MARK, Position, Reader, copied, holds

CONTENT = b"".join(b"line %d\n" % number for number in range(1000))


def reader(content: bytes) -> Reader:
    return lambda offset, count: content[offset : offset + count]


def at(offset: int) -> Position:
    head, tail = CONTENT[: min(offset, MARK)], CONTENT[max(0, offset - MARK) : offset]
    return Position(service="s", name="s.log", device=1, inode=2, offset=offset, head=head, tail=tail)


@pytest.mark.parametrize("offset", [0, 10, 1024, 5000, len(CONTENT)])
def test_the_same_file_grown_or_not_is_known(offset: int) -> None:
    for content in (CONTENT, CONTENT + b"more\n", CONTENT[:offset]):
        assert holds(at(offset), len(content), reader(content))


@pytest.mark.parametrize("content", [b"", CONTENT[:4999], b"x" + CONTENT, CONTENT[:4990] + b"x" * 100, b"y" * 9000])
def test_another_content_is_another_file(content: bytes) -> None:
    assert not holds(at(5000), len(content), reader(content))


@pytest.mark.parametrize(
    ("content", "rotated", "offset"),
    [
        (CONTENT, True, 5000),
        (CONTENT[:5000], False, 5000),
        (CONTENT[:3000], True, 3000),
        (CONTENT[:3000], False, None),
        (CONTENT[:10], True, None),
        (b"other " + CONTENT, True, None),
        (CONTENT[:4000] + b"z" * 2000, True, None),
    ],
)
def test_a_copy_goes_on_where_the_first_file_ended(content: bytes, rotated: bool, offset: int | None) -> None:
    assert copied(at(5000), len(content), reader(content), rotated=rotated) == offset


def test_nothing_is_a_copy_of_what_was_never_read() -> None:
    assert copied(at(0), 100, reader(CONTENT), rotated=True) is None
