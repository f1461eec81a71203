"""Interacts in SageMathCell's terms: controls that its library draws, and what they show. Thinking only, no I/O.

A session tells of an interact by a view of ipywidgets, whose metadata
describes its controls (`sagews/session/interact/described.py`); afterwards by
two models of that view:

    the area    what the function has put out, whole each time: for the library a `sage-clear`, then each output, with
                the interact's id in the metadata of the message
    the saved   the values of the controls, and bookmarks: for the library what has changed of them, unless it was it

The other way, what a reader changes is set in the saved model. Everything here
comes from a session or a page, and is hostile: what is not as it should be is
passed over.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sagews.backend.sagecell import outward
from sagews.backend.sagecell.message import Message
from sagews.protocol import sagews_pb2 as pb

Json = dict[str, Any]
Piece = tuple[str, Json, Json]
"""Kind, content and metadata of a message."""

ABOUT = "sagews_interact"
"""The metadata of an interact's view; see `sagews/session/interact/saved.py`."""
UPDATE = "sagenb.interact.update_interact"
MAX_KNOWN = 200
"""Interacts of one session that are known."""
MAX_EARLY = 1 << 20
"""Bytes of what an area shows whose interact is not known yet, since another one shows it."""
MAX_AREAS = 20
"""Such areas."""

_FIELDS = {
    "stream": ("name", "text"),
    "error": ("ename", "evalue", "traceback"),
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
}


@dataclass(slots=True)
class Shown:
    """One interact."""

    id: str
    saved: str
    """Its model that has the values; it has the same id for the library."""
    area: str
    names: list[str]
    values: Json
    """Of its controls, as the library has them."""
    bookmarks: set[str] = field(default_factory=set)


