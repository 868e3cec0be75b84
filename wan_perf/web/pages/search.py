"""Search: what an address bar or a ticket names, found."""

from wan_perf.web.questions.search import circuits_named, providers_named, sites_named
from wan_perf.web.rendering import Page, page
from wan_perf.web.visit import Visit

FOUND_SHOWN = 50
_LONGEST = 100


def search_page(visit: Visit) -> Page:
    """The page `/search?q=`."""
    text = visit.given.get("q", "").strip().lower()[:_LONGEST]
    data = visit.data
    sites = sites_named(data, text, FOUND_SHOWN) if text else []
    circuits = circuits_named(data, text, FOUND_SHOWN) if text else []
    return page(
        "search.html",
        visit,
        text=text,
        sites=sites,
        circuits=circuits,
        providers=providers_named(data, text) if text else [],
        FOUND_SHOWN=FOUND_SHOWN,
    )
