"""Every setting once, with its default, unit and meaning.

A configuration file is the same tree in YAML; `--set a.b=c` sets one leaf. Unknown keys are refused.
"""

from alphaloss.config.algorithms import (
    GenerationalSettings,
    GenerationSettings,
    IslandSettings,
    NglSettings,
    RegularizedSettings,
    SampleTournamentSettings,
    TournamentSettings,
    VariationSettings,
)
from alphaloss.config.benchmark import RANDOM, ArmSettings, BenchmarkSettings, BudgetSettings
from alphaloss.config.gate import GateSettings
from alphaloss.config.llm import BanditSettings, LlmPromptSettings, LlmSettings, ModelSettings
from alphaloss.config.loading import dump_settings, load_benchmark, load_settings
from alphaloss.config.proposers import OfflineSettings, TreeSettings
from alphaloss.config.search import (
    CascadeSettings,
    EvaluatorSettings,
    SearchSettings,
    SelectionSettings,
    VerdictSettings,
)
from alphaloss.config.section import Section
from alphaloss.config.settings import Settings
from alphaloss.config.workers import WorkerSettings

__all__ = [
    "RANDOM",
    "ArmSettings",
    "BanditSettings",
    "BenchmarkSettings",
    "BudgetSettings",
    "CascadeSettings",
    "EvaluatorSettings",
    "GateSettings",
    "GenerationSettings",
    "GenerationalSettings",
    "IslandSettings",
    "LlmPromptSettings",
    "LlmSettings",
    "ModelSettings",
    "NglSettings",
    "OfflineSettings",
    "RegularizedSettings",
    "SampleTournamentSettings",
    "SearchSettings",
    "Section",
    "SelectionSettings",
    "Settings",
    "TournamentSettings",
    "TreeSettings",
    "VariationSettings",
    "VerdictSettings",
    "WorkerSettings",
    "dump_settings",
    "load_benchmark",
    "load_settings",
]
