"""What may be looked at."""

import functools
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from IPython.core import guarded_eval

from sagews.session import policy

CELL = """
import functools, types
looked = []
class Slow:
    kept = types.SimpleNamespace(deeper=1)
    @property
    def of_class(self): looked.append(1)
    @functools.cached_property
    def cached(self): looked.append(1); return 1
    def method(self): pass
    @classmethod
    def made(cls): pass
class Descriptor:
    def __get__(self, instance, owner): looked.append(1)
class Described:
    value = Descriptor()
class Open:
    def __getattr__(self, name): looked.append(1); return self
slow, described, anything = Slow(), Described(), Open()
"""


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    """Install the policy, which the session does, for these tests alone."""
    before = guarded_eval.EVALUATION_POLICIES[policy.LIMITED]
    policy.install()
    yield
    guarded_eval.EVALUATION_POLICIES[policy.LIMITED] = before


@pytest.fixture
def namespace() -> dict[str, Any]:
    """Give the namespace of a session that has run a cell."""
    names: dict[str, Any] = {"__name__": policy.READERS}
    exec(CELL, names)
    return names


@pytest.mark.parametrize(
    "name",
    [
        "slow",
        "slow.kept",
        "slow.kept.deeper",
        "slow.method",
        "slow.made",
        "slow.of_class",
        "Slow.of_class",
        "len",
        "functools.partial",
        "types.SimpleNamespace",
    ],
)
def test_what_runs_nothing(namespace: dict[str, Any], name: str) -> None:
    assert policy.may_be_followed(name, namespace)
    assert namespace["looked"] == []


@pytest.mark.parametrize(
    "name",
    [
        "slow.of_class.x",
        "slow.cached",
        "slow.cached.real",
        "described.value",
        "Described.value",
        "Described.value.x",
        "anything.x",
        "anything.x.y",
        "nothing",
        "nothing.x",
        "slow.nothing",
        "slow.nothing.x",
    ],
)
def test_what_would_run_the_readers_code_or_is_not_there(namespace: dict[str, Any], name: str) -> None:
    assert not policy.may_be_followed(name, namespace)
    assert namespace["looked"] == []


def test_completion_has_the_same_policy(namespace: dict[str, Any]) -> None:
    context = guarded_eval.EvaluationContext(locals=namespace, globals=namespace, evaluation=policy.LIMITED)
    assert guarded_eval.guarded_eval("slow.method", context) == namespace["slow"].method
    for name in ("slow.of_class", "slow.cached", "described.value", "Described.value", "anything.x"):
        with pytest.raises(guarded_eval.GuardRejection):
            guarded_eval.guarded_eval(name, context)
    assert namespace["looked"] == []


def test_descriptors_of_libraries_are_no_readers() -> None:
    class Library:
        @functools.cached_property
        def value(self) -> int:
            return 1

    module = ModuleType("library")
    module.it = Library()  # type: ignore[attr-defined]
    assert policy.may_be_followed("module.it.value.real", {"module": module})
