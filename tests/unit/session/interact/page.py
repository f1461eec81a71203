r"""A page as the session sees it: what it knows of each widget, what it shows of an interact, what its reader does.

page = Page(session)
page.evaluate("@interact\ndef f(x=(0, 10)): print(x)")
page.move("x", value=3)
assert page.shows() == ["3.0\n"]
"""

import json
from typing import Any

from sagews.protocol import sagews_pb2 as pb
from sagews.session.interact.saved import METADATA
from tests.unit.session.running import Output, RunningSession, plain

IMPORT = "from sagews.session.interact.names import names; globals().update(names())"
VIEW = "application/vnd.jupyter.widget-view+json"


class Page:
    def __init__(self, session: RunningSession) -> None:
        self.session = session
        self.models: dict[str, dict[str, Any]] = {}
        self.output = Output()
        self.views: list[dict[str, Any]] = []
        """Contents of the displays of interacts, the last one last; also of those inside outputs."""
        self._seen = 0
        session.evaluate(IMPORT)

    # ------------------------------------------------------------- the reader

    def evaluate(self, code: str, cell: str = "") -> Output:
        """Evaluate to the end."""
        self.settle()
        self.output, self._seen = self.session.start(code, cell), 0
        self.session.finish(self.output)
        self.settle()
        return self.output

    def send(self, model: str, **state: Any) -> None:
        """Set a widget's state, and do not wait."""
        data = {"method": "update", "state": state, "buffer_paths": []}
        self._tell(pb.COMM_KIND_MESSAGE, {"comm_id": model, "data": data})

    def set(self, model: str, **state: Any) -> None:
        """Set a widget's state, and wait until the session has done what comes of it."""
        self.send(model, **state)
        self.settle()

    def move(self, label: str, **state: Any) -> None:
        """Set the widget that has a label."""
        self.set(self.labelled(label), **state)

    def press(self, label: str, *, wait: bool = True) -> None:
        """Press the button that has a label."""
        data = {"method": "custom", "content": {"event": "click"}}
        self._tell(pb.COMM_KIND_MESSAGE, {"comm_id": self.labelled(label), "data": data})
        if wait:
            self.settle()

    def _tell(self, kind: "pb.CommKind", content: dict[str, Any]) -> None:
        self.session.send(comm_message=pb.CommMessage(kind=kind, body=json.dumps(content).encode()))

    # --------------------------------------------------------------- the page

    def settle(self) -> None:
        """Wait until the session has taken all that was sent, and know what it has told."""
        self.session.complete("x")
        for kind, content in self.output.events[self._seen :]:
            self._take(kind, content)
        self._seen = len(self.output.events)

    def _take(self, kind: str, content: Any) -> None:
        if kind == "comm_open":
            self.models[content["comm_id"]] = dict(content["data"]["state"])
        elif kind == "comm_close":
            self.models.pop(content["comm_id"])
        elif kind == "comm_msg" and content["data"].get("method") == "update":
            self.models[content["comm_id"]].update(content["data"]["state"])
        elif kind in ("display_data", "execute_result") and METADATA in content["metadata"]:
            self.views.append(content)

    def labelled(self, label: str) -> str:
        """Return the id of the newest widget that has a label."""
        return [model for model, state in self.models.items() if state.get("description") == label][-1]

    def state(self, label: str) -> dict[str, Any]:
        """Return what the page knows of the widget that has a label."""
        return self.models[self.labelled(label)]

    def of_kind(self, name: str) -> list[str]:
        """Return the ids of all widgets of a kind, such as `OutputModel`."""
        return [model for model, state in self.models.items() if state["_model_name"] == name]

    @property
    def about(self) -> dict[str, Any]:
        """What the last view of an interact tells of it."""
        about: dict[str, Any] = self.views[-1]["metadata"][METADATA]
        return about

    @property
    def saved(self) -> dict[str, Any]:
        """What of the last interact can be kept."""
        return self.models[self.about["saved"]]

    def shows(self, place: int = 0) -> list[Any]:
        """Return what an interact's output shows: text, an error's lines, or the text of a value."""
        outputs = self.models[self.of_kind("OutputModel")[place]]["outputs"]
        return [said for output in outputs if (said := _said(output)) is not None]


def _said(output: dict[str, Any]) -> str | None:
    match output["output_type"]:
        case "stream":
            return str(output["text"])
        case "error":
            return plain("\n".join(output["traceback"]))
    data = output["data"]
    return str(VIEW if VIEW in data else data["text/plain"]) if data else None
