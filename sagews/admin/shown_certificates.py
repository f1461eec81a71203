"""Certificates, as `sagews admin certificates --show` prints them. Thinking only, no I/O."""

from collections.abc import Sequence

import msgspec

from sagews.admin.machine_certificates import Shown


def as_json(found: Sequence[Shown]) -> str:
    """Return them as one JSON object."""
    right = not any(each.renew for each in found)
    return msgspec.json.encode({"right": right, "certificates": found}).decode()


def table(found: Sequence[Shown]) -> str:
    """Return them as a table."""
    rows = [("machine", "for", "until", "names", "file")]
    for each in found:
        until = f"{each.until}, renew it" if each.until and each.renew else each.until or "missing"
        rows.append((each.machine or "-", each.service, until, " ".join(each.names) or "-", each.file))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
