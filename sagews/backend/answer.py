"""The answer of `/service`: events of one evaluation in, one JSON object out. Thinking only, no I/O.

The shape is SageMathCell's (`success`, `stdout`, `stderr`, `execute_reply`), to
which are added `result`, `outputs` (as a notebook stores them, nbformat 4),
`reason` and `text`. This is one of the few places that decode a body; it is
hostile, and what is no JSON of the right shape becomes an output that says so.
"""

import json
import math
from typing import Any

from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import enum_name

Json = dict[str, Any]

MAX_DEPTH = 100
"""Levels of nesting in a body."""


class Answer:
    """Collects what one evaluation says."""

    def __init__(self) -> None:
        self._outputs: list[Json] = []
        self._displays: dict[str, list[Json]] = {}
        self._clear = False
        self._error: Json | None = None
        self._result: Any = None
        self._expressions: Json = {}
        self._done: pb.Done | None = None

    @property
    def complete(self) -> bool:
        """Whether the evaluation has ended."""
        return self._done is not None

    def take(self, event: pb.Event) -> None:
        """Take an event of the evaluation."""
        match event.WhichOneof("kind"):
            case "output":
                self._output(event.output)
            case "truncated":
                cut = event.truncated
                limit = f"{cut.limit:,} bytes" if cut.limit else f"{cut.event_rate:g} pieces a second"
                self._stream("stderr", f"[output cut at the limit of {limit}]\n")
            case "gap":
                lost = f"{event.gap.events:,} outputs ({event.gap.bytes:,} bytes)"
                self._stream("stderr", f"[{lost} are missing here]\n")
            case "done":
                self._done = event.done

    def to_json(self) -> Json:
        """Return the answer."""
        done = self._done or pb.Done(text="Stopped: it took too long.")
        reason = enum_name(pb.EvaluationReason, done.reason)
        answer: Json = {"success": reason == "done", "reason": reason, "text": done.text}
        for name in ("stdout", "stderr"):
            if text := "".join(o["text"] for o in self._outputs if o["output_type"] == "stream" and o["name"] == name):
                answer[name] = text
        if reason in {"done", "error"}:
            answer["execute_reply"] = self._reply(reason)
        if self._result is not None:
            answer["result"] = self._result
        answer["outputs"] = self._outputs
        if done.kept_since:
            answer["kept_since"] = done.kept_since
        return answer

    def _reply(self, reason: str) -> Json:
        reply: Json = {"status": "ok" if reason == "done" else "error", "execution_count": 1}
        reply |= {"user_expressions": self._expressions, "payload": []}
        if reason == "error":
            reply |= self._error or {"ename": "Error", "evalue": "", "traceback": []}
        return reply

    def _output(self, output: pb.Output) -> None:
        kind = enum_name(pb.OutputKind, output.kind)
        try:
            if output.kind == pb.OUTPUT_KIND_EXPRESSIONS:
                self._expressions = expressions(output.body)
                return
            content = decode_body(output.body)
        except ValueError as error:
            content = {"data": {"text/plain": f"[an output of kind {kind} {error}]"}, "metadata": {}}
            kind = "display_data"
        match kind:
            case "stream":
                self._stream(content["name"], content["text"])
            case "display_data" | "execute_result":
                self._display(kind, content)
            case "update_display_data":
                for shown in self._displays.get(_display_id(content), []):
                    shown |= _data(content)
            case "error":
                self._error = {name: content[name] for name in ("ename", "evalue", "traceback")}
                self._add({"output_type": "error", **self._error})
            case "clear_output":
                self._clear = True
                if not content.get("wait"):
                    self._clear_now()
            case _:
                # Widgets and questions need a page.
                pass

    def _stream(self, name: str, text: str) -> None:
        self._clear_now()
        last = self._outputs[-1] if self._outputs else None
        if last is not None and last["output_type"] == "stream" and last["name"] == name:
            last["text"] += text
        else:
            self._outputs.append({"output_type": "stream", "name": name, "text": text})

    def _display(self, kind: str, content: Json) -> None:
        shown: Json = {"output_type": kind, **_data(content)}
        if kind == "execute_result":
            shown["execution_count"] = content.get("execution_count")
            self._result = shown["data"].get("text/plain")
        self._add(shown)
        if identifier := _display_id(content):
            self._displays.setdefault(identifier, []).append(shown)

    def _add(self, shown: Json) -> None:
        self._clear_now()
        self._outputs.append(shown)

    def _clear_now(self) -> None:
        """Carry out a clear_output that waited for the next output."""
        if self._clear:
            self._clear = False
            self._outputs.clear()
            self._displays.clear()


def decode_body(body: bytes) -> Json:
    """Return the content that a body holds, its usual fields of the usual types.

    Raises ValueError, worded to follow "an output", for what is no JSON
    object or is nested deeper than MAX_DEPTH.
    """
    content = _decoded(body)
    texts = {name: _text(content.get(name)) for name in ("name", "text", "ename", "evalue")}
    traceback = content.get("traceback")
    return {**content, **texts, "traceback": [_text(line) for line in traceback] if isinstance(traceback, list) else []}


def expressions(body: bytes) -> Json:
    """Return the values of expressions that a body holds, as Jupyter's execute_reply has them. Raises ValueError."""
    return {name: value for name, value in _decoded(body).items() if isinstance(value, dict)}


def _decoded(body: bytes) -> Json:
    try:
        # A session may write NaN, which is no JSON; half a surrogate pair is no text.
        content = json.loads(body, parse_constant=lambda name: None, parse_float=_finite)
        depth = depth_of(content)
    except (ValueError, RecursionError) as error:
        raise ValueError("was no JSON") from error
    if not isinstance(content, dict):
        raise ValueError("was no JSON object")
    if depth > MAX_DEPTH:
        raise ValueError("was nested too deeply")
    return content


def _finite(text: str) -> float | None:
    """Return a number; one that is larger than any float, such as 1e999, would be written as no JSON has it."""
    number = float(text)
    return number if math.isfinite(number) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _data(content: Json) -> Json:
    return {name: value if isinstance(value := content.get(name), dict) else {} for name in ("data", "metadata")}


def _display_id(content: Json) -> str:
    transient = content.get("transient")
    return _text(transient.get("display_id")) if isinstance(transient, dict) else ""


def depth_of(content: Any) -> int:
    """Return how deep a value is nested, without recursion."""
    depth, level = 0, [content]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth
