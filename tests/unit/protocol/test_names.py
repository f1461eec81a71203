"""Names of languages that programs run: which could follow, and whether the programs still have them."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from sagews.protocol.names import FOLDER, LISTED, following
from sagews.session.languages.programs import PROGRAMS

ROOT = Path(__file__).parents[3]
ASKED = [
    ("gap", "Print(Symmetric|", "SymmetricGroup", "Symmetric"),
    ("gap", "l := [1..Lengt|];", "Length", "Lengt"),
    ("gap", "cubes := 1;\nPrint(cub|", "cubes", "cub"),
    ("gp", "x=nextp|", "nextprime", "nextp"),
    ("maxima", "2*%p|", "%pi", "%p"),
    ("maxima", "integra|te", "integrate", "integra"),
    ("r", "table <- read.c|", "read.csv", "read.c"),
    ("r", "my.data <- 1\nmy.d|", "my.data", "my.d"),
    ("singular", "ideal j = groeb|", "groebner", "groeb"),
    ("octave", "größe = 1;\ngr|", "größe", "gr"),
]


@pytest.mark.parametrize(("language", "code", "expected", "typed"), ASKED)
def test_what_follows(language: str, code: str, expected: str, typed: str) -> None:
    cursor = code.index("|")
    names, start = following(code.replace("|", ""), cursor, language)
    assert expected in names and start == cursor - len(typed)
    assert names == sorted(set(names)) and all(name.startswith(typed) for name in names)


@pytest.mark.parametrize("code", ["", "f(", "2f", "record.Leng", "x = 1 ", "Zzzzz", "%%"])
def test_where_nothing_does(code: str) -> None:
    assert following(code, len(code) + 9, "gap")[0] == []


def test_further_names() -> None:
    assert following("tall", 4, "gap", ["tallGroup", "small", "tall"]) == (["tallGroup"], 0)


def test_much_code_is_no_trouble() -> None:
    assert "SymmetricGroup" in following("a." * 500_000 + " Symmetri", 2_000_000, "gap")[0]
    assert following("x" * 1_000_000, 1_000_000, "r")[0] == []


@pytest.mark.parametrize("language", LISTED)
def test_a_list_is_sorted_and_light(language: str) -> None:
    names = (FOLDER / f"{language}.txt").read_text().splitlines()
    assert names == sorted(set(names)) and len(names) > 100
    assert (FOLDER / f"{language}.txt").stat().st_size <= 64 << 10


@pytest.fixture(scope="module")
def asking() -> ModuleType:
    """Return what asks the programs."""
    spec = importlib.util.spec_from_file_location("words", ROOT / "scripts/words.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", LISTED)
def test_the_program_knows_what_is_listed(language: str, asking: ModuleType) -> None:
    program = PROGRAMS[language]
    if program.path is None or Path(program.path).name != program.commands[0]:
        pytest.skip(f"{program.title} is not installed here: the package {program.package}")
    listed = set((FOLDER / f"{language}.txt").read_text().split())
    # Another version may have lost a few.
    assert len(listed - asking.KNOWN[language]()) < len(listed) / 20
