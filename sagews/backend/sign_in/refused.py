"""Why a sign-in comes to nothing, and what the person who waits for it is told. Thinking only, no I/O."""

import enum

from sagews.backend.languages.speech import later
from sagews.backend.languages.speech import say as _


class Why(enum.StrEnum):
    """In one word, for logs and counters."""

    MALFORMED = "malformed"
    """What came back has not the form that a provider gives it."""
    UNKNOWN = "unknown"
    """No sign-in with this state is under way: it has come back already, was never begun, or is forgotten."""
    EXPIRED = "expired"
    NO_COOKIE = "no_cookie"
    """The browser has no cookie of it: it has ended there, or was begun in another one."""
    OTHER_BROWSER = "other_browser"
    """The browser has a cookie that is not of it."""
    OTHER_PROVIDER = "other_provider"
    """It was begun with another provider than the one that answers."""
    DENIED = "denied"
    """The person said no, there."""
    DECLINED = "declined"
    """The provider says no, for a reason of its own: most often it does not know this site as it is configured."""
    CODE = "code"
    """The provider does not take its own code back."""
    AWAY = "away"
    """The provider cannot be reached, or not in time."""
    GARBAGE = "garbage"
    """The provider says what cannot be read, or is too long."""
    TOKEN = "token"  # noqa: S105  # a word
    """What the provider says of the person is not signed by it, not for this site, not for this sign-in, or too old."""
    NOT_AGAIN = "not_again"
    """The provider let somebody pass as it knows them, who had to sign in there again."""
    WEAK = "weak"
    """The provider has not made as sure of the person as this site wants."""
    SIGNED_OUT = "signed_out"
    """Who wanted one more way to sign in, or to sign in again, is not signed in any more."""


STRANGE = frozenset({Why.MALFORMED, Why.UNKNOWN, Why.NO_COOKIE})
"""What anybody can bring about, as often as they like, who never began a sign-in."""


class Refused(Exception):
    """A sign-in that comes to nothing."""

    def __init__(self, why: Why, detail: str = "") -> None:
        """`detail` is for the log: in our own words, never those of the provider or of a browser."""
        super().__init__(why, detail)
        self.why = why
        self.detail = detail

    @property
    def status(self) -> int:
        """The status of the answer."""
        return _WORDS[self.why][0]

    def words(self, label: str) -> tuple[str, str]:
        """Return what went wrong and what to do, as two sentences; `label` is how people know the provider."""
        _status, what, todo = _WORDS[self.why]
        return _(what).format(label), _(todo).format(label)


_AGAIN = later("Sign in again, from this page's link.")
_LATER = later("Try again in a minute; if it stays so, tell who runs this site.")
_OPERATOR = later("Try again; if it stays so, tell who runs this site: the log of the backend says what is wrong.")

_WORDS: dict[Why, tuple[int, str, str]] = {
    Why.MALFORMED: (400, later("What came back from {} cannot be understood."), _AGAIN),
    Why.UNKNOWN: (400, later("This sign-in has ended already, or was never begun here."), _AGAIN),
    Why.EXPIRED: (400, later("This sign-in took longer than ten minutes."), _AGAIN),
    Why.NO_COOKIE: (
        400,
        later("This sign-in has ended already, was begun in another browser, or this one has not kept its cookie."),
        later("Sign in again, in one browser, and let it keep cookies of this site."),
    ),
    Why.OTHER_BROWSER: (400, later("This sign-in was begun in another browser."), _AGAIN),
    Why.OTHER_PROVIDER: (400, later("This sign-in was begun with another provider than {}."), _AGAIN),
    Why.DENIED: (
        403,
        later("{} was not allowed to tell this site who you are."),
        later("Sign in again, and agree there."),
    ),
    Why.DECLINED: (502, later("{} does not sign people in to this site now."), _OPERATOR),
    Why.CODE: (502, later("{} has not confirmed this sign-in."), _OPERATOR),
    Why.AWAY: (503, later("{} cannot be reached from this site now."), _LATER),
    Why.GARBAGE: (502, later("{} gives an answer that cannot be read."), _OPERATOR),
    Why.TOKEN: (502, later("What {} says of you could not be verified."), _OPERATOR),
    Why.NOT_AGAIN: (
        403,
        later("{} let you pass without asking who you are."),
        later("Sign out there, then do again what you wanted here."),
    ),
    Why.WEAK: (
        403,
        later("{} has not asked you for as much as this site wants, such as a second factor."),
        later("Set up there what is missing, sign out there, and sign in again from this page's link."),
    ),
    Why.SIGNED_OUT: (
        403,
        later("You are not signed in here any more."),
        later("Sign in first, then do again what you wanted."),
    ),
}
