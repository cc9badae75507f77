"""Finds a better loss function for a training task, and proves that it is better.

    result = alphaloss.evolve(evaluator="my_task.py")      # search, selection, verdict
    model.compile(optimizer, loss=result.champion.loss)

A task is a file that defines `task = Task(...)`; the folder `evaluators/` has examples to copy.
"""

import importlib as _importlib
from pathlib import Path as _Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alphaloss.api import evolve, load_loss
    from alphaloss.checking import check
    from alphaloss.errors import (
        AlphalossError,
        EvaluatorError,
        InfrastructureError,
        LlmError,
        SearchFailedError,
        UsageError,
    )
    from alphaloss.losses.graph import LossGraph
    from alphaloss.result import Result
    from alphaloss.search import Search
    from alphaloss.training import (
        AsymmetricNoise,
        Data,
        LongTail,
        Outliers,
        ReduceOnPlateau,
        Rung,
        Subsample,
        Suite,
        SymmetricNoise,
        Task,
    )

# In the source tree `sandbox`, `prompts` and `evaluators` lie beside this folder, in an installed package inside it.
if not (_Path(__file__).parent / "sandbox").is_dir():
    __path__.append(str(_Path(__file__).parent.parent))

_HOME = {
    "AlphalossError": "errors",
    "AsymmetricNoise": "training",
    "Data": "training",
    "EvaluatorError": "errors",
    "InfrastructureError": "errors",
    "LlmError": "errors",
    "LongTail": "training",
    "LossGraph": "losses.graph",
    "Outliers": "training",
    "ReduceOnPlateau": "training",
    "Result": "result",
    "Rung": "training",
    "Search": "search",
    "SearchFailedError": "errors",
    "Subsample": "training",
    "Suite": "training",
    "SymmetricNoise": "training",
    "Task": "training",
    "UsageError": "errors",
    "check": "checking",
    "evolve": "api",
    "load_loss": "api",
}

__all__ = [  # noqa: RUF022  # by use, not by letter
    "evolve",
    "check",
    "load_loss",
    "Search",
    "Result",
    "LossGraph",
    "Task",
    "Data",
    "Rung",
    "Suite",
    "SymmetricNoise",
    "AsymmetricNoise",
    "LongTail",
    "Outliers",
    "Subsample",
    "ReduceOnPlateau",
    "AlphalossError",
    "UsageError",
    "EvaluatorError",
    "SearchFailedError",
    "InfrastructureError",
    "LlmError",
]


def __dir__() -> list[str]:
    """The public names, also those that are not loaded yet."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first used: the command line and the workers need only a part of the package."""
    if name not in _HOME:
        raise AttributeError(f"module 'alphaloss' has no attribute {name!r}; it has {', '.join(__all__)}.")
    return getattr(_importlib.import_module(f"alphaloss.{_HOME[name]}"), name)
