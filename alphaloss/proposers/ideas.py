"""All idea-sized mutations by name. They hold no formula of a loss: each changes any loss in one general way."""

from __future__ import annotations

from collections.abc import Mapping

from alphaloss.proposers import terms, views
from alphaloss.proposers.small import Mutation

IDEAS: Mapping[str, Mutation] = {**views.VIEWS, **terms.TERMS}
"""For every task."""

PRIOR_IDEAS: Mapping[str, Mutation] = {
    "shift-by-prior": views.shift_by_prior,
    "weight-by-prior": terms.weight_by_prior,
}
"""For tasks whose classes are not equally frequent: the loss then takes `class_prior`."""
