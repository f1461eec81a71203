"""Watched evaluations through a real worker: what `done` says of them, and the fingerprints of environments."""

from pathlib import Path

import pytest

from sagews.protocol import sagews_pb2 as pb
from tests.site.worker_process import QUICK, RunningWorker, link_to, running_worker, stdout_of, told

TOLD = [
    ("print(sum(range(10)))", "unspecified"),
    ("open('f', 'w').write('x'); print(open('f').read())", "unspecified"),
    ("import tempfile, os; open(os.path.join(tempfile.gettempdir(), 'f'), 'w').close()", "unspecified"),
    ("import random; random.seed(7); print(random.random())", "unspecified"),
    ("import asyncio; await asyncio.sleep(0.01)", "unspecified"),
    ("import fractions, json, csv, xml.dom.minidom, unittest.mock", "unspecified"),
    ("import time; print(time.time())", "clock"),
    ("import datetime; print(datetime.datetime.now())", "clock"),
    ("import random; print(random.random())", "random"),
    ("import socket; socket.getaddrinfo('127.0.0.1', 1)", "network"),
    ("print(input())", "input"),
    ("!true", "process"),
    ("print(open('/etc/passwd').read())", "files"),
    ("import ctypes; ctypes.CDLL(None)", "foreign_code"),
    ("import threading; threading.Thread(target=threading.Event().wait, args=(5,), daemon=True).start()", "late"),
]


@pytest.mark.parametrize(("code", "reason"), TOLD)
async def test_done_says_by_what_a_result_may_differ(worker: RunningWorker, code: str, reason: str) -> None:
    async with link_to(worker) as link:
        done = (await link.evaluate(code, watched=True, without_input=True))[-1].done
        assert pb.Unrepeatable.Name(done.unrepeatable) == f"UNREPEATABLE_{reason.upper()}"


async def test_an_evaluation_that_is_not_watched_says_nothing(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        events = await link.evaluate("import time; time.time(); print(type(time.time).__name__)")
        assert stdout_of(events) == "builtin_function_or_method\n"
        assert told(events)[-1] == "done:done" and not events[-1].done.unrepeatable


async def test_only_the_first_of_a_session_can_be_watched(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        await link.evaluate("x = 1")
        request = link.send(evaluate=pb.Evaluate(evaluation="second", code="x", watched=True))
        event = (await link.until("failure"))[-1]
        assert (event.request, event.failure.code) == (request, pb.FAILURE_CODE_OUT_OF_ORDER)
        assert event.failure.noun == "evaluation second"
        assert stdout_of(await link.evaluate("print(x)", "second")) == "1\n"


async def test_the_same_watched_evaluation_sent_twice_runs_once(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        for _ in range(2):
            link.send(evaluate=pb.Evaluate(evaluation="a", code="print(1)", watched=True))
        events = await link.until("done")
        events += await link.evaluate("print(2)", "b")
        assert stdout_of(events) == "1\n2\n" and "failure" not in told(events)


async def test_environments_have_fingerprints_and_sessions_theirs(tmp_path: Path) -> None:
    config = QUICK + "[[environment]]\nname = 'other'\npreload = ['math']\nspares = 0\n"
    with running_worker(tmp_path, config) as worker:
        async with link_to(worker, control=True) as control:
            status = (await control.until("status"))[-1].status
        prints = {version.name: version.fingerprint for version in status.environments}
        assert list(prints) == ["python", "other"]
        assert len(set(prints.values())) == 2 and {len(each) for each in prints.values()} == {16}
        for name, fingerprint in prints.items():
            async with link_to(worker, opened=False) as link:
                link.send(open=pb.Open(environment=name))
                assert (await link.until("opened"))[-1].opened.fingerprint == fingerprint
