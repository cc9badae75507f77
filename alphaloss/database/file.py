"""The SQLite file under a database: made, checked, connected, and its faults said in sentences."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alphaloss.database.schema import APPLICATION_ID, READABLE, SCHEMA
from alphaloss.errors import InfrastructureError, UsageError

_PATIENCE_SECONDS = 30  # for another connection's commit; a busy disk may take seconds for one


def make(path: Path) -> None:
    """Makes an empty database. It appears under its name only when it is complete, so a kill leaves no half of one.

    Raises:
        UsageError: the file exists.
    """
    if path.exists():
        raise UsageError(f"`{path}` exists; expected the name of a new run. Choose another name.")
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with closing(_connect(draft, "rwc")) as connection:
        connection.executescript(f"BEGIN; {SCHEMA} COMMIT;")
    draft.rename(path)


def check(path: Path) -> None:
    """Refuses a file that is not a database of a version that can be read, without changing it.

    Raises:
        UsageError: the file is missing, damaged, foreign or of another version.
    """
    expected = f"expected an alphaloss database of version {READABLE[0]} to {READABLE[-1]}"
    if not path.is_file():
        raise UsageError(f"there is no file `{path}`; {expected}. Give the folder of a run of `alphaloss evolve`.")
    try:
        with closing(_connect(path, "ro")) as connection:
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise UsageError(f"`{path}` cannot be read; {expected}, received: {error}. Restore it from a copy.") from error
    if application != APPLICATION_ID:
        raise UsageError(
            f"`{path}` is not a run; {expected}, received a database of another program. "
            "Give the folder of a run of `alphaloss evolve`."
        )
    if version not in READABLE:
        raise UsageError(
            f"`{path}` is of another version; {expected}, received version {version}. "
            "Use the alphaloss that made it, or start a new run."
        )


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    return _connect(path, "ro")


def connect_writer(path: Path) -> sqlite3.Connection:
    """A connection whose commits are on disk when they return, and do not wait for readers.

    A thread other than the one that made it may use it, one at a time.
    """
    connection = _connect(path, "rw")
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """What happens inside is on disk afterwards: all of it, or nothing.

    Raises:
        InfrastructureError: the disk is full, or the file cannot be read or written.
    """
    with explained(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what SQLite says about the disk and the file into a sentence; faults of the caller pass through.

    Raises:
        InfrastructureError: the disk is full, or the file cannot be read or written.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        next_step = "Run `alphaloss doctor` on the run's folder"
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            next_step = "Free some space and start a new run"
        raise InfrastructureError(
            f"`{path}` cannot be used: {error}. What was recorded before is kept. {next_step}."
        ) from error


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """Opens with the mode `ro`, `rw` or `rwc` (made if missing). Transactions are begun by hand."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    if mode == "ro" and not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists():
        uri += "&immutable=1"  # SQLite would make a file beside it, and all is in the database
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=_PATIENCE_SECONDS
    )
    connection.row_factory = sqlite3.Row
    return connection
