"""Names of code."""

import linecache

from sagews.session.compiler import CellCompiler


def test_each_execution_has_a_name_and_a_cell() -> None:
    compiler = CellCompiler()
    compiler.cell = "c1"
    first = compiler.cache("x = 1", 1)
    compiler.cell = "c2"
    second = compiler.cache("x = 1", 2)
    assert first != second
    assert compiler.cells == {1: "c1", 2: "c2"}
    assert compiler.format_code_name(first) == ("Cell", "In[1]")
    assert linecache.getline(second, 1) == "x = 1\n"
    compiler.forget()
    assert linecache.getline(second, 1) == "" and compiler.cells == {}


def test_a_lone_surrogate_in_the_source() -> None:
    assert CellCompiler().cache("'\ud800'", 1)
