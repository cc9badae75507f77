"""The library in two calls: `evolve` finds a loss, `load_loss` gives one to Keras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from alphaloss.config import Settings, load_settings
from alphaloss.errors import UsageError
from alphaloss.folder import new_run_folder
from alphaloss.gate import Gate
from alphaloss.llm.named import named_model
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import Target
from alphaloss.naming import find_loss
from alphaloss.progress import Progress
from alphaloss.records import Candidate
from alphaloss.result import Result
from alphaloss.run import evolve as run_evolve
from alphaloss.sandbox import Sandbox
from alphaloss.training.devices import default_workers


def evolve(  # noqa: PLR0913  # the options of the command
    run: str | Path | None = None,
    *,
    evaluator: str | Path | None = None,
    algorithm: str | None = None,
    proposer: str | None = None,
    llm: str | None = None,
    llm_url: str | None = None,
    llm_key_env: str | None = None,
    replay: str | Path | None = None,
    start: Sequence[str | Path] | None = None,
    evaluations: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    config: str | Path | None = None,
    overrides: Sequence[str] = (),
    progress: Progress | None = None,
) -> Result:
    """Searches for a better loss, selects a champion and judges it on test data.

    What is left out has the default of `alphaloss.config.Settings`. A result whose `llm.lost` is not empty was found
    before the language models refused, or were gone.

    Args:
        run: folder that keeps everything; a new one under `runs/` if left out.
        evaluator: the task: a name such as `digits-noisy`, or the path of your own evaluator file.
        algorithm: who decides parents and survivors: `islands`, `tournament`, ...
        proposer: who writes losses: `offline`, `llm`, `tree`; `llm` where `llm` is given.
        llm: a language model that writes losses; `mock` without an address is a stand-in that needs no service.
            Several models, prices and limits belong into `config`, or into `overrides` (`llm.max_calls=300`).
        llm_url: address of its service; OpenAI's own if left out.
        llm_key_env: environment variable with the key; see `alphaloss.config.ModelSettings`.
        replay: folder of a run whose search is repeated from the recorded answers of its language models, with the
            settings of that run where `config` is left out.
        start: losses that the search begins with.
        evaluations: programs that the search trains.
        seed: of everything random.
        workers: training processes; one a processor if left out.
        config: a YAML file with settings.
        overrides: single settings, such as `search.wave=8`.
        progress: is told what happens; silent if left out.

    Raises:
        UsageError: a name, file or setting is wrong, the folder already holds a run, or the run that is replayed asked
            something else.
        LlmError: no language model can be reached, or all refuse, and nothing was found before.
        SearchFailedError: no program could be trained.
        InfrastructureError: a worker failed twice, or the disk is full.
    """
    recorded = Path(replay) if replay else None
    file = Path(config) if config else recorded / "config.yaml" if recorded else None
    with named_model(llm, llm_url, llm_key_env) as models:
        settings = load_settings(
            file,
            overrides,
            evaluator__name=str(evaluator) if evaluator else None,
            algorithm=algorithm,
            proposer=proposer or ("llm" if models else None),
            llm__models=models or None,
            start=tuple(map(str, start)) if start else None,
            search__evaluations=evaluations,
            seed=seed,
        )
        folder = Path(run) if run else new_run_folder()
        count = workers or default_workers()
        return run_evolve(settings, folder, workers=count, progress=progress or Progress(), replay=recorded)


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
        raise UsageError(
            f"The loss `{found.name}` asks for class_prior, which only a run on one task knows; name it as "
            "RUN:ID, or take best_loss.py of the run and set CLASS_PRIOR in it."
        )
    from alphaloss.losses.keras_loss import keras_function  # noqa: PLC0415  # TensorFlow takes seconds to load

    return keras_function(graph, found.class_prior, found.gradient_scale)
