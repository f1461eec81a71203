"""Formulas without dollar signs in Markdown."""

import pytest

from sagews.backend.formats.environments import NAME
from sagews.backend.formats.markdown import Markdown, parser


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("\\begin{align}a&=b\\end{align}", ["\\begin{align}a&=b\\end{align}"]),
        ("before\n\\begin{align*}\na\n\\end{align*}\nafter", ["\\begin{align*}\na\n\\end{align*}"]),
        ("- x\n  \\begin{matrix}\n  1\n  \\end{matrix}", ["\\begin{matrix}\n1\n\\end{matrix}"]),
        ("\\begin{align}\na\n\n\\begin{equation}b\\end{equation}", ["\\begin{equation}b\\end{equation}"]),
        ("\\begin{align}a\\end{align*}", []),
        ("\\begin{theorem}a\\end{theorem}", []),
        ("```\n\\begin{align}a\\end{align}\n```", []),
        ("    \\begin{align}a\\end{align}", []),
    ],
)
def test_an_environment_is_a_formula_where_it_begins_a_line_and_ends(text: str, formulas: list[str]) -> None:
    assert [token.content for token in parser().parse(text) if token.type == NAME] == formulas


def test_beginnings_without_an_end_are_looked_through_once() -> None:
    assert Markdown().render("\\begin{align}\n" * 3_000).count("begin{align}") == 3_000
