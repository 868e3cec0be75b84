"""Tail of the normal distribution, which SQL does not have.

Belongs here: p-values of a standard normal score.
Keep out: the scores (`trend`).

The complementary error function by a rational Chebyshev fit with a relative error under 1.2e-7
everywhere, so that the smallest p-values of ten thousand tests are still in order. Source: W. H.
Press et al., Numerical Recipes, section 6.2 (erfcc).
"""

import math

import ibis
import ibis.expr.types as ir

_FIT = (
    *(-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807),
    *(-1.13520398, 1.48851587, -0.82215223, 0.17087277),
)


def two_sided_p(score: ir.FloatingValue) -> ir.FloatingValue:
    """Probability of a standard normal value at least as far from zero as the score."""
    z = score.abs() / math.sqrt(2)
    t = 1 / (1 + 0.5 * z)
    power: ir.FloatingValue = ibis.literal(_FIT[-1], "float64")
    for factor in reversed(_FIT[:-1]):
        power = factor + t * power
    return ibis.least(t * (power - z * z).exp(), 1.0)
