"""Fingerprints of environments."""

import sys
from pathlib import Path

import pytest

import sagews
from sagews.session.fingerprint import SIZE, digest, fingerprint
from tests.unit.session.running import RunningZygote, running_zygote


def test_it_is_the_same_for_the_same_and_another_for_anything_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = fingerprint(["numpy", "scipy"], "x = 1")
    assert len(one) == SIZE == 16
    assert fingerprint(["numpy", "scipy"], "x = 1") == one
    others = {
        fingerprint(["numpy"], "x = 1"),
        fingerprint(["numpyscipy"], "x = 1"),
        fingerprint(["numpy", "scipy"], ""),
        fingerprint(["numpy", "scipy", "x = 1"], ""),
    }
    monkeypatch.setattr(sagews, "__version__", "9.9.9")
    others.add(fingerprint(["numpy", "scipy"], "x = 1"))
    monkeypatch.undo()
    (tmp_path / "one_more-1.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    others.add(fingerprint(["numpy", "scipy"], "x = 1"))
    assert len(others | {one}) == 7


def test_facts_do_not_run_into_each_other() -> None:
    assert len({digest(["a", "b"]), digest(["ab"]), digest(["ab", ""]), digest(["", "ab"]), digest(["\ud800"])}) == 5


def test_a_zygote_tells_its_own(zygote: RunningZygote) -> None:
    assert len(zygote.preloaded.fingerprint) == SIZE
    with running_zygote(["math"]) as one, running_zygote(["math"]) as two, running_zygote([]) as other:
        assert one.preloaded.fingerprint == two.preloaded.fingerprint
        assert len({one.preloaded.fingerprint, other.preloaded.fingerprint, zygote.preloaded.fingerprint}) == 3
