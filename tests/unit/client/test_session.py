"""A session's dialogue: what the client is told, and what it sends again after a loss."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from sagews.client.events import (
    Completed,
    Done,
    Ended,
    Event,
    Failure,
    Gap,
    InputTaken,
    Opened,
    Output,
    Queued,
    Started,
)
from sagews.client.files import Files
from sagews.client.session import Session
from sagews.errors import ProtocolError, ServiceError


@dataclass
class Paper:
    """A carrier that writes down what it is given."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    last: int = 0

    def next_id(self) -> int:
        self.last += 1
        return self.last

    def carry(self, session: Session, message: dict[str, Any]) -> None:
        self.sent.append(message)

    @property
    def files(self) -> Files:
        raise AssertionError("no files here")


def opened(paper: Paper) -> Session:
    return Session(paper, Opened(session="s", token="t"))


async def collect(session: Session, code: str) -> list[Event]:
    return [event async for event in session.evaluate(code)]


async def evaluating(session: Session, paper: Paper, code: str = "1") -> tuple["asyncio.Task[list[Event]]", str]:
    """Start an evaluation and return its task and name once the message is out."""
    task = asyncio.create_task(collect(session, code))
    while not paper.sent or paper.sent[-1]["kind"] != "evaluate":
        await asyncio.sleep(0)
    return task, paper.sent[-1]["evaluation"]


async def test_an_evaluation_yields_its_events_in_order_each_once() -> None:
    paper = Paper()
    session = opened(paper)
    task, name = await evaluating(session, paper)
    told = [
        Queued(sequence=1, evaluation=name),
        Started(sequence=2, evaluation=name),
        Output(sequence=3, evaluation=name, output_kind="stream"),
        Done(sequence=4, evaluation=name, reason="done"),
    ]
    for event in (told[0], told[1], told[0], told[1], told[2], told[2], told[3]):
        session.receive(event)
    assert await asyncio.wait_for(task, 1) == told
    assert session.last_sequence == 4


async def test_what_is_not_settled_is_sent_again_with_the_same_id() -> None:
    paper = Paper()
    session = opened(paper)
    task, name = await evaluating(session, paper)
    assert session.unsettled() == paper.sent
    session.receive(Queued(sequence=1, evaluation=name))
    assert session.unsettled() == []
    await session.input_reply(Output(sequence=7), "yes")
    await session.interrupt()
    assert [message["kind"] for message in session.unsettled()] == ["input_reply", "interrupt"]
    session.receive(InputTaken(sequence=8, evaluation=name, input_sequence=7))
    session.receive(Done(sequence=9, evaluation=name, reason="interrupted"))
    assert session.unsettled() == []
    await asyncio.wait_for(task, 1)


async def test_a_refused_evaluation_is_an_error_with_its_hint() -> None:
    paper = Paper()
    session = opened(paper)
    task, _ = await evaluating(session, paper)
    session.receive(Failure(request=paper.sent[-1]["id"], code="full", what="is full", noun="session s", hint="wait"))
    with pytest.raises(ServiceError, match="session s: is full; wait"):
        await asyncio.wait_for(task, 1)
    assert session.unsettled() == []


async def test_code_that_is_too_large_is_not_even_sent() -> None:
    paper = Paper()
    session = opened(paper)
    with pytest.raises(ServiceError, match="over 1 MiB"):
        await collect(session, "#" * ((1 << 20) + 1))
    assert paper.sent == []


async def test_the_end_of_the_session_ends_what_runs_and_refuses_what_follows() -> None:
    paper = Paper()
    session = opened(paper)
    task, _ = await evaluating(session, paper)
    asking = asyncio.create_task(session.complete("a", 1))
    await asyncio.sleep(0)
    session.receive(Ended(sequence=1, reason="killed", text="The session was killed."))
    assert [type(event) for event in await asyncio.wait_for(task, 1)] == [Ended]
    for waiting in (asking, collect(session, "2")):
        with pytest.raises(ServiceError, match="was killed"):
            await asyncio.wait_for(waiting, 1)
    assert (await asyncio.wait_for(session.wait_ended(), 1)).reason == "killed"
    await asyncio.wait_for(session.close(), 1)


async def test_an_unknown_session_counts_as_lost() -> None:
    paper = Paper()
    session = opened(paper)
    session.lost("gone")
    assert session.ended is not None
    assert session.ended.reason == "worker_lost"


async def test_closing_waits_for_the_end() -> None:
    paper = Paper()
    session = opened(paper)
    closing = asyncio.create_task(session.close())
    await asyncio.sleep(0)
    assert paper.sent[-1]["kind"] == "close"
    assert not closing.done()
    session.receive(Ended(sequence=1, reason="closed"))
    await asyncio.wait_for(closing, 1)


async def test_answers_go_to_who_asked() -> None:
    paper = Paper()
    session = opened(paper)
    first, second = asyncio.create_task(session.complete("a", 1)), asyncio.create_task(session.complete("b", 1))
    await asyncio.sleep(0)
    ids = [message["id"] for message in paper.sent]
    session.receive(Completed(request=ids[1], body='{"matches":["bb"]}'))
    session.receive(Completed(request=ids[0], body="no json"))
    assert await asyncio.wait_for(second, 1) == {"matches": ["bb"]}
    with pytest.raises(ProtocolError):
        await asyncio.wait_for(first, 1)


async def test_a_gap_is_shown_to_what_runs_and_late_output_to_nobody_else() -> None:
    paper = Paper()
    session = opened(paper)
    session.receive(Output(sequence=1, evaluation="before", late=True))
    task, name = await evaluating(session, paper)
    session.receive(Gap(sequence=5, events=4))
    session.receive(Done(sequence=6, evaluation=name))
    assert [type(event) for event in await asyncio.wait_for(task, 1)] == [Gap, Done]
    assert session.unclaimed.get_nowait().sequence == 1
    assert session.unclaimed.empty()


async def test_a_server_out_of_reach_for_good_fails_everybody() -> None:
    paper = Paper()
    session = opened(paper)
    task, _ = await evaluating(session, paper)
    asking = asyncio.create_task(session.inspect("a", 1))
    await asyncio.sleep(0)
    session.fail(ServiceError("cannot be reached", "http://h/", "check it"))
    for waiting in (task, asking):
        with pytest.raises(ServiceError, match="cannot be reached"):
            await asyncio.wait_for(waiting, 1)
