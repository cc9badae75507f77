"""What a user may call a loss: a name of the zoo, a Python file, RUN, or RUN:ID."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from alphaloss.database import Database
from alphaloss.errors import UsageError
from alphaloss.losses.types import Target
from alphaloss.losses.zoo import zoo_names, zoo_source, zoo_target
from alphaloss.training import TaskInfo

DATABASE = "run.sqlite"


class NamedSource(NamedTuple):
    """The text of a loss, what tables call it, and what a run knows of it."""

    name: str
    source: str
    gradient_scale: float = 1.0  # that it was trained with in its run
    class_prior: tuple[float, ...] = ()  # of its run's task
    run: Path | None = None
    target: Target = "classes"
    classes: int | None = None  # of its run's task

    def require(self, target: Target) -> None:
        """Refuses a loss of the zoo or of a run on a task of another kind; what a file is for shows in the gate.

        Raises:
            UsageError: it is for the other kind of task.
        """
        known = self.run is not None or self.name in zoo_names(self.target)
        if known and self.target != target:
            raise UsageError(
                f"The loss `{self.name}` is for {self.target}, and this task predicts {target}. For {target} the zoo "
                f"has: {', '.join(zoo_names(target))}."
            )


def find_loss(text: str) -> NamedSource:
    """The source of a loss that a user named.

    Args:
        text: a name of the zoo, a path to a `.py` file, a run folder (its champion), or `RUN:ID`.

    Raises:
        UsageError: there is no such loss; the message has the nearest names.
    """
    if text in (*zoo_names("classes"), *zoo_names("values")):
        return NamedSource(text, zoo_source(text), target=zoo_target(text))
    path = Path(text)
    if path.suffix == ".py" or path.is_file():
        return NamedSource(path.name, _read(path))
    run, colon, prefix = text.rpartition(":")
    folder = Path(run if colon else text)
    if (folder / DATABASE).is_file():
        with Database.read(folder / DATABASE) as database:
            program = database.find_program(prefix if colon else _champion(database, folder))
            info = TaskInfo.model_validate(database.events("task")[-1].payload)
        name = f"{folder.name}:{program.id}"
        target = program.graph.target
        prior, classes = info.class_prior, info.classes
        return NamedSource(name, program.source, program.gradient_scale, prior, folder, target, classes)
    if folder.is_dir() and not colon:
        raise UsageError(f"The folder `{folder}` is no run: it has no {DATABASE}.")
    if colon:
        raise UsageError(f"There is no run `{folder}` (a folder with {DATABASE}); RUN:ID names a program of a run.")
    return NamedSource(text, zoo_source(text))


def _champion(database: Database, folder: Path) -> str:
    results = database.events("result")
    if not results:
        raise UsageError(
            f"The run `{folder}` has no champion yet; name one of its programs as {folder}:ID, which "
            f"`alphaloss show {folder}` lists."
        )
    return str(results[-1].payload["champion_key"])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            f"There is no file `{path}`. A loss is a name from the zoo, a Python file, RUN or RUN:ID."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read the loss `{path}`: {error}.") from None
