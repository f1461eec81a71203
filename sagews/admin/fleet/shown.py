"""What `sagews admin` prints: steps as they are done, and tables of services."""

import sys
from collections.abc import Callable, Sequence

import msgspec

from sagews.admin.here.words import Status, Word
from sagews.service.figures import Figures


def plain(text: str) -> str:
    """Return one line, in which no text of others can steer the terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


def teller(several: bool) -> Callable[[str, Word], None]:
    """Return what prints a step: what went well on stdout, what did not on stderr."""

    def tell(machine: str, word: Word) -> None:
        noun = " ".join(part for part in (machine if several else "", word.service) if part)
        line = plain(f"{noun}: {word.what}" if noun else word.what)
        print(line, file=sys.stderr if word.status else sys.stdout, flush=True)

    return tell


def table(listed: Sequence[Status], *, several: bool) -> list[str]:
    """Return the lines of a table of services."""
    rows = [("machine", "service", "condition", "process", "for", "")]
    for each in listed:
        note = each.why or ("not as the configuration says" if each.changed else "")
        since = duration(each.seconds) if each.pid else ""
        rows.append((each.machine, each.service, each.condition.value, str(each.pid or ""), since, plain(note)))
    kept = [row if several else row[1:] for row in rows]
    widths = [max(len(row[column]) for row in kept) for column in range(len(kept[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in kept]


def as_json(listed: Sequence[Status], figures: Figures | None) -> str:
    """Return the services, and what the site does, as one JSON object."""
    right = all(each.right for each in listed)
    return msgspec.json.encode({"right": right, "services": listed, "figures": figures}).decode()


def duration(seconds: int) -> str:
    """Return seconds in two units: `3 d 4 h`, `12 min 5 s`."""
    for large, small, size, part in (("d", "h", 86400, 3600), ("h", "min", 3600, 60), ("min", "s", 60, 1)):
        if seconds >= size:
            return f"{seconds // size} {large} {seconds % size // part} {small}"
    return f"{seconds} s"
