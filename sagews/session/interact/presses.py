"""Controls that one presses: their value lasts for one run of the function."""

from collections.abc import Iterable
from typing import Any

from sagews.session.interact.choices import BUTTON, button_grid, css_width
from sagews.session.interact.control import Control, InteractError, short, taken, within


class Press(Control):
    """What buttons have in common."""

    _buttons: list[Any]

    def listen(self, part: Any) -> None:
        """Hear of a press."""
        part.on_click(self._press)

    def _press(self, button: Any) -> None:
        """Be pressed; what was pressed before and still waits for its run has that first, so that no press is lost."""
        if self._owner is None or button.disabled:
            return
        if self._value != self.constrain(None):
            self._owner.catch_up(self)
        self._value = self.pressed(self._buttons.index(button))
        self._owner.changed(self)

    def pressed(self, place: int) -> Any:
        """Return the value as long as the button of this place is pressed."""
        raise NotImplementedError

    def parts(self) -> list[Any]:
        """Return the buttons."""
        return self._buttons

    def read(self) -> Any:
        """Return the value: no widget has it."""
        return self._value

    def write(self, value: Any) -> None:
        """Do nothing: no widget has it."""

    def reset(self) -> None:
        """Let go."""
        self._value = self.constrain(None)


class Button(Press):
    """A button, with one value when it is pressed and another one else."""

    def __init__(
        self, default: Any = "", value: Any = "", text: Any = "Button", width: Any = "", label: str | None = None
    ) -> None:
        """`width` as CSS has it."""
        self.text, self.width = short(text), css_width(width)
        self.default_value, self.clicked_value = default, value
        super().__init__(None, label)

    def constrain(self, value: Any) -> bool:
        """Return whether it is pressed."""
        return bool(value)

    def pressed(self, place: int) -> bool:
        """Return that it is."""
        return True

    def meant(self, value: Any) -> Any:
        """Return one of its two values."""
        return self.clicked_value if value else self.default_value

    def make(self, label: str) -> Any:
        """Return a button beside its label."""
        from sagews.session.interact.boxes import labelled

        self._buttons = [_button(self.text, self.width)]
        return labelled(label, self._buttons[0])


class UpdateButton(Button):
    """A button without which nothing runs the function."""

    def __init__(
        self, text: Any = "Update", value: Any = "", default: Any = "", width: Any = "", label: str | None = ""
    ) -> None:
        super().__init__(default, value, text, width, label)


class ButtonBar(Press):
    """Buttons, each with its value or a pair of it and its label; the wire has the index of the one that is pressed."""

    def __init__(
        self,
        values: Iterable[Any] = (0,),
        default: Any = "",
        nrows: int | None = None,
        ncols: int | None = None,
        width: Any = "",
        label: str | None = None,
    ) -> None:
        """`default` is the value when none is pressed."""
        found = taken(values, "ButtonBar")
        if not found:
            raise InteractError("has no values", "ButtonBar", "give it some to choose from")
        has_label = [isinstance(each, tuple) and len(each) == 2 for each in found]
        self.values = [each[0] if pair else each for each, pair in zip(found, has_label, strict=True)]
        self.value_labels = [short(each[1] if pair else each) for each, pair in zip(found, has_label, strict=True)]
        self.default_value, self.width = default, css_width(width)
        self.nrows, self.ncols = button_grid(len(found), nrows, ncols)
        super().__init__(None, label)

    def constrain(self, value: Any) -> int | None:
        """Return an index, or None."""
        return None if value is None else int(within(value, 0, len(self.values) - 1))

    def pressed(self, place: int) -> int:
        """Return the index."""
        return place

    def meant(self, value: Any) -> Any:
        """Return the value of the one that is pressed."""
        return self.default_value if value is None else self.values[value]

    def make(self, label: str) -> Any:
        """Return a grid of buttons beside its label."""
        from ipywidgets import GridBox, Layout

        from sagews.session.interact.boxes import labelled

        self._buttons = [_button(text, "auto") for text in self.value_labels]
        columns = f"repeat({self.ncols}, {self.width or BUTTON})"
        return labelled(label, GridBox(self._buttons, layout=Layout(grid_template_columns=columns)))


def _button(text: str, width: str) -> Any:
    from ipywidgets import Button as Clickable
    from ipywidgets import Layout

    return Clickable(description=text, layout=Layout(width=width or "max-content"))
