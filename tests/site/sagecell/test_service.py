"""`POST /service` as SageMathCell's callers use it: course systems, health checks, scripts."""

import json
import random
from pathlib import Path

from tests.running import RunningSite, running_site
from tests.site.sagecell.test_routes import ask


async def test_what_sagemathcells_own_probe_does(site: RunningSite) -> None:
    a, b = random.randint(-(2**31), 2**31), random.randint(-(2**31), 2**31)
    status, text, _ = await ask(site, "POST", "service", data={"code": f"print({a} + {b})", "accepted_tos": "true"})
    reply = json.loads(text)
    assert status == 200 and reply["success"] and int(reply["stdout"].strip()) == a + b


async def test_expressions_as_a_course_system_asks_for_them(site: RunningSite) -> None:
    code = "import json\nanswer = {'roots': [1, 2]}\ndef safe(x): return json.dumps(x)\nprint('done')"
    data = {"code": code, "accepted_tos": "true", "user_expressions": '{"ANSWER": "safe(answer)", "wrong": "nothing"}'}
    _, text, _ = await ask(site, "POST", "service", data=data)
    reply = json.loads(text)
    assert reply["success"] and reply["stdout"] == "done\n"
    values = reply["execute_reply"]["user_expressions"]
    assert values["ANSWER"] == {"status": "ok", "data": {"text/plain": "'{\"roots\": [1, 2]}'"}, "metadata": {}}
    assert (values["wrong"]["status"], values["wrong"]["ename"]) == ("error", "NameError")
    # The same code without them is another result, and so it is with others.
    _, text, _ = await ask(site, "POST", "service", data={"code": code})
    assert json.loads(text)["execute_reply"]["user_expressions"] == {}
    _, text, _ = await ask(site, "POST", "service", json={"code": code, "user_expressions": {"n": "len(answer)"}})
    assert json.loads(text)["execute_reply"]["user_expressions"]["n"]["data"]["text/plain"] == "1"
    for wrong in ("no JSON", "[]", "17", "{", '{"a": "' + "x" * 200_000 + '"}'):
        assert (await ask(site, "POST", "service", data={"code": "1", "user_expressions": wrong}))[0] == 400


async def test_the_site_says_how_much(guarded: RunningSite) -> None:
    accepted = {"accepted_tos": "true"}
    status, text, _ = await ask(guarded, "POST", "service", data={"code": "2+3", **accepted})
    reply = json.loads(text)
    assert status == 200 and reply["result"] == "5" and "outputs" not in reply
    assert (await ask(guarded, "POST", "service", data={"code": "#" * 1000, **accepted}))[0] == 200
    assert (await ask(guarded, "POST", "service", data={"code": "#" * 1001, **accepted}))[0] == 413
    status, text, _ = await ask(guarded, "POST", "service", data={"code": "%20" * 3000, **accepted})
    assert status == 413 and "1,000 bytes" in text


async def test_programs_of_a_course_system_may_be_long(tmp_path: Path) -> None:
    """As Ximera's own server has it: 200,000 bytes, and no more."""
    with running_site(tmp_path, config="[sagecell]\nservice_bytes = 200_000\n") as site:
        for size, expected in ((75_000, 200), (200_000, 200), (200_001, 413)):
            code = "print(2 + 3)\n" + "#" * size
            status, text, _ = await ask(site, "POST", "service", data={"code": code[:size]})
            assert status == expected, size
            assert expected != 200 or json.loads(text)["stdout"] == "5\n"


KNOWN = """
[sagecell]
service_peers = ["10.9.8.7"]
service_seconds = 1

[backend]
trusted_proxies = ["127.0.0.1"]

[[environment]]
name = "python"
preload = []
"""


async def test_known_programs_alone(tmp_path: Path) -> None:
    with running_site(tmp_path, config=KNOWN) as site:
        status, text, _ = await ask(site, "POST", "service", data={"code": "1"})
        assert status == 403 and "API token" in text
        known = {"X-Forwarded-For": "10.9.8.7"}
        status, text, _ = await ask(site, "POST", "service", headers=known, data={"code": "1"})
        assert status == 200
        _, text, _ = await ask(site, "POST", "service", headers=known, data={"code": "while True: pass"})
        assert json.loads(text)["reason"] == "wall_time"


NEAR = """
[sagecell]
service_peers = ["127.0.0.1"]

[backend]
host = "0.0.0.0"

[[environment]]
name = "python"
preload = []
"""


async def test_known_programs_need_no_access_token(tmp_path: Path) -> None:
    with running_site(tmp_path, config=NEAR) as site:
        whole, site.url = site.url, f"http://127.0.0.1:{site.port}/"
        assert "?token=" in whole
        status, text, _ = await ask(site, "POST", "service", data={"code": "2+3"})
        assert (status, json.loads(text)["result"]) == (200, "5")
        for method, path in (("GET", "service"), ("GET", ""), ("POST", "ticket"), ("POST", "kernel")):
            assert (await ask(site, method, path))[0] in (403, 405), path
