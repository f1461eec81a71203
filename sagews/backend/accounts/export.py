"""All that a site keeps of somebody, as one archive that they take with them. Thinking only, no I/O."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from sagews.backend.quotas import Kept
from sagews.database.accounts import Account
from sagews.database.api_tokens import APIToken
from sagews.database.audit import Record
from sagews.database.identities import Identity
from sagews.database.logins import Login
from sagews.database.usage import DAY
from sagews.database.workspaces import Workspace

README = """All that this site keeps of your account, in JSON. Times are UTC.

account.json     your account
identities.json  how you sign in: by whom (`provider`), and what they call you (`subject`)
logins.json      the browsers that are signed in
tokens.json      your API tokens, without what is secret of them
quotas.json      what you may use (`may`; 0 is no quota), what of that is for you alone (`own`), and what you have used:
                 sessions now, evaluations by day, each counted where there is a quota
audit.json       what was done to your account and by you, the newest first
workspaces.json  the workspaces of which you are an owner, and in which `file` each is; of one without a `file`, `why`
                 it is not here. It comes last: an archive without it did not arrive whole.

A workspace is a git bundle with its whole history: `git clone FILE` makes a repository of it. One that is not here can
be fetched by itself, at /api/v1/workspaces/ID/bundle.
"""
MOMENTS = frozenset({"created", "used", "proved", "expires", "disabled", "time", "deleted"})
"""Fields that are moments, in seconds since the epoch."""


def files_of(
    account: Account,
    identities: Sequence[Identity],
    logins: Sequence[Login],
    tokens: Sequence[APIToken],
    kept: Kept,
    records: Sequence[Record],
) -> dict[str, str]:
    """Return its files by name, but for the workspaces and `workspaces_file`."""
    parts: dict[str, Any] = {
        "account.json": asdict(account),
        "identities.json": [asdict(each) for each in identities],
        "logins.json": [asdict(each) for each in logins],
        "tokens.json": [asdict(each) | {"scopes": sorted(each.scopes)} for each in tokens],
        "quotas.json": {
            "may": msgspec.structs.asdict(kept.quota),
            "own": dict(kept.own),
            "sessions": kept.sessions,
            "evaluations": {_day(day): count for day, count in kept.evaluations.items()},
        },
        "audit.json": [{"id": each.id, "time": each.time, **asdict(each.act)} for each in records],
    }
    return {"README.txt": README, **{name: _json(part) for name, part in parts.items()}}


def workspaces_file(workspaces: Sequence[tuple[Workspace, str, str]]) -> str:
    """Return what is told of workspaces, each with the name of the file in which it is, or else why it is in none."""
    return _json(
        [
            {"id": each.id, "name": each.name, "created": each.created, "deleted": each.deleted}
            | {"file": file or None, "why": why or None}
            for each, file, why in workspaces
        ]
    )


def _json(part: Any) -> str:
    return json.dumps(_told(part), indent=2, ensure_ascii=False) + "\n"


def _told(part: Any) -> Any:
    """Return a part with its moments as people read them."""
    if isinstance(part, dict):
        return {name: _moment(value) if name in MOMENTS else _told(value) for name, value in part.items()}
    return [_told(each) for each in part] if isinstance(part, list) else part


def _day(day: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(day * DAY))


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
