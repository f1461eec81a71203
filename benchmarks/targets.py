"""How many times better than the peer each measure ought to be. A target that is missed fails nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """One ratio: peer ÷ ours, or ours ÷ peer for a rate, so that more is better."""

    ratio: str
    """Its name in the results."""
    what: str
    """The measure in words, for the table."""
    at_least: float


@dataclass(frozen=True)
class Bound:
    """One figure of ours that ought not to be above a bound, or not below it."""

    name: str
    """In the results."""
    what: str
    bound: float
    unit: str = ""
    is_floor: bool = False
    """Whether more is better."""


TARGETS = [
    Target("fresh_ratio", "first result of a new reader, no spare sessions, no walls", 25),
    Target("fresh_pooled_ratio", "first result of a new reader, spare sessions ready, no walls", 45),
    Target("fresh_plot_ratio", "first plot of a new reader, no spare sessions, no walls", 10),
    Target("fresh_per_second_ratio", "new readers a second, from coming to gone, no walls", 25),
    Target("confined_fresh_ratio", "first result of a new reader, no spare sessions", 12),
    Target("confined_fresh_pooled_ratio", "first result of a new reader, spare sessions ready", 45),
    Target("confined_fresh_per_second_ratio", "new readers a second, from coming to gone", 15),
    Target("warm_ratio", "next result in a session", 3),
    Target("cached_ratio", "next result, kept from an earlier reader's evaluation", 15),
    Target("memory_idle_ratio", "private memory of an idle session, libraries imported", 15),
    Target("memory_used_ratio", "private memory of a session after symbolic work", 4),
]

WHOLE = [
    Target(
        "front_evaluations_ratio", "evaluations a second of 8 readers at once: `sagews serve`, and the whole way", 0.7
    ),
    Target("front_p99_ratio", "p99 of their results: the same", 0.7),
    Target(
        "front_processor_ratio", "processor time of one evaluation, of all processes and the readers: the same", 0.7
    ),
    Target("two_workers_ratio", "sessions opened and closed a second: one worker, and two", 1),
]
"""The whole way against the embedded form, and two workers against one."""

BOUNDS = [
    Bound("fork_bomb_slowdown", "p95 of the next result beside a fork bomb, as a multiple of the quiet one", 2),
    Bound("memory_bomb_slowdown", "the same beside a session that takes all memory", 2),
    Bound("output_flood_slowdown", "the same beside one that prints without end", 2),
    Bound("disk_filler_slowdown", "the same beside one that fills its disk", 2),
    Bound("crowd", "memory of 200 idle sessions, the kernel's share too", 2048, "MiB"),
    Bound("idle_connections", "memory of one backend with 1,000 idle connections", 300, "MiB"),
    Bound("log_records_per_second", "log records brought to PostgreSQL", 5000, "/s", is_floor=True),
]

DOCUMENTS = [
    Bound("worksheet_10", "opening a worksheet of 10 cells", 0),
    Bound("worksheet_100", "of 100 cells", 0),
    Bound("worksheet_1000", "of 1,000 cells", 2000),
    Bound("edit_seen", "from writing at one backend until somebody at another has it", 100),
    Bound("edits", "edits acknowledged to 16 who write in one worksheet at once", 0, is_floor=True),
    *(
        Bound(f"{name}_{size}", f"{what} {size} MiB", 0)
        for size in (1, 10, 50)
        for name, what in (
            ("save", "saving one more file into a workspace of"),
            ("clone", "cloning one of"),
            ("restore", "a file of one that the backend has never seen, of"),
        )
    ),
]
"""What worksheets and workspaces take, two backends and a PostgreSQL that waits for its disk; bound 0: none."""

SAGE = [
    Target("sage_factor_ratio", "first result of a new reader: `factor(2^64-1)`", 25),
    Target("sage_integrate_ratio", "`integrate(x^2*sin(x), x)`", 0),
    Target("sage_plot_ratio", "a plot of `sin(x)`", 0),
    Target("sage_memory_idle_ratio", "private memory of an idle session", 0),
    Target("sage_memory_used_ratio", "the same after a definite integral", 0),
]
"""Sage here against its own Jupyter kernel, of the same installation; 0: no target."""

SLIDERS = [
    Target("slider_python_ratio", "a slider moved, until its picture is seen: matplotlib", 0),
    Target("slider_python_alone_ratio", "the same picture, drawn by a cell", 0),
    Target("slider_sage_ratio", "a slider moved, until its picture is seen: Sage's `plot`", 0),
    Target("slider_sage_alone_ratio", "the same picture, drawn by a cell", 0),
]
"""A slider in Chromium here, all the way, against the session's share of it there; no targets."""

EMBEDDED = {"original": "SageMathCell's library", "element": "`<sagews-cell>`", "drop_in": "our `embedded_sagecell.js`"}
"""Ways to have cells in a page, and how the table calls them."""
