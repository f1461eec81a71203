"""Stand-ins: in every place, with every call, and otherwise what they stand for."""

import copy
import pickle
import sys
import types
from collections.abc import Iterator

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.session import standins
from sagews.session.standins import Ear, Telling, without
from sagews.session.witness import Witness

CLOCK = pb.UNREPEATABLE_CLOCK
SOURCE = """
def read(*arguments, **keywords):
    "Reads."
    return arguments, keywords

def other(): pass

class Reader:
    def read(self, *arguments):
        return arguments
"""


@pytest.fixture
def source() -> Iterator[types.ModuleType]:
    """Give a module with functions, of which another one has copied one."""
    modules = {name: types.ModuleType(name) for name in ("a_source", "a_copy", "asyncio.a_copy")}
    sys.modules.update(modules)
    exec(SOURCE, vars(modules["a_source"]))
    modules["a_copy"].called_otherwise = modules["asyncio.a_copy"].read = modules["a_source"].read  # type: ignore[attr-defined]
    yield modules["a_source"]
    for name in modules:
        del sys.modules[name]


def installed(*table: Telling) -> Witness:
    witness = Witness()
    for place in standins.prepare(table, Ear(witness, lambda path: path == "of the environment")):
        place.put()
    witness.call()
    return witness


def called(witness: Witness, *arguments: object, **keywords: object) -> bool:
    """Call the copy of the function; return whether that was seen."""
    with witness.looking():
        returned = sys.modules["a_copy"].called_otherwise(*arguments, **keywords)
    assert returned == (arguments, keywords)
    return bool(witness.saw)


def test_a_function_has_a_stand_in_wherever_a_module_has_copied_it(source: types.ModuleType) -> None:
    original = source.read
    witness = installed(Telling("a_source", ("read", "missing"), CLOCK), Telling("none", ("x",), CLOCK))
    assert source.read is sys.modules["a_copy"].called_otherwise is not original
    assert sys.modules["asyncio.a_copy"].read is original, "the machinery has its own affairs"
    source.read()
    assert not witness.saw, "nobody looked"
    assert called(witness, 1, a=2)


def test_it_is_like_what_it_stands_for(source: types.ModuleType) -> None:
    original = source.read
    installed(Telling("a_source", ("read",), CLOCK))
    read = source.read
    assert (repr(read), read.__name__, read.__doc__, read.__module__) == (repr(original), "read", "Reads.", "a_source")
    assert copy.deepcopy(read) is pickle.loads(pickle.dumps(read)) is read

    class Owner:
        clock = read

    assert Owner().clock(5) == ((5,), {}), "it is no method"


def test_only_some_calls_may_count(source: types.ModuleType) -> None:
    for arguments, keywords, counts in (
        ((1,), {}, True),
        ((1, None), {}, True),
        ((1,), {"when": None}, True),
        ((1, 2), {}, False),
        ((1,), {"when": 2}, False),
    ):
        assert without(1, "when")(arguments, keywords) is counts
    witness = installed(Telling("a_source", ("read",), CLOCK, without(0)))
    assert not called(witness, 5)
    assert called(witness)


def test_who_wants_to_know_is_told_of_calls_that_succeed(source: types.ModuleType) -> None:
    told: list[int] = []
    table = Telling("a_source", ("other",), CLOCK, None, lambda: told.append(1))
    installed(table)
    source.other()
    with pytest.raises(TypeError):
        source.other(1)
    assert told == [1]


def test_what_a_module_of_the_environment_does_while_it_is_imported_may_not_count(source: types.ModuleType) -> None:
    def imported(path: str, name: str, may: str) -> bool:
        """Whether a call while a module is imported was seen."""
        witness = installed(Telling("a_source", ("read",), CLOCK, while_imported={may}.__contains__))
        code = compile("def deeper(): call()\ndeeper()", path, "exec")
        with witness.looking():
            exec(code, {"__name__": name, "call": source.read})
        return bool(witness.saw)

    assert not imported("of the environment", "library.part", "library")
    assert imported("of the environment", "library.part", "other")
    assert imported("of the reader", "library.part", "library")
    assert imported("of the environment", "__main__", "__main__")


def test_methods_have_stand_ins_too(source: types.ModuleType) -> None:
    witness = installed(Telling("a_source", ("Reader.read", "Missing.read"), CLOCK, without(1)))
    reader = source.Reader()
    with witness.looking():
        assert reader.read(5) == (5,)
        assert not witness.saw
        assert reader.read() == ()
    assert witness.saw == CLOCK


def test_a_name_that_is_bound_to_something_else_by_now_is_left_alone(source: types.ModuleType) -> None:
    places = standins.prepare([Telling("a_source", ("read",), CLOCK)], Ear(Witness(), bool))
    source.read = len
    for place in places:
        place.put()
    assert source.read is len
