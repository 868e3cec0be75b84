"""Why a site's score was low: minutes by classifier, impacted gateways and interfaces."""

from typing import Annotated

from msgspec import Meta, Struct

from wan_perf.mist.endpoints.records.values import Epoch, Moment, Name, renamed

MIST_METRICS = {
    "wan_link_health": "wan-link-health",
    "gateway_health": "gateway-health",
    "application_health": "application-health",
}
"""Mist's name of each score of a site, by the column of the score."""

Seconds = Annotated[int, Meta(gt=0)] | Annotated[float, Meta(gt=0)]

Minutes = Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)]
"""Minutes of all links, gateways or clients together, so that an hour may have more than 60."""

SAMPLE_NAMES = {"degraded": "degraded_minutes", "total": "total_minutes"}


class Samples(Struct, rename=renamed(SAMPLE_NAMES)):
    """Minutes by bucket, NULL where nothing is known."""

    degraded_minutes: list[Minutes | None] | None = None
    total_minutes: list[Minutes | None] | None = None


SCORE_NAMES = {"interval": "bucket_seconds", "samples": "samples"}


class Score(Struct, rename=renamed(SCORE_NAMES)):
    """The score as a whole."""

    bucket_seconds: Seconds
    samples: Samples | None = None


CLASSIFIER_NAMES = {"name": "classifier", "interval": "bucket_seconds", "samples": "samples"}


class Classifier(Struct, rename=renamed(CLASSIFIER_NAMES)):
    """One cause, as Mist names it; its buckets are those of the score unless it has its own."""

    classifier: Name
    bucket_seconds: Seconds | None = None
    samples: Samples | None = None


TREND_NAMES = {
    "start": "started_at",
    "end": "ended_at",
    "sle": "score",
    "classifiers": "classifiers",
}


class Trend(Struct, rename=renamed(TREND_NAMES)):
    """Minutes of a score and of its classifiers over a window."""

    started_at: Moment
    ended_at: Moment
    score: Score
    classifiers: list[Classifier]


IMPACT_NAMES = {
    "degraded": "degraded_minutes",
    "duration": "impact_minutes",
    "total": "total_minutes",
}

IMPACTED_GATEWAY_NAMES = IMPACT_NAMES | {
    "gateway_mac": "gateway_mac",
    "name": "gateway_name",
    "gateway_model": "gateway_model",
}


class ImpactedGateway(Struct, rename=renamed(IMPACTED_GATEWAY_NAMES)):
    """A gateway with degraded minutes."""

    gateway_mac: Name
    gateway_name: str | None = None
    gateway_model: str | None = None
    degraded_minutes: Minutes | None = None
    impact_minutes: Minutes | None = None
    total_minutes: Minutes | None = None


IMPACTED_INTERFACE_NAMES = IMPACT_NAMES | {
    "interface_name": "interface",
    "gateway_mac": "gateway_mac",
    "gateway_name": "gateway_name",
    "switch_mac": "switch_mac",
    "switch_name": "switch_name",
}


class ImpactedInterface(Struct, rename=renamed(IMPACTED_INTERFACE_NAMES)):
    """An interface with degraded minutes.

    The API's description names its device as a switch; answers about WAN links were seen to name
    it as a gateway.
    """

    interface: Name
    gateway_mac: str | None = None
    gateway_name: str | None = None
    switch_mac: str | None = None
    switch_name: str | None = None
    degraded_minutes: Minutes | None = None
    impact_minutes: Minutes | None = None
    total_minutes: Minutes | None = None


WINDOW_NAMES = {"start": "started_at", "end": "ended_at"}


class Window(Struct, kw_only=True, rename=renamed(WINDOW_NAMES)):
    """The window of an answer, which the API's description does not require."""

    started_at: Epoch | None = None
    ended_at: Epoch | None = None


class ImpactedGateways(Window, kw_only=True, rename=renamed(WINDOW_NAMES | {"gateways": "rows"})):
    """The gateways with degraded minutes in a window."""

    rows: list[ImpactedGateway]


class ImpactedInterfaces(
    Window, kw_only=True, rename=renamed(WINDOW_NAMES | {"interfaces": "rows"})
):
    """The interfaces with degraded minutes in a window."""

    rows: list[ImpactedInterface]
