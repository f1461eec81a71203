"""How an interpreter that does not have sagews runs a program of `sagews/session/`.

The package is shown to it by its own path alone: nothing else that lies
beside it can be imported, and no variable of the environment names it, which
the programs that a session starts would inherit.
"""

from pathlib import Path

import sagews

PACKAGE = str(Path(sagews.__file__).resolve().parent)
"""The directory of this package."""

_CODE = """\
import importlib, importlib.util, sys
directory, module = sys.argv[1:3]
spec = importlib.util.spec_from_file_location(
    "sagews", directory + "/__init__.py", submodule_search_locations=[directory])
package = sys.modules["sagews"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
sys.argv[:3] = [module]
importlib.import_module(module).main()
"""


def command(interpreter: str, module: str) -> list[str]:
    """Return the command that calls `main()` of a module of ours in this interpreter; options may follow."""
    return [interpreter, "-c", _CODE, PACKAGE, module]
