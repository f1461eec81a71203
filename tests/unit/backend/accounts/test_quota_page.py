"""The page of one account's quotas: what it shows is what was meant, to the last digit."""

import re

import pytest

from sagews.backend.accounts.quota_page import MIB, exactly, quota_table, quotas_page, values_of
from sagews.backend.accounts.sent_quotas import sent_quotas
from sagews.backend.quotas import Standing
from sagews.backend.style import Style
from sagews.config.limits import Limits
from sagews.config.quotas import Quota
from sagews.database.accounts import Account

ADA = Account(id="a", name="Ada", email="ada@example.org")


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r' name="(\w+)" value="([^"]*)"', page))


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (100, "100"), (1_234_567, "1234567"), (10**9, "1000000000"), (0.1, "0.1"), (1e-7, "0.0000001")],
)
def test_numbers_are_shown_exactly(number: float, text: str) -> None:
    assert exactly(number) == text and float(text) == number


def test_what_is_shown_and_saved_again_is_the_same() -> None:
    own = {"sessions": 3, "evaluations": 123_456_789, "wall_time": 86_399.5, "memory": 1_234_567 * MIB}
    own["storage"] = 3 * MIB
    limits = Limits(wall_time=0, memory=0)
    page = quotas_page(Style("s.css", "d.css"), ADA, Quota(evaluations=7_654_321), values_of(own), limits)
    assert sent_quotas(fields(page), limits) == (own, "")
    assert "as for all: 7654321" in page


def test_what_was_sent_wrongly_is_shown_as_it_was() -> None:
    sent = {"sessions": 'x"', "evaluations": "12e2", "wall_time": " 5", "cpu_time": "", "memory": "07"}
    sent["storage"] = "1.5"
    page = quotas_page(Style("s.css", "d.css"), ADA, Quota(), sent, Limits(), sent_quotas(sent, Limits())[1])
    assert "is no number" in page
    assert fields(page) == {"account": "a"} | sent | {"sessions": "x&quot;"}


def test_what_workspaces_take_up_is_shown_where_it_is_bounded() -> None:
    table = quota_table(Standing(Quota(storage=2 << 30), storage=(3 << 29) + 1), Limits())
    assert '<meter min="0" max="2147483648" value="1610612737"' in table and "1.5 GiB</td><td>2 GiB</td>" in table
    assert "nothing</td><td>1 MiB" in quota_table(Standing(Quota(storage=MIB)), Limits())
    assert "as much as there is room for" in quota_table(Standing(Quota()), Limits())
    assert sent_quotas({"storage": "0.5"}, Limits()) == ({"storage": MIB // 2}, "")
    assert sent_quotas({"storage": "-1"}, Limits())[1] == "MiB of all workspaces: is negative, or no number."


def test_the_table_has_no_exponents() -> None:
    table = quota_table(Standing(Quota(wall_time=1_234_567, memory=1023 * MIB)), Limits())
    assert "<td>1234567 s</td>" in table and "<td>1023 MiB</td>" in table
