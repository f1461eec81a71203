"""A configuration file: what is right is read, what is wrong is said in one line."""

from pathlib import Path

import pytest

from sagews.config.load import load, parse
from sagews.config.site import Site
from sagews.errors import ConfigurationError


def error_of(text: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        parse(text, "sagews.toml")
    line = str(error.value)
    assert "\n" not in line
    return line


def test_an_empty_file_is_a_site_on_a_laptop() -> None:
    site = parse("", "sagews.toml")
    assert site.backend.host == "127.0.0.1"
    assert [environment.name for environment in site.environment] == ["python"]


def test_no_file_is_the_default_site() -> None:
    assert load(None) == Site()


def test_settings_are_read() -> None:
    site = parse('[limits]\nwall_time = 30\n[[environment]]\nname = "python"\nspares = 0\n', "sagews.toml")
    assert site.limits.wall_time == 30
    assert site.environment[0].spares == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[limits]\nwal_time = 3", "unknown setting 'wal_time' in [limits]; did you mean 'wall_time'?"),
        ("[limit]\nwall_time = 3", "unknown setting 'limit' at the top level; did you mean 'limits'?"),
        (
            '[[environment]]\nname = "python"\nspare = 1',
            "unknown setting 'spare' in [environment]; did you mean 'spares'?",
        ),
        ('[backend]\nport = "x"', "setting 'backend.port': expected `int`, got `str`"),
        ("[backend]\nport = 70000", "70000 is not a port"),
        ("[limits]\nidle = -1", "setting 'limits.idle': is negative"),
        ('[worker]\nname = "W 1"', "'W 1' is not a name"),
        ("environment = []", "has no environment"),
        ('[[environment]]\nname = "a"\n[[environment]]\nname = "a"', "two environments are called 'a'"),
        ("[backend\n", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    assert words in error_of(text)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing\.toml: cannot be read \(No such file or directory\)"):
        load(tmp_path / "nothing.toml")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sagews.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        load(path)


@pytest.mark.parametrize(
    ("line", "network"), [("", None), ("network = true", True), ("network = false", False)], ids=["unsaid", "yes", "no"]
)
def test_whether_the_network_was_spoken_of(line: str, network: bool | None) -> None:
    assert parse(f"[[environment]]\nname = 'a'\n{line}", "x").environment[0].network is network


@pytest.mark.parametrize("code", ['"' + "#" * 70_000 + '"', '"a\\u0000b"'], ids=["long", "NUL"])
def test_a_warm_up_that_no_command_line_takes(code: str) -> None:
    with pytest.raises(ConfigurationError, match=r"environment\.warm_up"):
        parse(f"[[environment]]\nname = 'a'\nwarm_up = {code}", "x")
