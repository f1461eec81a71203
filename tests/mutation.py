"""Accidents that befall frames, for tests of what reads them."""

import random
import struct

from sagews.protocol import MAX_FRAME
from sagews.protocol.framing import frame


def mutated(chance: random.Random, seeds: list[bytes]) -> bytes:
    """Return a frame of one of these payloads that has met with an accident."""
    data = bytearray(chance.choice(seeds))
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
    if chance.random() < 0.02:
        return struct.pack(">I", chance.choice([len(data) + chance.randint(-3, 3) & 0xFFFFFFFF, MAX_FRAME + 1])) + data
    return frame(bytes(data))
