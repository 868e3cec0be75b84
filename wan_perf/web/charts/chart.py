"""A chart of a page: its drawing, and the words beside it on the page and in its file."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Chart:
    """A drawing with its words.

    Attributes:
        name: Of this chart among those of its page; it is part of addresses.
        title: The heading.
        drawing: An `<svg>`, or a figure with one.
        note: What the heading does not say, such as the unit.
        legend: Classes of the style sheet and what they mean.
        scale: The words at both ends of the scale of ten colours, where the chart has one.
        reach: The time that it covers.
    """

    name: str
    title: str
    drawing: Markup
    note: str = ""
    legend: Sequence[tuple[str, str]] = ()
    scale: tuple[str, str] | None = None
    reach: str = ""
