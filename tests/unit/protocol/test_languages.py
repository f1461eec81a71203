"""The languages of code: which a cell says it is in, and where it runs."""

import pytest

from sagews.protocol.languages import LANGUAGES, environment_of, is_known, spoken


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_cell_says_its_language_in_its_first_line(name: str) -> None:
    assert spoken(f"%%{name}\n1\n2") == (name, "1\n2")
    assert spoken(f"\n  # why\n%%{name} \t\n1") == (name, "1")
    assert spoken(f"%%{name}") == (name, "")


@pytest.mark.parametrize(
    "code", ["", "1\n%%r\n2", " %%r\n1", "%%r --option\n1", "%%time\n1", "%%R\n1", "%r 1", "# %%r"]
)
def test_any_other_line_says_none(code: str) -> None:
    assert spoken(code) == ("", code)


def test_a_long_cell_is_read_in_one_go() -> None:
    code = "  # a remark, and no more\n" * 40_000 + " " * 100_000
    assert spoken(code) == ("", code)


def test_the_first_environment_that_runs_a_language_has_its_code() -> None:
    languages = {"python": ["python", "html"], "sage": ["sage", "gap", "html"]}
    assert [environment_of(name, languages) for name in ("gap", "html", "r", "")] == ["sage", "python", "", ""]
    assert [is_known(name) for name in ("", "r", "cobol")] == [True, True, False]
