"""The folder of a run."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from alphaloss.errors import UsageError
from alphaloss.naming import DATABASE


def new_run_folder() -> Path:
    """`runs/` and the time, for a run that the user did not name."""
    return Path("runs") / datetime.now().strftime("%Y%m%d-%H%M%S")


def check_folder(folder: Path) -> None:
    """Refuses a folder for a new run, before anything slow begins.

    Raises:
        UsageError: it holds a run, is a file, or cannot be written to.
    """
    if (folder / DATABASE).exists():
        raise UsageError(f"The folder `{folder}` already holds a run. Choose another name for the new run.")
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise UsageError(f"RUN must be a folder; `{existing}` is a file. Choose another name for the new run.")
    if not os.access(existing, os.W_OK):
        raise UsageError(f"The folder `{existing}` cannot be written to. Choose another place for the new run.")
