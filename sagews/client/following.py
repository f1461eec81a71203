"""Follows one evaluation at a terminal: prints its outputs and answers its questions until it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from functools import partial

from sagews.client.aside import Aside
from sagews.client.events import Done, Ended, InputTaken, Output
from sagews.client.printer import Printer
from sagews.client.session import Session
from sagews.errors import SagewsError

_ENDED_DEADLINE = 10.0

Ask = Callable[[Output], Awaitable[str]]


async def follow(session: Session, code: str, printer: Printer, ask: Ask | None, language: str = "") -> Done | Ended:
    """Evaluate code and print what comes; return its end, or the session's if that came first.

    Without `ask`, nobody can answer `input()`, and it raises in the code.
    Raises ServiceError if the server refuses or stays out of reach.
    """
    question: asyncio.Task[None] | None = None
    end: Done | Ended | None = None
    aside = Aside()
    try:
        async with aclosing(session.evaluate(code, language=language, without_input=ask is None)) as events:
            async for event in events:
                if isinstance(event, Output) and event.output_kind == "input_request" and ask is not None:
                    printer.fresh_line()
                    question = asyncio.create_task(_answer(session, event, ask))
                elif isinstance(event, InputTaken) and question is not None:
                    question.cancel()
                if isinstance(event, Done | Ended):
                    end = event
                    await _over(question)
                await aside.call(partial(printer.print, event))
    finally:
        aside.end()
        await _over(question)
    assert end is not None
    return await _final(session, end)


async def _answer(session: Session, request: Output, ask: Ask) -> None:
    """Ask, and send what was typed; Ctrl-C and Ctrl-D interrupt the evaluation instead."""
    try:
        text = await ask(request)
    except (KeyboardInterrupt, EOFError):
        await session.interrupt()
    else:
        with suppress(SagewsError):
            await session.input_reply(request, text)


async def _over(question: "asyncio.Task[None] | None") -> None:
    """Take a question back that nobody needs answered any more."""
    if question is not None:
        question.cancel()
        await asyncio.gather(question, return_exceptions=True)


async def _final(session: Session, end: Done | Ended) -> Done | Ended:
    """Return the session's end if that is why the evaluation ended: it says more."""
    if isinstance(end, Done) and end.reason == "session_ended":
        with suppress(TimeoutError):
            async with asyncio.timeout(_ENDED_DEADLINE):
                return await session.wait_ended()
    return end
