"""A page that evaluates cells of a worksheet and keeps what it is told of that, and a house with a worker."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.postgresql import PostgreSQL
from tests.site.api_end import Json
from tests.site.two_backends import ENVIRONMENT
from tests.site.worker_process import RunningWorker, running_worker
from tests.site.worksheets.editor import Editor
from tests.site.workspaces.house import House, running_house


@dataclass
class Workshop:
    """What runs."""

    house: House
    worker: RunningWorker


@contextmanager
def running_workshop(
    folder: Path, postgresql: PostgreSQL | None, *, limits: str = "", worker: str = ""
) -> Iterator[Workshop]:
    """Start a worker, and the backends of a house before it; `limits` and `worker` are lines for these tables."""
    both = f"{ENVIRONMENT}[limits]\n{limits}\n"
    with running_worker(folder, f"{both}[worker]\n{worker}\n") as running:
        config = f"{both}[backend]\nworkers = ['unix:{running.socket}']\n[rates]\nevaluations_per_account = ''\n"
        with running_house(folder, postgresql, config) as house:
            yield Workshop(house, running)


class Workbench(Editor):
    """A page with a worksheet, in which cells are evaluated."""

    async def evaluate(self, cell: str, code: str, name: str = "") -> str:
        """Have a cell evaluated; return the name of that when it is durable."""
        name = name or secrets.token_hex(8)
        asked = {"worksheet": self.worksheet, "evaluation": name, "cell": cell, "code": code}
        answer = await self.ask("evaluate_cell", **asked)
        assert answer["kind"] == "cell_evaluation" and answer["evaluation"] == name, answer
        return name

    def standing(self, name: str) -> Json:
        """Return how an evaluation stands, as far as was told; nothing: it was not."""
        found: Json = {}
        for event in self.events:
            known = event.get("evaluations", []) if event["kind"] == "worksheet_runs" else [event]
            for each in known:
                if each.get("evaluation") == name and "ordinal" in each:
                    found = each
        return found

    async def settled(self, name: str) -> Json:
        """Wait for the end of an evaluation, and return how it stands."""
        await self.until(lambda: self.standing(name).get("state") == "ended")
        return self.standing(name)

    @property
    def session(self) -> Json:
        """What was told last of the session."""
        told = [each for each in self.events if each["kind"] in ("worksheet_session", "worksheet_runs")]
        last = dict(told[-1]) if told else {"session_state": ""}
        return last | {"state": last.get("state", last.get("session_state"))}

    def pushed(self, name: str) -> list[Json]:
        """Return the outputs of an evaluation that came unasked, as they came."""
        mine = [each for each in self.events if each["kind"] == "cell_outputs" and each["evaluation"] == name]
        return [output for each in mine if "request" not in each for output in each["outputs"]]

    async def outputs(self, name: str, **more: Any) -> list[Json]:
        """Return all outputs of an evaluation, asked for page by page."""
        found: list[Json] = []
        while True:
            after = found[-1]["sequence"] if found else 0
            asked = {"worksheet": self.worksheet, "evaluation": name, "after": after}
            page = await self.ask("get_outputs", **asked, **more)
            assert page["kind"] == "cell_outputs", page
            found += page["outputs"]
            if not page["more"]:
                return found


def text_of(outputs: list[Json]) -> str:
    """Return what outputs write to stdout."""
    bodies = [json.loads(each["body"]) for each in outputs if each["kind"] == "stream"]
    return "".join(body["text"] for body in bodies if body["name"] == "stdout")


def kinds(outputs: list[Json]) -> list[str]:
    return [each["kind"] for each in outputs]
