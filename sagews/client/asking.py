"""Answers a session's `input()` and `getpass()` at the terminal."""

import sys
from contextlib import nullcontext

from prompt_toolkit import PromptSession
from prompt_toolkit.output import create_output
from prompt_toolkit.patch_stdout import patch_stdout

from sagews.client.events import Output
from sagews.client.terminal import clean

LONGEST_PROMPT = 2000
"""Characters of a prompt that are shown, the last ones."""


async def ask(request: Output) -> str:
    """Return the line that the user types; a password is not shown.

    Raises KeyboardInterrupt at Ctrl-C and EOFError at Ctrl-D.
    """
    content = request.content
    prompt = content.get("prompt")
    text = clean(prompt[-LONGEST_PROMPT:]) if isinstance(prompt, str) else ""
    session: PromptSession[str] = PromptSession(output=create_output(always_prefer_tty=True))
    # What else is printed meanwhile goes above the prompt; into a file it goes as ever.
    with patch_stdout(raw=True) if sys.stdout.isatty() else nullcontext():
        return await session.prompt_async(text, is_password=bool(content.get("password")))
