"""What somebody may use, and has used of it, as a table; and the page on which an operator changes it. No I/O."""

from collections.abc import Mapping
from decimal import Decimal
from html import escape

from sagews.backend.accounts.markup import form, page
from sagews.backend.languages.speech import number
from sagews.backend.languages.speech import say as _
from sagews.backend.quotas import Standing
from sagews.backend.style import Style
from sagews.config.limits import Limits
from sagews.config.quotas import BYTES, Quota
from sagews.database.accounts import Account

PATH = "/accounts/quotas"
MIB = 1 << 20
FIELDS = {
    "sessions": "Sessions at once",
    "evaluations": "Evaluations in a day",
    "wall_time": "Seconds of one evaluation",
    "cpu_time": "Seconds of processor time of one evaluation",
    "memory": "MiB of memory of a session",
    "storage": "MiB of all workspaces",
}
"""What each quota is called where it is changed; bytes are in MiB there."""


def quota_table(standing: Standing, limits: Limits) -> str:
    """Return what somebody may use and has used; `limits` are the site's."""
    quota = standing.quota
    rows = (
        _counted(_("Sessions at once"), standing.sessions, quota.sessions, _("as many as there is room for")),
        _counted(_("Evaluations today"), standing.evaluations, quota.evaluations, _("as many as you like")),
        _limit(_("Time of one evaluation"), _seconds(quota.wall_time or limits.wall_time)),
        _limit(_("Processor time of one evaluation"), _seconds(quota.cpu_time or limits.cpu_time)),
        _limit(_("Memory of a session"), _bytes(quota.memory or limits.memory)),
        _stored(_("Workspaces"), standing.storage, quota.storage),
    )
    anew = f"<p>{_('Evaluations are counted anew from 00:00 UTC.')}</p>" if quota.evaluations else ""
    columns = "".join(f'<th scope="col">{each}</th>' for each in (_("What"), _("Used"), _("At most")))
    head = f"<thead><tr>{columns}</tr></thead>"
    return f'<table class="quotas">{head}<tbody>{"".join(rows)}</tbody></table>{anew}'


def quotas_page(
    style: Style, account: Account, role: Quota, values: Mapping[str, str], limits: Limits, fault: str = ""
) -> str:
    """Return the page with the quotas of one account.

    `values`: what stands in its fields, as text; `fault`: what is wrong with that.
    """
    fields = [_field(name, label, role, values.get(name, ""), limits) for name, label in FIELDS.items()]
    called = "operators" if account.operator else "accounts"
    body = (
        f"<p>{escape(account.called)}</p>",
        f"<p>What is left empty is as for all {called}. 0 is no quota: what the site allows.</p>",
        *((f'<p role="alert">{escape(fault)}</p>',) if fault else ()),
        form(PATH, "Save", {"account": account.id}, more=fields),
        '<p><a href="/accounts">Accounts</a></p>',
    )
    return page("Quotas of one account", style, body)


def values_of(own: Mapping[str, float]) -> dict[str, str]:
    """Return what stands in the fields of quotas that are an account's own."""
    return {name: _shown(name, value) for name, value in own.items()}


def exactly(number: float) -> str:
    """Return a number that is read as the same one again, without an exponent and without a point where none is needed.

    All of the quotas are below 2**63, and are sent as decimal numbers.
    """
    return format(Decimal(repr(number)).normalize(), "f")


def _shown(name: str, value: float) -> str:
    return exactly(value / MIB if name in BYTES else value)


def _field(name: str, label: str, role: Quota, value: str, limits: Limits) -> str:
    usual, site = getattr(role, name), getattr(limits, name, 0)
    hints = [f"as for all: {_shown(name, usual)}" if usual else "as for all: none"]
    hints += [f"the site's own: {_shown(name, site)}"] if site else []
    told = escape(f"{label} ({', '.join(hints)})")
    return f'<label>{told} <input inputmode="decimal" name="{name}" value="{escape(value)}" maxlength="30"></label>'


def _counted(what: str, used: int, most: int, without: str) -> str:
    if not most:
        return f'<tr><th scope="row">{what}</th><td></td><td>{without}</td></tr>'
    # What was used before a quota was lowered may be over it.
    meter = (
        f'<meter min="0" max="{most}" value="{min(used, most)}" high="{0.8 * most:.1f}" optimum="0" '
        f'aria-label="{what}">{_of(number(used), number(most))}</meter>'
    )
    return f'<tr><th scope="row">{what}</th><td>{meter} {number(used)}</td><td>{number(most)}</td></tr>'


def _stored(what: str, used: int, most: int) -> str:
    if not most:
        return f'<tr><th scope="row">{what}</th><td></td><td>{_("as much as there is room for")}</td></tr>'
    told = _bytes(used) if used else _("nothing")
    meter = (
        f'<meter min="0" max="{most}" value="{min(used, most)}" high="{0.8 * most:.1f}" optimum="0" '
        f'aria-label="{what}">{_of(told, _bytes(most))}</meter>'
    )
    return f'<tr><th scope="row">{what}</th><td>{meter} {told}</td><td>{_bytes(most)}</td></tr>'


def _limit(what: str, most: str) -> str:
    return f'<tr><th scope="row">{what}</th><td></td><td>{most}</td></tr>'


def _seconds(seconds: float) -> str:
    if not seconds:
        return _("without limit")
    return f"{exactly(seconds / 60)} min" if seconds >= 120 and seconds % 60 == 0 else f"{exactly(seconds)} s"


def _bytes(count: float) -> str:
    if not count:
        return _("without limit")
    unit, name = (1 << 30, "GiB") if count >= 1 << 30 else (MIB, "MiB")
    return f"{number(round(count / unit, 2), grouped=False)} {name}"


def _of(part: str, whole: str) -> str:
    return _("{part} of {whole}").format(part=part, whole=whole)
