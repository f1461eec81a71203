"""Files over a link to a real worker: questions in, answers out, whatever the session's code does about it."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagews.protocol import MAX_PIECE
from sagews.protocol import sagews_pb2 as pb
from tests.site.worker_process import BackendEnd, RunningWorker, link_to, running_worker, stdout_of, told

CONFIG = """
[limits]
file_bytes = 1000000

[[environment]]
name = "python"
preload = []
spares = 1
"""

LIE = """
from sagews.protocol import sagews_pb2 as pb
from sagews.session.files import Files
def lie(self, request):
    return pb.FileReply(request=request.id, **REPLY)
Files.answer = lie
"""


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    with running_worker(tmp_path_factory.mktemp("worker"), CONFIG) as running:
        yield running


async def ask(link: BackendEnd, **kind: Any) -> pb.Event:
    """Ask, and return the answer."""
    request = link.send(**kind)
    while (event := await link.event()).request != request:
        pass
    assert event.sequence == 0
    return event


async def get(link: BackendEnd, path: bytes, offset: int = 0, version: bytes = b"") -> pb.Event:
    return await ask(link, get_file=pb.GetFile(path=path, offset=offset, size=MAX_PIECE, version=version))


async def test_put_list_and_get(worker: RunningWorker) -> None:
    content = os.urandom(MAX_PIECE + 1000)
    async with link_to(worker) as link:
        for offset in (0, MAX_PIECE):
            piece = content[offset : offset + MAX_PIECE]
            wish = pb.PutFile(path=b"\xff", upload="u1", offset=offset, piece=piece, last=offset > 0)
            assert (await ask(link, put_file=wish)).HasField("file_put")
        (entry,) = (await ask(link, list_files=pb.ListFiles())).files_listed.entries
        assert (entry.name, entry.kind, entry.size) == (b"\xff", pb.FILE_KIND_FILE, len(content))
        first = (await get(link, b"\xff")).file_piece
        second = (await get(link, b"\xff", MAX_PIECE, first.version)).file_piece
        assert first.piece + second.piece == content


async def test_what_is_refused(worker: RunningWorker) -> None:
    async with link_to(worker, opened=False) as link:
        failure = (await ask(link, list_files=pb.ListFiles())).failure
        assert failure.code == pb.FAILURE_CODE_OUT_OF_ORDER
        await link.open()
        for path, code in (
            (b"nowhere", pb.FAILURE_CODE_UNKNOWN_FILE),
            (b"../../../etc/passwd", pb.FAILURE_CODE_BAD_MESSAGE),
            (b"/etc/passwd", pb.FAILURE_CODE_BAD_MESSAGE),
        ):
            failure = (await get(link, path)).failure
            assert failure.code == code and failure.what and failure.noun and failure.hint
        wish = pb.PutFile(path=b"a", upload="u", offset=999_999, piece=b"12")
        assert (await ask(link, put_file=wish)).failure.code == pb.FAILURE_CODE_TOO_LARGE


async def test_a_question_is_answered_when_the_cell_has_ended(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        link.send(evaluate=pb.Evaluate(evaluation="e1", code="import time; time.sleep(0.5); open('a', 'w').close()"))
        request = link.send(list_files=pb.ListFiles())
        events = await link.until("files_listed")
        assert "done:done" in told(events)
        assert events[-1].request == request and [entry.name for entry in events[-1].files_listed.entries] == [b"a"]


@pytest.mark.parametrize("end", ["import os; os._exit(3)", "os.kill(os.getpid(), 9)"])
async def test_the_end_of_the_session_answers(worker: RunningWorker, end: str) -> None:
    async with link_to(worker) as link:
        await link.evaluate("import os")
        link.send(evaluate=pb.Evaluate(evaluation="e2", code=f"import time; time.sleep(0.3); {end}"))
        failure = (await ask(link, list_files=pb.ListFiles())).failure
        assert failure.code == pb.FAILURE_CODE_UNKNOWN_SESSION and failure.hint


@pytest.mark.parametrize(
    "reply",
    [
        "dict(files_listed=b'\\n\\0' * (1 << 20))",
        "dict(file_piece=pb.FilePiece(piece=bytes(1 << 24)))",
        "dict(file_put=pb.FilePut())",
        "dict(files_listed=pb.FilesListed(entries=[pb.FileEntry(name=b'../x', kind=1)]).SerializeToString())",
    ],
)
async def test_a_session_that_lies_about_its_files_is_ended(worker: RunningWorker, reply: str) -> None:
    async with link_to(worker) as link:
        await link.evaluate(LIE.replace("REPLY", reply))
        request = link.send(list_files=pb.ListFiles())
        events = await link.until("failure")
        assert events[-1].request == request
        assert "ended:killed" in told(events)
    async with link_to(worker) as link:
        assert told(await link.evaluate("1+1"))[-1] == "done:done"


async def test_an_answer_of_another_kind_ends_the_session(worker: RunningWorker) -> None:
    code = LIE.replace("REPLY", "{}") + (
        "from sagews.session.channel import Channel\n"
        "Channel.file_reply = lambda self, reply: self.reply(reply.request, {'matches': []})"
    )
    async with link_to(worker) as link:
        await link.evaluate(code)
        assert (await ask(link, get_file=pb.GetFile(path=b"a", size=1))).HasField("failure")


async def test_questions_that_are_never_answered_are_bounded(worker: RunningWorker) -> None:
    silent = LIE.replace("REPLY", "{}") + (
        "from sagews.session.channel import Channel\nChannel.file_reply = lambda self, reply: None"
    )
    async with link_to(worker) as link:
        await link.evaluate(silent)
        wish = pb.PutFile(path=b"a", upload="u", piece=bytes(1000))
        for _ in range(1000):
            link.send(put_file=wish)
        async with asyncio.timeout(15):
            failure = (await ask(link, put_file=wish)).failure
        assert failure.code == pb.FAILURE_CODE_FULL
        assert told(await link.evaluate("1+1"))[-1] == "done:done"


async def test_the_files_go_with_the_session(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        await ask(link, put_file=pb.PutFile(path=b"a", upload="u", piece=b"1", last=True))
        file = Path(stdout_of(await link.evaluate("import os; print(os.path.realpath('a'))")).strip())
        link.send(close=pb.Close())
        await link.until("ended")
        assert file.name == "a" and not file.exists()
