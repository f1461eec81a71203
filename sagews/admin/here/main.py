"""This machine's part of `sagews admin`: takes orders from its stdin, and answers on its stdout."""

import os
import sys
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from sagews import __version__
from sagews.admin.build import build
from sagews.admin.deadline import Deadline
from sagews.admin.here.belongings import bring, digests
from sagews.admin.here.machine import Machine
from sagews.admin.here.orders import MAX_LINE, Done, Hello, Inward, Order, Outward, Planned, Refused, Said, Task
from sagews.admin.here.words import Word
from sagews.errors import SagewsError

MachineOf = Callable[[Task, Callable[[Word], None], Deadline], Machine]
"""Gives the machine that a task is about. Raises ConfigurationError."""


def orders(machine_of: MachineOf) -> None:
    """Carry out orders until stdin ends."""
    answers = _own_stdout()

    def say(answer: Outward) -> None:
        answers.write(msgspec.json.encode(answer) + b"\n")
        answers.flush()

    say(Hello(__version__))
    task: Task | None = None
    while line := sys.stdin.buffer.readline(MAX_LINE):
        try:
            message = msgspec.json.decode(line, type=Inward)
            if isinstance(message, Task):
                task = message
            elif task is not None:
                say(carry_out(message, task, machine_of, lambda word: say(Said(word))))
        except SagewsError as error:
            say(Refused(kind=type(error).__name__, what=error.what, noun=error.noun, hint=error.hint))
        except msgspec.MsgspecError as error:
            say(Refused(kind="ServiceError", what=f"an order is not understood: {error}", noun="", hint=""))


def carry_out(order: Order, task: Task, machine_of: MachineOf, tell: Callable[[Word], None]) -> Done:
    """Do what is ordered. Raises SagewsError."""
    if order.verb == "bring":
        return Done(status=bring(order.files, tell))
    if order.verb == "look":
        return Done(build=build(), digests=digests(order.paths, order.salt))
    machine = machine_of(task, tell, Deadline(order.seconds))
    if order.verb == "plan":
        return Done(planned=tuple(Planned(p.name, p.kind, tuple(sorted(p.needs))) for p in machine.programs))
    if order.verb == "status":
        return Done(services=tuple(machine.status(task.machine)))
    if order.verb == "start":
        return Done(status=machine.start(order.names))
    if order.verb == "tidy":
        return Done(status=machine.tidy())
    if order.verb == "stop":
        return Done(status=machine.stop(order.names))
    if order.verb == "restart":
        return Done(status=machine.restart(order.names))
    if order.verb == "drain":
        return Done(status=machine.drain(order.names))
    if order.verb == "reload":
        return Done(status=machine.reload(order.names))
    return Done(status=machine.check(order.names))


def _own_stdout() -> BinaryIO:
    """Return stdout for answers alone: whatever else prints goes to stderr from now on."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers
