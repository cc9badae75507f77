"""Finds evaluator files: by the name of one that ships with alphaloss, or by path. Imports none of them."""

from __future__ import annotations

import difflib
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from alphaloss.errors import EvaluatorError
from alphaloss.training.task import Rung


class EvaluatorRef(BaseModel):
    """Which evaluator to load, with which options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="absolute path of the evaluator file")
    options: dict[str, bool | int | float | str] = Field(
        default_factory=dict, description="keyword arguments for its `task` function"
    )
    more_rungs: tuple[Rung, ...] = Field(default=(), description="rungs to try before those of the task")


def evaluators_folder() -> Path:
    """The folder of the evaluators that ship with alphaloss."""
    return Path(str(resources.files("alphaloss.evaluators")))


def list_evaluators() -> list[str]:
    """The names of the evaluators that ship with alphaloss, as the command line takes them, sorted."""
    files = evaluators_folder().glob("*.py")
    return sorted(f.stem.replace("_", "-") for f in files if not f.stem.startswith("_"))


def find_evaluator(name_or_path: str) -> Path:
    """The absolute path of an evaluator file.

    Args:
        name_or_path: a name from `list_evaluators` or the path of a Python file.

    Raises:
        EvaluatorError: there is none; the message has the nearest name and the list.
    """
    path = Path(name_or_path).expanduser()
    if path.suffix == ".py" or path.parent != Path():
        if not path.is_file():
            raise EvaluatorError(f"There is no evaluator file `{path}`. Check the path (looked in {Path.cwd()}).")
        if path.suffix != ".py":
            raise EvaluatorError(f"An evaluator is a Python file that ends in `.py`; received `{path}`.")
        return path.resolve()
    names = list_evaluators()
    if name_or_path not in names:
        near = difflib.get_close_matches(name_or_path, names, n=1, cutoff=0.4)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise EvaluatorError(
            f"There is no evaluator `{name_or_path}`.{hint} Evaluators: {', '.join(names)}; "
            "or give the path of your own file, such as `./my_task.py`."
        )
    return evaluators_folder() / f"{name_or_path.replace('-', '_')}.py"
