"""Which model to ask next, learnt from whose children improve, and at what cost."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from alphaloss.config import BanditSettings

_FORGOTTEN = 1e-3  # a discounted weight below this changes no decision


class _Seen(NamedTuple):
    arm: int
    improved: float
    cost: float | None


class Bandit:
    r"""Discounted upper confidence bounds on improvement, divided by cost.

    The arm with the largest index is played, the first of equals:

        index_m = (mean_m + exploration * sqrt(ln K / K_m)) / (cost_m / cost) ** cost_exponent

    - `mean_m`: mean reward of m's answers, each weighted by `discount` for every answer since; shrunk towards the
      mean over all arms with the weight of one answer.
    - reward of an answer: x / (x + s), where x is by how much its best child beat its parent (0 if it did not) and s is
      the median of all such x > 0 that are remembered: between 0 and 1 whatever the metric, a typical success is 1/2.
    - `K_m`, `K`: how often m, and any arm, was played, discounted likewise (in ln K at least e). Plays count at once
      and not when their outcome is known, so that many calls at a time do not all go to one arm.
    - `cost_m`, `cost`: mean cost of an answer of m and of any arm, discounted; shrunk in the same way. Calls that were
      refused, and so took nothing, are not among them: failing for free is no bargain.

    The discounted bound is D-UCB (Garivier and Moulines, "On upper-confidence bound policies for switching bandit
    problems", ALT 2011, https://arxiv.org/abs/0805.3415), for what a model is good at changes while a search gets
    harder. Dividing it by the cost is the density of KUBE (Tran-Thanh et al., "Knapsack based optimal policies for
    budget-limited multi-armed bandits", AAAI 2012, https://arxiv.org/abs/1204.1909). There is no randomness: the same
    history gives the same choice.

    Args:
        arms: number of arms.
        settings: discount, exploration, cost exponent.
    """

    def __init__(self, arms: int, settings: BanditSettings) -> None:
        self.settings = settings
        self._arms = arms
        remembered = 10_000 if settings.discount == 1 else math.ceil(math.log(_FORGOTTEN) / math.log(settings.discount))
        self._seen: deque[_Seen] = deque(maxlen=remembered)
        self._plays = [0.0] * arms

    def choose(self, among: list[int]) -> int:
        """The arm to play, which counts as played.

        Args:
            among: numbers of the arms that can be played; at least one.
        """
        index = self.indices()
        arm = max(among, key=lambda m: index[m])  # the first of equals
        self._plays = [plays * self.settings.discount for plays in self._plays]
        self._plays[arm] += 1
        return arm

    def learn(self, arm: int, improved: float, cost: float | None) -> None:
        """Takes note of an answer.

        Args:
            arm: that gave it.
            improved: by how much the best child in it beat its parent; 0 or less if none did or was trained.
            cost: of the answer, in any unit that is the same for all arms; None if the call was refused.
        """
        self._seen.append(_Seen(arm, max(0.0, improved), cost))

    def indices(self) -> list[float]:
        """The index of each arm; infinite where it was never played."""
        weights, rewards, paid, costs = self._sums()
        reward = sum(rewards) / sum(weights) if self._seen else 0.0
        cost = sum(costs) / sum(paid) if any(paid) else 0.0
        played = math.log(max(math.e, sum(self._plays)))
        indices = []
        for m, plays in enumerate(self._plays):
            if plays == 0:
                indices.append(math.inf)
                continue
            mean = (rewards[m] + reward) / (weights[m] + 1)
            relative = (costs[m] + cost) / (paid[m] + 1) / cost if cost else 1.0
            bound = mean + self.settings.exploration * math.sqrt(played / plays)
            indices.append(bound / max(relative, _FORGOTTEN) ** self.settings.cost_exponent)
        return indices

    def _sums(self) -> tuple[list[float], list[float], list[float], list[float]]:
        """By arm: weights and rewards of all answers, weights and costs of those that were paid for."""
        successes = sorted(seen.improved for seen in self._seen if seen.improved > 0)
        typical = successes[len(successes) // 2] if successes else 1.0
        weights, rewards, paid, costs = ([0.0] * self._arms for _ in range(4))
        weight = 1.0
        for arm, improved, cost in reversed(self._seen):
            weights[arm] += weight
            rewards[arm] += weight * improved / (improved + typical)
            if cost is not None:
                paid[arm] += weight
                costs[arm] += weight * cost
            weight *= self.settings.discount
        return weights, rewards, paid, costs
