"""Overrides by id and by name: what they stand for, and what is reported or refused."""

from datetime import datetime
from typing import Any

import pytest

from wan_perf.errors import UsageError
from wan_perf.policy.policy_scopes import contradictions, known_names, resolved
from wan_perf.policy.thresholds import Override, Policy
from wan_perf_tests.support.kpi.estate import circuit, site

NAMES = known_names(
    [
        site(),
        site(site_id="S2", site_name="Caf\u00e9 Nord", region="N\u00f6rd", store_type="Large"),
        site(site_id="S3", site_name="Annex", valid_to=datetime(2026, 1, 1)),
        site(site_id="S3", site_name="Store 3"),
        site(site_id="S4", site_name="Twin"),
        site(site_id="S5", site_name="Twin"),
        site(site_id="S6", site_name="Annex"),
        site(site_id="S7", site_name="Old Name", valid_to=datetime(2026, 1, 1)),
        site(site_id="S7", site_name="New Name"),
    ],
    [circuit(), circuit("S2:ge-0/0/1")],
)


def override(**scope: Any) -> Override:
    return Override(metric="utilization_pct", high=85, **scope)


def scopes(*overrides: Override) -> tuple[list[str], list[str]]:
    policy, unmatched = resolved(Policy(override=overrides), NAMES)
    return [one.scope[1] for one in policy.override], unmatched


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        pytest.param({"site": "S1"}, ["S1"], id="a site's id"),
        pytest.param({"site": "Store 1"}, ["S1"], id="a site's name"),
        pytest.param({"site": "  store\u00a0 1 "}, ["S1"], id="other case and blanks"),
        pytest.param({"site": "CAFE\u0301 nord"}, ["S2"], id="another Unicode form"),
        pytest.param({"site": "Twin"}, ["S4", "S5"], id="two sites of one name"),
        pytest.param({"site": "Annex"}, ["S6"], id="a name that another site has now"),
        pytest.param({"site": "Old Name"}, ["S7"], id="a name that it had"),
        pytest.param({"region": "west"}, ["West"], id="a region"),
        pytest.param({"region": "NO\u0308RD"}, ["N\u00f6rd"], id="a region in another form"),
        pytest.param({"store_type": "EXPRESS "}, ["Express"], id="a store type"),
        pytest.param({"circuit": "s2:GE-0/0/1"}, ["S2:ge-0/0/1"], id="a circuit"),
    ],
)
def test_an_override_is_for_what_its_name_stands_for(scope, found):
    assert scopes(override(**scope)) == (found, [])


def test_a_name_that_matches_nothing_is_reported_and_stays():
    found, unmatched = scopes(override(site="Stroe 1"), override(circuit="C9"))
    assert found == ["Stroe 1", "C9"]
    assert unmatched[0] == (
        "Override of utilization_pct: no site is called 'Stroe 1'; the closest is 'Store 1'."
    )
    assert unmatched[1].startswith("Override of utilization_pct: no circuit is called 'C9'; ")


def test_one_site_by_id_and_by_name_on_one_date_is_refused():
    with pytest.raises(UsageError, match="two overrides of utilization_pct for site S1"):
        scopes(override(site="S1"), override(site="Store 1"))
    later = override(site="Store 1", since=datetime(2026, 3, 1))
    assert scopes(override(site="S1"), later) == (["S1", "S1"], [])


def contradicting(*overrides: Override) -> list[str]:
    """Of Store 1 (West, Express) and a store of another region and type."""
    sites = [site(), site(site_id="S2", site_name="Store 2", region="East", store_type="Large")]
    circuits = [circuit(), circuit("C2", site_id="S2")]
    policy, _ = resolved(Policy(override=overrides), known_names(sites, circuits))
    return contradictions(policy, sites, circuits)


WEST = Override(metric="utilization_pct", region="West", high=88)
JUNE = datetime(2026, 6, 1)


@pytest.mark.parametrize(
    ("narrower", "found"),
    [
        pytest.param({"store_type": "Express", "critical": 90}, [], id="rising: 70, 88, 90"),
        pytest.param({"store_type": "Large", "critical": 85}, [], id="no site is of both scopes"),
        pytest.param(
            {"store_type": "Express", "critical": 85},
            [
                "region 'West' and store type 'Express': levels must rise, warning 70 < high 88 < "
                "critical 85 does not where they apply together from 1970-01-01 00:00"
            ],
            id="high of the region, critical of the store type",
        ),
        pytest.param(
            {"circuit": "C1", "warning": 88, "high": 89, "since": JUNE},
            [],
            id="rising from a date on",
        ),
        pytest.param(
            {"circuit": "C1", "warning": 88, "since": JUNE},
            [
                "region 'West' and circuit 'C1': levels must rise, warning 88 < high 88 < critical "
                "90 does not where they apply together from 2026-06-01 00:00"
            ],
            id="a circuit from a date on",
        ),
    ],
)
def test_levels_of_several_scopes_that_do_not_rise_together_are_reported(
    narrower: dict[str, Any], found: list[str]
) -> None:
    sentences = contradicting(WEST, Override(metric="utilization_pct", **narrower))
    advice = " UTC on; state all levels in the narrower one."
    assert sentences == [f"Overrides of utilization_pct for {words}{advice}" for words in found]
