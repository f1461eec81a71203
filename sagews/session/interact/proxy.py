"""What code has of an interact: its controls as attributes.

Their values are those on the wire, so that of a choice is its index. Setting
one changes what is shown and runs nothing; `_update()` does.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sagews.session.interact.running import Interact


class Proxy:
    """Stands for the function; the function's own first parameter, where it has one without default."""

    def __init__(self, interact: "Interact") -> None:
        object.__setattr__(self, "_interact", interact)

    _interact: "Interact"

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call the function as it is."""
        return self._interact.function(*arguments, **named)

    def __repr__(self) -> str:
        return f"<interact {self._interact.name}({', '.join(self._interact.controls)})>"

    def __dir__(self) -> list[str]:
        own = ["_bookmark", "_changed", "_set_bookmarks", "_state", "_update"]
        return [*own, *self._interact.controls]

    def __getattr__(self, name: str) -> Any:
        interact = object.__getattribute__(self, "_interact")
        if name not in interact.controls:
            raise AttributeError(f"the interact {interact.name} has no control {name!r}", name=name, obj=self)
        value = interact.controls[name].value
        return Elements(interact, name, []) if isinstance(value, list) else value

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        elif name in self._interact.controls:
            self._interact.set(name, value)
        else:
            self._interact.add(name, value)

    def __delattr__(self, name: str) -> None:
        if name not in self._interact.controls:
            raise AttributeError(f"the interact {self._interact.name} has no control {name!r}", name=name, obj=self)
        self._interact.remove(name)

    @property
    def _changed(self) -> list[str]:
        """Names of the controls that have changed since the last run; in the first one all."""
        return list(self._interact.changed_names)

    def _update(self) -> None:
        """Run the function."""
        self._interact.run()

    def _state(self, state: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """Return the value of each control, or set those that are named."""
        if state is None:
            return self._interact.state
        self._interact.set_state(state)
        return None

    def _bookmark(self, name: str, state: Mapping[str, Any] | None = None) -> None:
        """Show a button that brings this state back, or the present one."""
        self._interact.bookmark(str(name), state)

    def _set_bookmarks(self, bookmarks: Any) -> None:
        """Show buttons for these: `[["name", {state}], ...]`, or JSON of it."""
        self._interact.set_bookmarks(bookmarks)


class Elements:
    """A value that is a list, element by element."""

    def __init__(self, interact: "Interact", name: str, place: list[int]) -> None:
        self._interact, self._name, self._place = interact, name, place

    @property
    def _list(self) -> list[Any]:
        value = self._interact.controls[self._name].value
        for index in self._place:
            value = value[index]
        return list(value)

    def __len__(self) -> int:
        return len(self._list)

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        element = self._list[index]
        is_row = isinstance(element, list) and not isinstance(index, slice)
        return Elements(self._interact, self._name, [*self._place, int(index)]) if is_row else element

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            raise TypeError("set one element after the other: slices cannot be set")
        place = range(len(self))[int(index)]
        if isinstance(self._list[place], list):
            row = self[place]
            for column, each in enumerate(value):
                row[column] = each
        else:
            self._interact.set_element(self._name, [*self._place, place], value)

    def __eq__(self, other: object) -> bool:
        return self._list == (other._list if isinstance(other, Elements) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._list)
