"""The description of the API in OpenAPI 3.1, made of the declared routes. Thinking only, no I/O."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

import sagews
from sagews.backend.api.answers import Error
from sagews.backend.api.form import JSON
from sagews.backend.api.route import LINK_HEADER, TOKEN_HEADER, Reply, Route
from sagews.backend.api.shapes import Evaluate, OpenSession

Json = dict[str, Any]

ABOUT = (
    "Evaluations on a session of their own, sessions that keep their variables, the files of a session, short links,"
    " and workspaces. Events have the form that they have on a connection. Every answer of 400 and above is an object"
    " `error` with a `code` for programs and, for people, `what` is wrong, about which `noun`, and a `hint` on what to"
    " do next. A site that is not on loopback wants its access token, a session its own; workspaces are for who has an"
    " account or a link."
)
PATH_PARAMETERS: Mapping[str, str] = {
    "session": "Id of the session.",
    "permalink": "Id of the permalink.",
    "path": "Path below the directory of the session or workspace, percent-encoded byte by byte, its slashes kept.",
    "workspace": "Id of the workspace.",
    "account": "Id of the account.",
    "link": "Id of the link.",
    "publication": "Id of the publication.",
}
_REF = "#/components/schemas/{name}"


def description(routes: Iterable[Route], environments: Sequence[str]) -> Json:
    """Return the whole description, for a site that has these environments."""
    routes = list(routes)
    shapes = [shape for route in routes for shape in _shapes(route)]
    _, schemas = msgspec.json.schema_components([Error, *shapes], ref_template=_REF)
    for shape in (Evaluate, OpenSession):
        schemas[shape.__name__]["properties"]["environment"]["enum"] = ["", *environments]
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "sagews", "version": sagews.__version__, "summary": "Live mathematics", "description": ABOUT},
        "security": [{}, {"site": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "site": {"type": "http", "scheme": "bearer", "description": "The access token of the site."},
                "session": {
                    "type": "apiKey",
                    "in": "header",
                    "name": TOKEN_HEADER,
                    "description": "The token of the session, as its opening told it.",
                },
                "account": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of the API that is for this; or the cookie of a login.",
                },
                "link": {
                    "type": "apiKey",
                    "in": "header",
                    "name": LINK_HEADER,
                    "description": "The token of a link to the workspace.",
                },
            },
        },
    }


def _shapes(route: Route) -> list[type[msgspec.Struct]]:
    found = [reply.shape for reply in route.replies]
    return [shape for shape in (route.body, *found) if shape is not None]


def _operation(route: Route) -> Json:
    said: Json = {"operationId": route.name, "summary": route.summary}
    if route.text:
        said["description"] = route.text
    if route.session:
        said["security"] = [{"session": []}, {"site": [], "session": []}]
    if route.account or route.role is not None:
        said["security"] = [{"account": []}, *([] if route.account else [{"link": []}])]
    if parameters := [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)]:
        said["parameters"] = parameters
    if route.body is not None:
        said["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(route.body)}}}
    if route.file:
        said["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": {}}}}
    said["responses"] = _responses(route)
    return said


def _responses(route: Route) -> Json:
    responses: Json = {}
    for reply in route.replies:
        said = responses.setdefault(str(reply.status), {"description": reply.text})
        if reply.text not in said["description"]:
            said["description"] += f" Or: {reply.text}"
        if reply.headers:
            said["headers"] = {
                name: {"description": text, "schema": {"type": "string"}} for name, text in reply.headers.items()
            }
        if content := _content(reply):
            said.setdefault("content", {}).update(content)
    for status, text in route.all_refusals.items():
        if str(status) in responses:
            continue
        content = {JSON: {"schema": _ref(Error)}} if route.in_api else {"text/plain": {"schema": {"type": "string"}}}
        if status == 400:
            # What is no HTTP reaches no route.
            content |= {"text/plain": {"schema": {"type": "string"}}}
        said = {"description": text, "content": content}
        if status in (429, 503):
            said["headers"] = {
                "Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "string"}}
            }
        responses[str(status)] = said
    return dict(sorted(responses.items()))


def _content(reply: Reply) -> Json:
    """Return what a reply holds, by media type: JSON of its shape, a stream of such objects, or bytes."""
    if reply.shape is None and reply.media == (JSON,):
        return {}
    if reply.shape is None:
        return {media: {"schema": {"type": "string"} if media.startswith("text/") else {}} for media in reply.media}
    if reply.media == (JSON,):
        return {JSON: {"schema": _ref(reply.shape)}}
    name = reply.shape.__name__
    text = {"type": "string", "description": f"A stream of objects `{name}`, each as one line of JSON."}
    return {media: {"schema": text} for media in reply.media}


def _path_parameters(route: Route) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in PATH_PARAMETERS.items()
        if f"{{{name}}}" in route.path
    ]


def _query_parameters(route: Route) -> list[Json]:
    if route.query is None:
        return []
    _, components = msgspec.json.schema_components([route.query], ref_template=_REF)
    shape = components[route.query.__name__]
    needed = shape.get("required", [])
    return [_parameter("query", name, one, name in needed) for name, one in shape.get("properties", {}).items()]


def _header_parameters(route: Route) -> list[Json]:
    return [_parameter("header", name, msgspec.json.schema(kind)) for name, kind in route.headers.items()]


def _parameter(place: str, name: str, schema: Json, required: bool = False) -> Json:
    """Return a parameter, with the text of its schema as its own."""
    inner = {word: value for word, value in schema.items() if word != "description"}
    text = schema.get("description", "")
    return {"name": name, "in": place, "required": required, "description": text, "schema": inner}


def _ref(shape: type[msgspec.Struct]) -> Json:
    return {"$ref": _REF.format(name=shape.__name__)}
