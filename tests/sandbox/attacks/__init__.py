"""All attacks, a room for each thing that they aim at."""

from tests.sandbox.attack import Attack
from tests.sandbox.attacks import channel, descriptors, files, kernel, memory, network, processes, secrets

ATTACKS: list[Attack] = [
    *processes.ATTACKS,
    *memory.ATTACKS,
    *files.ATTACKS,
    *network.ATTACKS,
    *kernel.ATTACKS,
    *descriptors.ATTACKS,
    *channel.ATTACKS,
    *secrets.ATTACKS,
]
