"""Controls that one types into, and the one that shows HTML."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sagews.session.interact.control import Control, InteractError
from sagews.session.interact.evaluation import evaluated


class InputBox(Control):
    """A text, in `height` lines of `width` characters (0: as wide as there is room)."""

    def __init__(
        self,
        default: Any = "",
        label: str | None = None,
        width: int = 0,
        height: int = 1,
        keypress: bool = False,
        adapter: Callable[[Any], Any] | None = None,
    ) -> None:
        """`keypress`: each key changes the value, not only Enter or leaving the box."""
        self.width, self.height, self.keypress = int(width), int(height), bool(keypress)
        super().__init__(default, label, adapter)

    def constrain(self, value: Any) -> str:
        """Return a text as it is, and of anything else its repr."""
        return _text(value)

    def make(self, label: str) -> Any:
        """Return a line, or an area for more of them."""
        from ipywidgets import Text, Textarea

        made = (Textarea if self.height > 1 else Text)(
            value=self._value,
            description=label,
            continuous_update=self.keypress,
            style={"description_width": "initial"},
        )
        made.layout.max_width = "100%"
        if self.height > 1:
            made.rows = self.height
        if self.width > 0:
            made.layout.width = f"calc({self.width + len(label)}ch + 3em)"
        return made


class ExpressionBox(InputBox):
    """A text whose value is what it comes to as an expression."""

    def __init__(
        self,
        default: Any = "0",
        label: str | None = None,
        width: int = 0,
        height: int = 1,
        adapter: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(default, label, width, height, adapter=adapter)

    def meant(self, value: Any) -> Any:
        """Return its value."""
        return evaluated(value)


class InputGrid(Control):
    """A grid of texts, by rows: a list of lists."""

    def __init__(
        self,
        nrows: int = 1,
        ncols: int = 1,
        default: Any = "0",
        width: int = 5,
        label: str | None = None,
        evaluate: bool = True,
        adapter: Callable[[Any], Any] | None = None,
        element_adapter: Callable[[Any], Any] | None = None,
    ) -> None:
        """`default`: rows, all elements in one list, or one element for all places."""
        self.nrows, self.ncols, self.width = int(nrows), int(ncols), int(width)
        self.evaluate, self.element_adapter = bool(evaluate), element_adapter
        self._cells: list[list[Any]] = []
        if self.nrows < 1 or self.ncols < 1:
            raise InteractError(f"has {nrows} rows and {ncols} columns", "InputGrid", "give it one of each at least")
        super().__init__(default, label, adapter)

    def constrain(self, value: Any) -> list[list[str]]:
        """Return rows of texts."""
        size = self.nrows * self.ncols
        if isinstance(value, Iterator):
            value = list(islice(value, size))
        if not isinstance(value, list | tuple):
            value = [value] * size
        if not all(isinstance(row, list | tuple) for row in value):
            value = [value[row * self.ncols : (row + 1) * self.ncols] for row in range(self.nrows)]
        if [len(row) for row in value] != [self.ncols] * self.nrows:
            raise InteractError(
                "has not as many elements as its grid", "InputGrid", f"give {self.nrows} x {self.ncols}"
            )
        return [[_text(element) for element in row] for row in value]

    def constrain_element(self, value: Any, place: list[int]) -> str:
        """Return the text of one place."""
        return _text(value)

    def meant(self, value: Any) -> Any:
        """Return the elements, each evaluated and adapted."""
        return [[self._element(text) for text in row] for row in value]

    def _element(self, text: str) -> Any:
        element = evaluated(text) if self.evaluate else text
        return element if self.element_adapter is None else self.element_adapter(element)

    def make(self, label: str) -> Any:
        """Return the grid beside its label."""
        from ipywidgets import GridBox, Layout, Text

        from sagews.session.interact.boxes import labelled

        self._cells = [
            [
                Text(
                    value=text, continuous_update=False, tooltip=f"{label} {row},{column}", layout=Layout(width="auto")
                )
                for column, text in enumerate(texts, start=1)
            ]
            for row, texts in enumerate(self._value, start=1)
        ]
        columns = f"repeat({self.ncols}, {self.width + 3}ch)"
        return labelled(label, GridBox(self.parts(), layout=Layout(grid_template_columns=columns)))

    def parts(self) -> list[Any]:
        """Return the texts, row by row."""
        return [cell for row in self._cells for cell in row]

    def read(self) -> Any:
        """Return the rows."""
        return [[cell.value for cell in row] for row in self._cells]

    def write(self, value: Any) -> None:
        """Set each text."""
        for cells, texts in zip(self._cells, value, strict=True):
            for cell, text in zip(cells, texts, strict=True):
                cell.value = text


class HtmlBox(Control):
    """HTML among the controls, which nobody can change but code."""

    def __init__(self, value: Any = "", label: str | None = "") -> None:
        super().__init__(value, label)

    def constrain(self, value: Any) -> str:
        """Return the text."""
        return str(value)

    def make(self, label: str) -> Any:
        """Return it, with its formulas."""
        from ipywidgets import HTMLMath

        return HTMLMath(value=self._value, description=label)

    def parts(self) -> list[Any]:
        """Return nothing: it has nothing to change."""
        return []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
