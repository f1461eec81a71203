"""A visit: what it tells, what it hears, and that neither is lost or stuck behind the other."""

import asyncio
from pathlib import Path

import pytest

from sagews.backend import visit as module
from sagews.backend.hold import Told
from sagews.backend.visit import HIGH_WATER, MAX_UNHEARD, Visit
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest
from tests.unit.backend.dialogue import Stage, WorkerEnd, attached, ended, failure, stage, started


def everything(event: pb.Event) -> bool:
    return True


def output(sequence: int, size: int = 1, request: int = 0) -> pb.Event:
    said = pb.Output(kind=pb.OUTPUT_KIND_STREAM, body=b"x" * size)
    return pb.Event(session="w1-a", sequence=sequence, request=request, evaluation="e", output=said)


async def heard(visit: Visit, count: int) -> list[int]:
    """Return the numbers of the next events."""
    numbers: list[int] = []
    async with asyncio.timeout(5):
        while len(numbers) < count:
            numbers += [told.event.sequence for told in await visit.next()]
    return numbers


async def arrive(scene: Stage, after: int = 0) -> tuple["asyncio.Task[Visit]", WorkerEnd, pb.Request]:
    """Begin a visit that hears everything, and stays until its task is cancelled."""
    ready: asyncio.Future[Visit] = asyncio.get_running_loop().create_future()

    async def stay() -> Visit:
        async with Visit.begun(scene.sessions, "w1-a", "secret", "r", after=after, wants=everything) as visit:
            ready.set_result(visit)
            await asyncio.Event().wait()
        return visit

    task = asyncio.create_task(stay())
    link = await scene.worker.link()
    attach = await link.expect("attach")
    assert attach.attach.after_sequence == after
    task.ready = ready  # type: ignore[attr-defined]
    return task, link, attach


async def visit_of(task: "asyncio.Task[Visit]") -> Visit:
    async with asyncio.timeout(5):
        return await task.ready  # type: ignore[attr-defined, no-any-return]


async def leave(task: "asyncio.Task[Visit]", link: WorkerEnd) -> None:
    task.cancel()
    await link.expect_end()


