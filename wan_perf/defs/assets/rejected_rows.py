"""What a run reports about rows and values that it did not use.

Belongs here: the same words in the log, in the metadata and in a check of every raw asset.
Keep out: which rows and values these are (`mist.client.rejected_rows`, `mist.endpoints.figures`,
`mist.client.odd_values`).
"""

import html
from typing import Any

import dagster as dg
import pandas as pd

from wan_perf.mist.client.rejected_rows import EXAMPLES, Rejections
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints.figures import IMPOSSIBLE
from wan_perf.wording import counted

REJECTED = "rows_kept_out"
"""Key of the metadata: a sentence for each response and reason."""
ODD_VALUES = "values_are_as_described"
"""Name of the check."""
ROWS = "result"
"""Dagster's name of an asset's rows, to be given where the asset has a check of its own too."""


def odd_values_check(asset: str) -> dg.AssetCheckSpec:
    """The check of a raw asset that lists the odd values in the answers behind it."""
    return dg.AssetCheckSpec(
        ODD_VALUES,
        asset=asset,
        description="Every value in Mist's answers is of the kind and in the range that the API "
        "describes, and no template variable is unresolved; others are stored as unknown, and a "
        "row without its key is rejected.",
    )


def with_odd_values(
    rows: pd.DataFrame, session: MistSession | None, asset: str
) -> dg.MaterializeResult[Any]:
    """The rows of an asset with the result of its check of odd values.

    `session` made the calls; None where nothing was requested.
    """
    rejections = session.rejections if session else Rejections()
    metadata: dict[str, Any] = {"values": rejections.odd_count}
    if rejections.odd_count:
        by_field = [
            {"endpoint": endpoint, "field": field, "values": count}
            for (endpoint, field), count in rejections.odd_by_field.items()
        ]
        examples = [
            {
                "endpoint": example.endpoint,
                "row": example.row,
                "field": example.value.place,
                "value": example.value.value,
                "effect": "row rejected" if example.value.costs_row else "stored as unknown",
            }
            for example in rejections.examples[:EXAMPLES]
        ]
        metadata |= {"values_by_field": _table(by_field), "examples": _table(examples)}
    result = dg.AssetCheckResult(
        asset_key=asset,
        check_name=ODD_VALUES,
        passed=not rejections.odd_count,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )
    return dg.MaterializeResult(asset_key=asset, value=rows, check_results=[result])


def _table(rows: list[dict[str, Any]]) -> dg.MarkdownMetadataValue:
    """A Markdown table; text from Mist is shown as it is, never as markup."""
    escaped = pd.DataFrame(rows).map(lambda v: _escape(v) if isinstance(v, str) else v)
    return dg.MetadataValue.md(escaped.to_markdown(index=False))


def _escape(text: str) -> str:
    """Text that Markdown and HTML show as it is.

    >>> _escape("a|b <i>[x](y)")
    'a&#124;b &lt;i&gt;&#91;x&#93;(y)'
    """
    plain = html.escape(text, quote=False)
    return "".join(f"&#{ord(c)};" if c in "|[]`*_\\{}" else c for c in plain)


def report_rejected(
    context: dg.AssetExecutionContext, session: MistSession, output_name: str = ROWS
) -> None:
    """Warn of each kind of row and value that was not used, and leave it in the run's metadata.

    `output_name` is the table that bears the metadata where an asset has several.
    """
    sentences = session.rejections.sentences
    for sentence in sentences:
        context.log.warning(sentence)
    context.add_output_metadata({REJECTED: sentences}, output_name=output_name)


def report_impossible(
    context: dg.AssetExecutionContext, rows: pd.DataFrame, output_name: str = ROWS
) -> None:
    """Warn of rows with figures outside their bounds, and leave how many there are.

    Which they are is stored in the rows; the check `figures_are_possible` lists them.
    """
    odd = rows[IMPOSSIBLE].dropna()
    if len(odd):
        context.log.warning(
            f"{counted(len(odd), 'row')} with impossible figures, stored as unknown, such as "
            f"{odd.iloc[0]}."
        )
    context.add_output_metadata({IMPOSSIBLE: len(odd)}, output_name=output_name)
