"""Runs the suites that others wrote against the product's transports, and says how each test ended.

They are brought for the run and no part of this repository: the SockJS protocol suite
(`sockjs-protocol`), and Autobahn's cases (`autobahntestsuite`), both for Python 2.7.
"""

import argparse
import shutil
import sys
from collections import Counter
from pathlib import Path

from tests.conformance import autobahn, protocol_suite
from tests.conformance.outcome import Outcome, failures
from tests.conformance.running import running_server

FOLDER = Path(__file__).resolve().parent.parent.parent / ".conformance"
"""Where what the suites need, and what they report, is put."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockjs-protocol", type=Path, help="folder of the SockJS protocol suite")
    parser.add_argument("--autobahn", type=Path, help="folder into which autobahntestsuite was installed")
    parser.add_argument("--python2", default="python2.7", help="the suites' interpreter")
    given = parser.parse_args()
    if given.sockjs_protocol is None and given.autobahn is None:
        parser.error("name SOCKJS_PROTOCOL=FOLDER or AUTOBAHN=FOLDER, where a suite lies")
    if shutil.which(given.python2) is None:
        parser.error(f"{given.python2} is missing: name an interpreter of Python 2.7 by PYTHON2=")
    well = True
    if given.sockjs_protocol is not None:
        well &= sockjs(given.python2, given.sockjs_protocol.resolve())
    if given.autobahn is not None:
        well &= plain_socket(given.python2, given.autobahn.resolve())
    return 0 if well else 1


def sockjs(python: str, suite: Path) -> bool:
    """Run the SockJS protocol suite; return whether it went as it is to go."""
    packages = FOLDER / "sockjs-protocol"
    packages.mkdir(parents=True, exist_ok=True)
    protocol_suite.install(python, packages)
    with running_server() as url:
        outcomes, said = protocol_suite.run(python, suite, packages, url)
    show(outcomes)
    failed = failures(outcomes)
    passed = len(outcomes) - len(failed)
    if len(outcomes) != protocol_suite.TESTS or failed != set(protocol_suite.NAMED):
        print(said)
    for name in sorted(failed):
        print(f"{name}: {protocol_suite.NAMED.get(name, 'not among those that are to fail')}")
    for name in sorted(set(protocol_suite.NAMED) - failed):
        print(f"{name}: passes, though it is named as one that fails")
    print(f"SockJS protocol: {passed} of {protocol_suite.TESTS} pass, {protocol_suite.NEEDED} are needed.")
    return passed >= protocol_suite.NEEDED and failed == set(protocol_suite.NAMED)


def plain_socket(python: str, packages: Path) -> bool:
    """Run Autobahn's cases against the plain socket, without and with compression; return whether none failed."""
    well = True
    for name, cases, arguments in (
        ("plain", autobahn.CASES, ()),
        ("compressed", autobahn.COMPRESSED, ("--compress",)),
    ):
        with running_server(*arguments) as url:
            socket = url.replace("http:", "ws:") + "/socket"
            outcomes, said = autobahn.run(python, packages, FOLDER / f"autobahn-{name}", socket, cases)
        show([outcome for outcome in outcomes if outcome.failed])
        counts = Counter(outcome.word for outcome in outcomes)
        print(f"Autobahn, {name}: " + (", ".join(f"{n} {word}" for word, n in counts.items()) or said))
        well &= bool(outcomes) and not failures(outcomes)
    return well


def show(outcomes: list[Outcome]) -> None:
    """Print a table."""
    for outcome in outcomes:
        print(f"{outcome.name:<45} {outcome.word}")


if __name__ == "__main__":
    sys.exit(main())
