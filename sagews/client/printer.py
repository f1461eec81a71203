"""Prints the outputs of a session: text to stdout and stderr, figures to files that it names.

On a terminal the text is cleaned first (`client/terminal.py`); into a file or
pipe it goes as it is.
"""

import sys
from typing import Any, TextIO

import msgspec

from sagews.client.events import Done, Ended, Event, Gap, Output, Truncated
from sagews.client.figures import Figures
from sagews.client.terminal import TerminalText, clean


class Printer:
    """Where the outputs of one command go."""

    def __init__(self, figures: Figures, *, numbered: bool = False) -> None:
        """`numbered`: mark results with `Out[n]:`, as an interactive prompt does."""
        self._figures = figures
        self._numbered = numbered
        # Asked once: a prompt may put something else in place of sys.stdout later.
        self._terminals = {"stdout": sys.stdout.isatty(), "stderr": sys.stderr.isatty()}
        self._cleaners = {name: TerminalText() for name, terminal in self._terminals.items() if terminal}
        self._line_open = False

    def print(self, event: Event) -> None:
        """Print what an event has to show; most have nothing."""
        match event:
            case Output():
                self._output(event.output_kind, event.content)
            case Truncated():
                most = f"{event.limit:,} bytes" if event.limit else f"{event.event_rate:g} pieces a second"
                self.note(f"the output was cut here: more than {most}")
            case Gap():
                self.note(f"{event.events:,} events ({event.bytes:,} bytes) are missing here: they are no longer kept")
            case Done() | Ended():
                self._end()

    def note(self, line: str) -> None:
        """Print a line of our own on stderr, on a line of its own."""
        self.fresh_line()
        self._write("stderr", clean(f"sagews: {line}") + "\n")

    def fresh_line(self) -> None:
        """Begin a line, where a terminal stands in the middle of one."""
        if self._line_open and self._terminals["stdout"]:
            self._write("stdout", "\n")

    def _output(self, kind: str, content: dict[str, Any]) -> None:
        match kind:
            case "stream":
                name = "stderr" if content.get("name") == "stderr" else "stdout"
                self._foreign(name, _string(content.get("text")))
            case "display_data" | "update_display_data" | "execute_result":
                self._display(content, numbered=self._numbered and kind == "execute_result")
            case "error":
                self._error(content)

    def _display(self, content: dict[str, Any], *, numbered: bool) -> None:
        data, transient = _dict(content.get("data")), _dict(content.get("transient"))
        files = self._figures.save(data, _string(transient.get("display_id")))
        text = readable(data, drawn=bool(files))
        if text:
            self.fresh_line()
            mark = f"Out[{_number(content.get('execution_count'))}]: " if numbered else ""
            self._foreign("stdout", mark + ("\n" if mark and "\n" in text else "") + text + "\n")
        for file in files:
            self.note(f"figure in {file}")

    def _error(self, content: dict[str, Any]) -> None:
        traceback = content.get("traceback")
        lines = [line for line in traceback if isinstance(line, str)] if isinstance(traceback, list) else []
        text = "\n".join(lines) or f"{_string(content.get('ename'))}: {_string(content.get('evalue'))}"
        self.fresh_line()
        self._write("stderr", clean(text, colours=self._terminals["stderr"]).rstrip("\n") + "\n")

    def _foreign(self, name: str, text: str) -> None:
        """Write text of the session."""
        cleaner = self._cleaners.get(name)
        self._write(name, text if cleaner is None else cleaner.feed(text))

    def _end(self) -> None:
        for name, cleaner in self._cleaners.items():
            self._write(name, cleaner.end())
        if self._numbered:
            self.fresh_line()

    def _write(self, name: str, text: str) -> None:
        if not text:
            return
        stream: TextIO = sys.stdout if name == "stdout" else sys.stderr
        stream.write(_encodable(text, stream))
        stream.flush()
        if self._terminals[name]:
            self._line_open = not text.endswith("\n")


def readable(data: dict[str, Any], *, drawn: bool = False) -> str:
    """Return the text to print for a mimebundle; `drawn`: a file shows it already."""
    plain = _string(data.get("text/plain"))
    if not (plain.startswith("<") and plain.endswith(">")):
        return plain
    for kind in ("text/markdown", "text/latex"):
        if source := _string(data.get(kind)):
            return source
    if "application/json" in data:
        return msgspec.json.format(msgspec.json.encode(data["application/json"]), indent=2).decode()
    return "" if drawn else plain


def _encodable(text: str, stream: TextIO) -> str:
    """Return the text with what the stream cannot hold (lone surrogates, a narrow locale) escaped."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> str:
    return str(value) if isinstance(value, int) else ""
