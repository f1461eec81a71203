"""What is written for supervisord is what supervisord reads."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supervisor.datatypes import dict_of_key_value_pairs
from supervisor.options import UnhosedConfigParser

from sagews.admin.program import Answers, Program
from sagews.admin.supervisor.configuration import command_line, configuration
from sagews.admin.supervisor.places import Places
from sagews.errors import ConfigurationError

PLACES = Places(Path("/srv/sagews"))
PROGRAM = Program(
    name="backend1",
    kind="backend",
    command=("/usr/bin/true",),
    directory=Path("/"),
    log=Path("/srv/sagews/logs/backend1.log"),
    answers=Answers(address="127.0.0.1:8000"),
)

words = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=20) | st.text("a ;#%'\"\\$", max_size=12)


def read(*programs: Program, user: str = "") -> dict[str, dict[str, Any]]:
    """Return what supervisord's own parser reads, by section."""
    parser = UnhosedConfigParser()
    parser.read_string(configuration(programs, PLACES, user=user, open_files=1024))
    return {section: dict(parser.items(section)) for section in parser.sections()}


@given(st.lists(words, min_size=1, max_size=5))
def test_every_word_of_a_command_is_read_as_it_is(command: list[str]) -> None:
    command = ["/usr/bin/true", *command]
    section = read(replace(PROGRAM, command=tuple(command)))["program:backend1"]
    assert shlex.split(section["command"] % {}) == command


@given(st.dictionaries(st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True), words, min_size=1, max_size=3))
def test_every_variable_is_read_as_it_is_or_refused(variables: dict[str, str]) -> None:
    program = replace(PROGRAM, environment=variables)
    try:
        section = read(program)["program:backend1"]
    except ConfigurationError:
        return
    assert dict_of_key_value_pairs(section["environment"] % {}) == variables


@pytest.mark.parametrize("character", ["\n", "\r", "\0"])
def test_no_word_can_begin_a_line_of_its_own(character: str) -> None:
    with pytest.raises(ConfigurationError, match="line break"):
        command_line(("/bin/echo", f"a{character}[program:evil]"))
    with pytest.raises(ConfigurationError, match="cannot stand in"):
        read(replace(PROGRAM, log=Path(f"/a{character}b")))


def test_who_starts_as_whom_and_comes_back_when() -> None:
    section = read(replace(PROGRAM, user="sagews-backend", stop_signal="INT", stop_seconds=2.5))["program:backend1"]
    assert section["user"] == "sagews-backend"
    assert section["autostart"] == "false" and section["autorestart"] == "true"
    assert (section["stopsignal"], section["stopwaitsecs"], section["killasgroup"]) == ("INT", "3", "true")
    assert read(replace(PROGRAM, may_end=True))["program:backend1"]["autorestart"] == "unexpected"
    assert read(PROGRAM, user="root")["supervisord"]["user"] == "root" and "user" not in read(PROGRAM)["supervisord"]
    assert read(PROGRAM)["unix_http_server"] == {"file": "/srv/sagews/supervisor/socket", "chmod": "0700"}


def test_a_data_directory_that_is_too_deep_for_a_socket_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="too long for a Unix socket"):
        Places(Path("/srv") / ("d" * 80))
