"""input() and getpass()."""

import pytest

from tests.unit.session.running import Output, RunningSession


def prompts(output: Output) -> list[dict]:
    return output.all("input_request")


def test_a_question_and_its_answer(session: RunningSession) -> None:
    output = session.start("print('before')\nx = input('name? ')\nprint(x * 2)")
    session.until(lambda: bool(prompts(output)))
    assert output.events == [("stdout", "before\n"), ("input_request", {"prompt": "name? ", "password": False})]
    session.answer("añb")
    assert session.finish(output).text() == "before\nañbañb\n"


def test_a_password_is_asked_as_one(session: RunningSession) -> None:
    output = session.start("import getpass\ngetpass.getpass() == 'secret'")
    session.until(lambda: bool(prompts(output)))
    assert prompts(output) == [{"prompt": "Password: ", "password": True}]
    session.answer("secret")
    assert session.finish(output).results == ["True"]
    assert "secret" not in str(output.events)


def test_an_interrupt_ends_the_question_and_a_stale_answer_is_dropped(session: RunningSession) -> None:
    output = session.start("input('first')")
    session.until(lambda: bool(prompts(output)))
    session.interrupt()
    assert session.finish(output, 1).status == "INTERRUPTED"
    session.answer("stale")
    output = session.start("input('second')")
    session.until(lambda: bool(prompts(output)))
    session.answer("fresh")
    assert session.finish(output).results == ["'fresh'"]


def test_a_stale_answer_within_one_cell(session: RunningSession) -> None:
    output = session.start("try:\n    input('first')\nexcept KeyboardInterrupt:\n    pass\ninput('second')")
    session.until(lambda: len(prompts(output)) == 1)
    session.interrupt()
    session.until(lambda: len(prompts(output)) == 2)
    session.answer("fresh")
    assert session.finish(output).results == ["'fresh'"]


def test_other_requests_wait_while_a_question_is_open(session: RunningSession) -> None:
    output = session.start("input()")
    session.until(lambda: bool(prompts(output)))
    request = session.send(complete={"code": "prin", "cursor": 4})
    session.answer("x")
    assert session.finish(output).results == ["'x'"]
    assert "print" in session._reply(request, 5)["matches"]


@pytest.mark.parametrize("code", ["input()", "import getpass; getpass.getpass()", "breakpoint()"])
def test_without_input_it_fails_at_once(session: RunningSession, code: str) -> None:
    output = session.evaluate(code, deadline=3, without_input=True)
    assert output.status == "ERROR"
    assert output.error["ename"] == "StdinNotImplementedError"
    assert "input" in output.error["evalue"]


def test_from_a_thread_it_fails(session: RunningSession) -> None:
    output = session.evaluate("import threading\nt = threading.Thread(target=input)\nt.start()\nt.join()")
    assert "StdinNotImplementedError" in output.text("stderr")


def test_standard_input_is_at_its_end(session: RunningSession) -> None:
    output = session.evaluate("import sys, subprocess\nsubprocess.run(['cat']), sys.stdin.read()")
    assert output.results == ["(CompletedProcess(args=['cat'], returncode=0), '')"]


def test_the_debugger(session: RunningSession) -> None:
    output = session.start("x = 5\nbreakpoint()\nx")
    session.until(lambda: bool(prompts(output)))
    session.answer("p x + 1")
    session.until(lambda: len(prompts(output)) == 2)
    assert "6\n" in output.text()
    session.answer("c")
    assert session.finish(output).results == ["5"]


def test_a_second_interrupt_is_the_end_of_input(session: RunningSession) -> None:
    ask = "try: input()\nexcept KeyboardInterrupt: pass\n"
    output = session.start(f"{ask}try: input()\nexcept EOFError: print('end')")
    for count in (1, 2):
        session.until(lambda count=count: len(prompts(output)) == count)  # type: ignore[misc]
        session.interrupt()
    assert session.finish(output).text() == "end\n"
    # The next evaluation begins anew.
    output = session.start("input('3')")
    session.until(lambda: bool(prompts(output)))
    session.interrupt()
    assert session.finish(output).error["ename"] == "KeyboardInterrupt"
