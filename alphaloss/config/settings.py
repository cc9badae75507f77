"""All settings of a run, as one tree."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alphaloss.config.algorithms import (
    GenerationalSettings,
    IslandSettings,
    NglSettings,
    RegularizedSettings,
    SampleTournamentSettings,
    TournamentSettings,
    VariationSettings,
)
from alphaloss.config.gate import GateSettings
from alphaloss.config.llm import LlmSettings
from alphaloss.config.proposers import OfflineSettings, TreeSettings
from alphaloss.config.search import (
    CascadeSettings,
    EvaluatorSettings,
    SearchSettings,
    SelectionSettings,
    VerdictSettings,
)
from alphaloss.config.section import Section
from alphaloss.config.workers import WorkerSettings
from alphaloss.sandbox import SandboxLimits

AlgorithmName = Literal[
    "islands", "tournament", "sample-tournament", "ngl", "generational", "regularized", "random", "best-of-n"
]
ProposerName = Literal["offline", "llm", "tree"]


class Settings(Section):
    """A whole run."""

    seed: int = Field(0, ge=0, description="of everything random")
    evaluator: EvaluatorSettings = EvaluatorSettings()
    algorithm: AlgorithmName = Field("islands", description="decides parents and survivors")
    proposer: ProposerName = Field(
        "offline",
        description="makes candidates from parents: by operators on graphs, by asking the models of `llm`, or by tree "
        "genetic programming",
    )
    start: tuple[str, ...] = Field(
        (), description="losses that the search begins with; none: the reference, cross-entropy or (for values) squared"
    )
    zoo: tuple[str, ...] = Field(
        (),
        description="losses of the zoo that are compared with, beside the reference; none: all that are for the kind "
        "of task. With fewer than five it is not told how hard a seed is",
    )
    gradient_scale: Literal["match", "none"] = Field(
        "match", description="multiply each loss so that its gradients are as large as the reference's, or not"
    )
    search: SearchSettings = SearchSettings()
    cascade: CascadeSettings = CascadeSettings()
    selection: SelectionSettings = SelectionSettings()
    verdict: VerdictSettings = VerdictSettings()
    gate: GateSettings = GateSettings()
    offline: OfflineSettings = OfflineSettings()
    tree: TreeSettings = TreeSettings()
    variation: VariationSettings = VariationSettings()
    islands: IslandSettings = IslandSettings()
    tournament: TournamentSettings = TournamentSettings()
    sample_tournament: SampleTournamentSettings = SampleTournamentSettings()
    ngl: NglSettings = NglSettings()
    generational: GenerationalSettings = GenerationalSettings()
    regularized: RegularizedSettings = RegularizedSettings()
    sandbox: SandboxLimits = SandboxLimits()
    workers: WorkerSettings = WorkerSettings()
    llm: LlmSettings = LlmSettings()

    @property
    def ahead(self) -> int:
        """Waves whose losses are written ahead of training; the offline proposer needs none."""
        return self.llm.ahead if self.proposer == "llm" else 0
