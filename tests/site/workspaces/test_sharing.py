"""Members, links and owners over HTTP: who lets whom in, and what is written down of it."""

from yarl import URL

from sagews.backend.accounts.people import People
from sagews.config.site import Site
from sagews.database.accounts import Account, new_id
from sagews.database.audit import Act
from sagews.database.database import Database
from tests.postgresql import PASSWORD
from tests.site.workspaces.house import House, Person, with_link


async def test_somebody_is_let_in_and_leaves(emmy: Person, emil: Person) -> None:
    where = await emmy.make("Rings")
    await emmy.save(where, "", {"a": "1"})
    put = await emmy.ask("POST", f"{where}/members", 200, json={"account": emil.account, "role": "viewer"})
    assert [(each["account"], each["role"]) for each in put["members"]] == [
        (emmy.account, "owner"),
        (emil.account, "viewer"),
    ]
    (shared,) = (await emil.ask_two("GET", "?which=shared", 200))["workspaces"]
    assert shared["name"] == "Rings" and shared["role"] == "viewer" and shared["owner"].startswith("Somebody")
    assert "example.org" not in str(await emil.ask("GET", f"{where}/members", 200))
    refused = await emil.ask_two("POST", f"{where}/save", 403, json={"base": ""})
    assert refused["what"] == "you are a viewer there; this takes an editor"
    await emmy.ask_two("POST", f"{where}/members", 200, json={"account": emil.account, "role": "editor"})
    version = (await emil.ask("GET", where, 200))["version"]
    await emil.save(where, version, {"a": "2"})
    assert (await emmy.ask("GET", f"{where}/history", 200))["commits"][0]["account"] == emil.account
    # An editor lets nobody in and nobody out but themselves.
    await emil.ask("DELETE", f"{where}/members/{emmy.account}", 403)
    await emil.ask("DELETE", f"{where}/members/{emil.account}", 204)
    await emil.ask_two("GET", where, 404)
    assert (await emmy.ask("DELETE", f"{where}/members/{emil.account}", 404))["code"] == "unknown_member"
    assert await emmy.text(where, "a") == "2"


async def test_the_last_owner_stays_and_hands_over(emmy: Person, emil: Person) -> None:
    where = await emmy.make()
    for method, path, more in (
        ("DELETE", f"/members/{emmy.account}", {}),
        ("POST", "/members", {"json": {"account": emmy.account, "role": "editor"}}),
    ):
        assert (await emmy.ask(method, where + path, 422, **more))["what"] == "would have no owner"  # type: ignore[arg-type]
    over = await emmy.ask("POST", f"{where}/owner", 200, json={"account": emil.account})
    assert [(each["account"], each["role"]) for each in over["members"]] == [
        (emil.account, "owner"),
        (emmy.account, "editor"),
    ]
    assert (await emmy.ask_two("DELETE", where, 403))["code"] == "not_allowed"
    await emil.ask_two("DELETE", where, 204)
    await emil.ask("POST", f"{where}/restore", 200)
    # Whoever is an owner beside another has nothing to hand over.
    await emil.ask("POST", f"{where}/members", 200, json={"account": emmy.account, "role": "owner"})
    refused = await emmy.ask_two("POST", f"{where}/owner", 422, json={"account": emmy.account})
    assert refused["what"] == "is another account's to hand over"


async def test_an_account_is_named_by_its_id_or_a_confirmed_address(house: House, emmy: Person) -> None:
    where = await emmy.make()
    database = Database(house.cast._described, PASSWORD)
    accounts = People(Site(), database).accounts
    known = Account(new_id(), "Ada", "ada@campus.example", verified=True)
    await accounts.add(known, Act("added", known.id))
    await accounts.add(Account(new_id(), "Eve", "grace@campus.example"), Act("added"))
    await database.close()
    put = await emmy.ask("POST", f"{where}/members", 200, json={"account": "Ada@campus.example", "role": "editor"})
    assert put["members"][1]["account"] == known.id and put["members"][1]["name"] == "Ada"
    # Whoever claims an address is not let in as whose it is.
    for word in ("grace@campus.example", "nobody", "%", "' or 1=1"):
        refused = await emmy.ask("POST", f"{where}/members", 422, json={"account": word, "role": "editor"})
        assert refused["code"] == "unknown_account"


async def test_a_link_is_good_until_it_is_taken_back(house: House, emmy: Person, emil: Person) -> None:
    where = await emmy.make("Rings")
    await emmy.save(where, "", {"a": "1"})
    made = await emmy.ask("POST", f"{where}/links", 201, json={"role": "editor", "days": 7})
    assert 0 < made["expires"] - made["created"] - 7 * 86_400 + 1 < 2 and made["by"] == emmy.account
    (listed,) = (await emmy.ask_two("GET", f"{where}/links", 200))["links"]
    assert listed == {name: value for name, value in made.items() if name != "token"}
    async with house.person("anonymous", **with_link(made["token"])) as anybody:
        version = (await anybody.ask_two("GET", where, 200))["version"]
        await anybody.save(where, version, {"a": "2"})
        await anybody.ask("POST", f"{where}/join", 401)
        await anybody.ask("GET", f"{where}/members", 401)
    commit = (await emmy.ask("GET", f"{where}/history", 200))["commits"][0]
    assert (commit["author"], commit["account"]) == ("somebody with a link", "")
    joined = await emil.ask("POST", f"{where}/join", 200, headers=with_link(made["token"]))
    assert joined == {"role": "editor"}
    await emmy.ask("DELETE", f"{where}/links/{made['id']}", 204)
    assert (await emmy.ask("DELETE", f"{where}/links/{made['id']}", 404))["code"] == "unknown_link"
    async with house.person("anonymous", **with_link(made["token"])) as anybody:
        await anybody.ask_two("GET", where, 401)
    assert (await emil.ask_two("GET", where, 200))["role"] == "editor"
    for body in ({"role": "owner"}, {"role": "viewer", "days": 1000}, {"role": "viewer", "days": 0}, {}):
        assert (await emmy.ask("POST", f"{where}/links", 400, json=body))["code"] == "bad_message"


