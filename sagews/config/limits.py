"""The limits of sessions and evaluations."""

import msgspec

LEAST_OPEN_FILES = 256
"""Open files with which a session can work: its own descriptors stand at 200."""


class Limits(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[limits]`: what one session may use. A reader may lower these, never raise them."""

    wall_time: float = 600.0
    """Seconds of wall time for one evaluation. 0: without limit."""
    cpu_time: float = 1800.0
    """Seconds of processor time for one evaluation, of all processes of its session together. 0: without limit."""
    session_cpu_time: float = 14400.0
    """Seconds of processor time for a whole session. 0: without limit."""
    memory: int = 4 << 30
    """Bytes of memory of all processes of a session together, beyond what they share with the zygote.
    0: without limit."""
    address_space: int = 8 << 30
    """Bytes of address space of each process of a session, above what the preloaded zygote has. 0: without limit."""
    processes: int = 128
    """Processes of a session; one that has more is ended. 0: without limit."""
    threads: int = 256
    """Threads of all processes of a session together; beyond them no thread and no process can be started, where the
    worker has cgroups. 0: without limit."""
    open_files: int = 1024
    """Files that each process of a session may have open at once, 256 at least. 0: the system's own limit."""
    disk: int = 1 << 30
    """Bytes of a session's files together, where its directory is in memory; of each file everywhere.
    0: without limit."""
    files: int = 100_000
    """Files and directories of a session, where its directory is in memory. 0: without limit."""
    output_bytes: int = 8 << 20
    """Bytes of output of one evaluation; what follows is cut with a visible mark and the evaluation is interrupted."""
    file_bytes: int = 100_000_000
    """Bytes of one file that is put into a session or fetched from it. 0: without limit."""
    event_rate: float = 500.0
    """Outputs a second of a session, averaged over five seconds; what comes faster is cut with a visible mark and the
    evaluation is interrupted. 0: without limit."""
    idle: float = 1800.0
    """Seconds without an evaluation or a request after which a session ends. 0: without limit."""
    lifetime: float = 86400.0
    """Seconds that a session may live. 0: without limit."""
    grace: float = 120.0
    """Seconds that a session lives on after the last browser has gone."""
    interrupt_pause: float = 2.0
    """Seconds between an interrupt that an evaluation ignores and the next, stronger signal."""
