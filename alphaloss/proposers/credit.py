"""Which operators are drawn how often: their shares follow success during the run.

Probability matching with a floor, as in Thierens, "An adaptive pursuit strategy for allocating operator probabilities"
(GECCO 2005), section 2: with a quality Q_i that is a recency-weighted mean of rewards,

    p_i = floor * w_i + (1 - floor) * w_i Q_i / sum_j w_j Q_j        Q_i <- Q_i + rate * (reward - Q_i)

where w_i are the shares at the start. His adaptive pursuit, which gives the best operator nearly all, needs hundreds of
rewards an operator; a search has a few.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

import numpy as np

from alphaloss.proposers.draws import NotApplicableError

_EXPECTED = 0.3  # quality of an operator that was not tried: a reward below it costs share, one above it earns share


class Shares:
    """Shares of operators, adding up to 1.

    Args:
        initial: what they are at the start, up to a factor; 0 stays 0.
        floor: the part of its initial share that an operator never loses, in [0, 1].
        rate: how far one reward moves a quality, in [0, 1]; 0 leaves all shares as they are.
    """

    def __init__(self, initial: Mapping[str, float], *, floor: float, rate: float) -> None:
        total = sum(initial.values())
        self._initial = {name: weight / total for name, weight in initial.items()}
        self._quality = dict.fromkeys(initial, _EXPECTED)
        self._floor = floor
        self._rate = rate

    def reward(self, name: str, reward: float, trust: float = 1.0) -> None:
        """Tells what an operator came to.

        Args:
            name: the operator; one that is not known is left out.
            reward: 0 for nothing, 1 for a better loss than before.
            trust: weight of this reward, in [0, 1].
        """
        if name in self._quality:
            self._quality[name] += self._rate * trust * (reward - self._quality[name])

    def now(self) -> dict[str, float]:
        """The share of every operator."""
        matched = {name: weight * self._quality[name] for name, weight in self._initial.items()}
        total = sum(matched.values())
        return {
            name: self._floor * weight + (1.0 - self._floor) * matched[name] / total
            for name, weight in self._initial.items()
        }

    def draw(self, rng: np.random.Generator, among: Container[str] | None = None) -> str:
        """An operator by its share.

        Args:
            rng: the random numbers.
            among: the only ones to choose from; all, unless given.

        Raises:
            NotApplicableError: none of them has a share.
        """
        shares = {name: s for name, s in self.now().items() if s > 0.0 and (among is None or name in among)}
        if not shares:
            raise NotApplicableError
        ends = np.cumsum(list(shares.values()))
        return list(shares)[int(np.searchsorted(ends, rng.random() * ends[-1], side="right"))]
