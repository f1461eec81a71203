"""What completion and inspection may look at: attributes, as long as no code of the reader's runs for it.

IPython's limited evaluation, which completes, refuses properties, and objects
with a `__getattr__` of their own; but it lets other descriptors run. Its
inspection lets everything run on the way to the last name. Whose code that
would be is told by where it was defined: what cells define is in `__main__`.
"""

import builtins
import inspect
from collections.abc import Mapping
from dataclasses import fields
from types import FunctionType
from typing import Any, Literal

from IPython.core import guarded_eval

LIMITED: Literal["limited"] = "limited"
"""The name under which IPython knows the policy."""
READERS = "__main__"
"""The module of what cells define."""

_ABSENT = object()


class Policy(guarded_eval.SelectivePolicy):
    """IPython's limited policy without descriptors of the reader's."""

    def can_get_attr(self, value: Any, attr: str) -> bool:
        """Whether an attribute may be had."""
        return not runs_readers_code(value, attr) and bool(super().can_get_attr(value, attr))


def install() -> None:
    """Have IPython take this for its limited policy."""
    limited = guarded_eval.EVALUATION_POLICIES[LIMITED]
    if not isinstance(limited, Policy):
        own = {each.name: getattr(limited, each.name) for each in fields(limited) if each.init}
        guarded_eval.EVALUATION_POLICIES[LIMITED] = Policy(**own)


def may_be_followed(name: str, namespace: Mapping[str, Any]) -> bool:
    """Whether a dotted name leads to its end without running the reader's code; a property at its end is not run."""
    first, *parts = name.split(".")
    value = namespace.get(first, getattr(builtins, first, _ABSENT))
    for number, part in enumerate(parts, start=1):
        if runs_readers_code(value, part):
            return number == len(parts) and isinstance(_found(value, part), property)
        value = getattr(value, part, _ABSENT)
    return value is not _ABSENT


def runs_readers_code(value: Any, attr: str) -> bool:
    """Whether getting an attribute would run a function that a cell has defined."""
    # A class is asked as its metaclass has it.
    asked = [getattr(type(value), name, None) for name in ("__getattribute__", "__getattr__")]
    if any(_is_readers(each) for each in asked):
        return True
    found = _found(value, attr)
    if isinstance(found, FunctionType | staticmethod | classmethod) or not hasattr(type(found), "__get__"):
        return False
    # A property has its function as `fget`, a cached_property as `func`; what else there is has it as `__get__`.
    runs = (type(found).__get__, getattr(found, "fget", None), getattr(found, "func", None))
    return any(_is_readers(each) for each in runs)


def _found(value: Any, attr: str) -> Any:
    """Return what a class has under a name, as it is."""
    return inspect.getattr_static(value if issubclass(type(value), type) else type(value), attr, None)


def _is_readers(function: Any) -> bool:
    return isinstance(function, FunctionType) and function.__module__ == READERS
