"""The limits of sessions and evaluations."""

import msgspec


class Limits(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[limits]`: what one session may use. A reader may lower these, never raise them."""

    wall_time: float = 600.0
    """Seconds of wall time for one evaluation. 0: without limit."""
    address_space: int = 8 << 30
    """Bytes of address space of each process of a session, above what the preloaded zygote has. 0: without limit."""
    output_bytes: int = 8 << 20
    """Bytes of output of one evaluation; what follows is cut with a visible mark and the evaluation is interrupted."""
    file_bytes: int = 100_000_000
    """Bytes of one file that is put into a session or fetched from it. 0: without limit."""
    idle: float = 1800.0
    """Seconds without an evaluation or a request after which a session ends. 0: without limit."""
    lifetime: float = 86400.0
    """Seconds that a session may live. 0: without limit."""
    grace: float = 120.0
    """Seconds that a session lives on after the last browser has gone."""
    interrupt_pause: float = 2.0
    """Seconds between an interrupt that an evaluation ignores and the next, stronger signal."""
