"""Writes the reference pages out of the code, so that they cannot drift from it. A hook of mkdocs.

Where a page says `<!-- generated: NAME -->`, the Markdown that `PARTS[NAME]()`
returns takes its place: the settings from the texts under the attributes in
`sagews/config/`, the messages from the comments of `proto/sagews.proto`, the
command line from the program's own help, the API from its own description.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

ROOT = Path(__file__).resolve().parent.parent
TABLES = (
    *(
        "site",
        "machine",
        "haproxy",
        "stunnel",
        "nginx",
        "postgresql",
        "memcached",
        "backend",
        "embedding",
        "rates",
        "quotas",
        "worker",
    ),
    *(
        "links",
        "database",
        "permalinks",
        "publications",
        "printing",
        "sagecell",
        "imports",
        "accounts",
        "provider",
        "logwatch",
        "limits",
        "cache",
        "environment",
    ),
)
"""Modules of `sagews/config/`, in the order of the page."""
MARK = re.compile(r"^<!-- generated: (?P<name>[a-z-]+) -->$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill in the generated parts of a page (mkdocs calls this for each)."""
    return MARK.sub(lambda found: PARTS[found["name"]](), markdown)


# ------------------------------------------------------------------ settings


@dataclass(frozen=True)
class Setting:
    """One setting of `sagews.toml`."""

    name: str
    kind: str
    default: str
    text: str


def settings() -> str:
    """Return every table of the configuration file with its settings."""
    parts = []
    for module in TABLES:
        for title, intro, rows in tables(module):
            parts.append(f"## {title}\n\n{intro}\n")
            parts += [f"`{row.name}` ({row.kind}, {row.default})\n:   {row.text}\n" for row in rows]
    return "\n".join(parts)


def tables(module: str) -> Iterator[tuple[str, str, list[Setting]]]:
    """Yield the title, the text and the settings of each table in a module of `sagews/config/`."""
    loaded = import_module(f"sagews.config.{module}")
    source = ast.parse((ROOT / "sagews" / "config" / f"{module}.py").read_text())
    for node in source.body:
        if not isinstance(node, ast.ClassDef):
            continue
        struct = getattr(loaded, node.name)
        if not issubclass(struct, msgspec.Struct):
            continue
        intro = ast.get_docstring(node) or ""
        named = re.match(r"Table `(?P<table>[^`]+)`: (?P<text>.*)", intro, re.DOTALL)
        title = f"`{named['table']}`" if named else "Top of the file"
        intro = named["text"][:1].upper() + named["text"][1:] if named else intro
        yield title, intro, list(rows_of(node, struct))


def rows_of(node: ast.ClassDef, struct: type[msgspec.Struct]) -> Iterator[Setting]:
    """Yield the settings of one table: each attribute that has a text under it."""
    kinds = {row.name: row for row in msgspec.structs.fields(struct)}
    for attribute, below in zip(node.body, node.body[1:], strict=False):
        if not (isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name)):
            continue
        if not (isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)):
            continue
        row = kinds[attribute.target.id]
        yield Setting(
            row.name, kind_in_words(row.type), default_in_words(row), " ".join(str(below.value.value).split())
        )


def kind_in_words(kind: Any) -> str:
    """Return a type as TOML's users call it."""
    words = {str: "text", int: "whole number", float: "number", bool: "true or false", list[str]: "list of texts"}
    words[dict[str, float]] = "table of numbers"
    words |= {bool | None: "true or false"}
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(f"`{word}`" for word in get_args(kind) if word)
    return words.get(kind, str(kind))


def default_in_words(row: msgspec.structs.FieldInfo) -> str:
    """Return what a setting is when the file does not say."""
    if row.default is not msgspec.NODEFAULT:
        return f"default `{toml(row.default)}`"
    if row.default_factory in (list, dict):
        return f"default `{'[]' if row.default_factory is list else '{}'}`"
    if row.default_factory is not msgspec.NODEFAULT:
        said = (row.default_factory.__doc__ or "").strip().removeprefix("Return ").rstrip(".").partition(" (")[0]
        return f"default {said}"
    return "required"


