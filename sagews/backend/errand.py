"""What a stateless evaluation is to do: which code, where, and how. Thinking only, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sagews.protocol import sagews_pb2 as pb


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be evaluated, and how."""

    environment: str
    """Its name; never empty."""
    code: str
    limits: pb.Limits
    """Those to lower."""
    language: str
    """That of the code; empty: the environment's own."""
    subject: bytes
    """See `key.subject_of`."""
    without_input: bool = False
    """`input()` raises at once."""
    fresh: bool = False
    """A kept result will not do."""
    kept_only: bool = False
    """Nothing but a kept result will do."""
    storable: bool = True
    """Its result may be kept."""
    expressions: Mapping[str, str] = field(default_factory=dict)
    """Those whose values are told at its end."""

    @property
    def likeness(self) -> tuple[bytes, bool]:
        """What is the same for those that can share one run."""
        return self.subject, self.without_input

    def evaluate(self, name: str) -> pb.Evaluate:
        """Return what the session is asked, which has only this one evaluation."""
        # No cell: it would be in what others see who share the run, or get its result.
        evaluate = pb.Evaluate(evaluation=name, code=self.code, limits=self.limits, watched=True)
        evaluate.language = self.language
        evaluate.without_input = self.without_input
        evaluate.expressions.update(self.expressions)
        return evaluate
