"""A process that tries updates which met with accidents: `mutating.py SEED NUMBER`.

It says how many were refused and how many taken; all that was taken is a
worksheet. Whatever else happens ends it.
"""

import os
import random
import sys

from sagews.backend.worksheets.contents import contents
from sagews.backend.worksheets.document import Document
from sagews.backend.worksheets.trial import Trial
from sagews.errors import WorksheetError
from tests.mutation import damaged
from tests.unit.backend.worksheets.backends import BASE, WORDS
from tests.unit.backend.worksheets.writer import Writer

MUTATED = 200_000 if os.environ.get("SAGEWS_PROVE") else 1_000
FRESH = 200
"""Updates after which a new worksheet is begun."""


def originals(chance: random.Random) -> list[bytes]:
    """Return what a writer sends, from the beginning."""
    writer = Writer()
    writer._apply(BASE)
    for number in range(20):
        writer.write(number % 4, 0, WORDS[number % len(WORDS)])
        writer.erase(number % 4, 1, 2)
    writer.add_cell(1, "λ")
    writer.move_cell(0, 3)
    writer.cells[0]["metadata"]["a"] = "[1.0]"
    writer.meta["metadata"]["b"] = "{}"
    del writer.cells[2]
    return [new.payload for new in writer.unacknowledged.values()]


def with_an_accident(chance: random.Random, seeds: list[bytes]) -> bytes:
    if chance.random() < 0.5:
        return bytes(damaged(chance, bytearray(chance.choice(seeds)), seeds))
    # One byte alone: more of these are still updates.
    data = bytearray(chance.choice(seeds))
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def begun(payloads: list[bytes]) -> Trial:
    trial = Trial()
    for payload in payloads:
        trial.document.take_kept(payload)
    return trial


def main(seed: int, count: int) -> tuple[int, int]:
    chance = random.Random(seed)
    seeds = originals(chance)
    refused = taken = 0
    for number in range(count):
        if number % FRESH == 0:
            stored = [BASE, *seeds[: chance.randrange(len(seeds) // 2, len(seeds))]]
            trial = begun(stored)
        payload = with_an_accident(chance, seeds)
        try:
            read = contents(payload)
        except WorksheetError:
            refused += 1
            continue
        try:
            trial.attempt(payload, read)
        except WorksheetError:
            refused += 1
            trial.close()
            trial = begun(stored)
            continue
        taken += 1
        stored.append(payload)
        trial.document.check()
        if number % 20 == 0:
            # Who loads it anew has the same.
            fresh = Document()
            fresh.take_kept(trial.document.since())
            assert fresh.values() == trial.document.values()
    return refused, taken


if __name__ == "__main__":
    print(*main(int(sys.argv[1]), int(sys.argv[2])))
