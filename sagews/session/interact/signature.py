"""Which controls an interact has: those of its function's parameters, and those that were given beside it."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sagews.session.interact.control import Control, InteractError
from sagews.session.interact.presses import UpdateButton
from sagews.session.interact.rules import AUTO_UPDATE, automatic_control, begun

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def wanted(
    function: Callable[..., Any], listed: Iterable[Any], named: Mapping[str, Any]
) -> tuple[bool, dict[str, Control]]:
    """Return whether the function takes its proxy, and its controls by name.

    `listed` are names, or pairs of a name and what stands for a control, or a
    mapping of these; they come after those of the parameters. `named` are by
    the names of parameters.
    """
    listed = listed.items() if isinstance(listed, Mapping) else listed
    parameters = list(inspect.signature(function).parameters.values())
    takes_proxy = bool(
        parameters
        and parameters[0].kind in _BY_PLACE
        and parameters[0].default is inspect.Parameter.empty
        and parameters[0].name not in named
    )
    found: list[tuple[str, Any]] = []
    for parameter in parameters[takes_proxy:]:
        name, default = parameter.name, parameter.default
        if parameter.kind not in _NAMED or (name == AUTO_UPDATE and name not in named and default is not False):
            continue
        has_default = default is not inspect.Parameter.empty
        if name in named:
            found.append((name, begun(named[name], default) if has_default else named[name]))
        else:
            found.append((name, default if has_default else None))
    known = {parameter.name for parameter in parameters}
    found += [_pair(each) for each in listed]
    found += [(name, value) for name, value in named.items() if name not in known]
    return takes_proxy, _controls(found)


def _pair(each: Any) -> tuple[str, Any]:
    if isinstance(each, str):
        return each, None
    if not isinstance(each, list | tuple) or len(each) != 2 or not isinstance(each[0], str):
        raise InteractError(f"{each!r} has no name", "controls of an interact", 'write ("name", control) for each')
    return each[0], each[1]


def _controls(found: list[tuple[str, Any]]) -> dict[str, Control]:
    controls: dict[str, Control] = {}
    for name, value in found:
        if name in controls:
            raise InteractError("there are two controls of this name", name, "give each its own name")
        controls[name] = control(name, value)
    return controls


def control(name: str, value: Any) -> Control:
    """Return a control of this name. Raises InteractError for a name that begins with `_`: those are the proxy's."""
    if name.startswith("_"):
        raise InteractError("a control's name cannot begin with _", name, "give it another name")
    return automatic_control(value, name)


def choose_triggers(controls: Mapping[str, Control], update: Iterable[str] | None) -> None:
    """Choose whose change runs the function: those named, and buttons made for it; all where there are neither."""
    names = set(update or ())
    if unknown := sorted(names - set(controls)):
        raise InteractError("is no control", ", ".join(unknown), "name in `update` controls that there are")
    names |= {name for name, each in controls.items() if isinstance(each, UpdateButton)}
    for name, each in controls.items():
        each.update = not names or name in names
