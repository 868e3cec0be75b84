"""Words that several rooms print: a number with its noun.

Belongs here: what a sentence of any module needs.
Keep out: sentences.
"""


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun, in the plural with an s where no other is given.

    >>> counted(1, "circuit"), counted(1200, "circuit"), counted(2, "pass", "passes")
    ('1 circuit', '1,200 circuits', '2 passes')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
