"""Publications over HTTP: read by anybody from any backend, in the version published last; and by nobody else."""

import asyncio
import json
from typing import Any

from tests.site.api_end import Json
from tests.site.workspaces.house import House, Person

CODE = {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": 1, "source": "1 + 1"}
CODE |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "two <script>alert(1)</script>"}]}
WORDS = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Rings\n\n$x^2$"}


def notebook(*cells: Json) -> str:
    return json.dumps({"cells": cells or (WORDS, CODE), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


async def get(person: Person, path: str, *, two: bool = False, **shows: str) -> tuple[int, bytes, Any]:
    """Return status, body, unpacked, and headers of what anybody may ask for."""
    caller = person.two if two else person.one
    asked = {name.replace("_", "-"): value for name, value in shows.items()}
    async with caller.http.get(f"{caller.base}{path}", headers=asked, allow_redirects=False) as answer:
        return answer.status, await answer.read(), answer.headers.copy()


async def publish(person: Person, where: str, **more: object) -> Json:
    return await person.ask("POST", f"{where}/publications", 201, json={"path": "one.ipynb", **more})


async def test_a_worksheet_is_published_renewed_and_withdrawn(house: House, emmy: Person) -> None:
    where = await emmy.make()
    first = (await emmy.save(where, "", {"one.ipynb": notebook(), "a.txt": "1"}))["version"]
    made = await publish(emmy, where, licence="CC-BY-4.0", authors="Emmy  Noether\n& others <b>")
    address = made["address"]
    assert made["title"] == "Rings" and made["version"] == first and len(made["id"]) == 22 and not made["listed"]
    async with house.person("anonymous") as anybody:
        status, body, headers = await get(anybody, address, two=True)
        text = body.decode()
        assert status == 200 and "Rings</h1>" in text and "<math" in text and "two &lt;script&gt;" in text
        assert "Emmy Noether &amp; others &lt;b&gt;" in text and "CC BY 4.0" in text and f"{address}</span>" in text
        assert f'href="/workspaces#copy={made["id"]}"' in text and 'href="/?z=' in text
        # Unlisted: no search engine, no list; and no other site learns where somebody came from.
        assert headers["X-Robots-Tag"].startswith("noindex") and '<meta name="robots" content="noindex' in text
        assert headers["Referrer-Policy"] == "no-referrer" and headers["X-Content-Type-Options"] == "nosniff"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "/static/published.js;" in policy and "script-src 'self'" not in policy
        assert made["id"] not in (await get(anybody, "/published"))[1].decode()
        # As it was: nobody sends it twice.
        tag, changed = headers["ETag"], headers["Last-Modified"]
        assert (await get(anybody, address, If_None_Match=f'W/{tag}, "x"'))[:2] == (304, b"")
        await asyncio.sleep(1.1)
        assert (await get(anybody, address, If_Modified_Since=changed))[0] == 304
        assert (await get(anybody, address, If_Modified_Since="Mon, 01 Jan 2001 00:00:00 GMT"))[0] == 200
        assert (await get(anybody, address, If_Modified_Since="long ago"))[0] == 200
        plain = await get(anybody, address, Accept_Encoding="identity")
        assert plain[1] == body and plain[2]["ETag"] != tag and "Content-Encoding" not in plain[2]
        # Another version, listed, at the same address.
        await emmy.save(where, first, {"one.ipynb": notebook({**WORDS, "source": "# Fields"}, CODE)})
        assert b"Rings</h1>" in (await get(anybody, address))[1]
        body = {"path": "one.ipynb", "listed": True, "title": "On fields"}
        again = await emmy.ask_two("PUT", f"{where}/publications/{made['id']}", 200, json=body)
        assert again["id"] == made["id"] and again["created"] == made["created"] and again["updated"] > made["updated"]
        status, body, headers = await get(anybody, address, If_None_Match=tag)
        assert status == 200 and b"Fields</h1>" in body and b"<title>On fields</title>" in body
        assert "X-Robots-Tag" not in headers and b'name="robots"' not in body
        shown = (await get(anybody, "/published?search=ON+FIELDS"))[1].decode()
        assert f'<a href="{address}">On fields</a>' in shown
        assert address not in (await get(anybody, "/published?search=groups"))[1].decode()
        old = await emmy.ask(
            "PUT", f"{where}/publications/{made['id']}", 200, json={"path": "one.ipynb", "version": first}
        )
        assert old["version"] == first and b"Rings</h1>" in (await get(anybody, address))[1]
        await emmy.ask("DELETE", f"{where}/publications/{made['id']}", 204)
        status, body, _ = await get(anybody, address, two=True)
        assert status == 410 and b"withdrawn by those who published it" in body and b"Rings" not in body
        assert (await get(anybody, "/published/nothing"))[0] == 404 == (await get(anybody, "/published/%00x"))[0]
        # It is published again, and goes with its workspace, and comes back with it.
        await emmy.ask("PUT", f"{where}/publications/{made['id']}", 200, json={"path": "one.ipynb"})
        await emmy.ask("DELETE", where, 204)
        assert (await get(anybody, address))[0] == 410
        await emmy.ask("POST", f"{where}/restore", 200)
        assert (await get(anybody, address))[0] == 200
    (listed,) = (await emmy.ask("GET", f"{where}/publications", 200))["publications"]
    assert listed["id"] == made["id"] and listed["withdrawn"] is None
    for backend in (house.one, house.two):
        log = backend.log.read_text()
        assert "/published/{publication}" in log and made["id"] not in log


async def test_what_is_no_worksheet_is_not_published(emmy: Person, emil: Person) -> None:
    where = await emmy.make()
    version = (await emmy.save(where, "", {"a.txt": "1", "bad.ipynb": '{"cells": [1]}', "one.ipynb": notebook()}))[
        "version"
    ]
    for body, status, why in (
        ({"path": "none.ipynb"}, 404, "unknown_file"),
        ({"path": "a.txt"}, 422, "refused"),
        ({"path": "bad.ipynb"}, 422, "refused"),
        ({"path": "one.ipynb", "version": "1" * 40}, 422, "refused"),
        ({"path": "one.ipynb", "licence": "mine"}, 400, "bad_message"),
        ({"path": "one.ipynb", "title": "x" * 201}, 400, "bad_message"),
        ({"path": "one.ipynb", "html": "<b>"}, 400, "bad_message"),
    ):
        assert (await emmy.ask("POST", f"{where}/publications", status, json=body))["code"] == why, body
    assert (await emmy.ask("GET", f"{where}/publications", 200))["publications"] == [] and version
    # One of another workspace is none of this one.
    made = await publish(emmy, where)
    theirs = await emil.make()
    for method, more in (("PUT", {"json": {"path": "one.ipynb"}}), ("DELETE", {})):
        await emil.ask(method, f"{theirs}/publications/{made['id']}", 404, **more)
    assert (await get(emil, made["address"]))[0] == 200


async def test_it_is_copied_into_a_workspace(emmy: Person, emil: Person) -> None:
    where, theirs = await emmy.make(), await emil.make()
    await emmy.save(where, "", {"one.ipynb": notebook()})
    made = await publish(emmy, where)
    taken = {"publication": made["id"]}
    names = [(await emil.ask("POST", f"{theirs}/copies", 201, json=taken))["path"] for _ in range(2)]
    assert names == ["one.ipynb", "one (2).ipynb"]
    assert await emil.text(theirs, "one.ipynb") == notebook() == await emil.text(theirs, "one (2).ipynb", two=True)
    await emil.ask("POST", f"{theirs}/copies", 404, json={"publication": "none"})
    await emmy.ask("DELETE", f"{where}/publications/{made['id']}", 204)
    await emil.ask("POST", f"{theirs}/copies", 404, json=taken)


async def test_an_operator_withdraws_for_good(house: House, emmy: Person) -> None:
    where = await emmy.make()
    await emmy.save(where, "", {"one.ipynb": notebook()})
    made = await publish(emmy, where)
    path, form = "/accounts/published", {"publication": made["id"]}
    async with house.person("operator") as operator:
        assert made["id"] in (await get(operator, path))[1].decode()
        for person, status in ((emmy, 403), (operator, 303)):
            url, origin = f"{person.one.base}{path}/withdraw", {"Origin": person.one.base}
            async with person.one.http.post(url, data=form, headers=origin, allow_redirects=False) as answer:
                assert answer.status == status, await answer.text()
        status, body, _ = await get(emmy, made["address"], two=True)
        assert status == 410 and b"withdrawn by an operator" in body
        assert made["id"] not in (await get(operator, path))[1].decode()
        told = (await get(operator, f"/accounts/audit?about={emmy.account}&what=publication+withdrawn"))[1].decode()
        assert operator.account in told and made["id"] in told
    again = {"path": "one.ipynb"}
    refused = await emmy.ask("PUT", f"{where}/publications/{made['id']}", 422, json=again)
    assert "withdrawn by an operator" in refused["what"]
