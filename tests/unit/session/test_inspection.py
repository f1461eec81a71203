"""Documentation at the cursor."""

from tests.unit.session.running import RunningSession, plain


def test_signature_and_documentation(session: RunningSession) -> None:
    session.evaluate("def area(radius: float, unit='m'):\n    '''Area of a circle.'''\n    return 3 * radius ** 2")
    for code in ("area", "area(", "area(2, "):
        answer = session.inspect(code)
        assert answer["found"]
        text = plain(answer["data"]["text/plain"])
        assert "area(radius: float, unit='m')" in text and "Area of a circle." in text
        assert "3 * radius" not in text
    assert "3 * radius" in plain(session.inspect("area", detail=1)["data"]["text/plain"])


def test_nothing_there(session: RunningSession) -> None:
    for code in ("", "nothing_of_that_name", "1 + ", "x.y.z"):
        assert session.inspect(code) == {"status": "ok", "found": False, "data": {}, "metadata": {}}


def test_properties_are_not_run(session: RunningSession) -> None:
    session.evaluate(
        "count = 0\nclass Sly:\n    @property\n    def slow(self):\n        '''Slow.'''\n"
        "        global count; count += 1\na = Sly()"
    )
    session.inspect("a.slow")
    assert session.evaluate("count").results == ["0"]


def test_the_question_mark(session: RunningSession) -> None:
    output = session.evaluate("len?")
    (content,) = output.all("display_data")
    assert "Return the number of items" in content["data"]["text/plain"]


def test_code_of_another_language_names_nothing_of_pythons(session: RunningSession) -> None:
    assert session.inspect("%%r\nlen")["found"] is False
    assert session.inspect("%%python\nlen")["found"] is True
