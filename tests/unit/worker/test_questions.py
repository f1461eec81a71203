"""Questions: each is answered once, by whoever was asked, to whoever asked."""

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.questions import MAX_ASKED, MAX_REPLY, Questions
from sagews.worker.refusal import Refusal


def test_each_gets_its_own_answer_once() -> None:
    questions = Questions("w1-a")
    answers: list[pb.Event] = []
    first = questions.add(pb.Request(id=7, complete=pb.Complete(code="pri")), answers.append)
    second = questions.add(pb.Request(id=7, inspect=pb.Inspect(code="print")), answers.append)
    questions.reply(pb.Reply(request=second, body=b"two"))
    questions.reply(pb.Reply(request=second, body=b"again"))
    questions.reply(pb.Reply(request=99, body=b"to nobody"))
    questions.reply(pb.Reply(request=first, body=b"one"))
    assert [(event.request, event.session) for event in answers] == [(7, "w1-a")] * 2
    assert (answers[0].inspected.body, answers[1].completed.body) == (b"two", b"one")


def test_an_answer_that_is_too_large_is_refused() -> None:
    questions = Questions("w1-a")
    answers: list[pb.Event] = []
    number = questions.add(pb.Request(id=7, complete=pb.Complete()), answers.append)
    questions.reply(pb.Reply(request=number, body=b"x" * (MAX_REPLY + 1)))
    assert answers[0].failure.code == pb.FAILURE_CODE_TOO_LARGE


def test_so_many_may_wait() -> None:
    questions = Questions("w1-a")
    numbers = [questions.add(pb.Request(), lambda event: None) for _ in range(MAX_ASKED)]
    with pytest.raises(Refusal):
        questions.add(pb.Request(), lambda event: None)
    questions.drop(numbers[0])
    questions.add(pb.Request(), lambda event: None)


def test_the_end_of_the_session_answers_all() -> None:
    questions = Questions("w1-a")
    answers: list[pb.Event] = []
    questions.add(pb.Request(id=7), answers.append)
    questions.fail()
    questions.fail()
    assert [event.failure.code for event in answers] == [pb.FAILURE_CODE_UNKNOWN_SESSION]
