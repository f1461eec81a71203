"""How a worker isolates sessions, for people: in which tier, and which walls stand. Thinking only, no I/O.

What a worker says of itself is shown as text, whatever it is.
"""

from collections.abc import Iterator
from html import escape

from sagews.backend.worker import AWAY, NAMESAKE
from sagews.protocol.isolation import Finding, IsolationReport, TierFound

_MARKS = {True: "yes", False: "no", None: ""}


def in_words(state: str) -> str:
    """Return the state of a worker as a sentence."""
    if state == AWAY:
        return "It cannot be reached; what follows is what it said before."
    if state == NAMESAKE:
        return (
            "It answers, and gets no session: another worker of this site has the same name. Give each a name of its"
            " own, by the setting name of [worker]."
        )
    return f"It answers, and is {state}."


def section(state: str, report: IsolationReport | None) -> Iterator[str]:
    """Yield what a worker has said of its isolation, if anything; `state` is its state in words."""
    if report is None:
        yield f"<h2>Worker</h2>\n<p>{escape(state)}</p>\n<p>It has not said how it isolates sessions.</p>"
        return
    yield f"<h2>Worker {escape(report.worker)}</h2>"
    yield f"<p>{escape(state)}</p>"
    yield f"<p>Tier <strong>{escape(report.tier)}</strong>. {escape(report.protects)}</p>"
    if report.required:
        met = "which is met" if report.met else "which is not met"
        yield f"<p>The site requires tier {escape(report.required)}, {met}.</p>"
    yield f"<p>{escape(report.system)}, user {escape(report.user)}</p>"
    yield "<h3>Tiers</h3>\n<div class='wide'><table>"
    yield "<tr><th scope='col'>Tier</th><th scope='col'>Can be had</th><th scope='col'>What keeps it</th></tr>"
    yield from map(_tier, report.tiers)
    yield "</table></div>\n<h3>Walls and limits</h3>\n<div class='wide'><table>"
    yield "<tr><th scope='col'>What</th><th scope='col'>Holds</th><th scope='col'>Found</th></tr>"
    yield from map(_finding, report.findings)
    yield "</table></div>"


def _tier(row: TierFound) -> str:
    keeps = escape("; ".join(row.keeps))
    return f"<tr><th scope='row'>{escape(row.tier)}</th><td>{_MARKS[row.reachable]}</td><td>{keeps}</td></tr>"


def _finding(row: Finding) -> str:
    return f"<tr><th scope='row'>{escape(row.name)}</th><td>{_MARKS[row.holds]}</td><td>{escape(row.found)}</td></tr>"