class Interacts:
    """Those of one session."""

    def __init__(self) -> None:
        self._shown: dict[str, Shown] = {}
        self._areas: dict[str, Shown] = {}
        self._early: dict[str, list[Any]] = {}
        """What areas show whose interacts are not known."""

    def __len__(self) -> int:
        return len(self._shown)

    def of(self, kind: str, content: Json, size: int) -> list[Piece] | None:
        """Return the messages by which an output of so many bytes is told of; None: it is none of an interact's."""
        if kind in {"display_data", "execute_result"}:
            pieces = self._view(content)
            return None if pieces is None else list(pieces)
        if kind != "comm_msg":
            return None
        data, model = content.get("data"), content.get("comm_id")
        state = data.get("state") if isinstance(data, dict) and data.get("method") == "update" else None
        if not isinstance(state, dict) or not isinstance(model, str):
            return None
        if isinstance(outputs := state.get("outputs"), list):
            if (shown := self._areas.get(model)) is not None:
                return list(self._put_out(shown, outputs))
            if size < MAX_EARLY and len(self._early) < MAX_AREAS:
                self._early[model] = outputs
            return []
        if (shown := self._shown.get(model)) is not None:
            return [*self._values(shown, state.get("state")), *self._bookmarks(shown, state.get("bookmarks"))]
        return None

    def request_of(self, message: Message) -> pb.Request | None:
        """Return what the session is sent for a message by which a reader changes controls; None: nothing."""
        shown = self._shown.get(message.text("interact_id"))
        values = message.content.get("values")
        if shown is None or not isinstance(values, dict):
            return None
        known = {name: value for name, value in values.items() if name in shown.names}
        shown.values |= known
        # A state that somebody wants back is set as a whole, and runs the function once.
        wished = "state" if message.content.get("update_last") is True else "changes"
        data = {"method": "update", "state": {wished: known}, "buffer_paths": []}
        body = json.dumps({"comm_id": shown.saved, "data": data, "message": message.header["msg_id"]})
        return pb.Request(comm_message=pb.CommMessage(kind=pb.COMM_KIND_MESSAGE, body=body.encode()))

    # ------------------------------------------------------------ outward

    def _view(self, content: Json) -> Iterator[Piece] | None:
        """Return the messages that show an interact; None: this shows none."""
        metadata = content.get("metadata")
        about = metadata.get(ABOUT) if isinstance(metadata, dict) else None
        told = about.get("sagecell") if isinstance(about, dict) else None
        if not isinstance(about, dict) or not isinstance(told, dict):
            return None
        controls, layout, saved = told.get("controls"), told.get("layout"), about.get("saved")
        if not isinstance(controls, dict) or not isinstance(layout, list) or not isinstance(saved, str):
            return None
        if not all(isinstance(each, dict) for each in controls.values()):
            return None
        if len(self._shown) >= MAX_KNOWN:
            self._forget(next(iter(self._shown.values())))
        state, area, places = about.get("state"), told.get("output"), about.get("locations")
        shown = Shown(
            id=saved,
            saved=saved,
            area=area if isinstance(area, str) else "",
            names=list(controls),
            values=dict(state) if isinstance(state, dict) else {},
        )
        self._shown[saved] = self._areas[shown.area] = shown
        body = {
            "new_interact_id": saved,
            "controls": controls,
            "layout": layout,
            "locations": places if isinstance(places, dict) and places else None,
            "readonly": told.get("readonly") is True,
        }
        plain = content["data"].get("text/plain", "")
        return self._begun(shown, {"application/sage-interact": body, "text/plain": plain})

    def _begun(self, shown: Shown, data: Json) -> Iterator[Piece]:
        yield _displayed(data)
        if (early := self._early.pop(shown.area, None)) is not None:
            yield from self._put_out(shown, early)

    def _forget(self, shown: Shown) -> None:
        del self._shown[shown.saved]
        self._areas.pop(shown.area, None)

    def _put_out(self, shown: Shown, outputs: list[Any]) -> Iterator[Piece]:
        """Yield what shows outputs in the place of those before."""
        within = {"interact_id": shown.id}
        clear, content, _ = _displayed({"application/sage-clear": {"changed": shown.names}})
        yield clear, content, within
        for output in outputs:
            kind = output.get("output_type") if isinstance(output, dict) else None
            if not isinstance(kind, str) or kind not in _FIELDS:
                continue
            content = {name: output[name] for name in _FIELDS[kind] if name in output}
            if not _is_sound(content, kind):
                continue
            if "data" in content:
                content["data"] = outward.shown(content["data"], is_result=kind == "execute_result")
            for one, body, metadata in self.of(kind, content, 0) or [(kind, content, {})]:
                yield one, body, {**within, **metadata}

    def _values(self, shown: Shown, state: Any) -> Iterator[Piece]:
        for name, value in state.items() if isinstance(state, dict) else ():
            if name in shown.names and shown.values.get(name) != value:
                shown.values[name] = value
                told = {"interact_id": shown.id, "control": name, "value": value}
                yield _displayed({"application/sage-interact-update": told})

    def _bookmarks(self, shown: Shown, bookmarks: Any) -> Iterator[Piece]:
        for each in bookmarks if isinstance(bookmarks, list) else ():
            name, values = each if isinstance(each, list) and len(each) == 2 else (None, None)
            if isinstance(name, str) and isinstance(values, dict) and name not in shown.bookmarks:
                shown.bookmarks.add(name)
                told = {"interact_id": shown.id, "name": name, "values": values}
                yield _displayed({"application/sage-interact-bookmark": told})


def _displayed(data: Json) -> Piece:
    return "display_data", {"data": data, "metadata": {}}, {}


def _is_sound(content: Json, kind: str) -> bool:
    """Whether the fields of an output are of the types that clients rely on."""
    match kind:
        case "stream":
            return isinstance(content.get("name"), str) and isinstance(content.get("text"), str)
        case "error":
            return isinstance(content.get("traceback"), list)
    return isinstance(content.get("data"), dict)
