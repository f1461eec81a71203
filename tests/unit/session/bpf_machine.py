"""Classic BPF, run as the kernel runs it for seccomp, so that programs can be tested for machines that are not here."""

import struct


def run(program: bytes, data: bytes) -> int:
    """Return the answer of a program for these data."""
    instructions = list(struct.iter_unpack("=HBBI", program))
    accumulator, at = 0, 0
    while True:
        code, if_true, if_false, operand = instructions[at]
        at += 1
        match code:
            case 0x20:  # BPF_LD | BPF_W | BPF_ABS
                (accumulator,) = struct.unpack_from("=I", data, operand)
            case 0x54:  # BPF_ALU | BPF_AND | BPF_K
                accumulator &= operand
            case 0x06:  # BPF_RET | BPF_K
                return int(operand)
            case 0x05:  # BPF_JMP | BPF_JA
                at += operand
            case 0x15:  # BPF_JMP | BPF_JEQ | BPF_K
                at += if_true if accumulator == operand else if_false
            case 0x35:  # BPF_JMP | BPF_JGE | BPF_K
                at += if_true if accumulator >= operand else if_false
            case 0x45:  # BPF_JMP | BPF_JSET | BPF_K
                at += if_true if accumulator & operand else if_false
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


def seccomp_data(number: int, architecture: int, arguments: tuple[int, ...] = ()) -> bytes:
    """Return a `struct seccomp_data`."""
    padded = (*arguments, *[0] * (6 - len(arguments)))
    return struct.pack("=IIQ6Q", number, architecture, 0, *padded)
