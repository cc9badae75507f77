"""Who decides parents and survivors."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from alphaloss.config.section import Section, check_shares


class VariationSettings(Section):
    """What an algorithm asks for."""

    crossover: float = Field(0.3, ge=0, le=1, description="share of variations with two parents")
    refine: float = Field(0.1, ge=0, le=1, description="share of variations that only tune the constants of a parent")
    random: float = Field(0.05, ge=0, le=1, description="share of variations without a parent")

    @model_validator(mode="after")
    def _are_shares(self) -> VariationSettings:
        check_shares(crossover=self.crossover, refine=self.refine, random=self.random)
        return self


class IslandSettings(Section):
    """Islands with cells."""

    islands: int = Field(
        1, ge=1, description="number of islands; one does best with some hundred evaluations, see docs/results.md"
    )
    exploit: float = Field(0.75, ge=0, le=1, description="share of parents that win a tournament of an island's elites")
    explore: float = Field(
        0.2, ge=0, le=1, description="share of parents that are the better of two; the rest are so of two recent ones"
    )
    recent: int = Field(4, ge=1, description="waves for which an elite counts as recent")
    tournament: int = Field(5, ge=1, description="elites that compete to be a parent where it exploits")
    repeats: float = Field(
        0.25, ge=0, lt=1, description="most of a wave's variations that train a promising program again"
    )
    crowding: float = Field(
        1e-3, ge=0, description="cosine distance of gradient fields below which two losses are too near to both be kept"
    )
    migration_interval: int = Field(6, ge=1, description="waves between migrations")
    migrants: int = Field(1, ge=1, description="elites that an island sends to the next")
    stagnation: int = Field(12, ge=1, description="waves without a new best after which an island starts anew")

    @model_validator(mode="after")
    def _are_shares(self) -> IslandSettings:
        check_shares(exploit=self.exploit, explore=self.explore)
        return self


class TournamentSettings(Section):
    """One population, kept by truncation."""

    population: int = Field(16, ge=2, description="members")
    tournament: int = Field(3, ge=1, description="members that compete to be a parent")


_MEMBERS = (
    "members, P; the named start losses and as many `init` variations make the first generation, or more of these if "
    "some end without a score"
)


class GenerationSettings(Section):
    """What all have in common that go by generations."""

    population: int = Field(8, ge=2, description=_MEMBERS)
    generations: int | None = Field(
        None,
        ge=1,
        description="after which the search ends, T, the first one not counted; None: when the budget is spent",
    )


class SampleTournamentSettings(GenerationSettings):
    """The sample tournament of Chou's thesis, with its values."""

    sample: float = Field(0.75, gt=0, le=1, description="share of the population that is drawn, G / P")
    winners: float = Field(0.5, gt=0, le=1, description="best share of these that has children, N / G")
    rounding: Literal["down", "up"] = Field("down", description="of G and N; both are at least 1")
    replacement: bool = Field(False, description="whether an individual can be drawn several times")
    crossover: float = Field(
        0.5, ge=0, le=1, description="probability that the partner is another winner, Cr; else it is newly generated"
    )
    subtree: float = Field(0.3, ge=0, le=1, description="probability of a subtree mutation of a child, M_ST")
    point: float = Field(0.1, ge=0, le=1, description="probability of a one-point mutation of a child, M_N")


class NglSettings(GenerationSettings):
    """NGL's genetic programming. Its paper does not tell these numbers: they are the sample tournament's or our own."""

    from_archive: float = Field(
        0.5, ge=0, le=1, description="probability that the partner is of the archive; else it is another individual"
    )
    archive: float = Field(
        1.0, ge=0, description="most eliminated individuals that are kept, in populations; random ones leave"
    )
    eliminated: Literal["worst", "parents"] = Field(
        "worst",
        description="who moves to the archive: the worst of individuals and children, or all individuals, so that "
        "their children take their places",
    )
    subtree: float = Field(0.3, ge=0, le=1, description="probability of a subtree mutation of a child")
    point: float = Field(0.1, ge=0, le=1, description="probability of a one-point mutation of a child")


class RegularizedSettings(Section):
    """Ageing evolution. The paper's 100 and 25, for thousands of evaluations, at the same ratio."""

    population: int = Field(20, ge=2, description=_MEMBERS)
    sample: int = Field(5, ge=1, description="members that compete to be a parent, S")


class GenerationalSettings(GenerationSettings):
    """The simple genetic algorithm: DEAP's `eaSimple` with elitism, and other ways to select and to replace."""

    population: int = Field(16, ge=2, description=_MEMBERS)
    mate: float = Field(
        0.5, ge=0, le=1, description="probability that two offspring are crossed; a single one, beside elites, never is"
    )
    mutate: float = Field(0.2, gt=0, le=1, description="probability that an offspring is mutated")
    mutate_alike: float | None = Field(
        None,
        gt=0,
        le=1,
        description="the same where all members are alike, at least `mutate`; between, by the mean distance of their "
        "gradient fields over that of the first generation; None: always `mutate`",
    )
    selection: Literal["tournament", "rank", "boltzmann", "lexicase", "epsilon-lexicase", "nsga2"] = Field(
        "tournament", description="of parents"
    )
    tournament: int = Field(3, ge=1, description="members that compete to be a parent, by `tournament`")
    pressure: float = Field(
        1.5, ge=1, le=2, description="children of the best member over those of the average one, by `rank`"
    )
    temperature: float = Field(
        1.0, gt=0, description="by `boltzmann`, in standard deviations of the population's scores; higher is more even"
    )
    cooling: float = Field(0.9, gt=0, le=1, description="factor on the temperature from one generation to the next")
    replacement: Literal["elitist", "crowding", "nsga2"] = Field(
        "elitist",
        description="of members: by the offspring but for the elites; of the most similar one, if an offspring is "
        "better; by non-dominated sorting of members and offspring",
    )
    elites: int = Field(1, ge=0, description="best members that stay, where replacement is `elitist`")

    @model_validator(mode="after")
    def _breeds(self) -> GenerationalSettings:
        if self.elites >= self.population:
            raise PydanticCustomError("elites", "`elites` must be fewer than `population`, or nobody has offspring")
        if self.mutate_alike is not None and self.mutate_alike < self.mutate:
            raise PydanticCustomError(
                "mutate_alike",
                "`mutate_alike` must be at least `mutate`, which is {mutate}: whoever is alike is mutated more",
                {"mutate": self.mutate},
            )
        return self
