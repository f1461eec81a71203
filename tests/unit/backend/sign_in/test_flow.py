"""A sign-in under way: one browser, one provider, one return."""

import time

import msgspec
import pytest

from sagews.backend.sign_in import flow as flows
from sagews.backend.sign_in.callback import Callback
from sagews.backend.sign_in.flow import LIFE, Begun, Flow, Flows
from sagews.backend.sign_in.refused import Refused, Why
from tests.unit.backend.sign_in.in_memory import InMemory

BACK = "https://math.example.org/sign-in/a/callback"


def back_from(begun: Begun) -> Callback:
    return Callback(begun.state, "code", "", None)


def cookies(*begun: Begun) -> dict[str, str]:
    return {each.cookie_name: each.cookie for each in begun}


async def under_way(store: InMemory, **what: str) -> Begun:
    begun = flows.begin("a", BACK, **what)
    await Flows(store).keep(begun)
    return begun


async def refusal_of(store: InMemory, callback: Callback, shown: dict[str, str], provider: str = "a") -> Refused:
    with pytest.raises(Refused) as refused:
        await Flows(store).take(provider, callback, shown)
    return refused.value


async def test_who_comes_back_goes_on_with_what_was_begun() -> None:
    store = InMemory()
    begun = await under_way(store, onward="/w/algebra?a=b", account="42")
    flow = await Flows(store).take("a", back_from(begun), cookies(begun))
    assert flow == begun.flow
    assert (flow.next, flow.account, flow.redirect_uri) == ("/w/algebra?a=b", "42", BACK)
    assert LIFE - 5 < flow.expires - time.time() <= LIFE


async def test_a_state_is_good_once() -> None:
    store = InMemory()
    begun = await under_way(store)
    await Flows(store).take("a", back_from(begun), cookies(begun))
    assert (await refusal_of(store, back_from(begun), cookies(begun))).why is Why.UNKNOWN
    assert not store.kept


async def test_a_forged_state_is_refused() -> None:
    store = InMemory()
    begun = await under_way(store)
    forged = Begun(begun.flow, "f" * 43, begun.cookie)
    assert (await refusal_of(store, back_from(forged), cookies(begun))).why is Why.NO_COOKIE
    # An attacker who can also set cookies gets no further.
    assert (await refusal_of(store, back_from(forged), cookies(forged))).why is Why.UNKNOWN
    assert len(store.kept) == 1


async def test_another_browser_does_not_go_on_with_it_and_does_not_end_it() -> None:
    store = InMemory()
    begun = await under_way(store)
    assert (await refusal_of(store, back_from(begun), {})).why is Why.NO_COOKIE
    assert (await Flows(store).take("a", back_from(begun), cookies(begun))).provider == "a"


async def test_with_the_wrong_cookie_it_is_over() -> None:
    store = InMemory()
    begun, other = await under_way(store), await under_way(store)
    wrong = {begun.cookie_name: other.cookie}
    assert (await refusal_of(store, back_from(begun), wrong)).why is Why.OTHER_BROWSER
    assert (await refusal_of(store, back_from(begun), cookies(begun))).why is Why.UNKNOWN


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_two_tabs_at_once_both_come_back_in_either_order(order: tuple[int, int]) -> None:
    store = InMemory()
    tabs = [await under_way(store, onward="/first"), await under_way(store, onward="/second")]
    browser = cookies(*tabs)
    assert len(browser) == 2
    for number in order:
        assert (await Flows(store).take("a", back_from(tabs[number]), browser)).next == ("/first", "/second")[number]


async def test_what_took_too_long_is_refused() -> None:
    store = InMemory()
    begun = await under_way(store)
    late = msgspec.structs.replace(begun.flow, expires=time.time() - 1)
    await Flows(store).keep(Begun(late, begun.state, begun.cookie))
    assert (await refusal_of(store, back_from(begun), cookies(begun))).why is Why.EXPIRED


async def test_a_clock_that_is_five_seconds_off_makes_no_difference() -> None:
    store = InMemory()
    begun = await under_way(store)
    behind = msgspec.structs.replace(begun.flow, expires=begun.flow.expires - 5)
    await Flows(store).keep(Begun(behind, begun.state, begun.cookie))
    await Flows(store).take("a", back_from(begun), cookies(begun))


async def test_the_address_of_another_provider_is_refused() -> None:
    store = InMemory()
    begun = await under_way(store)
    assert (await refusal_of(store, back_from(begun), cookies(begun), provider="b")).why is Why.OTHER_PROVIDER


async def test_the_store_has_neither_the_state_nor_the_cookie_nor_the_invitation() -> None:
    store = InMemory()
    begun = await under_way(store, invitation="an-invitation")
    kept = repr(store.kept)
    for secret in (begun.state, begun.cookie, begun.cookie.partition(".")[0], "an-invitation"):
        assert secret not in kept
    assert (await Flows(store).take("a", back_from(begun), cookies(begun))).invitation == "an-invitation"


@pytest.mark.parametrize("invitation", ["a b", "a.b", "a;b", "é", "a" * 129, "a\r\n"])
def test_what_is_no_invitation_is_none(invitation: str) -> None:
    assert "." not in flows.begin("a", BACK, invitation=invitation).cookie


def test_each_secret_is_its_own_and_none_can_be_guessed() -> None:
    begun = [flows.begin("a", BACK) for _ in range(50)]
    secrets = [text for each in begun for text in (each.state, each.cookie, each.flow.nonce, each.flow.verifier)]
    assert len(set(secrets)) == len(secrets) and all(len(secret) == 43 for secret in secrets)
    assert len({each.cookie_name for each in begun}) == 50


def test_no_secret_is_in_what_may_be_logged() -> None:
    begun = flows.begin("a", BACK)
    for secret in (begun.state, begun.cookie, begun.flow.nonce, begun.flow.verifier):
        assert secret not in repr(begun) and secret not in str(begun.flow)


def test_a_page_elsewhere_is_not_gone_on_to() -> None:
    assert flows.begin("a", BACK, onward="//evil.example").flow.next == "/"


def test_a_flow_is_read_as_it_was_written() -> None:
    flow = flows.begin("a", BACK, onward="/x", account="1").flow
    assert msgspec.json.decode(msgspec.json.encode(flow), type=Flow) == flow
