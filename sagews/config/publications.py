"""The settings of publications: how much one account may publish."""

import msgspec


class Publications(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[publications]`: worksheets that are published, each kept in the database as a page that anybody can read.

    They count for the account whose workspace they are from. See [how to](../how-to/publish.md).
    """

    max_number: int = 200
    """Publications of one account at once. 0: nobody publishes."""
    max_bytes: int = 33_554_432
    """Bytes of one page, before it is packed."""
    max_storage: int = 268_435_456
    """Bytes that the publications of one account take up in the database together, packed."""
