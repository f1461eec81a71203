"""A fence for MkDocs: a block of code that begins with ```sagews is a live cell; see `docs/how-to/embed.md`."""

from html import escape
from typing import Any

FLAGS = ("setup", "readonly", "autoevaluate")
TEXTS = ("session", "language", "label")


def takes(language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, Any], md: Any) -> bool:
    """Take the options of a fence that a cell has."""
    for name, value in inputs.items():
        if name not in (*FLAGS, *TEXTS, "expected"):
            return False
        options[name] = value
    return True


def cell(source: str, language: str, css_class: str, options: dict[str, Any], md: Any, **_: Any) -> str:
    """Return the HTML of a cell."""
    given = "".join(f' {name}="{escape(options[name])}"' for name in TEXTS if name in options)
    given += "".join(f" {name}" for name in FLAGS if name in options)
    slot = f'<pre slot="expected">{escape(options["expected"])}</pre>' if "expected" in options else ""
    # A block that Markdown knows: around another element it would put a paragraph, which a `pre` ends.
    return f"<div><sagews-cell{given}><pre>\n{escape(source)}\n</pre>{slot}</sagews-cell></div>"
