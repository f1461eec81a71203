"""The code that `run` gets, and what it says of code that is none."""

from pathlib import Path

import pytest

from sagews.client.source import known_language, read_source
from sagews.errors import ConfigurationError
from sagews.protocol import MAX_CODE
from sagews.protocol.languages import LANGUAGES


def test_code_comes_from_the_command_line_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("π = 1\r\n".encode())
    assert read_source(None, "1+1") == "1+1"
    assert read_source(str(tmp_path / "a.py"), None) == "π = 1\r\n"


def test_exactly_one_of_them_is_wanted() -> None:
    with pytest.raises(ConfigurationError, match="neither"):
        read_source(None, None)
    with pytest.raises(ConfigurationError, match="both"):
        read_source("a.py", "1")


def test_the_byte_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"ab\xff")
    with pytest.raises(ConfigurationError, match="byte 3 is 0xff"):
        read_source(str(tmp_path / "a.py"), None)
    with pytest.raises(ConfigurationError, match="byte 2 is 0xfe"):
        read_source(None, b"a\xfe".decode("utf-8", "surrogateescape"))


def test_a_file_that_is_missing_too_large_or_a_notebook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big.py").write_bytes(b"#" * (MAX_CODE + 1))
    for name, words in (("none.py", "cannot be read"), ("big.py", "over 1 MiB"), ("x.ipynb", "notebook"), ("", "read")):
        with pytest.raises(ConfigurationError, match=words):
            read_source(str(tmp_path / name), None)


def test_a_language_is_one_of_those_that_are_known() -> None:
    assert [known_language(name) for name in ("", "r", "R", *LANGUAGES)] == ["", "r", "r", *LANGUAGES]
    with pytest.raises(ConfigurationError) as refused:
        known_language("cobol")
    assert str(refused.value) == f"--language cobol: is no language that is known; give one of {', '.join(LANGUAGES)}"
