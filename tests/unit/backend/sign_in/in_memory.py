"""Where tests keep sign-ins under way: what `sagews/database/sign_ins.py` promises, without a database."""

from sagews.errors import ServiceError


class InMemory:
    """See `Store` in sagews/backend/sign_in/flow.py; what is too old is the flow's own to refuse."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}
        self.away = False
        """Whether it is to fail, as a database does that cannot be reached."""

    async def put(self, state_hash: bytes, content: bytes, expires: float) -> None:
        self._reach()
        self.kept[state_hash] = content

    async def take(self, state_hash: bytes) -> bytes | None:
        self._reach()
        return self.kept.pop(state_hash, None)

    def _reach(self) -> None:
        if self.away:
            raise ServiceError("cannot be reached", "database", "try again in a moment")
