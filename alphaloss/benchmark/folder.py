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
from alphaloss.naming import DATABASE

CONFIG = "config.yaml"
FINISHED = "searched"
"""The event that ends a search of a comparison, and the trainings of its references."""


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
        UsageError: one with other settings was.
    """
    if not (folder / DATABASE).is_file():
        return False
    with Database.read(folder / DATABASE) as database:
        if not database.events(FINISHED):
            return False
    before = load_settings(folder / CONFIG)
    for name, old, new in _differences(before.model_dump(mode="json"), settings.model_dump(mode="json")):
        raise UsageError(
            f"The search in `{folder}` was made with {name} = {old!r}, and the configuration now says {new!r}. Choose "
            "another folder for the new comparison, or remove that of the search."
        )
    return True


def clear(folder: Path) -> None:
    """Removes what an interrupted search left."""
    if (folder / DATABASE).is_file():
        shutil.rmtree(folder)


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Name, old and new value of each setting that differs."""
    for name in dict.fromkeys((*old, *new)):
        before, now = old.get(name), new.get(name)
        if isinstance(before, dict) and isinstance(now, dict):
            yield from _differences(before, now, f"{prefix}{name}.")
        elif before != now:
            yield f"{prefix}{name}", before, now
