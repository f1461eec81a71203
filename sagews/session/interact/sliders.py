"""Sliders: along some values, or between two numbers."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sagews.session.interact.control import Control, InteractError, nearest, short, taken, within

STEPS = 250
"""Steps of a slider between two numbers, unless somebody says otherwise."""


class DiscreteSlider(Control):
    """A slider along some values, or from one of them to another; the wire has their indices."""

    trait = "index"

    def __init__(
        self,
        values: Iterable[Any] = (0, 1),
        default: Any = None,
        range_slider: bool = False,
        display_value: bool = True,
        label: str | None = None,
    ) -> None:
        """`default` is a value, or two of them: it begins at the nearest."""
        self.values = taken(values, "DiscreteSlider")
        if len(self.values) < 2:
            raise InteractError("has fewer than 2 values", "DiscreteSlider", "give it two at least")
        self.range_slider, self.display_value = bool(range_slider), bool(display_value)
        begin: Any = nearest(self.values, default) if not self.range_slider else None
        if self.range_slider and default is not None:
            begin = [nearest(self.values, each) for each in _two(default)]
        super().__init__(begin, label)

    def constrain(self, value: Any) -> Any:
        """Return an index, or two of them in order; all values for what is not two."""
        last = len(self.values) - 1
        if not self.range_slider:
            return int(within(value, 0, last))
        ends = value if isinstance(value, list | tuple) and len(value) == 2 else (0, last)
        return tuple(sorted(int(within(each, 0, last)) for each in ends))

    def meant(self, value: Any) -> Any:
        """Return the value at an index, or the two."""
        return tuple(self.values[each] for each in value) if self.range_slider else self.values[value]

    def make(self, label: str) -> Any:
        """Return the slider."""
        return discrete(self.values, self._value, self.range_slider, description=label, readout=self.display_value)


class ContinuousSlider(Control):
    """A slider between two numbers, for one number or an interval."""

    def __init__(
        self,
        interval: Sequence[Any] = (0, 100),
        default: Any = None,
        steps: int = STEPS,
        stepsize: Any = 0,
        label: str | None = None,
        range_slider: bool = False,
        display_value: bool = True,
        adapter: Callable[[Any], Any] | None = None,
    ) -> None:
        """It begins at the lowest number, or with the whole interval; `stepsize` counts before `steps`."""
        self.range_slider, self.display_value = bool(range_slider), bool(display_value)
        self.interval = ends(interval, "ContinuousSlider")
        self.steps = int(steps) if steps > 0 else STEPS
        self.stepsize = step(self.interval, self.steps, stepsize)
        super().__init__(default, label, adapter)

    def constrain(self, value: Any) -> Any:
        """Return a number, or two of them in order; the whole interval for what is not two."""
        if not self.range_slider:
            return number(value, self.interval)
        two = value if isinstance(value, list | tuple) and len(value) == 2 else self.interval
        return tuple(sorted(number(each, self.interval) for each in two))

    def make(self, label: str) -> Any:
        """Return the slider."""
        return continuous(
            self.interval,
            self.stepsize,
            self._value,
            self.range_slider,
            description=label,
            readout=self.display_value,
        )


def discrete(values: list[Any], value: Any, is_range: bool, **fields: Any) -> Any:
    """Return a widget that slides along some values."""
    from ipywidgets import SelectionRangeSlider, SelectionSlider

    options = [(short(each), place) for place, each in enumerate(values)]
    style = {"description_width": "initial"}
    return (SelectionRangeSlider if is_range else SelectionSlider)(options=options, index=value, style=style, **fields)


def continuous(interval: tuple[float, float], size: float, value: Any, is_range: bool, **fields: Any) -> Any:
    """Return a widget that slides between two numbers."""
    from ipywidgets import FloatRangeSlider, FloatSlider

    return (FloatRangeSlider if is_range else FloatSlider)(
        min=interval[0],
        max=interval[1],
        step=size,
        value=value,
        readout_format=_format(size),
        style={"description_width": "initial"},
        **fields,
    )


def ends(interval: Sequence[Any], what: str) -> tuple[float, float]:
    """Return two numbers in order. Raises InteractError for what is no interval."""
    try:
        one, other = (float(each) for each in interval)
    except (TypeError, ValueError):
        one = other = math.nan
    if not abs(other - one) > 0 or math.isinf(other - one):
        raise InteractError(f"{short(interval)} is no interval", what, "give two different numbers")
    return min(one, other), max(one, other)


def step(interval: tuple[float, float], steps: Any, stepsize: Any) -> float:
    """Return the size of a step, which fits into the interval."""
    width = interval[1] - interval[0]
    return float(stepsize) if 0 < stepsize <= width else width / (steps if steps > 0 else STEPS)


def number(value: Any, interval: tuple[float, float]) -> float:
    """Return a number brought into an interval; its lowest for what is none."""
    return float(within(value, *interval))


def _two(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise InteractError(f"{short(value)} is no range", "DiscreteSlider", "let it begin with two values")
    return value[0], value[1]


def _format(size: float) -> str:
    """Return the format (of d3) in which the numbers of a slider with such steps can be told apart."""
    digits = math.ceil(-math.log10(size) - 1e-9)
    return f".{max(digits, 0)}f" if -12 < digits <= 6 else ".4g"
