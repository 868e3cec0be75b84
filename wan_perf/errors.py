"""The ways in which wan_perf ends for a reason that a person can correct.

Belongs here: types whose message is the whole sentence for the person (what, where, what to do).
Keep out: faults of ours, which keep their traceback.
"""


class WanPerfError(Exception):
    """Something outside the program is wrong; the message says what, where and what to do."""


class UsageError(WanPerfError):
    """A setting, a file or a command line is wrong; the command ends with exit code 2."""


class TransientError(WanPerfError):
    """The same may well succeed later, with nothing changed.

    Attributes:
        retry_after: Time after which to try again; None where nobody names one. [s]
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
