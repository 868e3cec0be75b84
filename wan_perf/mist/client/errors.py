"""How a call to the Mist Cloud fails.

Belongs here: the two kinds of failure.
Keep out: which answer is which (`session`), how often to try again (the caller).
"""

from wan_perf.errors import TransientError, WanPerfError


class MistPermanentError(WanPerfError):
    """The same call would fail again: a person has to change something first.

    A retry would be harmful: it would spend the hour's calls on a refused token and delay the
    message that the person needs by minutes.
    """


class MistUnknownError(MistPermanentError):
    """Mist does not know the requested object (404); other objects may be known."""


class MistRejectedError(MistPermanentError):
    """Mist does not accept the request, with any token (400); other requests may be accepted."""


class MistAnswerError(MistPermanentError):
    """The answer has an unknown shape; other requests may succeed."""


class MistRouteError(MistPermanentError):
    """No connection until a person changes a setting: a certificate, a proxy."""


class MistClockError(MistPermanentError):
    """The clock of this machine is not Mist's: samples would be filed under wrong hours."""


class MistTransientError(TransientError):
    """The same call may succeed later: Mist or the network failed, or the hour's calls are used up.

    Only these are retried. `retry_after` is the wait that Mist names, if any.
    """


class HourUsedUpError(MistTransientError):
    """The calls of this hour are used up: nothing more can be requested before the next hour."""
