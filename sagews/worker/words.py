"""The reasons in words, for the reader of a cell."""

from collections.abc import Mapping

from sagews.protocol import sagews_pb2 as pb

EVALUATION_WORDS: Mapping[int, str] = {
    pb.EVALUATION_REASON_DONE: "Done.",
    pb.EVALUATION_REASON_ERROR: "Ended with an error.",
    pb.EVALUATION_REASON_INTERRUPTED: "Interrupted.",
    pb.EVALUATION_REASON_NOT_RUN: "Not run.",
    pb.EVALUATION_REASON_SESSION_ENDED: "The session ended while it ran.",
}


UNSTOPPABLE = "The session was killed: its evaluation did not stop when it was interrupted. Its variables are gone."


def stopped(reason: pb.EvaluationReason, limits: pb.Limits) -> str:
    """Say why an evaluation ended; `limits` are its own."""
    match reason:
        case pb.EVALUATION_REASON_WALL_TIME:
            return wall_time(limits.wall_time)
        case pb.EVALUATION_REASON_CPU_TIME:
            return cpu_time(limits.cpu_time)
        case pb.EVALUATION_REASON_OUTPUT:
            return output(limits.output_bytes)
        case pb.EVALUATION_REASON_EVENT_RATE:
            return event_rate(limits.event_rate)
        case _:
            return EVALUATION_WORDS[reason]


def wall_time(limit: float) -> str:
    """Say that an evaluation reached its wall time."""
    return f"Stopped: it ran for {seconds(limit)}, the limit of one evaluation."


def output(limit: int) -> str:
    """Say that an evaluation reached its output limit."""
    return f"Stopped: it wrote more than {size(limit)}, the limit of one evaluation."


def cpu_time(limit: float) -> str:
    """Say that an evaluation reached its processor time."""
    return f"Stopped: it used {seconds(limit)} of processor time, the limit of one evaluation."


def event_rate(limit: float) -> str:
    """Say that an evaluation put out too many pieces a second."""
    return f"Stopped: it put out more than {limit:g} pieces a second, the limit of one evaluation."


def lost_process(limit: int) -> str:
    """Say that the system killed a process that the session had started, and why."""
    return (
        f"[A process of this session was killed: all of them together used more than {size(limit)} of memory, "
        "its limit.]\n"
    )


def not_run(because: str) -> str:
    """Say why an evaluation that waited was dropped."""
    return f"Not run: {because}."


def ended(reason: int, limits: pb.Limits, status: int) -> str:
    """Say why a session ended, and what that means for its variables."""
    match reason:
        case pb.SESSION_REASON_CLOSED:
            why = "The session was closed."
        case pb.SESSION_REASON_IDLE:
            why = f"The session ended: it was not used for {seconds(limits.idle)}."
        case pb.SESSION_REASON_LIFETIME:
            why = f"The session ended: it reached its lifetime of {seconds(limits.lifetime)}."
        case pb.SESSION_REASON_ABANDONED:
            why = f"The session ended: nobody was connected to it for {seconds(limits.grace)}."
        case pb.SESSION_REASON_MEMORY:
            why = f"The session was killed: it used more than {size(limits.memory)} of memory, its limit."
        case pb.SESSION_REASON_CPU_TIME:
            why = f"The session was killed: it used {seconds(limits.session_cpu_time)} of processor time, its limit."
        case pb.SESSION_REASON_PROCESSES:
            why = (
                "The session was killed: it started more processes or threads than it may have "
                f"({count(limits.processes)} and {count(limits.threads)})."
            )
        case pb.SESSION_REASON_EXITED:
            why = f"The session ended by itself, with exit status {status}."
        case pb.SESSION_REASON_KILLED:
            why = f"The session was killed by signal {status} ({signal_name(status)})."
        case pb.SESSION_REASON_DRAINED:
            why = "The session ended: its worker was emptied to be stopped."
        case pb.SESSION_REASON_SHUTDOWN:
            why = "The session ended: the service is shutting down."
        case _:
            why = "The session ended."
    return f"{why} Its variables are gone."


def signal_name(number: int) -> str:
    """Return what a signal means to somebody who never heard of signals."""
    return {
        3: "quit",
        4: "illegal instruction",
        6: "aborted",
        7: "bus error",
        8: "arithmetic error",
        9: "killed, perhaps for want of memory",
        11: "segmentation fault: a crash in compiled code",
        15: "terminated",
    }.get(number, "unexpected")


def seconds(value: float) -> str:
    """Return a time as people say it: `90 s`, `10 min`, `24 h`."""
    if value < 120:
        return f"{value:g} s"
    if value < 7200:
        return f"{value / 60:.3g} min"
    return f"{value / 3600:.3g} h"


def count(limit: int) -> str:
    """Return a limit of something that is counted."""
    return f"{limit:,}" if limit else "any number"


def size(value: int) -> str:
    """Return a number of bytes as people say it, in binary units."""
    number = float(value)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            break
        number /= 1024
    return f"{number:.3g} {unit}"
