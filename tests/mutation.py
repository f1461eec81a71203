"""Accidents that befall frames and messages, for tests of what reads them."""

import json
import random
import struct
from collections.abc import Callable
from typing import Any

from sagews.protocol import MAX_FRAME
from sagews.protocol.framing import frame


def mutated(chance: random.Random, seeds: list[bytes]) -> bytes:
    """Return a frame of one of these payloads that has met with an accident."""
    data = damaged(chance, bytearray(chance.choice(seeds)), seeds)
    if chance.random() < 0.02:
        return struct.pack(">I", chance.choice([len(data) + chance.randint(-3, 3) & 0xFFFFFFFF, MAX_FRAME + 1])) + data
    return frame(bytes(data))


def mutated_message(chance: random.Random, seeds: list[dict[str, Any]]) -> bytes:
    """Return one of these messages as JSON, after an accident to its fields or to its text."""
    if chance.random() < 0.6:
        message = dict(chance.choice(seeds))
        for _ in range(chance.randint(1, 2)):
            message = _altered(chance, message, seeds)
        data = _json(message)
        return data if chance.random() < 0.9 else bytes(damaged(chance, bytearray(data), [_json(seeds[0])]))
    texts = [_json(seed) for seed in seeds]
    return bytes(damaged(chance, bytearray(chance.choice(texts)), texts))


_ODD: list[Callable[[random.Random], Any]] = [
    lambda chance: None,
    lambda chance: chance.random() < 0.5,
    lambda chance: chance.choice([-1, 0, 1, 2**31, 2**53, 2**63, 2**64, 10**400, -(10**400)]),
    lambda chance: chance.choice([0.5, -0.0, 1e308, float("nan"), float("inf")]),
    lambda chance: chance.choice(["", "\0", "\ud800", "x" * 300, "../..", "a b", "é", "\u2028", "%00", "__proto__"]),
    lambda chance: "".join(chr(chance.randrange(0x3000)) for _ in range(chance.randint(1, 40))),
    lambda chance: [],
    lambda chance: [[]] * chance.randint(1, 100),
    lambda chance: {},
    lambda chance: {chance.choice(["kind", "wall_time", "x"]): chance.choice([0, -1, "x", {}])},
]


def _altered(chance: random.Random, message: dict[str, Any], seeds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a message with one field lost, replaced, added, renamed, or taken from another one."""
    name = chance.choice(list(message) or ["kind"])
    match chance.randrange(6):
        case 0:
            return {each: value for each, value in message.items() if each != name}
        case 1 | 2:
            return message | {name: chance.choice(_ODD)(chance)}
        case 3:
            return message | {chance.choice(["x", "", "kind ", "Kind", "limits", "id"]): chance.choice(_ODD)(chance)}
        case 4:
            return {each + "_" * (each == name): value for each, value in message.items()}
        case _:
            other = chance.choice(seeds)
            taken = chance.choice(list(other))
            return message | {taken: other[taken]}


def _json(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


def damaged(chance: random.Random, data: bytearray, seeds: list[bytes]) -> bytearray:
    """Return the bytes after one to three accidents."""
    for _ in range(chance.randint(1, 3)):
        match chance.randrange(6):
            case 0 if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
            case 1 if data:
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            case 2:
                data[chance.randint(0, len(data)) :] = b""
            case 3:
                place = chance.randint(0, len(data))
                data[place:place] = chance.randbytes(chance.randint(1, 12))
            case 4:
                data += chance.choice(seeds)
            case 5 if data:
                begin = chance.randrange(len(data))
                data[begin:begin] = data[begin : begin + chance.randint(1, 20)]
    return data
