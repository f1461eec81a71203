"""What a session of Sage finds defined: `interact`, and its controls by their newer and their older names."""

from functools import partial
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
SHOWN = {"interact": "decorator", "dynamic": "dynamic", "dynamic_expression": "dynamic", "exercise": "exercise"}
"""The file of what shows controls, which is made of ipywidgets."""


class MissingPackageError(SagewsError, ImportError):
    """The environment lacks a package for what was asked of it."""


def names() -> dict[str, Any]:
    """Return them; where ipywidgets is missing, what shows controls says so when it is called."""
    from importlib import import_module

    room = __package__
    found = {name: getattr(import_module(f"{room}.{file}"), name) for name, file in NEW.items()}
    found |= {name: getattr(import_module(f"{room}.old"), name) for name in OLD}
    if find_spec(PACKAGE) is None:
        return found | {name: partial(_missing, name) for name in SHOWN}
    return found | {name: getattr(import_module(f"{room}.{file}"), name) for name, file in SHOWN.items()}


def _missing(name: str, *_arguments: Any, **_named: Any) -> Any:
    raise MissingPackageError(
        f"needs the package {PACKAGE}, which this environment has not",
        name,
        f"ask who runs this site to install {PACKAGE} there",
    )
