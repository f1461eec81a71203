"""Writes the tree of modules into ARCHITECTURE.md, each with the first sentence of its docstring."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "ARCHITECTURE.md"
BEGIN = "<!-- tree: written by `make format` -->"
END = "<!-- /tree -->"


def tree() -> str:
    """Return the tree as Markdown."""
    lines = ["```text"]
    package = None
    for module in sorted((ROOT / "sagews").rglob("*.py"), key=lambda path: (path.parent.as_posix(), path.name)):
        if module.name.endswith("_pb2.py"):
            continue
        if module.parent != package:
            package = module.parent
            intro = first_sentence(package / "__init__.py")
            lines += ([""] if len(lines) > 1 else []) + [f"{package.relative_to(ROOT)}/  {intro}"]
        if module.name != "__init__.py":
            lines.append(f"    {module.name:<20} {first_sentence(module)}")
    return "\n".join([*lines, "```"])


def first_sentence(module: Path) -> str:
    """Return the first sentence of a module's docstring; empty if it has none."""
    text = " ".join((ast.get_docstring(ast.parse(module.read_text())) or "").split("\n\n")[0].split())
    return re.split(r"(?<=[a-z0-9)`\"])\. ", text)[0].removesuffix(".")


def renewed(page: str) -> str:
    """Return the page with the tree as it is now."""
    between = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    return between.sub(lambda _: f"{BEGIN}\n{tree()}\n{END}", page)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
