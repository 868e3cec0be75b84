"""What a run says about rows and figures that it kept out.

Belongs here: the same words in the log and in the metadata of every raw asset.
Keep out: which rows and figures these are (`mist.kept_out`, `mist.figures`).
"""

from collections import Counter

import dagster as dg

from wan_perf.mist.session import MistSession

KEPT_OUT = "rows_kept_out"
"""Name of the metadata: a sentence for each answer and reason."""


def tell_kept_out(
    context: dg.AssetExecutionContext, session: MistSession, output_name: str | None = None
) -> None:
    """Warn of each kind of row that the session kept out, and leave it in the run's metadata.

    `output_name` is the table that bears the metadata where an asset has several.
    """
    sentences = session.kept_out.sentences
    for sentence in sentences:
        context.log.warning(sentence)
    context.add_output_metadata({KEPT_OUT: sentences}, output_name=output_name)


def tell_impossible(
    context: dg.AssetExecutionContext,
    impossible: Counter[str],
    whose: str,
    output_name: str | None = None,
) -> None:
    """Warn of figures outside their bounds, stored as unknown, and leave how many there were."""
    if impossible:
        found = ", ".join(f"{name} {times} times" for name, times in impossible.items())
        context.log.warning(f"Impossible figures of {whose}, stored as unknown: {found}.")
    context.add_output_metadata({"impossible_figures": dict(impossible)}, output_name=output_name)
