"""`%%exercise`: a cell that asks a question and checks answers, made anew as often as its reader likes.

The cell's code says what is asked; all but the answer, or a check, may be missing:

    title       a text
    question    HTML, with formulas between dollar signs
    answer      the right value, or a pair of it and what stands for a control
    check       a function of an answer: True or False, or a pair of that and a comment
    hints       texts, shown one after the other with each wrong answer, the last one for ever

It is executed for each question, among names of its own: it sees the
session's, and changes none of them.
"""

import html
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from sagews.session.interact.control import InteractError
from sagews.session.interact.decorator import interact
from sagews.session.interact.evaluation import evaluated
from sagews.session.interact.presses import Button, UpdateButton
from sagews.session.interact.rules import automatic_control
from sagews.session.interact.texts import HtmlBox, InputGrid


@dataclass
class Question:
    """One question, and what has been answered so far."""

    title: str
    text: str
    control: Any
    check: Callable[[Any], Any]
    hints: list[str]
    begun: float = field(default_factory=time.monotonic)
    attempts: int = 0

    def judge(self, attempt: Any) -> tuple[bool, str]:
        """Count an answer. Returns whether it is right, and the HTML that says so."""
        try:
            found = self.check(attempt)
        except Exception as error:  # What cannot be compared, or read, is no attempt.
            return False, f"<p>That cannot be understood: {html.escape(str(error) or type(error).__name__)}</p>"
        right, comment = found if isinstance(found, tuple) and len(found) == 2 else (found, "")
        self.attempts += 1
        said = self._praise() if right else self._wrong()
        return bool(right), said + (f"<p>{html.escape(str(comment))}</p>" if comment else "")

    def _praise(self) -> str:
        tries = "the first attempt" if self.attempts == 1 else f"{self.attempts} attempts"
        return f"<p><strong>Right</strong>, with {tries} in {time.monotonic() - self.begun:.0f} s.</p>"

    def _wrong(self) -> str:
        hint = self.hints[min(self.attempts, len(self.hints)) - 1] if self.hints else ""
        return f"<p>Not yet. Attempt {self.attempts}.</p>" + (f"<p>Hint: {hint}</p>" if hint else "")


def exercise(code: str) -> None:
    """Show an exercise. Raises InteractError for code that says no answer."""
    compiled = _compiled(code)
    asked = _question(compiled)
    times: list[float] = []

    def whole(another: bool) -> None:
        nonlocal asked
        if another:
            asked = _question(compiled)
        _ask(asked, times)

    interact(whole, another=Button(text="Another question", value=True, default=False, label=""))


def _ask(asked: Question, times: list[float]) -> None:
    """Show a question, a control for its answer, and what there is to say about that."""
    heading = f"<h3>{html.escape(asked.title)}</h3>" if asked.title else ""
    done = False

    def one(me: Any, answer: Any, check: bool, **_shown: Any) -> None:
        nonlocal done
        if not check or done:
            return
        done, me.said = asked.judge(answer)
        if done:
            times.append(time.monotonic() - asked.begun)
            if len(times) > 1:
                me.said += f"<p>Times: {', '.join(f'{each:.0f} s' for each in times)}</p>"

    interact(
        one,
        answer=("Answer", asked.control),
        check=UpdateButton("Check", value=True, default=False),
        controls=[("question", HtmlBox(f"{heading}<p>{asked.text}</p>")), ("said", HtmlBox(""))],
        layout=[["question"], ["answer"], ["check"], ["said"]],
    )


def _compiled(code: str) -> Any:
    shell: Any = InteractiveShell.instance()
    if not code.strip():
        raise InteractError("has no code", "exercise", "write `question = ...` and `answer = ...` below %%exercise")
    return compile(shell.transform_cell(code), "<exercise>", "exec")


def _question(compiled: Any) -> Question:
    space: dict[str, Any] = dict(InteractiveShell.instance().user_ns)
    for name in ("title", "question", "answer", "check", "hints"):
        space.pop(name, None)
    exec(compiled, space)  # noqa: S102 -- The session's own reader wrote it into a cell.
    answer, check = space.get("answer"), space.get("check")
    if answer is None and check is None:
        raise InteractError("says no answer", "exercise", "set `answer`, or define `check(answer)`")
    right, control = answer if isinstance(answer, tuple | list) and len(answer) == 2 else (answer, _control(answer))
    hints = space.get("hints")
    if hints is None:
        # The third wrong answer is told what is right.
        hints = ["", "", f"the answer is {html.escape(str(right))}."] if right is not None else []
    return Question(
        title=str(space.get("title", "")),
        text=str(space.get("question", "")),
        control=control,
        check=check or _equal_to(right),
        hints=[str(hint) for hint in _listed(hints)],
    )


def _control(right: Any) -> Any:
    """Return what stands for the control of an answer: a grid for a matrix or a vector, a text for anything else."""
    return right.parent()(0) if isinstance(automatic_control(right), InputGrid) else ""


def _equal_to(right: Any) -> Callable[[Any], Any]:
    """Return the check against a right answer: in its parent where Sage knows one, else as an expression."""
    parent = getattr(right, "parent", None)
    if callable(parent):
        return lambda attempt: bool(parent()(attempt) == right)
    if isinstance(right, str):
        return lambda attempt: str(attempt).strip() == right
    return lambda attempt: bool((evaluated(attempt) if isinstance(attempt, str) else attempt) == right)


def _listed(hints: Any) -> Iterable[Any]:
    return [hints] if isinstance(hints, str) else hints
