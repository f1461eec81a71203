"""Several workers: which one opens a session, and where one is found that lives."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sagews.backend.workers import Workers
from sagews.config.backend import Backend
from sagews.config.site import Site
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest
from tests.unit.backend.dialogue import ScriptedWorker, WorkerEnd

OPEN = pb.Request(id=1, open=pb.Open())


@contextlib.asynccontextmanager
async def two_workers(
    folder: Path, names: tuple[str, str] = ("w1", "w2")
) -> AsyncIterator[tuple[Workers, ScriptedWorker, ScriptedWorker]]:
    """Give the workers of a site that has two, both scripted, and in reach."""
    scripted = ScriptedWorker(names[0]), ScriptedWorker(names[1])
    paths = [folder / f"{number}.sock" for number in (1, 2)]
    servers = [
        await asyncio.start_unix_server(worker.accept, str(path)) for worker, path in zip(scripted, paths, strict=True)
    ]
    workers = Workers(Site(backend=Backend(idle_links=0, workers=[f"unix:{path}" for path in paths])))
    try:
        yield workers, *scripted
    finally:
        await workers.stop()
        for worker in scripted:
            for end in worker.ends:
                end.hang_up()
        for server in servers:
            server.close()
        await asyncio.sleep(0)


async def say(worker: ScriptedWorker, state: pb.WorkerState, sessions: int) -> WorkerEnd:
    """Tell the backend, on a control link that it opens, what state a worker is in."""
    async with asyncio.timeout(5):
        control = await worker.control.get()
    control.say(pb.Event(status=pb.Status(state=state, load=pb.Load(sessions=sessions, places=10))))
    return control


async def until(workers: Workers, *states: str) -> None:
    async with asyncio.timeout(5):
        while [worker.state for worker in workers.all] != list(states):
            await asyncio.sleep(0.01)


async def test_the_less_loaded_one_is_asked_and_its_answer_is_its_new_load(tmp_path: Path) -> None:
    async with two_workers(tmp_path) as (workers, one, two):
        workers.start()
        await say(one, pb.WORKER_STATE_READY, 4)
        await say(two, pb.WORKER_STATE_READY, 3)
        await until(workers, "ready", "ready")
        opening = asyncio.create_task(workers.open(OPEN))
        end = await two.link()
        await end.expect("open")
        opened = pb.Opened(token="t", load=pb.Load(sessions=5, places=10))
        end.say(pb.Event(request=1, session="w2-a", opened=opened))
        worker, link, event = await asyncio.wait_for(opening, 5)
        assert (worker.name, event.session) == ("w2", "w2-a")
        link.close()
        again = asyncio.create_task(workers.open(OPEN))
        await (await one.link()).expect("open")
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)


async def test_the_next_is_asked_when_one_turns_out_to_be_full(tmp_path: Path) -> None:
    async with two_workers(tmp_path) as (workers, one, two):
        workers.start()
        await say(one, pb.WORKER_STATE_READY, 1)
        await say(two, pb.WORKER_STATE_READY, 9)
        await until(workers, "ready", "ready")
        opening = asyncio.create_task(workers.open(OPEN))
        end = await one.link()
        await end.expect("open")
        failure = pb.Failure(code=pb.FAILURE_CODE_FULL, what="is full", load=pb.Load(sessions=10, places=10))
        end.say(pb.Event(request=1, failure=failure))
        end = await two.link()
        await end.expect("open")
        end.say(pb.Event(request=1, session="w2-a", opened=pb.Opened(token="t")))
        worker, link, _ = await asyncio.wait_for(opening, 5)
        assert worker.name == "w2"
        assert [known.state for known in workers.all] == ["full", "ready"]
        link.close()


@pytest.mark.parametrize(
    ("codes", "code", "what"),
    [
        ((pb.FAILURE_CODE_FULL, pb.FAILURE_CODE_FULL), pb.FAILURE_CODE_FULL, "no free place on any worker"),
        ((pb.FAILURE_CODE_DRAINING, pb.FAILURE_CODE_FULL), pb.FAILURE_CODE_FULL, "no free place on any worker"),
        ((pb.FAILURE_CODE_DRAINING, pb.FAILURE_CODE_DRAINING), pb.FAILURE_CODE_DRAINING, "is being emptied"),
    ],
)
async def test_the_reason_when_none_lets_anybody_in(
    tmp_path: Path, codes: tuple[pb.FailureCode, pb.FailureCode], code: pb.FailureCode, what: str
) -> None:
    async with two_workers(tmp_path) as (workers, one, two):
        opening = asyncio.create_task(workers.open(OPEN))

        async def refuse(worker: ScriptedWorker, with_code: pb.FailureCode) -> None:
            end = await worker.link()
            await end.expect("open")
            load = pb.Load(sessions=10, places=10)
            end.say(pb.Event(request=1, failure=pb.Failure(code=with_code, what="no", load=load)))

        await asyncio.gather(refuse(one, codes[0]), refuse(two, codes[1]))
        with pytest.raises(RefusedRequest, match=what) as refused:
            await asyncio.wait_for(opening, 5)
        assert refused.value.code == code


async def test_a_wish_that_no_worker_can_fulfil_is_asked_once(tmp_path: Path) -> None:
    async with two_workers(tmp_path) as (workers, one, two):
        opening = asyncio.create_task(workers.open(OPEN))
        ends = [asyncio.create_task(worker.link()) for worker in (one, two)]
        done, pending = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED, timeout=5)
        end = done.pop().result()
        await end.expect("open")
        failure = pb.Failure(code=pb.FAILURE_CODE_UNKNOWN_ENVIRONMENT, what="is not known")
        end.say(pb.Event(request=1, failure=failure))
        with pytest.raises(RefusedRequest, match="is not known"):
            await asyncio.wait_for(opening, 5)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        assert len(one.ends) + len(two.ends) == 1


async def test_a_session_is_looked_for_at_the_worker_whose_name_it_has(tmp_path: Path) -> None:
    async with two_workers(tmp_path) as (workers, one, two):
        workers.start()
        await say(one, pb.WORKER_STATE_READY, 0)
        await say(two, pb.WORKER_STATE_FULL, 10)
        await until(workers, "ready", "full")
        attach = pb.Request(id=1, attach=pb.Attach(session="w2-5f", token="t"))
        attaching = asyncio.create_task(workers.attach(attach))
        end = await two.link()
        assert (await end.expect("attach")).attach.session == "w2-5f"
        end.say(pb.Event(request=1, session="w2-5f", attached=pb.Attached()))
        worker, link, _ = await asyncio.wait_for(attaching, 5)
        assert worker.name == "w2"
        link.close()
        with pytest.raises(RefusedRequest, match="of a worker that this site does not have") as refused:
            await workers.attach(pb.Request(attach=pb.Attach(session="w3-5f")))
        assert refused.value.code == pb.FAILURE_CODE_UNKNOWN_SESSION


async def test_a_worker_that_falls_silent_or_ends_its_link_is_away(tmp_path: Path) -> None:
    async with two_workers(tmp_path) as (workers, one, two):
        workers.start()
        control = await say(one, pb.WORKER_STATE_READY, 0)
        await say(two, pb.WORKER_STATE_DRAINING, 1)
        await until(workers, "ready", "draining")
        control.hang_up()
        await until(workers, "away", "draining")
        await say(one, pb.WORKER_STATE_READY, 0)
        await until(workers, "ready", "draining")
        # From here on both are silent, and nobody hangs up.
        async with asyncio.timeout(20):
            while [worker.state for worker in workers.all] != ["away", "away"]:
                await asyncio.sleep(0.05)


async def test_of_two_that_have_one_name_the_first_alone_gets_sessions(tmp_path: Path) -> None:
    async with two_workers(tmp_path, ("w1", "w1")) as (workers, one, two):
        with capture_logs() as logged:
            workers.start()
            # Whichever is reached first, the order of the configuration decides.
            await say(two, pb.WORKER_STATE_READY, 0)
            await say(one, pb.WORKER_STATE_READY, 9)
            await until(workers, "ready", "namesake")
        (said,) = [line for line in logged if line["log_level"] == "error"]
        assert said["worker"] == "w1" and "no session is placed on the second" in said["what"]
        assert str(tmp_path / "1.sock") in said["first"] and str(tmp_path / "2.sock") in said["second"]
        for _ in range(3):
            opening = asyncio.create_task(workers.open(OPEN))
            end = await one.link()
            await end.expect("open")
            end.say(pb.Event(request=1, session="w1-a", opened=pb.Opened(token="t")))
            _, link, _ = await asyncio.wait_for(opening, 5)
            link.close()
        # What was opened on the second before the first was reached is found there still.
        attaching = asyncio.create_task(workers.attach(pb.Request(id=1, attach=pb.Attach(session="w1-5f", token="t"))))
        end = await one.link()
        await end.expect("attach")
        end.say(pb.Event(request=1, failure=pb.Failure(code=pb.FAILURE_CODE_UNKNOWN_SESSION, what="is not known")))
        end = await two.link()
        await end.expect("attach")
        end.say(pb.Event(request=1, session="w1-5f", attached=pb.Attached()))
        _, link, _ = await asyncio.wait_for(attaching, 5)
        link.close()


async def test_one_that_turns_out_to_be_a_namesake_keeps_no_session(tmp_path: Path) -> None:
    async with two_workers(tmp_path, ("w1", "w1")) as (workers, one, two):
        first, _second = workers.all
        first._learn_name("w1")
        first.away = True  # So that the second, of which nothing is known yet, is asked before it.
        opening = asyncio.create_task(workers.open(OPEN))
        end = await two.link()
        await end.expect("open")
        end.say(pb.Event(request=1, session="w1-b", opened=pb.Opened(token="t")))
        await end.expect("close")
        end = await one.link()
        await end.expect("open")
        end.say(pb.Event(request=1, session="w1-a", opened=pb.Opened(token="t")))
        worker, link, event = await asyncio.wait_for(opening, 5)
        assert worker is first and event.session == "w1-a"
        link.close()
