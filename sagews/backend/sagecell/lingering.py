"""Sessions of SageMathCell's clients that have nothing to do any more: the places of whoever needs one."""

from sagews.backend.sagecell.channels import Channels


class Resting:
    """Those of one backend, the one that rests for longest first."""

    def __init__(self) -> None:
        self._resting: dict[Channels, None] = {}

    def rest(self, channels: Channels) -> None:
        """Know that a session has nothing to do any more."""
        self._resting[channels] = None

    def wake(self, channels: Channels) -> None:
        """Know that it has again, or that it is gone."""
        self._resting.pop(channels, None)

    def end_of(self, reader: str) -> bool:
        """End the sessions of a reader that rest; return whether there was one."""
        found = [channels for channels in self._resting if channels.reader.name == reader]
        for channels in found:
            self.wake(channels)
            channels.end()
        return bool(found)
