"""What a session of Sage finds defined, also where ipywidgets is missing."""

import subprocess
import sys

from sagews.session.interact.names import NEW, OLD, SHOWN, names

WITHOUT = """
import sys
sys.modules["ipywidgets"] = None
from sagews.session.interact.names import names
found = names()
assert found["slider"](1, 3, 1).values == [1, 2, 3]
found["interact"](lambda x=1: None)
"""


def test_all_names_are_there() -> None:
    found = names()
    assert set(found) == {*SHOWN, *NEW, *OLD}
    assert {name: each.__name__ for name, each in found.items()} == {name: name for name in found}


def test_where_ipywidgets_is_missing_its_use_says_so() -> None:
    ended = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=60, check=False)
    name, _, said = ended.stderr.strip().splitlines()[-1].partition(": ")
    assert name.endswith(".MissingPackageError")
    assert said == (
        "interact: needs the package ipywidgets, which this environment has not; "
        "ask who runs this site to install ipywidgets there"
    )
