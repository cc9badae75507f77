"""Loads an evaluator file, inside a worker, and turns whatever it raises into one sentence."""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from alphaloss.errors import EvaluatorError
from alphaloss.training.suite import Suite
from alphaloss.training.task import Task


def load_task(path: Path, options: Mapping[str, bool | int | float | str]) -> Task | Suite:
    """The task, or suite of tasks, that an evaluator file defines: `task = Task(...)` or `def task(**options) -> Task`.

    Args:
        path: the file. Its folder is searched for modules after everything installed.
        options: for the function `task`.

    Raises:
        EvaluatorError: the file is missing, fails or defines no task; the message has the line where it is known.
    """
    if not path.is_file():
        raise EvaluatorError(f"There is no evaluator file `{path}`.")
    spec = importlib.util.spec_from_file_location(f"alphaloss_evaluator_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    with blame(path):
        spec.loader.exec_module(module)
    task = vars(module).get("task")
    if task is None:
        raise EvaluatorError(
            f"{path} defines no `task`. Add `task = Task(...)` or `def task(): return Task(...)`; "
            "`alphaloss.evaluators.digits` is an example to copy."
        )
    if callable(task) and not isinstance(task, type):
        _check_options(path, task, options)
        with blame(path):
            task = task(**options)
    elif options:
        raise EvaluatorError(
            f"{path} takes no options, received {', '.join(options)}. For options define `def task(name=default): ...`."
        )
    if not isinstance(task, Task | Suite):
        raise EvaluatorError(
            f"{path}: `task` must be (or return) an `alphaloss.Task` or `alphaloss.Suite`; received {task!r}."
        )
    return task


@contextmanager
def blame(path: Path) -> Iterator[None]:
    """Runs code of an evaluator: what it raises becomes an `EvaluatorError` with the file and line.

    An exception that never passed through the file is not its fault, and goes on as it is.
    """
    try:
        yield
    except EvaluatorError as error:
        line = _line(path, error)
        raise EvaluatorError(f"{path}{line}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise EvaluatorError(
            f"{path}{_line(path, error)}: {error.title}: `{name}`: {first['msg']}; received {first['input']!r}."
        ) from None
    except SyntaxError as error:
        file = error.filename or path
        raise EvaluatorError(f"{file}, line {error.lineno}: not valid Python: {error.msg}.") from None
    except Exception as error:  # a user's file may raise anything; the user needs its line, not our stack
        line = _line(path, error)
        if not line:
            raise
        raise EvaluatorError(f"{path}{line}: {type(error).__name__}: {error}") from None


def _line(path: Path, error: BaseException) -> str:
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    return f", line {lines[-1]}" if lines else ""


def _check_options(path: Path, task: object, options: Mapping[str, object]) -> None:
    assert callable(task)
    parameters = inspect.signature(task).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return  # the function checks its options itself
    for option in options:
        if option not in parameters:
            near = difflib.get_close_matches(option, parameters, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            known = ", ".join(parameters) or "none"
            raise EvaluatorError(f"{path}: unknown option `{option}`.{hint} Its options: {known}.")
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in options:
            raise EvaluatorError(f"{path}: the option `{name}` has no default and must be given.")
