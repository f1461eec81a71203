"""A transfer: one question at a time to a session, an answer or a reason to each."""

import asyncio
from pathlib import Path

import pytest

from sagews.backend import visit as module
from sagews.backend.hold import split_id
from sagews.backend.transfer import Transfer
from sagews.protocol import MAX_PIECE
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest
from tests.unit.backend.dialogue import Stage, WorkerEnd, attached, ended, failure, stage, started


async def begin(scene: Stage) -> tuple["asyncio.Task[pb.FilesListed]", WorkerEnd]:
    """Ask for a list on a link of its own; return when the worker has been asked to attach."""

    async def list_files() -> pb.FilesListed:
        async with Transfer.begun(scene.sessions, "w1-a", "secret", "127.0.0.1") as transfer:
            return await transfer.list(b"data")

    task = asyncio.create_task(list_files())
    return task, await scene.worker.link()


def listed(request: int, name: bytes = b"a") -> pb.Event:
    entry = pb.FileEntry(name=name, kind=pb.FILE_KIND_FILE)
    return pb.Event(request=request, session="w1-a", files_listed=pb.FilesListed(entries=[entry]))


async def test_it_attaches_asks_and_leaves(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link = await begin(scene)
        attach = await link.expect("attach")
        assert (attach.attach.session, attach.attach.token) == ("w1-a", "secret")
        link.say(attached(attach.id, last=7), started(8))
        question = await link.expect("list_files")
        assert question.list_files.path == b"data"
        link.say(started(9), listed(question.id))
        assert [entry.name for entry in (await task).entries] == [b"a"]
        await link.expect_end()
        assert len(scene.sessions) == 0


async def test_a_tab_on_the_same_session_hears_nothing_of_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        link = await scene.opened(tab)
        async with asyncio.timeout(5):
            task = asyncio.create_task(_get(scene))
            attach = await link.expect("attach")
            link.say(attached(attach.id, last=0))
            question = await link.expect("get_file")
            assert (question.get_file.offset, question.get_file.size) == (5, MAX_PIECE)
            link.say(started(1))
            link.say(pb.Event(request=question.id, session="w1-a", file_piece=pb.FilePiece(piece=b"x", size=6)))
            assert (await task).piece == b"x"
        await tab.told("started")
        assert tab.silent
        await tab.ask("interrupt", session="w1-a")
        await link.expect("interrupt")


async def _get(scene: Stage) -> pb.FilePiece:
    async with Transfer.begun(scene.sessions, "w1-a", "secret", "127.0.0.1") as transfer:
        return await transfer.get(b"a", 5)


@pytest.mark.parametrize("code", [pb.FAILURE_CODE_WRONG_TOKEN, pb.FAILURE_CODE_UNKNOWN_SESSION])
@pytest.mark.parametrize("shared", [False, True])
async def test_a_wrong_token_gets_no_further(tmp_path: Path, shared: bool, code: pb.FailureCode) -> None:
    async with stage(tmp_path) as scene:
        if shared:
            link = await scene.opened(await scene.tab())
            task = asyncio.create_task(_get(scene))
        else:
            task, link = await begin(scene)
        attach = await link.expect("attach")
        link.say(failure(attach.id, code))
        with pytest.raises(RefusedRequest) as refused:
            await task
        assert refused.value.code == code


async def test_a_refusal_of_the_session_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link = await begin(scene)
        link.say(attached((await link.expect("attach")).id, last=0))
        link.say(failure((await link.expect("list_files")).id, pb.FAILURE_CODE_UNKNOWN_FILE))
        with pytest.raises(RefusedRequest) as refused:
            await task
        assert (refused.value.code, refused.value.hint) == (pb.FAILURE_CODE_UNKNOWN_FILE, "stop")


async def test_a_worker_without_room_for_the_question_is_asked_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link = await begin(scene)
        link.say(attached((await link.expect("attach")).id, last=0))
        first = await link.expect("list_files")
        link.say(failure(first.id, pb.FAILURE_CODE_FULL))
        second = await link.expect("list_files")
        assert second.id != first.id
        link.say(listed(first.id, b"late"), listed(second.id))
        assert [entry.name for entry in (await task).entries] == [b"a"]


async def test_an_answer_of_another_kind_is_none(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link = await begin(scene)
        link.say(attached((await link.expect("attach")).id, last=0))
        question = await link.expect("list_files")
        link.say(pb.Event(request=question.id, file_put=pb.FilePut()))
        with pytest.raises(RefusedRequest) as refused:
            await task
        assert refused.value.code == pb.FAILURE_CODE_INTERNAL


async def test_the_end_of_the_session_answers(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link = await begin(scene)
        link.say(attached((await link.expect("attach")).id, last=0))
        await link.expect("list_files")
        link.say(ended(1))
        with pytest.raises(RefusedRequest) as refused:
            await task
        assert refused.value.code == pb.FAILURE_CODE_UNKNOWN_SESSION


async def test_a_session_that_does_not_answer_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_DEADLINE", 0.2)
    async with stage(tmp_path) as scene:
        task, link = await begin(scene)
        link.say(attached((await link.expect("attach")).id, last=0))
        await link.expect("list_files")
        with pytest.raises(RefusedRequest) as refused:
            await task
        assert refused.value.code == pb.FAILURE_CODE_UNAVAILABLE and "evaluation" in refused.value.hint
        await link.expect_end()


async def test_a_caller_that_goes_away_leaves_the_session(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        task, link = await begin(scene)
        link.say(attached((await link.expect("attach")).id, last=0))
        await link.expect("list_files")
        task.cancel()
        await link.expect_end()
        assert len(scene.sessions) == 0


async def test_what_is_abandoned_is_told_without_waiting(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:

        async def put() -> None:
            async with Transfer.begun(scene.sessions, "w1-a", "secret", "127.0.0.1") as transfer:
                transfer.abandon(b"a", "u")

        task = asyncio.create_task(put())
        link = await scene.worker.link()
        link.say(attached((await link.expect("attach")).id, last=0))
        wish = await link.expect("put_file")
        assert wish.put_file.abandon and wish.put_file.upload == "u" and split_id(wish.id)[1] == 0
        await task
