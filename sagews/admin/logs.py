"""`sagews admin logs`: what services have logged, from the database of all machines or from the files of this one."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from sagews.admin.log_files import LogFiles, empty
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.log_search import LogSearch
from sagews.errors import ConfigurationError, ServiceError
from sagews.logs.question import Entry, Question
from sagews.service.database_password import database_password
from sagews.service.log import start_log

AGAIN_SECONDS = 0.5
"""Between looks after new records."""
TOLD = ("timestamp", "time", "level", "event", "message", "msg", "service")
"""What of a record stands in its line anyway."""

Tell = Callable[[str], None]


def show_logs(
    site: Site, question: Question, machine: str, say: Tell, note: Tell, *, follow: bool, as_json: bool, files: bool
) -> None:
    """Say what was logged, and go on with what comes, until interrupted, if `follow`.

    `machine`: the name of this one. `note` is told where the records come from.
    `files`: do not ask the database. Raises ConfigurationError, ServiceError.
    """
    # What the database has to say is said below.
    start_log("admin", "critical")
    say_entry = json_line if as_json else line

    def tell(entries: Iterable[Entry]) -> None:
        for entry in entries:
            say(say_entry(entry))

    try:
        asyncio.run(_show(site, question, machine, tell, note, follow=follow, files=files))
    except BrokenPipeError:
        # Whoever read has seen enough; nothing is to be said when the interpreter flushes stdout at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def empty_logs(site: Site, services: tuple[str, ...], say: Tell) -> None:
    """Empty the log files of this machine. Raises ConfigurationError."""
    try:
        count, size = empty(site.data / "logs", Question(services=services))
    except OSError as error:
        raise _no_files(site, error) from error
    say(f"{count} log files with {size:,} bytes were emptied or deleted; the database keeps what it has.")


def line(entry: Entry) -> str:
    """Return an entry for people to read; nothing in it can steer a terminal."""
    parts = [_time(entry.time), entry.machine, entry.service, entry.level or "-", _shown(entry.message)]
    if entry.data is not None:
        found = json.loads(entry.data)
        rest = [f"{name}={_value(value)}" for name, value in found.items() if name not in TOLD]
        parts += [_shown(" ".join(rest))] if rest and entry.message != entry.data else []
    return " ".join(part for part in parts if part)


def json_line(entry: Entry) -> str:
    """Return an entry as JSON."""
    data = None if entry.data is None else json.loads(entry.data)
    names = ("time", "machine", "service", "level", "message")
    return json.dumps({name: getattr(entry, name) for name in names} | {"data": data})


# -------------------------------------------------------------------- within


async def _show(
    site: Site,
    question: Question,
    machine: str,
    tell: Callable[[Iterable[Entry]], None],
    note: Tell,
    *,
    follow: bool,
    files: bool,
) -> None:
    database = None
    if site.database.url and not files:
        database = Database(site, database_password(site))
    try:
        if database is not None:
            search = LogSearch(database)
            try:
                tell(await search.newest(question))
            except ServiceError as error:
                note(f"from the files of this machine: {error}")
            else:
                note("from the database")
                if follow:
                    await _follow(lambda: search.more(question), tell, note)
                return
        else:
            note("from the files of this machine")
        logs = LogFiles(site.data / "logs", machine, site.logwatch.longest_record)
        try:
            tell(logs.newest(question))
            if follow:
                await _follow(lambda: asyncio.to_thread(logs.more, question), tell, note)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _no_files(site, error) from error
    finally:
        if database is not None:
            await database.close()


async def _follow(
    more: Callable[[], Awaitable[list[Entry]]], tell: Callable[[Iterable[Entry]], None], note: Tell
) -> None:
    away = False
    while True:
        await asyncio.sleep(AGAIN_SECONDS)
        try:
            tell(await more())
        except ServiceError as error:
            if not away:
                note(f"waiting for the database: {error}")
            away = True
        else:
            away = False


def _no_files(site: Site, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"cannot be read or written ({error.strerror})", str(site.data / "logs"), "name the data directory with --data"
    )


def _time(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "milliseconds")
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.3f}"


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(text: str) -> str:
    """Return a text without what steers a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
