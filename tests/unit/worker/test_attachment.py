"""An attachment gives each event once, in order, at its link's own pace."""

from dataclasses import dataclass, field

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.attachment import Attachment
from sagews.worker.replay import Replay


@dataclass
class Paper:
    """A receiver that writes down what it gets and takes only so much."""

    room: int = 1000
    events: list[pb.Event] = field(default_factory=list)

    @property
    def writable(self) -> bool:
        return len(self.events) < self.room

    def send(self, event: bytes) -> None:
        self.events.append(pb.Event.FromString(event))

    @property
    def told(self) -> list[tuple[int, int]]:
        return [(event.sequence, event.request) for event in self.events]


def replay_of(count: int, limit: int = 10_000) -> Replay:
    replay = Replay(limit)
    for number in range(1, count + 1):
        replay.append(pb.Event(session="w1-a", sequence=number).SerializeToString())
    return replay


def test_everything_after_its_number_comes_in_order() -> None:
    paper = Paper()
    assert Attachment("w1-a", replay_of(4), paper, after=2).pump()
    assert paper.told == [(3, 0), (4, 0)]


def test_a_replay_carries_its_request() -> None:
    paper = Paper()
    Attachment("w1-a", replay_of(2), paper, after=0, request=9).pump()
    assert paper.told == [(1, 9), (2, 9)]


def test_a_full_link_is_waited_for() -> None:
    paper = Paper(room=2)
    attachment = Attachment("w1-a", replay_of(3), paper, after=0)
    assert not attachment.pump()
    paper.room = 10
    assert attachment.pump()
    assert paper.told == [(1, 0), (2, 0), (3, 0)]


def test_what_is_no_longer_kept_is_a_gap_with_its_size() -> None:
    paper = Paper()
    event = pb.Event(session="w1-a", sequence=1).SerializeToString()
    Attachment("w1-a", replay_of(5, limit=2 * len(event)), paper, after=0, request=3).pump()
    assert paper.told == [(3, 3), (4, 3), (5, 3)]
    assert paper.events[0].gap.events == 3
    assert paper.events[0].gap.bytes == 3 * len(event)


def test_a_number_from_the_future_waits_for_what_comes() -> None:
    paper = Paper()
    replay = replay_of(1)
    attachment = Attachment("w1-a", replay, paper, after=99)
    attachment.pump()
    replay.append(pb.Event(sequence=2).SerializeToString())
    attachment.pump()
    assert paper.told == [(2, 0)]
