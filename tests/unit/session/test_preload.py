"""What a session finds warm."""

from pathlib import Path

from tests.unit.session.running import RunningSession, RunningZygote


def test_modules_are_there(session: RunningSession) -> None:
    output = session.evaluate("import sys\n[name in sys.modules for name in ('numpy', 'pandas', 'matplotlib.pyplot')]")
    assert output.results == ["[True, True, True]"]


def test_objects_of_the_zygote_are_frozen(session: RunningSession) -> None:
    assert int(session.evaluate("import gc\ngc.get_freeze_count()").results[0]) > 100_000
    assert session.evaluate("gc.isenabled()").results == ["True"]


def test_an_idle_session_is_small(zygote: RunningZygote) -> None:
    with zygote.session() as session:
        session.evaluate("1+1")
        assert _private(session.pid) < 8 << 20


def _private(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Private_Dirty"))
