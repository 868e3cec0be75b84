"""History of ports by buckets: rates and quality of past hours."""

from typing import Annotated

from msgspec import Meta, Struct

from wan_perf.mist.endpoints.records.values import Moment, Number, renamed

BUCKET_KIND_NAMES = {"interval": "bucket_seconds", "max_age": "retention_seconds"}


class BucketKind(Struct, rename=renamed(BUCKET_KIND_NAMES)):
    """A length of the buckets of history, and their retention. [s]"""

    bucket_seconds: Annotated[int, Meta(gt=0)]
    retention_seconds: Annotated[int, Meta(gt=0)]


METRIC_NAMES = {"intervals": "bucket_kinds"}


class Metric(Struct, rename=renamed(METRIC_NAMES)):
    """What history there is of one metric."""

    bucket_kinds: dict[str, BucketKind] | None = None


Rate = Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)]

RATE_NAMES = {
    "rx_bps": "rx_bps_mean",
    "tx_bps": "tx_bps_mean",
    "max_rx_bps": "rx_bps_max",
    "max_tx_bps": "tx_bps_max",
}


class Rates(Struct, rename=renamed(RATE_NAMES)):
    """Rates by bucket, NULL where nothing is known. [bit/s]"""

    rx_bps_mean: list[Rate | None] | None = None
    tx_bps_mean: list[Rate | None] | None = None
    rx_bps_max: list[Rate | None] | None = None
    tx_bps_max: list[Rate | None] | None = None


HISTORY_NAMES = {"start": "started_at", "interval": "bucket_seconds", "results": "results"}


class History(Rates, kw_only=True, rename=renamed(HISTORY_NAMES)):
    """History of a port: the first bucket's start, and rates beside it or within `results`."""

    started_at: Moment
    bucket_seconds: Annotated[int, Meta(gt=0)]
    results: Rates | None = None


QUALITY_NAMES = {
    "avg_latency": "latency_ms_mean",
    "avg_jitter": "jitter_ms_mean",
    "avg_loss": "loss_pct_mean",
}


class Qualities(Struct, rename=renamed(QUALITY_NAMES)):
    """Mean quality by bucket over the paths of a port, NULL where nothing is known. [ms, ms, %]"""

    latency_ms_mean: list[Number | None] | None = None
    jitter_ms_mean: list[Number | None] | None = None
    loss_pct_mean: list[Number | None] | None = None


QUALITY_METRIC = "wan_link_health"

QUALITY_HISTORY_NAMES = {
    "start": "started_at",
    "interval": "bucket_seconds",
    QUALITY_METRIC: "nested",
}


class QualityHistory(Qualities, kw_only=True, rename=renamed(QUALITY_HISTORY_NAMES)):
    """History of a port's quality: the first bucket's start, and figures beside it or nested."""

    started_at: Moment
    bucket_seconds: Annotated[int, Meta(gt=0)]
    nested: Qualities | None = None


Series = History | QualityHistory
