"""The settings of printing: where a browser makes PDF files of worksheets."""

import msgspec


class Printing(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[printing]`: worksheets as PDF, printed by Chromium in sessions of one environment.

    See [how to](../how-to/print.md).
    """

    environment: str = ""
    """Name of the `[[environment]]` whose sessions print. It has `network = false`, and no limit of `address_space`:
    Chromium reserves far more of that than it uses. Empty: nothing is printed, and whoever asks is told so."""
    browser: str = ""
    """Path of Chromium on the machines of the workers, the program itself and no script that starts it. Empty: it is
    looked for where Debian and others have it."""
    seconds: float = 60.0
    """Seconds in which a worksheet must be printed, after the session has begun."""
    max_input: int = 33_554_432
    """Bytes of the page that is printed."""
    max_bytes: int = 67_108_864
    """Bytes of the PDF."""
