"""`sagews admin init` at a terminal: it asks, and writes what it is answered."""

from pathlib import Path

from sagews.config.load import load
from tests.site.terminal import Terminal

DIALOGUE = [
    ("Public name of the site", "cells.example.org"),
    ("File of its certificate", "/etc/sagews/site.pem"),
    ("Data directory", ""),
    ("Backends", "3"),
    ("Workers", "2"),
    ("nginx for the page's files", "n"),
    ("What speaks TLS", "stunnel"),
    ("Another machine", "left,10.0.0.2,left.example.org"),
    ("Another machine", ""),
    ("Address by which they reach", "10.0.0.1"),
    ("Machine of its PostgreSQL", "left"),
]


def test_it_asks_for_what_it_is_not_given(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "admin", "init", "sagews.toml")
    for question, answer in DIALOGUE:
        terminal.sees(question)
        terminal.types(f"{answer}\r")
    terminal.sees("is written")
    terminal.child.wait()
    site = load(tmp_path / "sagews.toml")
    assert [each.services for each in site.machine] == [
        {"stunnel": 1, "haproxy": 1, "backend": 3, "memcached": 1},
        {"worker": 2, "postgresql": 1},
    ]
    assert (site.machine[0].address, site.machine[1].ssh) == ("10.0.0.1", "left.example.org")
