"""WeBWorK's own question to a Sage server, in its own Perl: what it gets is what its problems count on.

`SAGEWS_WEBWORK` names a checkout of its macros (`pg`), whose `lib/WeBWorK/PG/IO.pm` asks by curl.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.books.conftest import brought
from tests.running import RunningSite

ASK = """
use strict; use warnings;
# Mojolicious has the same function, and is no package that this needs else.
BEGIN { package Mojo::JSON; require JSON::PP; require Exporter; our @ISA = ('Exporter');
        our @EXPORT_OK = ('decode_json'); *decode_json = \\&JSON::PP::decode_json; $INC{'Mojo/JSON.pm'} = 1; }
use WeBWorK::PG::IO;
my ($url, $tos, $seed) = @ARGV;
my $code = do { local $/; <STDIN> };
my $told = WeBWorK::PG::IO::AskSage($code, { url => $url, accepted_tos => $tos, seed => $seed, curlCommand => 'curl' });
print JSON::PP->new->allow_nonref->canonical->encode($told);
"""


@pytest.fixture
def library() -> Path:
    folder = brought("SAGEWS_WEBWORK")
    if shutil.which("perl") is None or shutil.which("curl") is None:
        pytest.skip("perl and curl are not installed here")
    return folder / "lib"


def asked(library: Path, cells: RunningSite, code: str, tos: str = "true", seed: int = 0) -> Any:
    url = cells.url.partition("?")[0] + "service"
    command = ["perl", f"-I{library}", "-e", ASK, url, tos, str(seed)]
    ended = subprocess.run(command, input=code, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_values_come_back(library: Path, cells: RunningSite) -> None:
    """Of types that its own code can write; for others it wants modules that a newer Sage has not."""
    code = "WEBWORK['n'] = 2^10\nWEBWORK['r'] = 1.5\nWEBWORK['l'] = [1, 2, -3]\nWEBWORK['f'] = str(factor(x^4 - 1))"
    told = asked(library, cells, code)
    assert told == {
        "success": 1,
        "stdout": None,
        "webwork": {"n": 1024, "r": 1.5, "l": [1, 2, -3], "f": "(x^2 + 1)*(x + 1)*(x - 1)"},
    }


def test_what_is_printed_comes_back(library: Path, cells: RunningSite) -> None:
    """As older problems have it."""
    assert asked(library, cells, "print(integrate(x^2, x))") == "1/3*x^3\n"


def test_a_seed_gives_the_same_again(library: Path, cells: RunningSite) -> None:
    code = "print([ZZ.random_element(10^9) for _ in range(3)])"
    first = asked(library, cells, code, seed=17)
    assert first.startswith("[") and asked(library, cells, code, seed=17) == first
    assert asked(library, cells, code, seed=18) != first


def test_a_mistake_is_told(library: Path, cells: RunningSite) -> None:
    told = asked(library, cells, "WEBWORK['n'] = 1/0")
    assert told["success"] == 0 and told["error_message"]["ename"] == "ZeroDivisionError"
