"""Writing files so that a reader never sees half of one, and telling whether one has changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from alphaloss.errors import InfrastructureError


def write_file(path: Path, text: str) -> None:
    """Writes a text file under a temporary name, flushes it to disk and renames it.

    Raises:
        InfrastructureError: the folder cannot be written, or the disk is full.
    """
    draft = path.with_name(path.name + ".new")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise InfrastructureError(
            f"Cannot write `{path}`: {error}. Free some space or choose another folder."
        ) from error


def file_hash(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
