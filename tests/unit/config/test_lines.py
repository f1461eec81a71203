"""Where the settings of a configuration stand, and errors that say so."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagews.config.lines import lines_of
from sagews.config.load import parse
from sagews.errors import ConfigurationError

TEXT = '''# A site.
data_directory = "/srv"

[[machine]]
name = "a"
services = { worker = 1, "back\\u0065nd" = 2 }
[[machine]]
name = "b"
services.worker = 3
[[environment]]
name = "e"
warm_up = """
[backend]
port = 1
"""
imports = [
  "a",  # ]
  "]",
]
[environment.limits]
memory = 3
[ backend ]
port = 1
'''


def test_each_setting_has_its_line() -> None:
    assert lines_of(TEXT) == {
        ("data_directory",): 2,
        ("machine", 0): 4,
        ("machine", 0, "name"): 5,
        ("machine", 0, "services"): 6,
        ("machine", 0, "services", "worker"): 6,
        ("machine", 0, "services", "backend"): 6,
        ("machine", 1): 7,
        ("machine", 1, "name"): 8,
        ("machine", 1, "services"): 9,
        ("machine", 1, "services", "worker"): 9,
        ("environment", 0): 10,
        ("environment", 0, "name"): 11,
        ("environment", 0, "warm_up"): 12,
        ("environment", 0, "imports"): 16,
        ("environment", 0, "limits"): 20,
        ("environment", 0, "limits", "memory"): 21,
        ("backend",): 22,
        ("backend", "port"): 23,
    }


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_an_array_of_tables_within_one_begins_anew_with_it(ending: str) -> None:
    text = ending.join(["[[a]]", "[[a.b]]", "x = 1", "[[a.b]]", "[[a]]", "[[a.b]]", "x = 2", ""])
    assert lines_of(text) == {
        ("a", 0): 1,
        ("a", 0, "b", 0): 2,
        ("a", 0, "b", 0, "x"): 3,
        ("a", 0, "b", 1): 4,
        ("a", 1): 5,
        ("a", 1, "b", 0): 6,
        ("a", 1, "b", 0, "x"): 7,
    }


values = st.sampled_from(
    ["1", '"a # ["', "'''\n[x]\ny = 1\n'''", "[\n1,\n2, # ]\n]", "{ p = 1, q = { r = 2 } }", "2026-01-01"]
)
names = st.sampled_from(["alpha", "beta", '"gamma.d"', "delta-f"])
tables = st.tuples(
    st.sampled_from(["[{}]", "[[{}]]", "[ {} ] # [x]"]), names, st.dictionaries(names, values, max_size=3)
)


@given(st.lists(tables, max_size=5))
def test_a_setting_is_found_where_its_line_begins(tables: list[tuple[str, str, dict[str, str]]]) -> None:
    lines = [
        line for form, name, settings in tables for line in (form.format(name), *map(" = ".join, settings.items()))
    ]
    text = "\n".join(lines)
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = lines_of(text)
    for place, line in found.items():
        value: object = read
        for name in place:
            value = value[name]  # type: ignore[index]
        rest = text.split("\n")[line - 1]
        last = place[-1] if isinstance(place[-1], str) else place[-2]
        assert str(last).split(".")[0] in rest
    settings = sum(len(each) for _, _, each in tables)
    assert len(found) >= settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "\n[limits]\nwal_time = 3",
            "sagews.toml:3: unknown setting 'wal_time' in [limits]; did you mean 'wall_time'?",
        ),
        ("[backend]\n\nport = 'x'", "sagews.toml:3: setting 'backend.port': expected `int`"),
        ("[backend]\nport = 1\nport = 2", "sagews.toml:3: is not valid TOML"),
        ("\n[backend\n", "sagews.toml:2: is not valid TOML"),
        ("[worker]\n# first\nlisten = '7400'", "sagews.toml:3: setting 'worker.listen': '7400' is not an address"),
        ("[cache]\nmemory = 1\nseconds = -1", "sagews.toml:3: setting 'cache.seconds': is negative"),
        ("[[environment]]\nname = 'a'\n[[environment]]\nname = 'a'", "sagews.toml:4: two environments are called 'a'"),
        ("[[environment]]\nname = 'a'\nlimits.idle = -1", "sagews.toml:3: setting 'environment.limits.idle' of 'a'"),
        ("[[environment]]\nname = 'a'\nlimits.idle = 'x'", "sagews.toml:3: setting 'environment.limits': expected `fl"),
        ("[[environment]]\nspares = 1", "sagews.toml:1: setting 'environment'"),
        ("[rates]\nowner = true\nsessions_per_address = 'x'", "sagews.toml:3: setting 'rates.sessions_per_address'"),
        ("[logwatch]\ndays = 0", "sagews.toml:2: setting 'logwatch.days': is below 1"),
        (
            "[[machine]]\nname = 'a'\nservice = 1",
            "sagews.toml:3: unknown setting 'service' in [machine]; did you mean 's",
        ),
        (
            "[[machine]]\nname = 'a'\n\nservices = { workr = 1 }",
            "sagews.toml:4: setting 'machine.services' of machine 'a'",
        ),
        ("[[machine]]\nname = 'a'\nservices.worker = 1", "sagews.toml:1: no machine has a backend"),
        ("environment = []", "sagews.toml:1: has no environment"),
    ],
)
def test_an_error_says_on_which_line(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse(text, "sagews.toml")
    assert str(error.value).startswith(words)
