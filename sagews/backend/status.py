"""The page `/status`: how the worker is, in which tier it isolates sessions, and which walls stand. For people.

What a worker says of itself is shown as text, whatever it is.
"""

from collections.abc import Iterable, Iterator
from html import escape

from aiohttp import web

import sagews
from sagews.backend.worker import AWAY, NAMESAKE
from sagews.backend.workers import Workers
from sagews.protocol.isolation import Finding, IsolationReport, TierFound

DEADLINE = 2.0
"""Seconds in which a worker must have been reached."""

_MARKS = {True: "yes", False: "no", None: ""}


class Status:
    """Shows what is known of the worker."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def routes(self) -> list[web.RouteDef]:
        """Return the one route."""
        return [web.get("/status", self._status)]

    async def _status(self, request: web.Request) -> web.Response:
        await self._workers.reach(DEADLINE)
        said = [(in_words(worker.state), worker.isolation) for worker in self._workers.all]
        return web.Response(text=page(said), content_type="text/html", charset="utf-8")


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


def page(said: Iterable[tuple[str, IsolationReport | None]]) -> str:
    """Return the page: for each worker its state in words, and what it has said of its isolation, if anything."""
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            "<title>sagews: status</title>",
            "<h1>Status</h1>",
            f"<p>sagews {escape(sagews.__version__)}</p>",
            *(line for state, report in said for line in _worker(state, report)),
            "</html>",
            "",
        )
    )


def _worker(state: str, report: IsolationReport | None) -> Iterator[str]:
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
    yield "<h3>Tiers</h3>\n<table>"
    yield "<tr><th scope='col'>Tier</th><th scope='col'>Can be had</th><th scope='col'>What keeps it</th></tr>"
    yield from map(_tier, report.tiers)
    yield "</table>\n<h3>Walls and limits</h3>\n<table>"
    yield "<tr><th scope='col'>What</th><th scope='col'>Holds</th><th scope='col'>Found</th></tr>"
    yield from map(_finding, report.findings)
    yield "</table>"


def _tier(row: TierFound) -> str:
    keeps = escape("; ".join(row.keeps))
    return f"<tr><th scope='row'>{escape(row.tier)}</th><td>{_MARKS[row.reachable]}</td><td>{keeps}</td></tr>"


def _finding(row: Finding) -> str:
    return f"<tr><th scope='row'>{escape(row.name)}</th><td>{_MARKS[row.holds]}</td><td>{escape(row.found)}</td></tr>"
