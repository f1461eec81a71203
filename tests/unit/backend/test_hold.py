"""Ids on the link, and which event is the next for a hold."""

import pytest

from sagews.backend.hold import MAX_HOLDS, Hold, Told, follows, link_id, split_id
from sagews.protocol import sagews_pb2 as pb


class Nobody:
    """A receiver that is never asked."""

    congested = False

    def take(self, told: Told) -> None:
        raise AssertionError(told.event)

    def released(self, session: str) -> None:
        raise AssertionError(session)


@pytest.mark.parametrize("number", [0, 1, MAX_HOLDS])
@pytest.mark.parametrize("request_id", [0, 1, 2**53])
def test_ids_side_by_side(number: int, request_id: int) -> None:
    identifier = link_id(number, request_id)
    assert pb.Request(id=identifier).id == identifier
    assert split_id(identifier) == (number, request_id)


def _event(sequence: int, lost: int = 0) -> pb.Event:
    event = pb.Event(sequence=sequence)
    if lost:
        event.gap.events = lost
    else:
        event.started.SetInParent()
    return event


@pytest.mark.parametrize(
    ("event", "sequence", "direct"),
    [
        (_event(1), 0, True),
        (_event(2), 0, False),
        (_event(1), 1, False),
        (_event(9, lost=9), 0, True),
        (_event(9, lost=4), 5, True),
        (_event(9, lost=4), 7, True),
        (_event(9, lost=4), 4, False),
        (_event(9, lost=4), 9, False),
    ],
)
def test_what_follows_directly(event: pb.Event, sequence: int, direct: bool) -> None:
    assert follows(event, sequence) is direct


def test_a_hold_wants_each_event_once() -> None:
    hold = Hold(Nobody(), 1, sequence=3)
    assert not hold.wants(_event(3), replayed_for_another=False)
    assert hold.wants(_event(4), replayed_for_another=False)
    assert hold.wants(_event(4), replayed_for_another=True)
    assert not hold.wants(_event(5), replayed_for_another=True)
    hold.joining = pb.Request(id=1)
    assert not hold.wants(_event(4), replayed_for_another=False)


def test_an_event_is_encoded_once() -> None:
    told = Told(_event(1))
    assert told.text is told.text
    assert '"sequence":1' in told.text
