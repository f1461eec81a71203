"""Who may do what, as a table that people read: the right answer of every route to every role follows from it.

    role            shows                                  which sites know it
    anonymous       nothing                                all
    account         the cookie of a login                  all
    operator        the same, of an operator               all
    token-SCOPE     an API token of an account             all
    token-operator  an API token of an operator, `operate` all
    site-token      the site's access token                guarded ones

An `open` site is its owner's laptop, `guarded` asks for the access token, and
`members` is for people with an account alone.
"""

import enum

ROLES = (
    "anonymous",
    "account",
    "operator",
    "token-evaluate",
    "token-permalinks",
    "token-workspaces:read",
    "token-workspaces:write",
    "token-operate",
    "token-operator",
    "site-token",
)
SITES = ("open", "guarded", "members")


class Area(enum.Enum):
    """Routes for which the same holds, whatever they do."""

    ALL = (
        "/healthz /static/{path} /static/about.html /embed.js /embedded_sagecell.js"
        " /nbextensions/threejs-sage/{release}/three.min.js"
    )
    WAY_IN = "/sign-in /sign-in/link /sign-in/invitation /sign-in/{provider} /sign-in/{provider}/callback /language"
    PAGES = (
        "/ /live /frame /workspaces /workspaces/{workspace}/worksheets/{path} /workspaces/{workspace}/history/{path}"
    )
    PUBLISHED = "/published /published/{publication}"
    OUT = "/sign-out"
    OWN = (
        "/account /account/name /account/appearance /account/sign-out /account/sign-out-others /account/remove-identity"
        " /account/tokens /account/remove-token /account/export /account/delete"
    )
    OPERATORS = (
        "/accounts /accounts/audit /accounts/invite /accounts/link /accounts/disable /accounts/enable"
        " /accounts/operator /accounts/no-operator /accounts/quotas /accounts/sign-out /accounts/sign-out-all"
        " /accounts/published /accounts/published/withdraw"
    )
    STATUS = "/status /status.json /metrics"
    WORKSPACES = (
        "/api/v1/workspaces /api/v1/workspaces/{workspace} /api/v1/workspaces/{workspace}/restore"
        " /api/v1/workspaces/{workspace}/files /api/v1/workspaces/{workspace}/files/{path}"
        " /api/v1/workspaces/{workspace}/save /api/v1/workspaces/{workspace}/history"
        " /api/v1/workspaces/{workspace}/zip /api/v1/workspaces/{workspace}/bundle /api/v1/workspaces/{workspace}/copy"
        " /api/v1/imports /api/v1/imports/zip /api/v1/imports/bundle /api/v1/imports/clone"
        " /api/v1/workspaces/{workspace}/publications /api/v1/workspaces/{workspace}/publications/{publication}"
        " /api/v1/workspaces/{workspace}/copies"
        " /api/v1/workspaces/{workspace}/differences /api/v1/workspaces/{workspace}/restored"
        " /api/v1/workspaces/{workspace}/snapshots"
        " /api/v1/workspaces/{workspace}/exported /api/v1/workspaces/{workspace}/imported"
    )
    SHARING = (
        "/api/v1/workspaces/{workspace}/members /api/v1/workspaces/{workspace}/members/{account}"
        " /api/v1/workspaces/{workspace}/owner /api/v1/workspaces/{workspace}/join"
        " /api/v1/workspaces/{workspace}/links /api/v1/workspaces/{workspace}/links/{link}"
    )
    FETCH = "/git/{workspace}.git/info/refs /git/{workspace}.git/git-upload-pack"
    PUSH = "/git/{workspace}.git/git-receive-pack"
    LINKS = "/api/v1/permalinks /api/v1/permalinks/{permalink} /permalink"
    EVALUATE = (
        "/service /ticket /socket /api /openapi.json /api/v1/version /api/v1/evaluate /api/v1/sessions"
        " /api/v1/sessions/{session} /api/v1/sessions/{session}/events /api/v1/sessions/{session}/evaluations"
        " /api/v1/sessions/{session}/complete /api/v1/sessions/{session}/inspect /api/v1/sessions/{session}/input"
        " /api/v1/sessions/{session}/interrupt /api/v1/sessions/{session}/files/{path}"
        " /sockjs /sockjs/ /sockjs/info /sockjs/iframe.html /sockjs/websocket"
        " /sockjs/{server}/{session}/websocket /sockjs/{server}/{session}/xhr"
        " /sockjs/{server}/{session}/xhr_streaming /sockjs/{server}/{session}/xhr_send"
        " /sockjs/{server}/{session}/eventsource /sockjs/{server}/{session}/htmlfile"
        " /sockjs/{server}/{session}/jsonp /sockjs/{server}/{session}/jsonp_send"
        " /kernel /kernel/{id} /kernel/{id}/channels /kernel/{id}/files/{path} /tos.html /help.html"
    )


class Right(enum.Enum):
    """What the doors answer."""

    IN = "the route itself answers, whatever it says"
    SIGN_IN = "nobody is signed in: 401, or on to the page for it"
    NO = "not for this role: 403"
    UNKNOWN = "nobody has been shown who this is: 401 in the API, elsewhere 403, from the first page on to `/sign-in`"


SCOPES = {
    "token-evaluate": {Area.EVALUATE},
    "token-permalinks": {Area.LINKS},
    "token-workspaces:read": {(Area.WORKSPACES, "GET"), (Area.SHARING, "GET"), Area.FETCH},
    "token-workspaces:write": {Area.WORKSPACES, (Area.SHARING, "GET"), Area.FETCH, Area.PUSH},
    "token-operate": set(),  # The account is none of an operator.
    "token-operator": {Area.STATUS},
}
"""What each token opens, beside what is for all, whatever the method or by one alone; the rest is not for it.

Who may what in one workspace is in another table: `tests/site/workspaces/test_roles.py`.
"""

OWN = frozenset(
    {Area.EVALUATE, Area.LINKS, Area.PAGES, Area.PUBLISHED, Area.OUT, Area.OWN, Area.WORKSPACES, Area.SHARING}
)
PEOPLE = {
    "anonymous": {
        "open": {Area.EVALUATE, Area.LINKS, Area.PAGES, Area.PUBLISHED, Area.OUT, Area.STATUS},
        "guarded": set(),
        "members": {Area.PUBLISHED},
    },
    "account": dict.fromkeys(SITES, OWN),
    "operator": dict.fromkeys(SITES, frozenset(Area) - {Area.FETCH, Area.PUSH}),
    "site-token": {"guarded": {Area.EVALUATE, Area.LINKS, Area.PAGES, Area.PUBLISHED, Area.OUT, Area.STATUS}},
}
"""What each may on which site, beside what is for all and the ways in."""


def area_of(path: str) -> Area:
    """Return the area of a route. Raises KeyError for one that is in none: say above who may what."""
    return {each: area for area in Area for each in area.value.split()}[path]


def right(site: str, role: str, method: str, path: str) -> Right:
    """Return what the doors of a site answer to a role."""
    area = area_of(path)
    if area is Area.ALL:
        return Right.IN
    if role in SCOPES:
        return Right.IN if {area, (area, method)} & SCOPES[role] else Right.NO
    if area is Area.WAY_IN or area in PEOPLE[role][site]:
        return Right.IN
    if role == "anonymous" and site != "open":
        return Right.UNKNOWN
    if area in (Area.FETCH, Area.PUSH):
        # A cookie is for browsers: git is asked for a token.
        return Right.SIGN_IN
    # A page of accounts for who has none; or one of operators for somebody else.
    return Right.SIGN_IN if role in ("anonymous", "site-token") else Right.NO
