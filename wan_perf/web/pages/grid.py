"""Lists: sorted, filtered, paged, with the columns that the address names; and as files."""

from dataclasses import replace

from wan_perf.web.query import NotFoundError, shortened
from wan_perf.web.questions.grid import SIZES, ListRequest, list_request, listing_of, rows
from wan_perf.web.questions.listing import Listing
from wan_perf.web.questions.listings import LISTINGS
from wan_perf.web.rendering import Page, page
from wan_perf.web.visit import Visit


def question(visit: Visit, name: str) -> ListRequest:
    """What the address requests of the list.

    Raises:
        NotFoundError: there is no such list.
        BadAddressError: a filter or a column is wrong.
    """
    listing = listing_of(name)
    if listing is None:
        raise NotFoundError(
            f"There is no list {shortened(name)}; there are {', '.join(sorted(LISTINGS))}."
        )
    return list_request(listing, visit.given, visit.range)


def grid_page(visit: Visit) -> Page:
    """The page `/grid/<list>`."""
    request = question(visit, visit.named["name"])
    found = rows(visit.data, request)
    pages = max(1, -(-found.total // request.size))
    request = replace(request, page=min(request.page, pages))
    return page(
        "grid.html",
        visit,
        question=request,
        listing=request.listing,
        listings=LISTINGS.values(),
        found=found,
        pages=pages,
        sizes=SIZES,
        filters=dict(request.filters),
        files=_files(visit, request.listing),
    )


def _files(visit: Visit, listing: Listing) -> dict[str, str]:
    """The addresses of the same rows as files."""
    given = {k: v for k, v in visit.given.items() if k not in ("page", "size")}
    return {
        words: replace(visit, path=f"/grid/{listing.name}.{ending}", given=given).here()
        for ending, words in (("csv", "CSV"), ("xlsx", "Excel"))
    }
