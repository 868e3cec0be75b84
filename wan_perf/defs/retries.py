"""Automatic retries: of failures that may well succeed later, and no others.

Belongs here: how often, after which delay, and for which runs not.
Keep out: which failures are transient (`errors.TransientError` and its kinds).
"""

import functools
import inspect
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import dagster as dg

from wan_perf.errors import TransientError

AT_ONCE_TAG = "wan_perf/fail_at_once"
"""A run with this tag is not tried again: somebody waits for its answer."""
_RETRIES = 3
_FIRST_WAIT_S = 5
"""Unless the cloud says; doubled with every attempt."""
_LONGEST_WAIT_S = 60
"""A run that waits longer keeps others from their turn; the next scheduled one tries again."""

_Asset = TypeVar("_Asset", bound=Callable[..., Any])


def tried_again(asset: _Asset) -> _Asset:
    """An asset's function, tried again after a transient failure."""

    @functools.wraps(asset)
    def patient(context: dg.AssetExecutionContext, *given: Any, **named: Any) -> Any:
        with retrying(context.get_step_execution_context()):
            return asset(context, *given, **named)

    # By a result object as the return type dagster takes it that there is no value to store.
    signature = inspect.signature(asset)
    patient.__signature__ = signature.replace(return_annotation=inspect.Parameter.empty)  # type: ignore[attr-defined]
    patient.__annotations__ = {k: v for k, v in asset.__annotations__.items() if k != "return"}
    return patient  # type: ignore[return-value]


@contextmanager
def retrying(step: Any) -> Iterator[None]:
    """Have the step (dagster's execution context of it) tried again after a transient failure.

    A failure that would come again is none to wait for, and passes; so does one after which the
    cloud wants a longer pause.

    Raises:
        RetryRequested: the step is to be tried again, later with every attempt.
    """
    try:
        yield
    except TransientError as error:
        wait_s = (error.retry_after or _FIRST_WAIT_S) * 2**step.previous_attempt_count
        if AT_ONCE_TAG in step.run_tags or wait_s > _LONGEST_WAIT_S:
            raise
        # Jitter keeps those that failed together from coming back together.
        jitter = random.uniform(1, 1.5)  # noqa: S311 - no secret depends on it
        raise dg.RetryRequested(max_retries=_RETRIES, seconds_to_wait=wait_s * jitter) from error
