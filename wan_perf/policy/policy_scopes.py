"""Which sites, circuits, regions and store types the names of overrides stand for.

Belongs here: finding the names of the policy file among those of the dimensions; which overrides
come together at a site or circuit.
Keep out: when two names are the same (`name_matching`), which levels hold (`levels`).
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wan_perf.errors import UsageError
from wan_perf.policy.levels import METRICS, Override, refuse_unless_rising
from wan_perf.policy.name_matching import closest, folded
from wan_perf.policy.thresholds import Policy
from wan_perf.schema.values import SCOPES

Rows = Iterable[Mapping[Any, Any]]
Scope = tuple[str, str]
"""A scope of levels, and the name in it."""


@dataclass(frozen=True)
class Known:
    """A name as it is spelled, and the site ids, circuit ids, regions or types it stands for."""

    spelled: str
    stands_for: set[str] = field(default_factory=set)


Names = Mapping[str, Mapping[str, Known]]
"""By scope: the known names, folded."""


def known_names(sites: Rows, circuits: Rows) -> Names:
    """The names that overrides can have: of regions, store types, sites and circuits.

    A site has its id, its name, and names that it had before and no other site has now.

    Args:
        sites: Versions of sites: site_id, site_name, region, store_type, valid_to.
        circuits: Versions of circuits: circuit_id.
    """
    versions = list(sites)
    open_ended = [row for row in versions if not _is_given(row.get("valid_to"))]
    by_id, by_name, by_old_name = (
        _by_folded((row[column], row["site_id"]) for row in rows)
        for column, rows in (
            ("site_id", versions),
            ("site_name", open_ended),
            ("site_name", versions),
        )
    )
    return {
        "region": _by_folded((row["region"], row["region"]) for row in versions),
        "store_type": _by_folded((row["store_type"], row["store_type"]) for row in versions),
        "site": by_old_name | by_name | by_id,
        "circuit": _by_folded((row["circuit_id"], row["circuit_id"]) for row in circuits),
    }


def _is_given(value: Any) -> bool:
    # A frame has NaT for a missing instant, which is not equal to itself.
    return value is not None and value == value


def _by_folded(pairs: Iterable[tuple[Any, str]]) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for name, stands_for in pairs:
        if isinstance(name, str) and folded(name):
            found.setdefault(folded(name), Known(name)).stands_for.add(stands_for)
    return found


def resolved(policy: Policy, names: Names) -> tuple[Policy, list[str]]:
    """The policy with the names of the dimensions, and a sentence for each that matches nothing.

    An override by a name that several sites have is for each of them. One that matches nothing
    stays as it is: what it names may come with a later inventory.

    Raises:
        UsageError: two overrides of one metric and date turn out to be for the same thing.
    """
    overrides: list[Override] = []
    unmatched: list[str] = []
    for override in policy.override:
        found = list(_for_each(override, names))
        overrides += found or [override]
        if not found:
            unmatched.append(_matches_nothing(override, names))
    changed = policy.model_copy(update={"override": tuple(overrides)})
    try:
        changed.rows()
    except ValueError as error:
        raise UsageError(
            f"Policy file: {error}; fix the file that WAN_PERF_POLICY names."
        ) from None
    return changed, unmatched


def contradictions(policy: Policy, sites: Rows, circuits: Rows) -> list[str]:
    """A sentence for each combination of scopes whose levels do not rise once put together.

    The file alone does not say which region and store type a site is of, so that such a policy is
    valid: every level applies as it is written, and an hour has the highest severity it reaches.

    Args:
        policy: With the names of the dimensions (`resolved`).
        sites: Versions of sites: site_id, region, store_type, valid_to.
        circuits: Versions of circuits: circuit_id, site_id, valid_to.
    """
    levels: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in policy.rows():
        levels.setdefault((str(row["scope"]), str(row["scope_name"])), []).append(row)
    found = (
        _contradiction([(scope, levels[scope]) for scope in chain], metric)
        for chain in _chains(levels, sites, circuits)
        for metric in METRICS
    )
    return list(dict.fromkeys(sentence for sentence in found if sentence))


def _chains(levels: Container[Scope], sites: Rows, circuits: Rows) -> list[tuple[Scope, ...]]:
    """The combinations of scopes with levels that there are, each from the widest scope on."""
    of_site = {
        row["site_id"]: (
            (SCOPES[0], ""),
            ("region", row["region"]),
            ("store_type", row["store_type"]),
            ("site", row["site_id"]),
        )
        for row in sites
        if not _is_given(row.get("valid_to"))
    }
    of_circuit = (
        (*of_site[row["site_id"]], ("circuit", row["circuit_id"]))
        for row in circuits
        if not _is_given(row.get("valid_to")) and row["site_id"] in of_site
    )
    chains = (
        tuple(scope for scope in chain if scope in levels)
        for chain in (*of_site.values(), *of_circuit)
    )
    return list(dict.fromkeys(chains))


def _contradiction(
    chain: Iterable[tuple[Scope, list[Mapping[str, Any]]]], metric: str
) -> str | None:
    """A sentence about the first instant at which the chain's levels do not rise, if any."""
    rows = [(scope, row) for scope, rows in chain for row in rows if row["metric"] == metric]
    for at in sorted({row["valid_from"] for _, row in rows}):
        together: dict[str, Any] = {}
        for _, row in rows:
            if row["valid_from"] <= at and (row["valid_to"] is None or at < row["valid_to"]):
                together[row["severity"]] = row["level"]
        try:
            refuse_unless_rising(together)
        except ValueError as error:
            named = dict.fromkeys(f"{s.replace('_', ' ')} {n!r}" for (s, n), _ in rows if n)
            return (
                f"Overrides of {metric} for {' and '.join(named)}: {error} where they apply "
                f"together from {at:%Y-%m-%d %H:%M} UTC on; state all levels in the narrower one."
            )
    return None


def _for_each(override: Override, names: Names) -> Iterator[Override]:
    scope, name = override.scope
    if scope not in names:
        yield override
        return
    known = names[scope].get(folded(name))
    for stands_for in sorted(known.stands_for if known else ()):
        yield override.model_copy(update={scope: stands_for})


def _matches_nothing(override: Override, names: Names) -> str:
    scope, name = override.scope
    word = scope.replace("_", " ")
    match = closest(name, (known.spelled for known in names[scope].values()))
    advice = f"the closest is {match!r}" if match else "correct the name or remove the override"
    return f"Override of {override.metric}: no {word} is called {name!r}; {advice}."
