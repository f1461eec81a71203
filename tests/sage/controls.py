"""The controls of a session of Sage, as a page that hears of them knows them."""

import json
from typing import Any

from tests.replay.outputs import stream
from tests.site.desk import Desk

VIEW = "application/vnd.jupyter.widget-view+json"


class Controls:
    """The widgets of a session, as a page knows them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.models: dict[str, dict[str, Any]] = {}

    async def evaluate(self, code: str) -> list[Any]:
        events = await self.desk.run(code)
        for event in events:
            if event.get("output_kind") in ("comm_open", "comm_msg", "comm_close"):
                self._take(str(event["output_kind"]), json.loads(event["body"]))
        return events

    def _take(self, kind: str, content: Any) -> None:
        if kind == "comm_open":
            self.models[content["comm_id"]] = content["data"]["state"]
        elif kind == "comm_close":
            self.models.pop(content["comm_id"], None)
        elif content["comm_id"] in self.models:
            self.models[content["comm_id"]] |= content["data"].get("state", {})

    async def value(self, code: str) -> str:
        """Return what code prints."""
        return stream(await self.evaluate(f"print({code})"), "stdout").strip()

    async def set(self, label: str, **state: Any) -> None:
        """Set the newest widget that has a label; what is evaluated next comes after it."""
        await self._say(label, {"method": "update", "state": state, "buffer_paths": []})

    async def press(self, label: str) -> None:
        """Press the newest button that has a label."""
        await self._say(label, {"method": "custom", "content": {"event": "click"}})

    async def _say(self, label: str, data: dict[str, Any]) -> None:
        known = [
            model for model, state in self.models.items() if label in (state.get("description"), state.get("tooltip"))
        ]
        body = json.dumps({"comm_id": known[-1], "data": data})
        await self.desk.client.send("comm_message", session=self.desk.session, comm_kind="message", body=body)

    def shown(self) -> list[Any]:
        """Return all that is shown by the areas of interacts."""
        return [output for state in self.models.values() for output in state.get("outputs", ())]

    def printed(self) -> str:
        """Return all that is printed there."""
        return "".join(output["text"] for output in self.shown() if output["output_type"] == "stream")

    def kinds(self) -> list[str]:
        names = [str(state["_model_name"]).removesuffix("Model") for state in self.models.values()]
        return [name for name in names if name not in ("Layout", "Output", "Widget") and not name.endswith("Style")]

    def pictures(self) -> list[Any]:
        """Return what else is shown there, but for interacts within."""
        others = [output for output in self.shown() if output["output_type"] == "display_data"]
        return [output for output in others if output["data"] and VIEW not in output["data"]]
