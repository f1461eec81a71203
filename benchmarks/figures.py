"""Samples of one measure, and what is said of them."""

import statistics
from dataclasses import dataclass, field


@dataclass
class Figures:
    """The samples of one measure on one side."""

    unit: str
    samples: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle sample."""
        return statistics.median(self.samples)

    @property
    def mean(self) -> float:
        """What one sample is on the average.

        Ratios are of means: the peer's start takes one of two times, 0.27 s or
        0.75 s (its server asks a kernel that has not answered again after half
        a second), and the median of such samples is the one or the other by chance.
        """
        return statistics.fmean(self.samples)

    @property
    def p95(self) -> float:
        """The sample that 95 of 100 do not exceed."""
        return self._percentile(95)

    @property
    def p99(self) -> float:
        """The sample that 99 of 100 do not exceed."""
        return self._percentile(99)

    def _percentile(self, percent: int) -> float:
        """Return the sample that so many of 100 do not exceed (nearest rank)."""
        ranked = sorted(self.samples)
        return ranked[max(0, -(-percent * len(ranked) // 100) - 1)]

    def as_json(self) -> dict[str, str | int | float]:
        """Return them as they are written into the results."""
        return {
            "unit": self.unit,
            "mean": round(self.mean, 3),
            "median": round(self.median, 3),
            "p95": round(self.p95, 3),
            "p99": round(self.p99, 3),
            "min": round(min(self.samples), 3),
            "max": round(max(self.samples), 3),
            "n": len(self.samples),
        }
