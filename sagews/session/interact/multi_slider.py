"""Several sliders side by side, which are one value."""

from collections.abc import Sequence
from typing import Any

from sagews.session.interact.control import Control, InteractError, nearest, taken, within
from sagews.session.interact.sliders import STEPS, continuous, discrete, ends, number, step


class MultiSlider(Control):
    """A bank of vertical sliders, all along values or all between numbers; what is given once holds for all."""

    def __init__(
        self,
        sliders: int = 1,
        values: Sequence[Any] = ((0, 1),),
        interval: Sequence[Any] = ((0, 1),),
        slider_type: str = "continuous",
        default: Any = None,
        stepsize: Sequence[Any] = (0,),
        steps: Sequence[Any] = (STEPS,),
        display_values: bool = True,
        label: str | None = None,
    ) -> None:
        """`slider_type`: "continuous", with `interval`, `steps` and `stepsize`, or "discrete", with `values`."""
        self.sliders = int(sliders)
        if self.sliders < 1:
            raise InteractError(f"has {sliders} sliders", "MultiSlider", "give it one at least")
        self.display_values = bool(display_values)
        self.slider_type = slider_type if slider_type == "discrete" else "continuous"
        self.trait = "index" if self.slider_type == "discrete" else "value"
        self.values: list[list[Any]] = []
        self.interval: list[tuple[float, float]] = []
        self.stepsize: list[float] = []
        begin = self._each(default if isinstance(default, list | tuple) else [default], "default")
        if self.slider_type == "discrete":
            self.values = [
                taken(each, "MultiSlider") if not isinstance(each, list) else each
                for each in self._each(values, "values")
            ]
            if any(len(each) < 2 for each in self.values):
                raise InteractError("has a slider of fewer than 2 values", "MultiSlider", "give each two at least")
            begin = [nearest(own, each) for own, each in zip(self.values, begin, strict=True)]
        else:
            self.interval = [ends(each, "MultiSlider") for each in self._each(interval, "interval")]
            sizes = zip(self.interval, self._each(steps, "steps"), self._each(stepsize, "stepsize"), strict=True)
            self.stepsize = [step(own, count, size) for own, count, size in sizes]
        super().__init__(begin, label)

    def _each(self, given: Sequence[Any], what: str) -> list[Any]:
        """Return what each slider has: as it was given for each, or the one for all."""
        found = list(given)
        if len(found) == 1:
            # A generator is read once; all sliders have what came of it.
            only = taken(found[0], "MultiSlider") if what == "values" else found[0]
            return [only] * self.sliders
        if len(found) != self.sliders:
            raise InteractError(
                f"{what} is for {len(found)} sliders", f"MultiSlider of {self.sliders}", "give it for one, or for each"
            )
        return found

    def constrain(self, value: Any) -> list[Any]:
        """Return a number or an index for each slider."""
        values = value if isinstance(value, list | tuple) and len(value) == self.sliders else [value] * self.sliders
        return [self.constrain_element(each, [place]) for place, each in enumerate(values)]

    def constrain_element(self, value: Any, place: list[int]) -> Any:
        """Return the number or index of one slider."""
        if self.slider_type == "discrete":
            return int(within(value, 0, len(self.values[place[0]]) - 1))
        return number(value, self.interval[place[0]])

    def meant(self, value: Any) -> Any:
        """Return the value of each slider."""
        if self.slider_type == "continuous":
            return list(value)
        return [own[each] for own, each in zip(self.values, value, strict=True)]

    def make(self, label: str) -> Any:
        """Return the sliders in a row beside their label."""
        from ipywidgets import HBox, Layout

        from sagews.session.interact.boxes import labelled

        self._bank = [self._slider(place, f"{label} {place + 1}") for place in range(self.sliders)]
        return labelled(label, HBox(self._bank, layout=Layout(flex_flow="row wrap")))

    def _slider(self, place: int, name: str) -> Any:
        fields = {"orientation": "vertical", "readout": self.display_values, "tooltip": name}
        if self.slider_type == "discrete":
            return discrete(self.values[place], self._value[place], False, **fields)
        return continuous(self.interval[place], self.stepsize[place], self._value[place], False, **fields)

    def parts(self) -> list[Any]:
        """Return the sliders."""
        return self._bank

    def read(self) -> Any:
        """Return what each has."""
        return [getattr(each, self.trait) for each in self._bank]

    def write(self, value: Any) -> None:
        """Set each."""
        for each, own in zip(self._bank, value, strict=True):
            setattr(each, self.trait, own)
