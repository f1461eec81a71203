"""What a session of Sage finds defined: `interact`, and its controls by their newer and their older names."""

from importlib.util import find_spec
from typing import Any

from sagews.errors import SagewsError

PACKAGE = "ipywidgets"
OLD = (
    "slider",
    "range_slider",
    "input_box",
    "color_selector",
    "selector",
    "input_grid",
    "checkbox",
    "text_control",
)
NEW = {
    "Checkbox": "choices",
    "Selector": "choices",
    "InputBox": "texts",
    "ExpressionBox": "texts",
    "InputGrid": "texts",
    "HtmlBox": "texts",
    "DiscreteSlider": "sliders",
    "ContinuousSlider": "sliders",
    "MultiSlider": "multi_slider",
    "ColorSelector": "colours",
    "Button": "presses",
    "ButtonBar": "presses",
    "UpdateButton": "presses",
}
"""The file of each control."""


class MissingPackageError(SagewsError, ImportError):
    """The environment lacks a package for what was asked of it."""


def names() -> dict[str, Any]:
    """Return them; where ipywidgets is missing, `interact` says so when it is called."""
    from importlib import import_module

    room = __package__
    found = {name: getattr(import_module(f"{room}.{file}"), name) for name, file in NEW.items()}
    found |= {name: getattr(import_module(f"{room}.old"), name) for name in OLD}
    if find_spec(PACKAGE) is None:
        return found | {"interact": _missing}
    return found | {"interact": import_module(f"{room}.decorator").interact}


def _missing(*_arguments: Any, **_named: Any) -> Any:
    raise MissingPackageError(
        f"needs the package {PACKAGE}, which this environment has not",
        "interact",
        f"ask who runs this site to install {PACKAGE} there",
    )
