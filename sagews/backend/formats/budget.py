"""What is still looked at for one page: each part of it is bounded, and there may be many."""


class Budget:
    """A number of characters that is used up."""

    def __init__(self, left: int) -> None:
        self._left = left

    def takes(self, size: int) -> bool:
        """Use up a size, and return whether it was there."""
        self._left -= size
        return self._left >= 0

    def fits(self, size: int) -> bool:
        """Return whether a size is there."""
        return size <= self._left
