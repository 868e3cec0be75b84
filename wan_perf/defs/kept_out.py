"""What a run says about rows and figures that it kept out.

Belongs here: the same words in the log and in the metadata of every raw asset.
Keep out: which rows and figures these are (`mist.kept_out`, `mist.figures`).
"""

import dagster as dg
import pandas as pd

from wan_perf.mist.figures import IMPOSSIBLE
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
    context: dg.AssetExecutionContext, rows: pd.DataFrame, output_name: str | None = None
) -> None:
    """Warn of rows with figures outside their bounds, and leave how many there are.

    Which they are is stored in the rows; the check `figures_are_possible` lists them.
    """
    odd = rows[IMPOSSIBLE].dropna()
    if len(odd):
        context.log.warning(
            f"{len(odd):,} rows with impossible figures, stored as unknown, such as {odd.iloc[0]}."
        )
    context.add_output_metadata({IMPOSSIBLE: len(odd)}, output_name=output_name)
