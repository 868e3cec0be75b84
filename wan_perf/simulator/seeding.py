"""Chance that repeats: every draw is named, so adding one draw moves no other.

Belongs here: turning (seed, name of the thing drawn) into random numbers and identifiers.
Keep out: what is drawn, and how often.
"""

import random
import uuid

_NAMESPACE = uuid.UUID("9d1f6d1c-6a52-4c39-9f0e-7b6a1f0f5e11")


def draws(seed: int, *name: object) -> random.Random:
    """Give the random numbers that belong to one named thing of one seed."""
    return random.Random(_label(seed, name))  # noqa: S311 - a repeatable simulation, no secret


def identifier(seed: int, *name: object) -> str:
    """Give the UUID, as text, of one named thing of one seed."""
    return str(uuid.uuid5(_NAMESPACE, _label(seed, name)))


def dealt(seed: int, name: str, hand: list[str], index: int) -> str:
    """Deal card `index` from a deck that repeats `hand`, shuffled again for each round.

    The shares of `hand` hold exactly in every full round, also in a small fleet.
    """
    round_number, place = divmod(index, len(hand))
    cards = list(hand)
    draws(seed, name, round_number).shuffle(cards)
    return cards[place]


def _label(seed: int, name: tuple[object, ...]) -> str:
    return ":".join(str(part) for part in (seed, *name))
