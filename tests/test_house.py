"""The house keeps its promises: what pages say of the code is so, names are the agreed ones, files stay small."""

import ast
import importlib.util
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import sagews
from sagews.config.limits import Limits
from sagews.config.load import load
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import enum_name

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCS = sorted((ROOT / "docs").rglob("*.md"))

LONG_FILES: dict[str, str] = {}
"""Files above 400 lines, each with the reason why it is not two."""

KEPT_OUT = {"kernel", "kernels", "job", "jobs", "node", "nodes", "manager", "managers", "handler", "handlers"} | {
    "util",
    "utils",
    "helper",
    "helpers",
}
"""Words that name nothing, or something else; see CONTRIBUTING.md."""
LET_IN = {
    "sagews/backend/app.py": {"handler"},  # aiohttp's word for what a middleware stands before
    "sagews/backend/doorkeeper.py": {"handler", "Handler"},  # the same
    "sagews/backend/sockjs.py": {"manager", "_manager"},  # sockjs.SessionManager
    "sagews/session/bpf.py": {"node", "Node"},  # of a decision tree, as everybody calls it
    "sagews/session/comms.py": {
        "get_comm_manager",
        "kernel",
    },  # of the comm package: a function that is replaced, an attribute
    "sagews/session/deadline.py": {"handler"},  # of a signal, as signal(7) calls it
    "sagews/session/figures.py": {"manager", "new_figure_manager_given_figure"},  # matplotlib's, replaced
    "sagews/session/preload.py": {"font_manager"},  # a module of matplotlib
    "sagews/session/shell.py": {"history_manager", "init_traceback_handlers"},  # of InteractiveShell, overridden
}
"""Definitions that may use such a word, by file: names that somebody else gave."""


def script(name: str) -> ModuleType:
    """Return a module of `scripts/`."""
    spec = importlib.util.spec_from_file_location(f"scripts_{name}", ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """Give the hook that writes the reference pages."""
    return script("reference")


def rendered(reference: ModuleType, page: str) -> str:
    """Return a page of the reference as it is built."""
    text: str = reference.on_page_markdown((ROOT / "docs" / "reference" / page).read_text())
    return text


def own_files() -> Iterator[Path]:
    """Yield the source files that people write here."""
    for folder in ("sagews", "tests", "benchmarks", "scripts", "web/src"):
        for file in sorted((ROOT / folder).rglob("*")):
            generated = file.name.startswith("sagews_pb2") or "static" in file.parts
            if file.suffix in {".py", ".ts", ".css"} and not generated:
                yield file


# ------------------------------------------------------------- pages and code


def test_tree_of_architecture_is_that_of_the_code() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    assert script("tree").renewed(page) == page, "run make format"


def test_every_file_that_a_page_names_exists() -> None:
    named = re.compile(r"`((?:sagews|web|tests|scripts|docs|benchmarks|examples|proto)/[\w./-]*\w/?)`")
    built = ("web/node_modules", "sagews/backend/static")
    missing = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in [*PAGES, *DOCS]
        for name in named.findall(page.read_text())
        if not name.startswith(built) and not (ROOT / name).exists()
    ]
    assert not missing


def test_every_setting_is_in_the_reference(reference: ModuleType) -> None:
    page = rendered(reference, "settings.md")
    for module in reference.TABLES:
        for title, _, rows in reference.tables(module):
            assert f"## {title}" in page
            for row in rows:
                assert row.text, f"{title} {row.name} has no text"
                assert f"`{row.name}`" in page


def test_every_setting_has_a_text_under_it(reference: ModuleType) -> None:
    tables = {title: rows for module in ("backend", "worker", "limits") for title, _, rows in reference.tables(module)}
    assert {row.name for row in tables["`[limits]`"]} == set(Limits.__struct_fields__)


def test_every_message_is_in_the_reference(reference: ModuleType) -> None:
    page = rendered(reference, "messages.md")
    for envelope in (pb.Request, pb.Event):
        for field in envelope.DESCRIPTOR.oneofs_by_name["kind"].fields:
            assert f"### `{field.name}`" in page
            for inner in field.message_type.fields:
                assert f"- `{inner.name}`" in page, f"{field.name}.{inner.name}"


ENUMS = [pb.OutputKind, pb.FailureCode, pb.WorkerState, pb.Unrepeatable]


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.DESCRIPTOR.name)
def test_every_value_of_an_enum_is_in_the_reference(reference: ModuleType, enum: object) -> None:
    page = rendered(reference, "messages.md")
    for value in enum.values()[1:]:  # type: ignore[attr-defined]  # the wrappers of protobuf's enums
        assert f"- `{enum_name(enum, value)}`" in page


def test_every_reason_is_in_the_reference_and_no_other() -> None:
    page = (ROOT / "docs/reference/reasons.md").read_text()
    told = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    reasons = {
        enum_name(enum, value) for enum in (pb.EvaluationReason, pb.SessionReason) for value in enum.values()[1:]
    }
    assert told == reasons


def test_every_limit_is_in_the_reference() -> None:
    page = (ROOT / "docs/reference/limits.md").read_text()
    assert [name for name in Limits.__struct_fields__ if f"`{name}`" not in page] == []