async def test_it_hears_what_was_and_what_comes_once_and_in_order(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link, attach = await arrive(scene, after=3)
        link.say(started(4, attach.id), output(5, request=attach.id))
        visit = await visit_of(task)
        told = await visit.next()
        assert [one.event.sequence for one in told] == [4, 5] and '"request"' not in told[0].text
        link.say(attached(attach.id, last=5), output(6))
        assert await heard(visit, 1) == [6]
        assert visit.attached is not None and visit.attached.last_sequence == 5
        await leave(task, link)


async def test_the_end_of_a_replay_is_seen_without_an_event(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link, attach = await arrive(scene)
        link.say(attached(attach.id, last=0))
        visit = await visit_of(task)
        async with asyncio.timeout(5):
            while visit.attached is None:
                assert await visit.next() == []
        await leave(task, link)


async def test_what_is_told_has_been_acted_on_and_what_came_of_it_is_heard(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link, attach = await arrive(scene)
        link.say(attached(attach.id, last=2))
        visit = await visit_of(task)
        telling = asyncio.create_task(visit.tell(interrupt=pb.Interrupt()))
        await link.expect("interrupt")
        barrier = await link.expect("attach")
        assert barrier.attach.after_sequence == 2
        # Live first, then the same in the replay: it is heard once.
        link.say(output(3), output(3, request=barrier.id), attached(barrier.id, last=3))
        assert [event.sequence for event in await telling] == [3]
        link.say(output(4))
        assert await heard(visit, 2) == [3, 4]
        await leave(task, link)


async def test_what_is_refused_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link, attach = await arrive(scene)
        link.say(attached(attach.id, last=0))
        visit = await visit_of(task)
        for code, lives in ((pb.FAILURE_CODE_UNKNOWN_SESSION, False), (None, True)):
            asking = asyncio.create_task(visit.lives())
            question = await link.expect("input_reply")
            assert question.input_reply.sequence == 0
            barrier = await link.expect("attach")
            link.say(*([failure(question.id, code)] if code else []), attached(barrier.id, last=0))
            assert await asking is lives
        await leave(task, link)


async def test_an_answer_behind_much_output_is_not_stuck(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link, attach = await arrive(scene)
        link.say(attached(attach.id, last=0))
        visit = await visit_of(task)
        telling = asyncio.create_task(visit.tell(interrupt=pb.Interrupt()))
        barrier = (await link.expect("interrupt"), await link.expect("attach"))[1]
        size = HIGH_WATER // 2
        link.say(*(output(number, size, barrier.id) for number in range(1, 7)), attached(barrier.id, last=6))
        async with asyncio.timeout(5):
            assert len(await telling) == 6
        assert visit.congested
        await leave(task, link)


async def test_who_does_not_take_what_it_hears_lets_the_link_wait(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link, attach = await arrive(scene)
        link.say(attached(attach.id, last=0))
        visit = await visit_of(task)
        size = HIGH_WATER // 4
        link.say(*(output(number, size) for number in range(1, 101)))
        async with asyncio.timeout(5):
            while not visit.congested:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        # Some frames were on their way when the link was paused, and no more.
        assert visit._size < 40 * size
        assert await heard(visit, 100) == list(range(1, 101))
        assert not visit.congested
        await leave(task, link)


def test_who_falls_too_far_behind_is_over() -> None:
    visit = Visit("w1-a", "secret", "r", everything)
    for number in range(1, 100):
        visit.take(Told(output(number, MAX_UNHEARD // 10)))
    assert not visit.over and visit.has_news
    assert [told.event.sequence for told in asyncio.run(visit.next())] == list(range(1, 11))
    assert visit.over


async def test_only_what_is_wanted_is_kept(tmp_path: Path) -> None:
    visit = Visit("w1-a", "secret", "r", lambda event: event.HasField("ended"))
    for number in range(1, 4):
        visit.take(Told(output(number)))
    assert not visit.has_news
    visit.take(Told(ended(4)))
    visit.released("w1-a")
    assert [told.event.sequence for told in await visit.next()] == [4] and visit.over


async def test_the_end_of_the_session_ends_the_visit(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link, attach = await arrive(scene)
        link.say(attached(attach.id, last=0))
        visit = await visit_of(task)
        asking = asyncio.create_task(visit.ask("completed", complete=pb.Complete(code="a", cursor=1)))
        await link.expect("complete")
        link.say(ended(1))
        with pytest.raises(RefusedRequest) as refused:
            await asking
        assert refused.value.code == pb.FAILURE_CODE_UNKNOWN_SESSION
        assert await heard(visit, 1) == [1] and visit.over
        # Nor does what is sent afterwards say that no worker can be reached.
        assert not await visit.lives()
        with pytest.raises(RefusedRequest, match="has ended"):
            visit.send(pb.Request(close=pb.Close()))
        task.cancel()


async def test_a_worker_that_does_not_answer_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_DEADLINE", 0.2)
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        link = await scene.opened(tab)
        with pytest.raises(RefusedRequest) as refused:
            async with Visit.begun(scene.sessions, "w1-a", "secret", "r", after=0, wants=everything):
                pass
        assert refused.value.code == pb.FAILURE_CODE_UNAVAILABLE
        await link.expect("attach")


async def test_opening_leaves_the_session_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        opening = asyncio.create_task(Visit.open(scene.sessions, pb.Open(environment="python"), "address:::1"))
        link = await scene.worker.link()
        wish = await link.expect("open")
        assert (wish.open.environment, wish.open.reader) == ("python", "address:::1")
        link.say(pb.Event(request=wish.id, session="w1-a", opened=pb.Opened(token="secret")))
        opened = await opening
        assert (opened.session, opened.opened.token) == ("w1-a", "secret")
        await link.expect_end()
        assert len(scene.sessions) == 0
