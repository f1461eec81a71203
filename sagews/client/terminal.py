r"""Makes text from a session fit for a terminal. Thinking only, no I/O.

What a session writes is hostile, and a terminal obeys what it is sent: it can
be told to move, to rename its window, to answer as if keys were pressed, to
fill the clipboard. Colours (SGR, `ESC [ ... m`) and \n \r \t \b pass; all
other control sequences are taken out (ECMA-48, and xterm's ctlseqs), and what
control characters remain are shown as pictures of themselves.
"""

import re

LONGEST_SEQUENCE = 4096
"""Characters that an unfinished sequence may have before it is taken for text."""

_STRINGS = r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])"
"""Introducers of OSC, DCS, SOS, PM and APC, in seven and in eight bits."""
_SEQUENCE = re.compile(
    r"(?P<csi>(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~])"
    rf"|{_STRINGS}[^\x07\x18\x1a\x1b\x9c\n]*(?:\x07|\x18|\x1a|\x1b\\|\x9c|(?=[\x1b\n]))"
    r"|\x1b[ -/]*[0-~]"
    r"|(?P<control>[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f])"
)
_UNFINISHED = re.compile(rf"(?:(?:\x1b\[|\x9b)[0-?]*[ -/]*|{_STRINGS}[^\x07\x18\x1a\x1b\x9c\n]*\x1b?|\x1b[ -/]*)\Z")
_INTRODUCER = re.compile(r"[\x1b\x90\x98\x9b\x9d-\x9f]")
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_RESET = "\x1b[0m"


class TerminalText:
    """Cleans one stream of text that arrives in pieces."""

    def __init__(self, *, colours: bool = True) -> None:
        """Without colours, every sequence is taken out."""
        self._colours = colours
        self._tail = ""
        self._coloured = False

    def feed(self, piece: str) -> str:
        """Return what may be written of the text so far; an unfinished sequence waits for its rest."""
        text = self._tail + piece
        self._tail = ""
        if (start := _unfinished(text)) is not None:
            text, self._tail = text[:start], text[start:]
        return _SEQUENCE.sub(self._replace, text)

    def end(self) -> str:
        """Return what closes the stream: the colours go back to normal, an unfinished sequence is dropped."""
        self._tail = ""
        closing = _RESET if self._coloured else ""
        self._coloured = False
        return closing

    def _replace(self, found: re.Match[str]) -> str:
        if control := found["control"]:
            return _picture(control)
        if found["csi"] and self._colours and _COLOUR.fullmatch(found["csi"]):
            self._coloured = found["csi"] not in (_RESET, "\x1b[m")
            return found["csi"]
        return ""


def clean(text: str, *, colours: bool = False) -> str:
    """Return a whole text, fit for a terminal."""
    stream = TerminalText(colours=colours)
    return stream.feed(text) + stream.end()


def _unfinished(text: str) -> int | None:
    """Return where a sequence begins that the text ends in the middle of.

    It has at most two introducers: its own, and the ESC of its terminator.
    """
    window = max(0, len(text) - LONGEST_SEQUENCE)
    starts = [found.start() for found in _INTRODUCER.finditer(text, window)]
    return next((start for start in starts[-2:] if _UNFINISHED.match(text, start)), None)


def _picture(control: str) -> str:
    """Return a visible character for a control character; none for the bell, which means nothing when read."""
    if control == "\x07":
        return ""
    code = ord(control)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"
