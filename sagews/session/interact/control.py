"""What every control is: a value as it goes over the wire, a view, and what the function gets of it.

A control that code makes is a description. Each interact has copies of its
own (`fresh`), which alone have a view: widgets, each of which is known to
every page of the session.
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Protocol, Self

from sagews.errors import SagewsError

MOST = 10_000
"""Values that a control may let one choose from; a generator is cut there."""


class InteractError(SagewsError, ValueError):
    """An interact or a control cannot be what was asked for."""


class Owner(Protocol):
    """Whom a control tells what the reader does with it: its interact."""

    def changed(self, control: "Control") -> None:
        """Know that it has another value."""

    def catch_up(self, control: "Control") -> None:
        """Run what waits for a run, since the value that this control has now is about to be lost."""


class Control:
    """One control."""

    trait: str = "value"
    """The trait of its widgets that has the value."""

    def __init__(self, default: Any, label: str | None = None, adapter: Callable[[Any], Any] | None = None) -> None:
        """`label` None: the parameter's name; `adapter` makes of the value what the function gets."""
        self.label = label
        self.adapter = adapter
        self.update = False
        """Whether its change runs the function."""
        self.is_readers = False
        """Whether the view is the reader's own, and stays when the interact goes."""
        self._view: Any = None
        self._owner: Owner | None = None
        self._writing = False
        self._value = self.constrain(default)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(value={self._value!r}, label={self.label!r})"

    def fresh(self) -> Self:
        """Return a copy of its own for an interact."""
        made = copy.copy(self)
        made._view = made._owner = None
        return made

    # --------------------------------------------------------------- value

    @property
    def value(self) -> Any:
        """The value on the wire: for a choice its index. Setting it brings it into bounds, and runs nothing."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = self.constrain(value)
        self._writing = True
        try:
            if self._view is not None:
                self.write(self._value)
        finally:
            self._writing = False

    def constrain(self, value: Any) -> Any:
        """Return the value nearest to this one that the control can have."""
        return value

    def can_have(self, value: Any) -> bool:
        """Return whether a value that comes from elsewhere, such as a link, is one that the reader could have set."""
        try:
            return bool(self.parts()) and listed(self.constrain(value)) == listed(value)
        except Exception:  # Whatever it is, it does not fit.
            return False

    def constrain_element(self, value: Any, place: list[int]) -> Any:
        """Return the same for one element of a value that is a list."""
        return value

    def given(self) -> Any:
        """Return what the function gets."""
        meant = self.meant(self._value)
        return meant if self.adapter is None else self.adapter(meant)

    def meant(self, value: Any) -> Any:
        """Return what a value on the wire stands for."""
        return value

    def reset(self) -> None:
        """Be as before, after the function has run: buttons are let go."""

    # ---------------------------------------------------------------- view

    @property
    def view(self) -> Any:
        """Its widget; None as long as it is not shown, or if it has none."""
        return self._view

    def show(self, label: str, owner: Owner, *, readonly: bool = False) -> None:
        """Make its view, which tells its owner when the reader has changed it."""
        self._owner = owner
        self._view = self.make(label)
        for part in self.parts():
            self.listen(part)
            if readonly:
                part.disabled = True

    def make(self, label: str) -> Any:
        """Return the view."""
        raise NotImplementedError

    def let_go(self) -> None:
        """Listen no more."""
        self._owner = None

    def parts(self) -> list[Any]:
        """Return the widgets that the reader changes."""
        return [self._view]

    def listen(self, part: Any) -> None:
        """Have a widget tell of its changes."""
        part.observe(self._changed, names=self.trait)

    def read(self) -> Any:
        """Return the value that the view has."""
        return getattr(self._view, self.trait)

    def write(self, value: Any) -> None:
        """Have the view show a value."""
        setattr(self._view, self.trait, value)

    def _changed(self, _change: Any) -> None:
        if not self._writing and self._owner is not None:
            self._value = self.constrain(self.read())
            self._owner.changed(self)


def taken(values: Iterable[Any], what: str) -> list[Any]:
    """Return the values of an iterable: of a generator the first MOST, of anything else all, if these are not more."""
    found = list(islice(values, MOST if isinstance(values, Iterator) else MOST + 1))
    if len(found) > MOST:
        raise InteractError(f"has more than {MOST:,} values", what, "give it fewer, or a generator, which is cut")
    return found


def listed(value: Any) -> Any:
    """Return a value with lists for tuples, as JSON brings it back."""
    return [listed(each) for each in value] if isinstance(value, list | tuple) else value


def nearest(values: list[Any], value: Any) -> int:
    """Return the index of a value, or of the one nearest to it; 0 where nothing is near."""
    if value is None:
        return 0
    try:
        return values.index(value)
    except ValueError:
        pass
    try:
        return min(range(len(values)), key=lambda index: abs(value - values[index]))
    except (TypeError, ValueError, ArithmeticError):
        return 0


def within(value: Any, lowest: Any, highest: Any) -> Any:
    """Return a value brought between two; the lowest for what cannot be compared, such as None or NaN."""
    try:
        if value >= highest:
            return highest
        return value if value >= lowest else lowest
    except TypeError:
        return lowest


def short(value: Any) -> str:
    """Return the words by which a value is shown where one chooses it."""
    words = str(value)
    return words if len(words) <= 100 else f"{words[:99]}…"
