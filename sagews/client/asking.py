"""Answers a session's `input()` and `getpass()` at the terminal."""

from prompt_toolkit import PromptSession
from prompt_toolkit.output import create_output
from prompt_toolkit.patch_stdout import patch_stdout

from sagews.client.events import Output
from sagews.client.terminal import clean


async def ask(request: Output) -> str:
    """Return the line that the user types; a password is not shown.

    Raises KeyboardInterrupt at Ctrl-C and EOFError at Ctrl-D.
    """
    content = request.content
    prompt = content.get("prompt")
    session: PromptSession[str] = PromptSession(output=create_output(always_prefer_tty=True))
    with patch_stdout(raw=True):
        return await session.prompt_async(
            clean(prompt) if isinstance(prompt, str) else "", is_password=bool(content.get("password"))
        )
