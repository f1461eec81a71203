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


TARGETS = [
    Target("fresh_ratio", "first result of a new reader, no spare sessions, no walls", 25),
    Target("fresh_pooled_ratio", "first result of a new reader, spare sessions ready, no walls", 45),
    Target("fresh_plot_ratio", "first plot of a new reader, no spare sessions, no walls", 10),
    Target("fresh_per_second_ratio", "new readers a second, from coming to gone, no walls", 25),
    Target("confined_fresh_ratio", "first result of a new reader, no spare sessions", 12),
    Target("confined_fresh_pooled_ratio", "first result of a new reader, spare sessions ready", 45),
    Target("confined_fresh_per_second_ratio", "new readers a second, from coming to gone", 15),
    Target("warm_ratio", "next result in a session", 3),
    Target("memory_idle_ratio", "private memory of an idle session, libraries imported", 15),
    Target("memory_used_ratio", "private memory of a session after symbolic work", 4),
]