async def test_links_end_with_the_right_of_who_made_them(house: House, emmy: Person, emil: Person) -> None:
    where = await emmy.make()
    await emmy.ask("POST", f"{where}/members", 200, json={"account": emil.account, "role": "owner"})

    async def made(person: Person) -> str:
        return str((await person.ask("POST", f"{where}/links", 201, json={"role": "viewer"}))["token"])

    kept = await made(emmy)
    async with house.person("anonymous") as anybody:
        for end in ("editor", "owner", "removed"):
            token = await made(emil)
            assert (await anybody.fetch(where, headers=with_link(token)))[0] == 200
            if end == "removed":
                # Whoever leaves need not know the id of their account.
                await emil.ask("DELETE", f"{where}/members/me", 204)
            else:
                await emmy.ask("POST", f"{where}/members", 200, json={"account": emil.account, "role": end})
            assert (await anybody.fetch(where, headers=with_link(token)))[0] == (401 if end == "removed" else 200)
            if end == "editor":
                await emmy.ask("POST", f"{where}/members", 200, json={"account": emil.account, "role": "owner"})
        await emil.ask("GET", where, 404)
        assert (await anybody.fetch(where, headers=with_link(kept)))[0] == 200
        # And with their account.
        await emmy.ask("POST", f"{where}/members", 200, json={"account": emil.account, "role": "owner"})
        token = await made(emil)
        origin = {"Origin": emil.one.base}
        delete = f"{emil.one.base}/account/delete"
        async with emil.one.http.post(delete, headers=origin, allow_redirects=False) as answer:
            assert answer.status == 303
        assert (await anybody.fetch(where, headers=with_link(token)))[0] == 401
        assert (await anybody.fetch(where, headers=with_link(kept)))[0] == 200


async def test_words_that_no_database_takes_are_refused_as_unknown(emmy: Person) -> None:
    where = await emmy.make()
    for path, code in (("members", "unknown_member"), ("links", "unknown_link")):
        for word in ("a%00b", "%C3%A9", "x" * 100):
            url = URL(f"{emmy.one.base}/api/v1/workspaces{where}/{path}/{word}", encoded=True)
            async with emmy.one.http.delete(url) as answer:
                assert answer.status == 404 and (await answer.json())["error"]["code"] == code, word
    for path in ("?after=%00", f"{where}/files?after=%00", f"{where}/history?path=a%00b"):
        url = URL(f"{emmy.one.base}/api/v1/workspaces{path}", encoded=True)
        async with emmy.one.http.get(url) as answer:
            assert answer.status == 400 and (await answer.json())["error"]["code"] == "bad_message", path
    body = {"account": "a\0b", "role": "viewer"}
    assert (await emmy.ask("POST", f"{where}/members", 422, json=body))["code"] == "unknown_account"


async def test_changes_of_rights_are_written_down(house: House, emmy: Person, emil: Person) -> None:
    where = await emmy.make()
    link = await emmy.ask("POST", f"{where}/links", 201, json={"role": "viewer"})
    await emil.ask("POST", f"{where}/join", 200, headers=with_link(link["token"]))
    await emmy.ask("POST", f"{where}/members", 200, json={"account": emil.account, "role": "editor"})
    await emmy.ask("POST", f"{where}/owner", 200, json={"account": emil.account})
    await emil.ask("DELETE", f"{where}/members/{emmy.account}", 204)
    # Hers ended when she was let in no more.
    await emil.ask("DELETE", f"{where}/links/{link['id']}", 404)
    own = await emil.ask("POST", f"{where}/links", 201, json={"role": "viewer"})
    await emil.ask("DELETE", f"{where}/links/{own['id']}", 204)
    database = Database(house.cast._described, PASSWORD)
    records = await People(Site(), database).audit.find(about=emil.account)
    await database.close()
    told = [(each.act.what, each.act.account, each.act.by, each.act.data.get("role")) for each in records]
    assert told[:6] == [
        ("workspace link taken back", emil.account, "", None),
        ("workspace link made", emil.account, "", "viewer"),
        ("workspace no more shared", emmy.account, emil.account, None),
        ("workspace handed over", emil.account, emmy.account, None),
        ("workspace shared", emil.account, emmy.account, "editor"),
        ("workspace joined", emil.account, "", "viewer"),
    ]
    assert all(each.act.data["workspace"] == where[1:] for each in records[:6])
    assert link["token"] not in str(records)


async def test_a_token_opens_what_its_scope_says(house: House) -> None:
    async with house.person("token-workspaces:write") as writer, house.person("token-workspaces:read") as reader:
        where = await writer.make()
        await writer.save(where, "", {"a": "1"})
        refused = await reader.ask("POST", "", 403, json={"name": "x"})
        assert "needs the scope `workspaces:write`" in refused["what"] + refused["hint"]
        assert (await reader.ask("GET", "", 200))["workspaces"] == []
        refused = await writer.ask("POST", f"{where}/links", 403, json={"role": "viewer"})
        assert "is for people, not for tokens" in refused["what"] + refused["hint"]
        await writer.ask("GET", f"{where}/links", 200)
    async with house.person("token-evaluate") as other:
        refused = await other.ask("GET", where, 403)
        assert "needs the scope `workspaces:read`" in refused["what"] + refused["hint"]
