"""The library in two calls: `evolve` finds a loss, `load_loss` gives one to Keras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from alphaloss.config import Settings, load_settings
from alphaloss.errors import UsageError
from alphaloss.folder import new_run_folder
from alphaloss.gate import Gate
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import Target
from alphaloss.naming import find_loss
from alphaloss.progress import Progress
from alphaloss.records import Candidate
from alphaloss.result import Result
from alphaloss.run import evolve as run_evolve
from alphaloss.sandbox import Sandbox
from alphaloss.training.devices import default_workers


def evolve(
    run: str | Path | None = None,
    *,
    evaluator: str | Path | None = None,
    evaluations: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    config: str | Path | None = None,
    overrides: Sequence[str] = (),
    progress: Progress | None = None,
) -> Result:
    """Searches for a better loss, selects a champion and judges it on test data.

    What is left out has the default of `alphaloss.config.Settings`.

    Args:
        run: folder that keeps everything; a new one under `runs/` if left out.
        evaluator: the task: a name such as `digits-noisy`, or the path of your own evaluator file.
        evaluations: programs that the search trains.
        seed: of everything random.
        workers: training processes; one a processor if left out.
        config: a YAML file with settings.
        overrides: single settings, such as `search.wave=8`.
        progress: is told what happens; silent if left out.

    Raises:
        UsageError: a name, file or setting is wrong, or the folder already holds a run.
        SearchFailedError: no program could be trained.
        InfrastructureError: a worker failed twice, or the disk is full.
    """
    settings = load_settings(
        Path(config) if config else None,
        overrides,
        evaluator__name=str(evaluator) if evaluator else None,
        search__evaluations=evaluations,
        seed=seed,
    )
    folder = Path(run) if run else new_run_folder()
    return run_evolve(settings, folder, workers=workers or default_workers(), progress=progress or Progress())


def load_loss(name: str | Path, *, target: Target | None = None) -> Callable[[Any, Any], Any]:
    """A loss as a function of (y_true, y_pred) for `model.compile`.

    The source is traced in the sandbox and its graph is what the function computes.

    Args:
        name: a name of the zoo, a Python file, a run folder (its champion) or `RUN:ID`.
        target: what the model predicts; by default what a loss of the zoo or of a run was made for, else classes.

    Returns:
        A function from one-hot or soft labels and logits, both (batch, classes), or from true and predicted values,
        both (batch, outputs), to (batch,). For RUN and RUN:ID it includes the gradient scale of the run, as
        `best_loss.py` does.

    Raises:
        UsageError: there is no such loss, or it is not a valid one.
    """
    found = find_loss(str(name))
    settings = Settings()
    with Sandbox(settings.sandbox) as sandbox:
        graph = Gate(sandbox, settings.gate, target=target or found.target).trace(
            Candidate(source=found.source, operator="user")
        )
    if not isinstance(graph, LossGraph):
        raise UsageError(f"The loss `{found.name}` cannot be used: {graph.code}: {graph.message}")
    if "class_prior" in graph.inputs and not found.class_prior:
        raise UsageError(f"The loss `{found.name}` asks for class_prior, which only a run knows; name it as RUN:ID.")
    from alphaloss.losses.keras_loss import keras_function  # noqa: PLC0415  # TensorFlow takes seconds to load

    return keras_function(graph, found.class_prior, found.gradient_scale)
