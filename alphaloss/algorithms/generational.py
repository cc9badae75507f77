"""The simple genetic algorithm, DEAP's `eaSimple`, with elitism.

    evaluate the population
    for each generation:
        offspring = clone(select(population))
        for each pair of the offspring, with probability `mate`: mate the two
        for each of the offspring, with probability `mutate`: mutate it
        evaluate those that changed; the others are copies, with the scores that they have
        population = replace(population, offspring)
    report the best

With a language model as proposer this is the usual sketch of AlphaEvolve on DEAP. `mate` and `mutate` write down what
is to be done with an offspring; the proposer does it. One that yields no score leaves its place to the best members.

`eaSimple` is chapter 7 of Baeck, Fogel and Michalewicz, "Evolutionary computation 1", 2000; `select` and `replace` are
settings (`selections.py`, `replacements.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy

from deap import base
from deap.algorithms import varAnd

from alphaloss.algorithms.base import Individual
from alphaloss.algorithms.generations import Generations
from alphaloss.algorithms.replacements import diversity, replacement
from alphaloss.algorithms.selections import selection
from alphaloss.algorithms.variations import cross
from alphaloss.config import GenerationalSettings
from alphaloss.records import Program, Variation
from alphaloss.scores import Scores


class Generational(Generations):
    """See the module's text; the arguments that are not here are `Generations`'.

    Attributes:
        toolbox: DEAP's.
    """

    def __init__(
        self,
        settings: GenerationalSettings,
        start: Sequence[Program],
        scores: Scores,
        *,
        named: bool,
        seed: int,
        lag: int = 1,
    ) -> None:
        super().__init__(settings.population, settings.generations, start, scores, named=named, seed=seed, lag=lag)
        self.settings = settings
        self.toolbox = base.Toolbox()
        self.toolbox.register("clone", Offspring)
        self.toolbox.register("mate", mate)
        self.toolbox.register("mutate", mutate)
        self.toolbox.register("replace", replacement(settings, scores))
        self._copies: list[Individual] = []
        self._diversity = 0.0  # of the first generation

    def _breed(self) -> list[Variation]:
        if self.generation == 0:
            self._diversity = diversity(self.population)
        self.toolbox.register("select", selection(self.settings, self.scores, self.generation))
        places = self.members - (self.settings.elites if self.settings.replacement == "elitist" else 0)
        selected = self.toolbox.select(self.population, places)
        offspring = varAnd(selected, self.toolbox, self.settings.mate, self._mutation_rate())
        self._copies = [copy.individual for copy in offspring if copy.fitness.valid]
        return [changed.variation for changed in offspring if not changed.fitness.valid]

    def _survive(self) -> list[Individual]:
        return self.toolbox.replace(self.population, [*self._copies, *self.offspring], self.members)  # type: ignore[no-any-return]  # DEAP

    def _log_entry(self) -> Mapping[str, float]:
        return {**super()._log_entry(), "diversity": diversity(self.population)}

    def _mutation_rate(self) -> float:
        """Diversity-guided, as in Ursem, "Diversity-guided evolutionary algorithms" (PPSN 2002), but by degrees."""
        usual, alike = self.settings.mutate, self.settings.mutate_alike
        if alike is None or self._diversity == 0.0:
            return usual
        return alike + (usual - alike) * min(1.0, diversity(self.population) / self._diversity)


class Offspring:
    """A clone of an individual, and what is to be done with it.

    Attributes:
        individual: the parent.
        partner: whom it is crossed with; None: nobody.
        is_mutated: afterwards.
        fitness: the parent's; DEAP takes its values away when something is done.
    """

    def __init__(self, individual: Individual) -> None:
        self.individual = individual
        self.partner: Individual | None = None
        self.is_mutated = False
        self.fitness = deepcopy(individual.fitness)

    @property
    def variation(self) -> Variation:
        """What the proposer is asked for."""
        if self.partner is None:
            return Variation(operator="mutate", parents=(self.individual.program,))
        return cross(self.individual, self.partner, ("subtree",) if self.is_mutated else ())


def mate(one: Offspring, other: Offspring) -> tuple[Offspring, Offspring]:
    """Each receives a part of the other; two clones of the same individual have nothing to give and are mutated."""
    if one.individual is other.individual:
        return mutate(one) + mutate(other)
    one.partner, other.partner = other.individual, one.individual
    return one, other


def mutate(offspring: Offspring) -> tuple[Offspring]:
    """The proposer chooses the mutation; after a crossover it is that of a subtree."""
    offspring.is_mutated = True
    return (offspring,)
