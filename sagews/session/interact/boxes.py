"""The view of an interact: boxes of ipywidgets with its controls, its bookmarks and its output, by a plan."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ipywidgets import Box, HBox, Label, Layout, VBox
from traitlets import Dict

from sagews.session.interact.plan import OUTPUT, Plan, Row

_FULL = {"width": "100%"}


class View(VBox):
    """The whole."""

    words = ""
    """What is shown where no widget can be."""
    sagews_places = Dict().tag(sync=True)
    """Selectors of CSS by the ids of models in it, for what has a place of its own where there is one."""

    def __repr__(self) -> str:
        return self.words


def labelled(label: str, view: Any) -> Any:
    """Return a view beside its label, by which the page names the whole for those who hear it."""
    if not label:
        return view
    layout = Layout(flex_flow="row wrap", align_items="center")
    return HBox([Label(label), view], layout=layout, _dom_classes=("sagews-labelled",))


def arranged(plan: Plan, views: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return rows of views, from top to bottom: what has no place by the plan stands between its top and its middle."""
    placed = plan.placed
    rest: list[Row] = [[(name, 1)] for name in views if name not in placed and name != OUTPUT]
    middle = _middle(plan, views, with_output=OUTPUT in views and OUTPUT not in placed)
    return (*_rows([*plan.top, *rest], views), *middle, *_rows(plan.bottom, views))


def _middle(plan: Plan, views: Mapping[str, Any], *, with_output: bool) -> list[Any]:
    output = [views[OUTPUT]] if with_output else []
    left, right = _rows(plan.left, views), _rows(plan.right, views)
    if not left and not right:
        return output
    sides = [VBox(left, layout=Layout(flex="1 1 16em"))] if left else []
    sides += [Box(output, layout=Layout(flex="3 1 20em"))] if output else []
    sides += [VBox(right, layout=Layout(flex="1 1 16em"))] if right else []
    return [HBox(sides, layout=Layout(flex_flow="row wrap", **_FULL))]


def _rows(rows: Iterable[Row], views: Mapping[str, Any]) -> list[Any]:
    return [made for row in rows if (made := _row(row, views)) is not None]


def _row(row: Row, views: Mapping[str, Any]) -> Any:
    """Return a row; None for one of which nothing is there, such as a control that was taken away."""
    there = [(name, share) for name, share in row if name is None or name in views]
    if not any(name is not None for name, _ in there):
        return None
    if len(there) == 1:
        return views[str(there[0][0])]
    cells = [Box([views[name]] if name else [], layout=Layout(flex=_share(name, share))) for name, share in there]
    return HBox(cells, layout=Layout(flex_flow="row wrap", **_FULL))


def _share(name: str | None, share: int) -> str:
    """Return how much of a row's width something has; on a phone, what has no room beside others goes below them."""
    return f"{share} 1 {'0%' if name is None else '12em'}"


def close(view: Any, kept: Collection[Any] = ()) -> None:
    """Close a widget and all that is in it, so that no page knows them any more, but for what is kept."""
    if any(view is each for each in kept):
        return
    for child in tuple(getattr(view, "children", ())):
        close(child, kept)
    for name in ("layout", "style"):
        part: Any = getattr(view, name, None)
        if hasattr(part, "close"):
            part.close()
    view.close()