def test_every_command_is_in_the_reference(reference: ModuleType) -> None:
    page = rendered(reference, "command-line.md")
    services = ("serve", "worker", "backend", "logwatch")
    tools = ("run", "console", "doctor", "certificates", "database migrate", "admin logs", "admin empty-logs")
    for command in (*services, *tools):
        assert f"## `sagews {command} " in page
    assert "`--port PORT`" in page


def test_every_route_is_in_the_reference() -> None:
    page = (ROOT / "docs/reference/http.md").read_text()
    backend = "".join(file.read_text() for file in (ROOT / "sagews/backend").rglob("*.py"))
    routes = re.findall(r'web\.(get|post|put)\("(/[a-z-]*)', backend)
    assert len(routes) >= 7
    told = set(re.findall(r"`(GET|POST|PUT) (/[a-z-]*)", page))
    assert {(method.upper(), path) for method, path in routes} <= told and "`/sockjs`" in page


def test_every_route_and_shape_of_the_api_is_in_the_reference(reference: ModuleType) -> None:
    page = rendered(reference, "api.md")
    said = reference.api_description()
    for path, methods in said["paths"].items():
        for method, operation in methods.items():
            told = page.partition(f"`{method.upper()} {path}`")[2].partition("\n## ")[0]
            for status in operation["responses"]:
                assert f"\n| {status} | " in told, f"{method} {path} {status}"
    for name, shape in said["components"]["schemas"].items():
        told = page.partition(f"### `{name}`")[2].partition("\n### ")[0]
        for field in shape["properties"]:
            assert f"\n| `{field}` | " in told, f"{name}.{field}"


def test_make_targets_are_those_that_pages_name() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert len(targets) <= 18
    for page in [*PAGES, *DOCS]:
        for named in re.findall(r"(?:`|\$ )make ((?:[a-z-]+ ?)+)", page.read_text()):
            assert set(named.split()) <= targets, page
    told = (ROOT / "docs/reference/command-line.md").read_text()
    assert [target for target in targets if f"`make {target}" not in told and target != "help"] == []


def test_readme_begins_with_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme.index("make serve") < readme.index("make test") < readme.index("## ")
    assert "make test" in (ROOT / ".ci/run").read_text()


def test_changelog_begins_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    newest = re.search(r"^## (\S+?)[, ]", changelog, re.MULTILINE)
    assert newest is not None and newest[1] == sagews.__version__


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.toml")), ids=lambda path: path.name)
def test_examples_load(example: Path) -> None:
    assert load(example).environment
    assert f"examples/{example.name}" in (ROOT / "docs/how-to/configuration-file.md").read_text()


def test_configuration_in_pages_loads(tmp_path: Path) -> None:
    for page in DOCS:
        for number, text in enumerate(re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL)):
            file = tmp_path / f"{page.stem}-{number}.toml"
            file.write_text(text)
            load(file)


# ---------------------------------------------------------------- the sources


def test_long_files_are_known_and_no_others() -> None:
    long = {str(file.relative_to(ROOT)) for file in own_files() if len(file.read_text().splitlines()) > 400}
    assert long == set(LONG_FILES)


def test_the_median_file_is_small() -> None:
    lengths = sorted(len(file.read_text().splitlines()) for file in own_files())
    assert lengths[len(lengths) // 2] <= 150


def test_words_that_name_nothing_are_kept_out() -> None:
    found: dict[str, set[str]] = {}
    for file in (ROOT / "sagews").rglob("*.py"):
        if not file.name.startswith("sagews_pb2"):
            names = {file.stem, *defined(ast.parse(file.read_text()))}
            if bad := {name for name in names if words(name) & KEPT_OUT}:
                found[str(file.relative_to(ROOT))] = bad
    assert found == LET_IN


def defined(tree: ast.AST) -> Iterator[str]:
    """Yield every name that a module defines: classes, functions, arguments, variables, attributes."""
    for part in ast.walk(tree):
        if isinstance(part, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield part.name
        elif isinstance(part, ast.arg):
            yield part.arg
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
        elif isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
            yield part.attr


def words(name: str) -> set[str]:
    """Return the words of an identifier in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}


def test_unit_tests_are_named_after_their_module() -> None:
    stray = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "tests/unit").rglob("test_*.py"))
        if not (
            ROOT / "sagews" / file.parent.relative_to(ROOT / "tests/unit") / f"{file.stem.removeprefix('test_')}.py"
        ).is_file()
    ]
    assert not stray


def test_versions_are_pinned_and_no_address_is() -> None:
    lock = json.loads((ROOT / "web/package-lock.json").read_text())
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    for name in ("constraints.txt", "benchmarks/peer-requirements.txt"):
        lines = [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]
        assert lines and all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+]+", line) for line in lines), name


def test_constraints_pin_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["science"]]
    wanted += project["optional-dependencies"]["dev"]
    pinned = {normal(line.partition("==")[0]) for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert [name for name in wanted if normal(re.split(r"[<>=\[; ]", name)[0]) not in pinned] == []


def normal(name: str) -> str:
    """Return a package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_ci_run_is_a_script_that_can_be_run() -> None:
    run = ROOT / ".ci/run"
    assert run.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(run)], check=False).returncode == 0
