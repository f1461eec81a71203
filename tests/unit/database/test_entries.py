"""How people come in, on both databases: who they are, who may, and what is written down of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sagews.config.accounts import Accounts as Rules
from sagews.database.account_tables import INVITATION, LOGIN, SIGN_IN_LINK
from sagews.database.accounts import Account, Accounts, new_id
from sagews.database.audit import Act, Audit
from sagews.database.database import Database
from sagews.database.entries import Entered, Entries, Visitor
from sagews.database.identities import Identities
from sagews.database.invitations import Invitations
from sagews.database.logins import KNOWN, Logins
from sagews.database.registration import Claims, Refusal
from sagews.database.sign_ins import SignIns

ADA = Claims("google", "1815", "Ada Lovelace", "Ada@Example.org", verified=True)
BROWSER = Visitor(address="192.0.2.7", agent="Mozilla/5.0")
ACT = Act("added", by="operator")


@dataclass
class Ground:
    """Everything of accounts in one database."""

    database: Database
    rules: Rules = field(default_factory=Rules)

    def __post_init__(self) -> None:
        self.logins = Logins(self.database, idle=self.rules.login_idle, life=self.rules.login_life)
        self.accounts = Accounts(self.database)
        self.identities = Identities(self.database)
        self.invitations = Invitations(self.database)
        self.audit = Audit(self.database)

    async def enter(self, claims: Claims, visitor: Visitor = BROWSER, **more: Any) -> Entered | Refusal:
        async with asyncio.timeout(20):
            return await Entries(self.database, self.logins, self.rules).by_provider(claims, visitor, **more)

    async def entered(self, claims: Claims, visitor: Visitor = BROWSER, **more: Any) -> Entered:
        entered = await self.enter(claims, visitor, **more)
        assert isinstance(entered, Entered), entered
        return entered

    async def set(self, table: Any, **values: Any) -> None:
        await self.database.run(lambda connection: connection.execute(table.update().values(values)))


@pytest.fixture
async def ground(database: Database) -> AsyncIterator[Ground]:
    async with asyncio.timeout(60):
        yield Ground(database)


async def test_somebody_comes_and_comes_again(ground: Ground) -> None:
    first = await ground.entered(ADA)
    assert first.new and first.account.name == "Ada Lovelace" and first.account.email == "ada@example.org"
    assert not first.account.operator
    # Another name and address at the provider: the same person, by its subject.
    again = await ground.entered(replace(ADA, name="Countess", email="other@example.com"))
    assert not again.new and again.account.id == first.account.id and again.token != first.token
    # The same subject of another provider, and the same address, are somebody else.
    other = await ground.entered(replace(ADA, provider="elsewhere"))
    assert other.new and other.account.id != first.account.id
    for entered in (first, again, other):
        found = await ground.logins.find(entered.token)
        assert found is not None and (found.login, found.account) == (entered.login, entered.account.id)
    assert [login.id for login in await ground.logins.of(first.account.id)] == [again.login, first.login]
    assert [record.act.what for record in await ground.audit.find(about=first.account.id)] == [
        "signed in",
        "registered",
        "identity added",
    ]


async def test_two_who_are_the_same_come_at_once(ground: Ground) -> None:
    both = await asyncio.gather(ground.entered(ADA), ground.entered(ADA))
    assert both[0].account.id == both[1].account.id
    assert len(await ground.accounts.find()) == 1 and len(await ground.identities.of(both[0].account.id)) == 1


async def test_a_sign_in_replaces_the_login_that_the_browser_had(ground: Ground) -> None:
    first = await ground.entered(ADA)
    again = await ground.entered(ADA, Visitor(login=first.login, account=first.account.id))
    assert await ground.logins.find(first.token) is None and await ground.logins.find(again.token) is not None
    assert await ground.logins.ends(time.time()) == [first.login]


async def test_one_more_way_to_sign_in(ground: Ground) -> None:
    first = await ground.entered(ADA)
    github = Claims("github", "42", "ada")
    here = Visitor(login=first.login, account=first.account.id)
    linked = await ground.entered(github, here, link=True)
    assert linked.account.id == first.account.id and not linked.new
    assert (await ground.entered(github)).account.id == first.account.id
    assert [way.provider for way in await ground.identities.of(first.account.id)] == ["google", "github"]
    # What is somebody else's is not taken from them.
    eve = await ground.entered(Claims("google", "666"))
    taken = await ground.enter(github, Visitor(account=eve.account.id, login=eve.login), link=True)
    assert taken is Refusal.TAKEN
    # Who has been signed out meanwhile adds nothing, and is not signed in by it.
    await ground.logins.end(eve.account.id)
    assert await ground.enter(ADA, Visitor(account=eve.account.id, login=eve.login), link=True) is Refusal.ENDED
    # A way in is taken away, but the last one stays.
    act = Act("identity removed", first.account.id)
    assert await ground.identities.remove(first.account.id, "google", "1815", act)
    assert not await ground.identities.remove(first.account.id, "github", "42", act)
    assert not await ground.identities.remove(eve.account.id, "github", "42", act)
    assert (await ground.entered(ADA)).account.id != first.account.id


@pytest.mark.parametrize("rules", [Rules(), Rules(join_by_email=True), Rules(registration="closed")])
async def test_who_signs_in_again_comes_in_as_nobody_else(database: Database, rules: Rules) -> None:
    first = await Ground(database).entered(ADA)
    other = await Ground(database).entered(Claims("github", "42", "ada"))
    ground = Ground(database, rules)
    here = Visitor(login=first.login, account=first.account.id)
    for claims in (Claims("github", "43"), replace(ADA, subject="1816"), Claims("github", "42")):
        assert await ground.enter(claims, here, again=True) is Refusal.OTHER_PERSON
    assert len(await ground.accounts.find()) == 2, "nobody is registered"
    assert [way.subject for way in await ground.identities.of(first.account.id)] == ["1815"], "and nothing is added"
    assert await ground.logins.find(first.token) is not None, "and the browser stays signed in"
    assert {record.act.account for record in await ground.audit.find(what="refused")} == {first.account.id}
    again = await ground.entered(ADA, here, again=True)
    assert again.account.id == first.account.id and await ground.logins.find(first.token) is None
    # Who was signed out meanwhile does not come in by it.
    assert await ground.enter(ADA, here, again=True) is Refusal.ENDED
    assert await ground.logins.find(other.token) is not None


@pytest.mark.parametrize(
    ("rules", "claims", "outcome"),
    [
        (Rules(registration="closed"), ADA, Refusal.CLOSED),
        (Rules(registration="invitation"), ADA, Refusal.UNINVITED),
        (Rules(domains=["Example.ORG"]), ADA, None),
        (Rules(domains=["example.org"]), replace(ADA, verified=False), Refusal.DOMAIN),
        (Rules(domains=["example.org"]), replace(ADA, email="ada@evil.example.org"), Refusal.DOMAIN),
        (Rules(domains=["example.org"]), replace(ADA, email="example.org"), Refusal.DOMAIN),
    ],
)
async def test_who_may_have_an_account(
    database: Database, rules: Rules, claims: Claims, outcome: Refusal | None
) -> None:
    ground = Ground(database, rules)
    entered = await ground.enter(claims)
    assert isinstance(entered, Entered) if outcome is None else entered is outcome
    assert len(await ground.accounts.find()) == (outcome is None)
    if outcome is not None:
        (record,) = await ground.audit.find()
        assert (record.act.what, record.act.data["why"], record.act.address) == ("refused", outcome, "192.0.2.7")


async def test_an_address_joins_nothing_unless_the_site_and_the_provider_say_so(database: Database) -> None:
    strict, open_ = Ground(database), Ground(database, Rules(join_by_email=True))
    first = await strict.entered(ADA)
    new = Claims("university", "ada", "Ada", "ada@example.org", verified=True)
    assert (await open_.entered(replace(new, subject="x", verified=False))).new
    assert (await strict.entered(replace(new, subject="y", email="ada@example.org", verified=False))).new
    assert (await open_.entered(new)).account.id == first.account.id
    # Other letters that become ASCII ones in lower case are other addresses.
    odd = Claims("university", "k", "", "\u212aada@example.org", verified=True)
    assert (await open_.entered(odd)).new
    # An account whose own address nobody vouches for is joined by nobody.
    bob = await open_.entered(Claims("google", "bob", "Bob", "bob@example.org", verified=False))
    assert (
        await open_.entered(Claims("university", "bob", "", "bob@example.org", verified=True))
    ).account != bob.account


async def test_an_invitation_is_good_once(database: Database) -> None:
    ground = Ground(database, Rules(registration="invitation"))
    token = await ground.invitations.invite(ACT, email="ADA@example.org", operator=True)
    assert await ground.enter(Claims("google", "666", "", "eve@example.org", verified=True), invitation=token) is (
        Refusal.OTHERS
    )
    unproved = replace(ADA, verified=False)
    assert await ground.enter(unproved, invitation=token) is Refusal.OTHERS
    entered = await ground.entered(ADA, invitation=token)
    assert entered.new and entered.account.operator
    assert await ground.enter(replace(ADA, subject="other"), invitation=token) is Refusal.UNINVITED
    # An old one, and one for nobody in particular, which two use at once.
    old = await ground.invitations.invite(ACT, email="", operator=False)
    await ground.set(INVITATION, expires=time.time() - 1)
    assert await ground.enter(replace(ADA, subject="late"), invitation=old) is Refusal.UNINVITED
    one = await ground.invitations.invite(ACT, email="", operator=False)
    people = [Claims("google", f"{number}") for number in range(4)]
    came = await asyncio.gather(*(ground.enter(each, invitation=one) for each in people))
    assert sorted(isinstance(each, Entered) for each in came) == [False, False, False, True]


@pytest.mark.parametrize(
    ("addresses", "network"),
    [
        (["192.0.2.7", "192.0.2.7"], "192.0.2.7"),
        (["2001:db8:1::7", "2001:db8:1:ffff::1"], "2001:db8:1::/48"),
    ],
)
async def test_what_strangers_try_is_a_record_a_minute_for_each_reason(
    ground: Ground, addresses: list[str], network: str
) -> None:
    entries = Entries(ground.database, ground.logins, Rules(registration="closed"))
    # What a backend counts from the same address hides nothing.
    await ground.audit.add(Act("refused", address=network, data={"why": "an API token that is none", "times": 3.0}))
    invitation = await ground.invitations.invite(ACT, email="", operator=False)
    for address in addresses:
        visitor = Visitor(address)
        assert await entries.by_link("none", visitor) is Refusal.USED
        assert await entries.by_invitation(invitation, "Eve", visitor, proved=False) is Refusal.CLOSED
    for address in (*addresses, network, addresses[0].upper()):
        found = await ground.audit.find(about=address, what="refused")
        assert [record.act.data["why"] for record in found] == [
            Refusal.CLOSED,
            Refusal.USED,
            "an API token that is none",
        ]
    assert not await ground.audit.find(about="2001:db8:2::7") and not await ground.audit.find(about="192.0.2.8")


async def test_a_site_without_a_provider(ground: Ground) -> None:
    entries = Entries(ground.database, ground.logins, Rules(registration="invitation"))
    token = await ground.invitations.invite(ACT, email="ada@example.org", operator=False)
    entered = await entries.by_invitation(token, "Ada\x00\u202e <b>", BROWSER, proved=False)
    assert isinstance(entered, Entered) and entered.account.name == "Ada <b>"
    assert await entries.by_invitation(token, "Eve", BROWSER, proved=False) is Refusal.USED
    link = await ground.invitations.link(entered.account.id, ACT)
    again = await entries.by_link(link, BROWSER)
    assert isinstance(again, Entered) and again.account.id == entered.account.id
    for nothing in (link, "", "x" * 100_000, "\ud800"):
        assert await entries.by_link(nothing, BROWSER) is Refusal.USED
    link = await ground.invitations.link(entered.account.id, ACT)
    await ground.set(SIGN_IN_LINK, expires=time.time() - 1)
    assert await entries.by_link(link, BROWSER) is Refusal.USED
    # Where a provider can tell whose an address is, an invitation for one is not for whoever has it.
    token = await ground.invitations.invite(ACT, email="bob@example.org", operator=True)
    assert await entries.by_invitation(token, "Eve", BROWSER, proved=True) is Refusal.OTHERS
    closed = Entries(ground.database, ground.logins, Rules(registration="closed"))
    assert await closed.by_invitation(token, "Eve", BROWSER, proved=False) is Refusal.CLOSED
    assert await closed.by_provider(ADA, BROWSER, invitation=token) is Refusal.CLOSED


async def test_links_end_with_who_they_are_for_and_who_has_handed_them_out(ground: Ground) -> None:
    entries = Entries(ground.database, ground.logins, Rules())
    ada, olga = await ground.entered(ADA), await ground.entered(Claims("google", "olga"))
    for end in (
        ground.logins.end(ada.account.id),
        ground.accounts.make_operator(olga.account.id, Act("operator no more", olga.account.id), operator=False),
        ground.accounts.disable(olga.account.id, Act("disabled", olga.account.id)),
    ):
        link = await ground.invitations.link(ada.account.id, Act("link made", ada.account.id, by=olga.account.id))
        kept = await ground.invitations.link((await ground.entered(Claims("google", "eve"))).account.id, ACT)
        await end
        assert await entries.by_link(link, BROWSER) is Refusal.USED
        assert isinstance(await entries.by_link(kept, BROWSER), Entered)


async def test_a_disabled_account_is_signed_out_everywhere_and_stays_out(ground: Ground) -> None:
    first, second = await ground.entered(ADA), await ground.entered(ADA)
    link = await ground.invitations.link(first.account.id, ACT)
    assert await ground.accounts.disable(first.account.id, Act("disabled", first.account.id, by="operator"))
    assert not await ground.accounts.disable("nobody", Act("disabled", "nobody"))
    for entered in (first, second):
        assert await ground.logins.find(entered.token) is None
    assert set(await ground.logins.ends(time.time())) == {first.login, second.login}
    assert await ground.enter(ADA) is Refusal.DISABLED
    entries = Entries(ground.database, ground.logins, Rules())
    assert await entries.by_link(link, BROWSER) is Refusal.USED
    assert await entries.by_link(await ground.invitations.link(first.account.id, ACT), BROWSER) is Refusal.DISABLED
    assert await ground.accounts.disable(first.account.id, Act("enabled", first.account.id), disabled=False)
    assert (await ground.entered(ADA)).account.id == first.account.id


async def test_a_login_ends_by_itself(ground: Ground) -> None:
    entered = await ground.entered(ADA)
    now = time.time()
    assert (await ground.logins.of(entered.account.id))[0].expires == pytest.approx(now + 90 * 86400, abs=60)
    await ground.set(LOGIN, used=now - 15 * 86400)
    assert await ground.logins.find(entered.token) is None and not await ground.logins.of(entered.account.id)
    await ground.set(LOGIN, used=now - 13 * 86400)
    assert await ground.logins.find(entered.token) is not None
    # It was used: its idle time begins anew.
    assert (await ground.logins.of(entered.account.id))[0].used == pytest.approx(now, abs=60)
    await ground.set(LOGIN, expires=now - 1)
    assert await ground.logins.find(entered.token) is None
    assert await ground.logins.sweep() == 1
    # What it still has open is told to end.
    assert await ground.logins.ends(now) == [entered.login]


async def test_signing_out_of_one_and_of_all_others(ground: Ground) -> None:
    one, two, three = [await ground.entered(ADA) for _ in range(3)]
    eve = await ground.entered(Claims("google", "666"))
    assert await ground.logins.end(eve.account.id, one.login) == 0
    assert await ground.logins.end(one.account.id, one.login) == 1
    assert await ground.logins.end(one.account.id, but=three.login) == 1
    assert [await ground.logins.find(each.token) is not None for each in (one, two, three, eve)] == [
        False,
        False,
        True,
        True,
    ]
    assert await ground.logins.ends(time.time()) == [one.login, two.login]


async def test_what_somebody_owned_goes_with_the_account(ground: Ground) -> None:
    entered = await ground.entered(ADA)
    await ground.invitations.link(entered.account.id, ACT)
    assert await ground.accounts.remove(entered.account.id, Act("deleted", entered.account.id))
    assert await ground.accounts.get(entered.account.id) is None and await ground.logins.find(entered.token) is None
    assert await ground.logins.ends(time.time()) == [entered.login]
    assert not await ground.identities.of(entered.account.id)
    # The audit keeps what was done.
    assert (await ground.audit.find(about=entered.account.id))[0].act.what == "deleted"
    assert (await ground.entered(ADA)).new


async def test_accounts_are_found_by_what_is_known_of_them(ground: Ground) -> None:
    for number, name in enumerate(["Ada Lovelace", "100%", "a_b", "Émilie"]):
        account = Account(new_id(), name, f"{number}@Example.org", created=float(number + 1))
        await ground.accounts.add(account, Act("added", account.id))
    assert [account.name for account in await ground.accounts.find("LOVE")] == ["Ada Lovelace"]
    assert [account.name for account in await ground.accounts.find("%")] == ["100%"]
    assert [account.name for account in await ground.accounts.find("a_b")] == ["a_b"]
    assert [account.name for account in await ground.accounts.find("example.org", limit=2)] == ["Ada Lovelace", "100%"]
    assert len(await ground.accounts.find(after=2.0)) == 2
    (found,) = await ground.accounts.named("3@EXAMPLE.org")
    assert found.name == "Émilie" and await ground.accounts.named(found.id) == [found]
    assert await ground.accounts.named("") == []
    assert await ground.accounts.make_operator(found.id, Act("made operator", found.id), operator=True)
    assert (await ground.accounts.get(found.id) or found).operator


async def test_a_sign_in_comes_back_once(ground: Ground) -> None:
    sign_ins = SignIns(ground.database)
    await sign_ins.put(b"\1" * 32, b"content", time.time() + 60)
    await sign_ins.put(b"\2" * 32, b"late", time.time() - 1)
    taken = await asyncio.gather(*(sign_ins.take(b"\1" * 32) for _ in range(4)))
    assert sorted(taken, key=str) == [None, None, None, b"content"] or taken.count(b"content") == 1
    assert await sign_ins.take(b"\2" * 32) is None and await sign_ins.take(b"\3" * 32) is None
    await sign_ins.put(b"\4" * 32, b"", time.time() - 1)
    assert await ground.invitations.sweep() == 1


async def test_who_was_let_pass_has_not_shown_now_who_they_are(ground: Ground) -> None:
    now = time.time()
    for told, begun in ((None, now), (now - 86_400, now - 86_400), (now + 60, now), (0.0, 0.0)):
        entered = await ground.entered(replace(ADA, proved=told))
        found = await ground.logins.find(entered.token)
        assert found is not None and found.begun == pytest.approx(begun, abs=30), told
        kept = next(each for each in await ground.logins.of(entered.account.id) if each.id == entered.login)
        assert kept.proved == found.begun and kept.created == pytest.approx(now, abs=30)
    # A backend of the release before says nothing of it.
    await ground.set(LOGIN, proved=None, created=now - 100)
    found = await ground.logins.find(entered.token)
    assert found is not None and found.begun == now - 100 == (await ground.logins.of(found.account))[0].proved


async def test_the_end_of_all_is_told_of_those_that_somebody_remembers(ground: Ground) -> None:
    long_ago = await ground.entered(ADA)
    await ground.set(LOGIN, used=time.time() - 2 * KNOWN)
    lately, own = await ground.entered(ADA), await ground.entered(ADA)
    assert await ground.accounts.sign_out_all(Act("signed out"), but=own.login) == 2
    assert set(await ground.logins.ends(time.time())) == {lately.login}
    for entered, lives in ((long_ago, False), (lately, False), (own, True)):
        assert (await ground.logins.find(entered.token) is not None) is lives
