"""The control that chooses a colour."""

import re
import sys
from typing import Any

from sagews.session.interact.control import Control

BLACK = "#000000"
_COLORS = "sage.plot.colors"
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}")


class ColorSelector(Control):
    """A colour, `#rrggbb` on the wire: the function gets a Color of Sage, or that text."""

    def __init__(
        self, default: Any = BLACK, hide_input: bool = False, sage_color: bool = True, label: str | None = None
    ) -> None:
        """`hide_input`: no text beside it; `sage_color` counts where Sage is loaded."""
        self.hide_input, self.sage_color = bool(hide_input), bool(sage_color)
        super().__init__(default, label)

    def constrain(self, value: Any) -> str:
        """Return six digits for whatever Sage takes for a colour; without Sage for three or six, and names stay."""
        if (color := sage_color_class()) is not None:
            return str(color(value).html_color())
        if not isinstance(value, str):
            return BLACK
        if _HEX.fullmatch(value) is None:
            return value
        return value.lower() if len(value) == 7 else "#" + "".join(2 * digit for digit in value[1:].lower())

    def meant(self, value: Any) -> Any:
        """Return the colour."""
        color = sage_color_class()
        return color(value) if self.sage_color and color is not None else value

    def make(self, label: str) -> Any:
        """Return the widget that picks one."""
        from ipywidgets import ColorPicker

        style = {"description_width": "initial"}
        return ColorPicker(value=self._value, description=label, concise=self.hide_input, style=style)


def sage_color_class() -> Any:
    """Return Sage's class of colours; None where Sage is not loaded."""
    return getattr(sys.modules.get(_COLORS), "Color", None)
