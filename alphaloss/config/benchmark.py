"""A comparison of algorithms and proposers under the same budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from alphaloss.config.section import Section
from alphaloss.config.settings import AlgorithmName, ProposerName, Settings

RANDOM = "random"
"""The algorithm that arms with the same proposer are compared with."""

_UNLIMITED = 1_000_000  # evaluations, where another budget ends the search
_RESERVED = "references"  # a folder beside those of the arms
_FILES = (".json", ".md", ".lock", ".png", ".svg", ".new")  # beside them, too


_GENERATIONS = tuple(
    f"{name}.generations"
    for name, field in Settings.model_fields.items()
    if isinstance(field.annotation, type)
    and issubclass(field.annotation, Section)
    and "generations" in field.annotation.model_fields
)
_SAID = ("algorithm", "proposer", "search.evaluations", "search.trainings", "search.training_seconds", *_GENERATIONS)
_OTHER_ENDS = ("search.minutes", "search.patience")


class BudgetSettings(Section):
    """What each search may spend: exactly one of these."""

    evaluations: int | None = Field(
        None, ge=1, description="programs that are trained, each repeated training of one counted again"
    )
    trainings: int | None = Field(None, ge=1, description="trainings that are begun, at all rungs")
    training_seconds: float | None = Field(
        None, gt=0, description="seconds that trainings take in all; depends on the clock"
    )
    generations: int | None = Field(
        None,
        ge=1,
        description="after the first, of algorithms that go by generations; the others get as many evaluations as the "
        "one of these that takes most",
    )

    @model_validator(mode="after")
    def _is_one(self) -> BudgetSettings:
        given = self.model_dump(exclude_none=True)
        if len(given) != 1:
            raise PydanticCustomError(
                "budget",
                "give exactly one of evaluations, trainings, training_seconds and generations; received {given}",
                {"given": ", ".join(given) or "none"},
            )
        return self


class ArmSettings(Section):
    """One of those that are compared."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", description="of its folder, and in tables: letters, digits, ._+-"
    )
    algorithm: AlgorithmName = Field(description="decides parents and survivors")
    proposer: ProposerName = Field("offline", description="makes candidates from parents")
    settings: Settings = Field(Settings(), description="what differs from the common settings")


class BenchmarkSettings(Section):
    """A whole comparison: each arm is a search for each search seed."""

    settings: Settings = Field(
        Settings(), description="of all arms; their `seed` is the first of the search seeds, which are consecutive"
    )
    budget: BudgetSettings
    seeds: int = Field(5, ge=1, description="searches of each arm, each with another search seed")
    targets: tuple[float, ...] | None = Field(
        None,
        description="search scores whose reaching is timed; None: what the reference scores, and the best of the zoo",
    )
    arms: tuple[ArmSettings, ...] = Field(min_length=1, description="what is compared")

    @model_validator(mode="after")
    def _is_fair(self) -> BenchmarkSettings:
        names = Counter(arm.name for arm in self.all_arms)
        for name, count in names.items():
            if count > 1 or name.lower() == _RESERVED or name.lower().endswith(_FILES):
                raise PydanticCustomError("arm", "An arm cannot be called {name}: this name is taken", {"name": name})
        told, alike = "the arms and the budget say it", "all searches end with the budget"
        self._refuse("The common settings", self.settings, _SAID, told)
        self._refuse("The common settings", self.settings, _OTHER_ENDS, alike)
        for arm in self.arms:
            self._refuse(f"Arm {arm.name}", arm.settings, _SAID, told)
            self._refuse(f"Arm {arm.name}", arm.settings, _OTHER_ENDS, alike)
            self._refuse(f"Arm {arm.name}", arm.settings, ("seed", "selection", "verdict"), "all arms share it")
        return self

    @staticmethod
    def _refuse(where: str, settings: Settings, names: tuple[str, ...], why: str) -> None:
        given = settings.model_dump(exclude_unset=True)
        for name in names:
            if _holds(given, name.split(".")):
                raise PydanticCustomError(
                    "fair", "{where} cannot set `{name}`: {why}", {"where": where, "name": name, "why": why}
                )

    @property
    def all_arms(self) -> tuple[ArmSettings, ...]:
        """The arms, and a random search where none of them is one: with the proposer that most of them use.

        Arms with another proposer are compared with the reference alone.
        """
        if any(arm.algorithm == RANDOM for arm in self.arms):
            return self.arms
        proposers = Counter(arm.proposer for arm in self.arms)
        [(proposer, _)] = proposers.most_common(1)  # of equals the first
        name = f"{RANDOM}-{proposer}"
        return (*self.arms, ArmSettings(name=name, algorithm="random", proposer=proposer))

    @property
    def search_seeds(self) -> range:
        """The seeds of the searches."""
        return range(self.settings.seed, self.settings.seed + self.seeds)

    def counts_generations(self, arm: ArmSettings) -> bool:
        """Whether the budget of an arm is a number of generations."""
        return self.budget.generations is not None and goes_by_generations(arm.algorithm)

    def of_search(self, arm: ArmSettings, seed: int, evaluations: int | None = None) -> Settings:
        """The settings of one search.

        Args:
            arm: whose search it is.
            seed: of the search.
            evaluations: its budget, where that of the benchmark is in generations and the arm knows none.

        Raises:
            ValidationError: the arm's settings contradict the common ones.
        """
        tree = _merged(self.settings.model_dump(exclude_unset=True), arm.settings.model_dump(exclude_unset=True))
        budget = self.budget
        limits: dict[str, Any] = {
            "evaluations": budget.evaluations or evaluations or _UNLIMITED,
            "trainings": budget.trainings,
            "training_seconds": budget.training_seconds,
        }
        tree = _merged(tree, {"seed": seed, "algorithm": arm.algorithm, "proposer": arm.proposer, "search": limits})
        if self.counts_generations(arm):
            tree = _merged(tree, {_section(arm.algorithm): {"generations": budget.generations}})
        return Settings.model_validate(tree)


def goes_by_generations(algorithm: str) -> bool:
    """Whether the settings of an algorithm say after how many generations it ends."""
    return f"{_section(algorithm)}.generations" in _GENERATIONS


def _section(algorithm: str) -> str:
    return algorithm.replace("-", "_")


def _holds(tree: Mapping[str, Any], path: list[str]) -> bool:
    if path[0] not in tree:
        return False
    return len(path) == 1 or _holds(tree[path[0]], path[1:])


def _merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Both trees; of a leaf in both, the second."""
    merged = dict(first)
    for name, value in second.items():
        below = merged.get(name)
        merged[name] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
