"""The compiler of cells: names their code so that tracebacks lead to the source that ran, and to its cell."""

import hashlib
import linecache

from IPython.core.compilerop import CachingCompiler


class CellCompiler(CachingCompiler):
    """IPython's compiler, with a name for the code of each execution."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = ""
        """The cell whose code comes next."""
        self.cells: dict[int, str] = {}
        """Which cell each execution was of."""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """Return the file name of a cell's code: one for each execution, since a cell changes while functions live."""
        self.cells[number] = self.cell
        digest = hashlib.sha256(transformed_code.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return f"<cell {number} {digest}>"

    def forget(self) -> None:
        """Forget all code."""
        for name in self._filename_map:
            linecache.cache.pop(name, None)
        self._filename_map.clear()
        self.cells.clear()
        self.reset_compiler_flags()