def toml(value: Any) -> str:
    """Return a value as `sagews.toml` spells it; nothing can be spelled by leaving it out alone."""
    if value is None:
        return "not said"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:_}" if isinstance(value, int) and value >= 100_000 else str(value)


# ------------------------------------------------------------------ messages


@dataclass
class Block:
    """A message or an enum of the schema."""

    name: str
    text: str
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, type (or number), comment."""


def schema() -> dict[str, Block]:
    """Return the blocks of `proto/sagews.proto` by name, with the comments above each block and row."""
    blocks: dict[str, Block] = {}
    comments: list[str] = []
    block = None
    for line in (ROOT / "proto" / "sagews.proto").read_text().splitlines():
        line = line.strip()
        if line.startswith("//"):
            comments.append(line.removeprefix("//").strip())
            continue
        if opened := re.match(r"(?:message|enum) (\w+) \{", line):
            block = blocks[opened[1]] = Block(opened[1], " ".join(comments))
        elif block and (row := re.match(r"((?:repeated )?\w+) (\w+) = \d+;", line)):
            block.rows.append((row[2], row[1], " ".join(comments)))
        elif block and (row := re.match(r"(\w+) = (\d+);", line)):
            block.rows.append((row[1], row[2], " ".join(comments)))
        comments = []
    return blocks


def kinds(envelope: str) -> list[tuple[str, str]]:
    """Return the kinds of `Request` or `Event`: their names and the messages that they carry."""
    known = schema()
    return [(name, kind) for name, kind, _ in known[envelope].rows if kind in known]


def envelope(name: str) -> str:
    """Return the fields of an envelope beside its kind."""
    known = schema()
    return rows_as_list([row for row in known[name].rows if row[1] not in known])


def messages(envelope: str) -> str:
    """Return every kind of an envelope with its fields."""
    known = schema()
    parts = []
    for name, kind in kinds(envelope):
        parts.append(f"### `{name}`\n\n{known[kind].text}\n")
        parts.append(rows_as_list(known[kind].rows) + "\n" if known[kind].rows else "No fields.\n")
    return "\n".join(parts)


def rows_as_list(rows: list[tuple[str, str, str]]) -> str:
    """Return fields as a list."""
    return "\n".join(f"- `{name}` ({kind})" + (f": {text}" if text else "") for name, kind, text in rows)


def enum(name: str) -> str:
    """Return the values of an enum as the JSON form spells them."""
    values = [(value, text) for value, _, text in schema()[name].rows if not value.endswith("_UNSPECIFIED")]
    prefix = re.sub(r"(?<!^)([A-Z])", r"_\1", name).upper() + "_"
    return "\n".join(f"- `{v.removeprefix(prefix).lower()}`" + (f": {text}" if text else "") for v, text in values)


# -------------------------------------------------------------- command line


def command_line() -> str:
    """Return the help of every command, as the program knows it."""
    from typer.main import get_command

    from sagews.command_line import app

    group = get_command(app)
    parts = [f"{(group.help or '').strip()}\n"]
    for name, command in commands(group):
        arguments = [row for row in command.params if row.param_type_name == "argument"]
        names = [f"[{row.metavar or row.name.upper()}]" for row in arguments]
        parts.append(f"## `{' '.join([f'sagews {name}', '[OPTIONS]', *names])}`\n\n{(command.help or '').strip()}\n")
        for row in command.params:
            value = f" {row.metavar}" if row.metavar else ""
            spelled = row.metavar or row.name.upper() if row in arguments else ", ".join(row.opts) + value
            default = "" if row.default in (None, "", False) or callable(row.default) else f" Default: `{row.default}`."
            parts.append(f"`{spelled}`\n:   {(getattr(row, 'help', '') or '').strip()}{default}\n")
    return "\n".join(parts)


def commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command with its whole name; a group of commands gives those that are in it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{above}{name} ")
        elif not command.hidden:
            yield above + name, command


# ----------------------------------------------------------------------- API


def api_description() -> dict[str, Any]:
    """Return the description of the API, as a site without a file of settings gives it."""
    from sagews.backend.api.api import api_routes
    from sagews.backend.api.openapi import description
    from sagews.backend.cache import Cache
    from sagews.backend.drain import Drain
    from sagews.backend.entrance import Entrance
    from sagews.backend.health import Health
    from sagews.backend.metrics import Metrics
    from sagews.backend.printer import Printer
    from sagews.backend.quotas import Quotas
    from sagews.backend.reader import Reader
    from sagews.backend.runs import Runs
    from sagews.backend.sessions import Sessions
    from sagews.backend.workers import Workers
    from sagews.backend.worksheets.desks import Desks
    from sagews.backend.workspaces.shelf import Shelf
    from sagews.config.site import Site
    from sagews.database.database import Database
    from sagews.database.permalinks import Permalinks
    from sagews.database.quotas import OwnQuotas
    from sagews.database.usage import Usage

    site, metrics = Site(), Metrics()
    workers = Workers(site)
    entrance, drain = Entrance(workers, site.backend, metrics), Drain(site.backend.drain_seconds)
    database = Database(site)
    quotas = Quotas(site, OwnQuotas(database), Usage(database), str, workers, metrics)
    sessions = Sessions(workers, entrance, metrics, quotas)
    runs = Runs(site, workers, sessions, Cache.of(site, metrics), metrics, quotas)
    health = Health(workers, entrance, drain, metrics)
    shelf = Shelf(site, database)

    async def uncounted(kind: str, reader: Reader) -> None:
        """Nobody asks for anything here."""

    printer = Printer(site, workers, sessions, uncounted)
    desks = Desks(site, database, shelf)
    routes = api_routes(site, workers, runs, sessions, Permalinks(database), health, drain, shelf, desks, printer)
    return description(routes, [environment.name for environment in site.environment])


def api_operations() -> str:
    """Return every route with what it asks and answers."""
    from sagews.backend.api.page import answers, asks, operations

    parts = []
    for path, method, operation in operations(api_description()):
        parts.append(f"## {operation['summary']}\n\n`{method} {path}`\n")
        parts.append(f"{operation.get('description', '')}\n")
        if rows := list(asks(operation)):
            parts.append(table(("asks", "type", ""), rows))
        parts.append(table(("status", "holds", ""), answers(operation)))
    return "\n".join(parts)


def api_shapes() -> str:
    """Return every shape of a body with its fields."""
    from sagews.backend.api.page import fields

    parts = []
    for name, one in api_description()["components"]["schemas"].items():
        parts.append(f"### `{name}`\n\n{one.get('description', '')}\n")
        parts.append(table(("field", "type", ""), ((f"`{row[0]}`", *row[1:]) for row in fields(one))))
    return "\n".join(parts)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table."""
    lines = [head, ("-",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


PARTS: dict[str, Callable[[], str]] = {
    "settings": settings,
    "request-envelope": lambda: envelope("Request"),
    "requests": lambda: messages("Request"),
    "event-envelope": lambda: envelope("Event"),
    "events": lambda: messages("Event"),
    "limits": lambda: rows_as_list(schema()["Limits"].rows),
    "output-kinds": lambda: enum("OutputKind"),
    "failure-codes": lambda: enum("FailureCode"),
    "unrepeatable": lambda: enum("Unrepeatable"),
    "worker-states": lambda: enum("WorkerState"),
    "command-line": command_line,
    "api-about": lambda: str(api_description()["info"]["description"]),
    "api-operations": api_operations,
    "api-shapes": api_shapes,
}
