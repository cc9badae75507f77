"""Who decides parents and survivors."""

from __future__ import annotations

from pydantic import Field, model_validator

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
