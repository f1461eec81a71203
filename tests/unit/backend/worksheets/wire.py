"""Updates of Yjs written by hand, byte by byte: also those that no browser writes."""

CLIENT = 7


def number(value: int) -> bytes:
    written = b""
    while value > 127:
        written += bytes([value & 127 | 128])
        value >>= 7
    return written + bytes([value])


def text(words: str | bytes) -> bytes:
    body = words.encode() if isinstance(words, str) else words
    return number(len(body)) + body


def root(name: str) -> bytes:
    return number(1) + text(name)


def within(client: int, clock: int) -> bytes:
    return number(0) + number(client) + number(clock)


def update(*blocks: bytes, client: int = CLIENT, clock: int = 0, deletes: bytes = b"\0") -> bytes:
    return number(1) + number(len(blocks)) + number(client) + number(clock) + b"".join(blocks) + deletes


def value(body: bytes, parent: bytes = root("meta"), name: str = "k", count: int = 1) -> bytes:
    """Write an item with flat values, as a map has them."""
    return bytes([8 | 32]) + parent + text(name) + number(count) + body


def new_map(parent: bytes = root("meta"), name: str = "k") -> bytes:
    return bytes([7 | 32]) + parent + text(name) + number(1)


def deleted(client: int, start: int, length: int) -> bytes:
    return number(1) + number(client) + number(1) + number(start) + number(length)
