"""The folder of a comparison: a run folder a search, and which of them are finished.

DIR/<arm>/seed-<n>/                      run.sqlite and config.yaml, as of any run
DIR/references/<settings>/seed-<n>/      what all arms with these settings are compared with
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alphaloss.config import SearchSettings, Settings, load_settings
from alphaloss.database import Database
from alphaloss.errors import UsageError
from alphaloss.files import file_hash
from alphaloss.naming import DATABASE

CONFIG = "config.yaml"
FINISHED = "searched"
"""The event that ends a search of a comparison, and the trainings of its references."""
_LIMITS = frozenset({"llm.max_usd", "llm.max_tokens", "llm.max_calls"})
"""What a finished search does not depend on: they lasted, or it would not be finished."""


def search_folder(folder: Path, arm: str, seed: int) -> Path:
    """Where an arm's search of a seed is kept."""
    return folder / arm / f"seed-{seed}"


def reference_folder(folder: Path, settings: Settings) -> Path:
    """Where the references are kept that searches with these settings share."""
    shared = reference_settings(settings)
    text = shared.model_copy(update={"seed": 0}).model_dump_json(exclude_defaults=True)
    return folder / "references" / hashlib.sha256(text.encode()).hexdigest()[:8] / f"seed-{shared.seed}"


def reference_settings(settings: Settings) -> Settings:
    """What the trainings of references depend on, and defaults for the rest."""
    return Settings(
        seed=settings.seed,
        evaluator=settings.evaluator,
        gradient_scale=settings.gradient_scale,
        zoo=settings.zoo,
        search=SearchSettings(reference_seeds=settings.search.reference_seeds),
        selection=settings.selection,
        verdict=settings.verdict,
        sandbox=settings.sandbox,
        workers=settings.workers,
    )


def is_finished(folder: Path, settings: Settings) -> bool:
    """Whether a search with these settings was done.

    Raises:
        UsageError: one with other settings was, or with another content of the evaluator's file or a start loss's.
    """
    if not _holds_run(folder):
        return False
    with Database.read(folder / DATABASE) as database:
        if not database.events(FINISHED):
            return False
        files = database.events("run")[-1].payload.get("files", {})
    assert isinstance(files, dict)  # runs of earlier versions have none
    for path, digest in files.items():
        if Path(path).is_file() and file_hash(Path(path)) != digest:
            raise UsageError(
                f"The file `{path}` has changed since the search in `{folder}`. Choose another folder for the new "
                "comparison, or restore the file."
            )
    before = load_settings(folder / CONFIG)
    for name, old, new in _differences(before.model_dump(mode="json"), settings.model_dump(mode="json")):
        if name in _LIMITS:
            continue
        raise UsageError(
            f"The search in `{folder}` was made with {name} = {old!r}, and the configuration now says {new!r}. Choose "
            "another folder for the new comparison, or remove that of the search."
        )
    return True


def clear(folder: Path) -> None:
    """Removes what an interrupted search left.

    Raises:
        UsageError: the folder holds something else.
    """
    if not (folder / DATABASE).exists():
        return
    if not (folder / DATABASE).with_suffix(".lock").is_file() or _is_of_evolve(folder):
        raise UsageError(
            f"`{folder / DATABASE}` is not of a comparison's search. Choose another folder for the comparison, or move "
            "this one."
        )
    shutil.rmtree(folder)


def _holds_run(folder: Path) -> bool:
    """Whether there is a database: an empty file is what a full disk leaves."""
    return (folder / DATABASE).is_file() and (folder / DATABASE).stat().st_size > 0


def _is_of_evolve(folder: Path) -> bool:
    """Whether it is a whole run, with a verdict."""
    if not _holds_run(folder):
        return False
    with Database.read(folder / DATABASE) as database:
        return bool(database.events("result"))


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Name, old and new value of each setting that differs."""
    for name in dict.fromkeys((*old, *new)):
        before, now = old.get(name), new.get(name)
        if isinstance(before, dict) and isinstance(now, dict):
            yield from _differences(before, now, f"{prefix}{name}.")
        elif before != now:
            yield f"{prefix}{name}", before, now
