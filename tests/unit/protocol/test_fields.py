"""The fields of a message as they are found, and as protobuf itself wrote them."""

import random

import pytest

from sagews.errors import ProtocolError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.fields import fields


def test_each_field_in_its_order() -> None:
    output = pb.Output(kind=pb.OUTPUT_KIND_ERROR, body=b"x" * 300, buffers=[b"", b"ab"], late=True)
    data = output.SerializeToString()
    found = list(fields(data))
    assert [number for number, _, _ in found] == [1, 2, 3, 3, 4]
    assert [data[start:end] for _, start, end in found] == [b"\x05", b"x" * 300, b"", b"ab", b"\x01"]


def test_a_message_within_another_one() -> None:
    data = pb.Report(output=pb.Output(buffers=[b"a"] * 5)).SerializeToString()
    ((number, start, end),) = fields(data)
    assert number == pb.Report.OUTPUT_FIELD_NUMBER
    assert [data[a:b] for _, a, b in fields(data, start, end)] == [b"a"] * 5


def test_numbers_of_every_size_and_of_fixed_ones() -> None:
    for event in (pb.Event(sequence=2**64 - 1, time=1.5), pb.Event(sequence=1), pb.Event()):
        assert len(list(fields(event.SerializeToString()))) == len(event.ListFields())


@pytest.mark.parametrize("data", [b"\x0a", b"\x0a\x05ab", b"\x09abc", b"\x0d", b"\xff" * 20, b"\x0b", b"\x0c", b"\x0e"])
def test_what_is_no_message(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(fields(data))


def test_noise_is_a_message_or_an_error() -> None:
    chance = random.Random(5)
    for _ in range(20_000):
        data = chance.randbytes(chance.randrange(30))
        try:
            found = list(fields(data))
        except ProtocolError:
            continue
        assert all(0 < start <= end <= len(data) for _, start, end in found)
