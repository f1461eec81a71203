"""The page `/api`: the description of the API for people. Static HTML, made of it; no script. Thinking only, no I/O."""

import re
from collections.abc import Iterator
from html import escape
from typing import Any

from sagews.backend.style import Style
from sagews.backend.text_page import text_page

Json = dict[str, Any]


def page(said: Json, style: Style) -> str:
    """Return the page of a description (`openapi.py`), which loads its style and nothing else."""
    body = (
        "<h1>The API</h1>",
        f"<p>{prose(said['info']['description'])}</p>",
        f'<p>Of version {escape(said["info"]["version"])}. For programs: <a href="/openapi.json">openapi.json</a>.</p>',
        *_contents(said),
        *(line for path, method, operation in operations(said) for line in _operation(path, method, operation)),
        "<h2>Shapes</h2>",
        *(line for name, schema in said["components"]["schemas"].items() for line in _shape(name, schema)),
    )
    return text_page("the API", style, body)


def operations(said: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and operation of each route."""
    for path, methods in said["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def type_in_words(schema: Json) -> str:
    """Return what a schema allows, in Markdown: types, choices, the names of shapes."""
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if "anyOf" in schema:
        return " or ".join(type_in_words(one) for one in schema["anyOf"])
    match schema.get("type"):
        case "array":
            return f"list of {type_in_words(schema.get('items', {}))}"
        case "string":
            return "text"
        case "integer":
            return "whole number"
        case "boolean":
            return "true or false"
        case "null":
            return "null"
        case None:
            return "anything"
        case kind:
            return str(kind)


def bounds_in_words(schema: Json) -> str:
    """Return the bounds of a value, as far as they tell a caller something."""
    found = []
    for word, text in (("minimum", "from"), ("exclusiveMinimum", "above"), ("maximum", "to")):
        if schema.get(word, 2**53) < 2**53:
            found.append(f"{text} {schema[word]:,}")
    if "maxLength" in schema:
        found.append(f"at most {schema['maxLength']:,} characters")
    return ", ".join(found)


def fields(schema: Json) -> Iterator[tuple[str, str, str]]:
    """Yield name, type and text of each field of a shape, in Markdown."""
    required = schema.get("required", [])
    for name, one in schema.get("properties", {}).items():
        kind = type_in_words(one)
        if bounds := bounds_in_words(one):
            kind += f", {bounds}"
        if name in required and "default" not in one:
            kind += ", required" if schema.get("additionalProperties") is False else ""
        yield name, kind, one.get("description", "")


def prose(text: str) -> str:
    """Return Markdown of one paragraph as HTML: code between backquotes, and nothing else."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text, quote=False))


def anchor(operation: Json) -> str:
    """Return where a route stands on the page."""
    return str(operation["operationId"]).replace("_", "-")


def _contents(said: Json) -> Iterator[str]:
    yield '<ul class="contents">'
    for path, method, operation in operations(said):
        yield (
            f'<li><a href="#{anchor(operation)}"><span class="method">{method}</span>'
            f" <code>{escape(path)}</code></a> {prose(operation['summary'])}</li>"
        )
    yield "</ul>"


def _operation(path: str, method: str, operation: Json) -> Iterator[str]:
    yield f'<section id="{anchor(operation)}">'
    yield f"<h2>{prose(operation['summary'])}</h2>"
    yield f'<p class="route"><span class="method">{method}</span> <code>{escape(path)}</code></p>'
    if text := operation.get("description"):
        yield f"<p>{prose(text)}</p>"
    if rows := list(asks(operation)):
        yield "<h3>Request</h3>"
        yield from _table(("what", "type", ""), rows)
    yield "<h3>Answers</h3>"
    yield from _table(("status", "holds", ""), answers(operation))
    yield "</section>"


def asks(operation: Json) -> Iterator[tuple[str, str, str]]:
    """Yield what a request has: each parameter, the headers of its tokens, its body."""
    for one in operation.get("parameters", []):
        kind = type_in_words(one["schema"])
        if bounds := bounds_in_words(one["schema"]):
            kind += f", {bounds}"
        yield f"{one['in']} `{one['name']}`", kind, one["description"]
    if any("session" in one for one in operation.get("security", [])):
        yield "header `Sagews-Session-Token`", "text, required", "The token of the session."
    if any("link" in one for one in operation.get("security", [])):
        yield "header `Sagews-Workspace-Link`", "text", "The token of a link, of who is not a member."
    for media, one in operation.get("requestBody", {}).get("content", {}).items():
        kind = type_in_words(one["schema"]) if one["schema"] else "bytes"
        yield "body", f"{kind}, `{media}`", ""


def answers(operation: Json) -> Iterator[tuple[str, str, str]]:
    """Yield what each answer is: its status, its shape by media type, its text."""
    for status, one in operation["responses"].items():
        kinds: dict[str, list[str]] = {}
        for media, content in one.get("content", {}).items():
            shape = content["schema"].get("$ref", "").rpartition("/")[2]
            kinds.setdefault(f"`{shape}`" if shape else "", []).append(media)
        holds = "; ".join(
            shape if shape and media == ["application/json"] else " or ".join(f"`{one}`" for one in media)
            for shape, media in kinds.items()
        )
        yield f"{status}", holds, one["description"]


def _shape(name: str, schema: Json) -> Iterator[str]:
    yield f'<section id="shape-{escape(name)}">'
    yield f"<h3>{escape(name)}</h3>"
    yield f"<p>{prose(schema.get('description', ''))}</p>"
    yield from _table(("field", "type", ""), ((f"`{one}`", kind, text) for one, kind, text in fields(schema)))
    yield "</section>"


def _table(head: tuple[str, str, str], rows: "Any") -> Iterator[str]:
    yield '<div class="wide"><table>'
    yield "<tr>" + "".join(f'<th scope="col">{escape(word)}</th>' for word in head) + "</tr>"
    for row in rows:
        first, *rest = (_linked(prose(cell)) for cell in row)
        yield f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>"
    yield "</table></div>"


def _linked(html: str) -> str:
    """Return a cell with the names of shapes linked to where they stand."""
    return re.sub(r"<code>([A-Z]\w+)</code>", r'<a href="#shape-\1"><code>\1</code></a>', html)
