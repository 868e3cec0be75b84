"""The figures of an hour that are compared with levels, and the columns that belong to each.

Belongs here: which column is judged, and the names of its levels, hours above and hours judged.
Keep out: the levels (`policy.thresholds`), what counts as above (`formulas`). One more metric is
one more line in `JUDGED`: columns, tables, pieces, hours above and answers follow from it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A figure with levels: its name in the policy, its columns of `circuit_hour`.

    `value` is the hour's figure, `observed` the minutes of the hour that it rests on.
    """

    name: str
    value: str
    observed: str

    @property
    def quantity(self) -> str:
        """The name without its unit: utilization of utilization_pct."""
        return self.name.rpartition("_")[0]

    @property
    def unit(self) -> str:
        """The unit as names have it: pct of utilization_pct."""
        return self.name.rpartition("_")[2]

    @property
    def severity(self) -> str:
        """Column of the highest level that the hour's figure reaches."""
        return f"{self.quantity}_severity"

    @property
    def avg(self) -> str:
        """Column of an hour's average, of figures that are sampled."""
        return f"{self.quantity}_avg_{self.unit}"

    @property
    def max(self) -> str:
        """Column of an hour's highest sample."""
        return f"{self.quantity}_max_{self.unit}"

    @property
    def p95(self) -> str:
        """Column of an hour's 95th percentile over its samples."""
        return f"{self.quantity}_p95_{self.unit}"

    @property
    def minutes(self) -> str:
        """Column of a period's minutes that its average rests on, of figures that are sampled."""
        return f"{self.quantity}_minutes"

    @property
    def weighted(self) -> str:
        """Column of the sum of the hours' averages, each times its minutes."""
        return f"{self.quantity}_minute_sum_{self.unit}"

    def level(self, severity: str) -> str:
        """Column of the level in force."""
        return f"{self.quantity}_{severity}_level_{self.unit}"

    def cumulative(self, severity: str) -> str:
        """Column of the hours above in all."""
        return f"{self.quantity}_{severity}_hours"

    def continuous(self, severity: str) -> str:
        """Column of the longest run of hours above."""
        return f"{self.quantity}_{severity}_longest_hours"

    def longest_circuit(self, severity: str) -> str:
        """Column of the circuit that had a place's longest run of hours above."""
        return f"{self.quantity}_{severity}_longest_circuit_id"

    @property
    def breach(self) -> str:
        """Column of the share of a place's circuits that were at or above high."""
        return f"{self.quantity}_breach_pct"

    @property
    def judged(self) -> str:
        """Column of the hours that could be judged at all."""
        return f"{self.quantity}_judged_hours"


def _quality_metric(name: str) -> Metric:
    quantity, _, unit = name.rpartition("_")
    return Metric(name, value=f"{quantity}_avg_{unit}", observed="quality_minutes")


UTILIZATION = Metric("utilization_pct", value="utilization_pct", observed="observed_minutes")
QUALITY = (_quality_metric("loss_pct"), _quality_metric("jitter_ms"), _quality_metric("latency_ms"))
"""Sampled on the peer paths; the hour's average is judged."""
JUDGED = (UTILIZATION, *QUALITY)
