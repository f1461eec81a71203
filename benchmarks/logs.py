"""How many records logwatch brings to PostgreSQL in a second, when there is as much to bring as it can take."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.figures import Figures
from tests.postgresql import PASSWORD, PostgreSQL, running_postgresql
from tests.processes import wait_until

RECORDS = 30_000
TURNS = 3
DEADLINE = 120.0


def records_per_second(directory: Path) -> Figures | None:
    """Records a second, from when they stand in a log to when the last is in the table; None without PostgreSQL."""
    if not [*Path("/usr/lib/postgresql").glob("*/bin/initdb")]:
        return None
    figures = Figures("/s")
    with running_postgresql() as server, logwatch(server, directory) as logs:
        for turn in range(-1, TURNS):
            begun = time.perf_counter()
            write(logs / f"service{turn + 1}.log")
            wait_until(partial(has, server, (turn + 2) * RECORDS), DEADLINE, "the records are there")
            if turn >= 0:
                figures.samples.append(RECORDS / (time.perf_counter() - begun))
    return figures


@contextmanager
def logwatch(server: PostgreSQL, directory: Path) -> Iterator[Path]:
    """Give the directory of logs of a running logwatch."""
    logs = directory / "logs-data" / "logs"
    logs.mkdir(parents=True)
    config = directory / "logs.toml"
    config.write_text(f'[database]\nurl = "{server.url}"\n')
    options = ["--config", str(config), "--data", str(logs.parent)]
    environment = os.environ | {"SAGEWS_DATABASE_PASSWORD": PASSWORD}
    sagews = [sys.executable, "-m", "sagews"]
    subprocess.run([*sagews, "database", "migrate", *options], env=environment, stdout=subprocess.DEVNULL, check=True)
    with (directory / "logwatch.log").open("ab") as said:
        process = subprocess.Popen(
            [*sagews, "logwatch", *options], env=environment, stdout=subprocess.PIPE, stderr=said
        )
    try:
        assert process.stdout is not None and b"ready" in process.stdout.readline()
        yield logs
    finally:
        process.terminate()
        process.communicate(timeout=30)


def has(server: PostgreSQL, records: int) -> bool:
    """Whether so many records are in the table."""
    rows = asyncio.run(server.ask("SELECT count(*) FROM log_record"))
    return bool(rows[0][0] >= records)


def write(log: Path) -> None:
    """Write lines as a backend writes them."""
    line = {"event": "request", "service": "backend", "level": "info", "timestamp": "2026-11-26T07:00:00.000000Z"}
    line |= {"method": "GET", "path": "/api/v1/sessions", "status": "200", "seconds": "0.004", "address": "10.0.0.1"}
    text = json.dumps(line)
    with log.open("w") as file:
        file.writelines(f'{text[:-1]}, "number": {number}}}\n' for number in range(RECORDS))
