"""The guard in front of Dagster's UI: which requests reach it."""

import pytest

from wan_perf.cli.webserver import refusal

OWN = {"host": "127.0.0.1:3000"}


@pytest.mark.parametrize(
    ("headers", "method", "query"),
    [
        pytest.param(OWN, "POST", "", id="a program on this machine"),
        pytest.param({"host": "localhost:3000"}, "GET", "", id="typed as localhost"),
        pytest.param({"host": "[::1]:3000"}, "GET", "", id="IPv6"),
        pytest.param(
            {**OWN, "origin": "http://127.0.0.1:3000", "sec-fetch-site": "same-origin"},
            *("POST", ""),
            id="the UI itself",
        ),
        pytest.param({**OWN, "sec-fetch-site": "none"}, "GET", "", id="typed into a browser"),
    ],
)
def test_own_pages_and_programs_pass(headers: dict[str, str], method: str, query: str):
    assert refusal(headers, method, "/graphql", query) is None


@pytest.mark.parametrize(
    ("headers", "method", "query", "why"),
    [
        pytest.param({}, "POST", "", "not an address", id="no host"),
        pytest.param(
            {"host": "rebound.example:3000"}, "POST", "", "not an address", id="DNS rebinding"
        ),
        pytest.param(
            {"host": "127.0.0.1.example:3000"}, "POST", "", "not an address", id="a similar name"
        ),
        pytest.param(
            {**OWN, "origin": "https://example.org"}, "POST", "", "another origin", id="a form"
        ),
        pytest.param({**OWN, "origin": "null"}, "POST", "", "another origin", id="a sandbox"),
        pytest.param(
            {**OWN, "origin": "http://127.0.0.1:8000"}, "POST", "", "another origin", id="a port"
        ),
        pytest.param(
            {**OWN, "sec-fetch-site": "cross-site"}, "GET", "", "another site", id="an image"
        ),
        pytest.param(OWN, "GET", "query=mutation{x}", "answered to POST", id="a mutation by GET"),
    ],
)
def test_foreign_pages_are_refused(headers: dict[str, str], method: str, query: str, why: str):
    assert why in (refusal(headers, method, "/graphql", query) or "")
