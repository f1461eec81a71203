"""Where tests keep sign-ins under way: what `sagews/database/sign_ins.py` promises, without a database."""


class InMemory:
    """See `Store` in sagews/backend/sign_in/flow.py; what is too old is the flow's own to refuse."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}

    async def put(self, state_hash: bytes, content: bytes, expires: float) -> None:
        self.kept[state_hash] = content

    async def take(self, state_hash: bytes) -> bytes | None:
        return self.kept.pop(state_hash, None)
