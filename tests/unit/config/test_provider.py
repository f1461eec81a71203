"""Providers in a configuration file: what could not work is said in one line, with its number."""

import pytest

from sagews.config.load import parse
from sagews.config.provider import is_issuer
from sagews.errors import ConfigurationError

GOOD = '[[provider]]\nname = "google"\nissuer = "https://accounts.google.com"\nclient_id = "c"\n'


def error_of(text: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        parse(text, "sagews.toml")
    line = str(error.value)
    assert "\n" not in line
    return line


def test_providers_are_read_in_their_order() -> None:
    site = parse(
        GOOD + '[[provider]]\nname = "github"\nkind = "github"\nclient_id = "c"\nclient_secret_file = "/s"\n'
        '[[provider]]\nname = "campus"\nlabel = "Campus login"\nissuer = "https://id.example.edu/realms/a/"\n'
        'client_id = "c"\n[[provider]]\nname = "f"\nkind = "facebook"\nclient_id = "1"\nclient_secret_file = "s"\n',
        "sagews.toml",
    )
    assert [each.shown for each in site.provider] == ["google", "GitHub", "Campus login", "Facebook"]
    assert parse("", "x").provider == []


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        (2, ('"google"', '"Google"'), "'Google' is not a name"),
        (2, ('"google"', '"a/../b"'), "is not a name"),
        (2, ('"google"', '"link"'), "'link' is taken"),
        (3, ("https://accounts.google.com", "http://accounts.google.com"), "no https address"),
        (3, ("https://accounts.google.com", "https://a.example/?b"), "no https address"),
        (3, ("https://accounts.google.com", "https://u:p@a.example"), "no https address"),
        (3, ("https://accounts.google.com", "accounts.google.com"), "no https address"),
        (1, ('issuer = "https://accounts.google.com"\n', ""), "'provider.issuer' of 'google': is missing"),
        (4, ('client_id = "c"', 'client_id = ""'), "'provider.client_id' of 'google': is empty"),
        (4, ('client_id = "c"', 'client_id = "a\\nb"'), "no plain text"),
        (5, ('"c"\n', '"c"\nlabel = "' + "x" * 65 + '"\n'), "over 64 characters"),
        (5, ('"c"\n', '"c"\nkind = "saml"\n'), "provider.kind"),
        (5, ('"c"\n', '"c"\nkind = "github"\n'), "'provider.client_secret_file' of 'google': is missing"),
        (5, ('"c"\n', '"c"\nsecret = "s"\n'), "unknown setting 'secret' in [provider]"),
    ],
)
def test_what_could_not_work_is_said_with_its_line(line: int, wrong: tuple[str, str], said: str) -> None:
    error = error_of(GOOD.replace(*wrong))
    assert said in error
    where = 1 if "client_secret_file" in said else line
    assert error.startswith(f"sagews.toml:{where}:"), error


def test_facebook_has_no_issuer() -> None:
    text = GOOD + 'kind = "facebook"\nclient_secret_file = "s"\n'
    assert error_of(text).startswith("sagews.toml:3: setting 'provider.issuer' of 'google': is not a setting of this")


def test_github_tells_no_time() -> None:
    text = GOOD + 'kind = "github"\nclient_secret_file = "s"\nauth_time = true\n'
    assert "sagews.toml:7: setting 'provider.auth_time' of 'google': is not a setting of" in error_of(text)


@pytest.mark.parametrize("wrong", ['[""]', '["two words"]', '["é"]', str(["a"] * 9)])
def test_ways_of_signing_in_are_words(wrong: str) -> None:
    assert parse(GOOD + "acr = ['https://refeds.org/profile/mfa', '2']\n", "x").provider[0].acr[1] == "2"
    assert "sagews.toml:5: setting 'provider.acr' of 'google': is no list" in error_of(f"{GOOD}acr = {wrong}\n")
    github = GOOD + 'kind = "github"\nclient_secret_file = "s"\nacr = ["2"]\n'
    assert "sagews.toml:7: setting 'provider.acr' of 'google': is not a setting of" in error_of(github)


def test_two_of_one_name() -> None:
    assert error_of(GOOD + GOOD).startswith("sagews.toml:6: two providers are called 'google'")


def test_too_many() -> None:
    text = "".join(GOOD.replace("google", f"p{number}", 1) for number in range(33))
    assert error_of(text).startswith("sagews.toml:129: has 33 providers")


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:80/a", "https://a.example:8443"]
)
def test_what_can_be_an_issuer(text: str) -> None:
    assert is_issuer(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "http://10.0.0.1",
            "http://localhost.evil.example",
            "https://",
            "https://a b",
            "https://a.example:port",
            "a",
        ),
        *(
            "https://a.example#b",
            "https://[::1",
            "ftp://a.example",
            "https://a.example\\b",
            "https:///b",
            "https://é.example",
        ),
        *("https://a.example:99999", "http://127.0.0.1@evil.example", "https://a.example?", "https://a.example#"),
    ],
)
def test_what_cannot(text: str) -> None:
    assert not is_issuer(text)
