"""The prompt of `sagews console`: editing, history, colours, completion from the session."""

import os
from collections.abc import AsyncGenerator, Callable, Iterable
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import completion_is_selected
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.python import PythonLexer

from sagews.client.session import Session
from sagews.client.terminal import clean
from sagews.client.typing_code import indentation, is_complete
from sagews.errors import SagewsError

HISTORY_NAME = "console-history"
_INDENT = "    "


def is_pythons(language: str) -> bool:
    """Whether a language is read as Python is: then its words are known here, and its names to the session."""
    return language in ("", "python", "sage")


def make_prompt(data: Path, session: Callable[[], Session], language: str = "") -> "PromptSession[str]":
    """Return a prompt with the history of the data directory; `session` gives the one to complete from.

    Enter sends what is whole in Python; in another language it sends whatever there is.
    """
    python = is_pythons(language)
    return PromptSession(
        multiline=True,
        lexer=PygmentsLexer(PythonLexer) if python else None,
        completer=SessionCompleter(session) if python else None,
        complete_while_typing=False,
        history=open_history(data),
        key_bindings=_bindings(is_complete if python else lambda text: True),
        prompt_continuation=lambda width, line, wrapped: "...: ".rjust(width),
        editing_mode=EditingMode.EMACS,
    )


class SessionCompleter(Completer):
    """Asks the session for completions; one that does not answer gives none."""

    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Return none: they come by the asynchronous way alone."""
        return ()

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """Yield the session's completions at the cursor."""
        try:
            reply = await self._session().complete(document.text, document.cursor_position)
        except SagewsError:
            return
        for completion in completions(reply, document.cursor_position):
            yield completion


def completions(reply: dict[str, Any], cursor: int) -> Iterable[Completion]:
    """Return the completions of a complete_reply; it is hostile, and must fit the text before the cursor."""
    matches, start = reply.get("matches"), reply.get("cursor_start")
    if not isinstance(matches, list) or not isinstance(start, int) or not 0 <= start <= cursor:
        return
    for match in matches[:1000]:
        if isinstance(match, str) and match == clean(match):
            yield Completion(match, start - cursor)


def open_history(data: Path) -> History:
    """Return the history in the data directory, readable by its owner alone; one in memory if there is no place."""
    path = data / HISTORY_NAME
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _bindings(is_whole: Callable[[str], bool]) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter", filter=~completion_is_selected)
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        before = buffer.document.text_before_cursor
        if not buffer.document.text_after_cursor.strip() and is_whole(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n" + indentation(before))

    @keys.add("escape", "enter")
    def _line(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        buffer.insert_text("\n" + indentation(buffer.document.text_before_cursor))

    @keys.add("tab")
    def _tab(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None:
            buffer.complete_next()
        elif not buffer.document.current_line_before_cursor.strip():
            buffer.insert_text(_INDENT)
        else:
            buffer.start_completion(insert_common_part=True)

    return keys
