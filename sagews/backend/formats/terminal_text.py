"""Text as a terminal would show it, as HTML: colours, and lines that were written over."""

import re
from html import escape

MOST_SHOWN = 200_000
"""Characters of one output; what is more is counted."""

_COLOUR = re.compile(r"\x1b\[([0-9;]{0,40})m")
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])?")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def terminal_text(text: str) -> str:
    """Return safe HTML for within a `pre`."""
    more = len(text) - MOST_SHOWN
    text = text[:MOST_SHOWN]
    lines = [_overwritten(line.removesuffix("\r")) if "\r" in line else line for line in text.split("\n")]
    first, *coloured = _COLOUR.split("\n".join(lines))
    parts = [_plain(first)]
    shown: set[str] = set()
    for codes, piece in zip(coloured[::2], coloured[1::2], strict=True):
        shown = _changed(shown, codes)
        words = _plain(piece)
        parts.append(f'<span class="{" ".join(sorted(shown))}">{words}</span>' if shown and words else words)
    if more > 0:
        parts.append(f"\n… and {more} more characters")
    return "".join(parts)


def _plain(text: str) -> str:
    return escape(_CONTROL.sub("\ufffd", _SEQUENCE.sub("", text)))


def _overwritten(line: str) -> str:
    """Return a line after carriage returns: what comes later stands over what was there."""
    shown: list[str] = []
    for part in line.split("\r"):
        shown[: len(part)] = part
    return "".join(shown)


def _changed(shown: set[str], codes: str) -> set[str]:
    """Return the classes after a sequence of colour: 1 is bold, 30 to 37 and 90 to 97 are colours, 0 ends all."""
    for code in codes.split(";"):
        if code in ("", "0"):
            shown = set()
        elif code == "1":
            shown = shown | {"bold"}
        elif re.fullmatch(r"[39][0-7]", code):
            shown = {name for name in shown if not name.startswith("c")} | {f"c{code[1]}"}
        elif code in ("38", "48"):
            return shown
    return shown
