"""Controls of others: widgets of ipywidgets or Sage as they are, and values that nobody changes."""

from typing import Any

from sagews.session.interact.control import Control


class WidgetControl(Control):
    """A widget that has a value, made by the reader's code, which may keep it."""

    def __init__(self, widget: Any, label: str | None = None) -> None:
        self.widget = widget
        super().__init__(widget.value, label)
        self.is_readers = True

    def meant(self, value: Any) -> Any:
        """Return what the widget itself makes of its value."""
        asked = getattr(self.widget, "get_interact_value", None)
        return value if asked is None else asked()

    def make(self, label: str) -> Any:
        """Return the widget."""
        self._value = self.widget.value
        if label and not getattr(self.widget, "description", label):
            self.widget.description = label
        return self.widget

    def parts(self) -> list[Any]:
        """Return the widget."""
        return [self.widget]

    def write(self, value: Any) -> None:
        """Have the widget show a value, and know what it has made of that."""
        super().write(value)
        self._value = self.widget.value

    def let_go(self) -> None:
        """Listen no more."""
        super().let_go()
        self.widget.unobserve(self._changed, names=self.trait)


class Fixed(Control):
    """A value without a view, as `fixed` of ipywidgets."""

    def __init__(self, value: Any) -> None:
        super().__init__(value, "")

    def make(self, label: str) -> None:
        """Return nothing."""

    def parts(self) -> list[Any]:
        """Return nothing."""
        return []
