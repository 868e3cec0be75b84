"""How a call to the Mist Cloud fails.

Belongs here: the two kinds of failure.
Keep out: which answer is which (`session`), how often to try again (the caller).
"""

from wan_perf.errors import TransientError, WanPerfError


class MistPermanentError(WanPerfError):
    """The same call would fail again: a person has to change something first.

    The two kinds exist because a retry of this one is harmful: it spends the hour's calls on a
    token that stays refused, and hides the sentence that the person needs behind minutes of
    waiting.
    """


class MistUnknownError(MistPermanentError):
    """The cloud does not know what was asked for; what stands beside it may be known."""


class MistRejectedError(MistPermanentError):
    """The cloud does not accept what was asked, whoever asks; what stands beside it may be."""


class MistAnswerError(MistPermanentError):
    """The answer is none that is known; what stands beside it may be answered well."""


class MistRouteError(MistPermanentError):
    """The way to the cloud is closed until a person changes a setting: a certificate, a proxy."""


class MistClockError(MistPermanentError):
    """The clock of this machine is not Mist's: samples would be filed under wrong hours."""


class MistTransientError(TransientError):
    """The same call may well succeed later: the cloud, the line or the hour's budget is exhausted.

    Retry this one and never the permanent one. Where the cloud names a time it is `retry_after`.
    """


class HourUsedUpError(MistTransientError):
    """The calls of this hour are used up: nothing more can be asked before the next hour."""
