"""`Database`: what a run recorded, as records in and records out.

Every recording is one transaction, on disk before the method returns. Recording the same thing again is harmless, so
a resumed run may repeat what it did; recording something else in its place is an error. One controller writes, from
one thread (and exchanges with language models from another), under the run's lock; other processes may read meanwhile.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from itertools import groupby
from pathlib import Path
from typing import Self

from pydantic import JsonValue

from alphaloss.database import file, migration
from alphaloss.database.exchange_log import Asked, ExchangeLog, read_asked
from alphaloss.database.lock import RunLock
from alphaloss.database.rows import (
    Entry,
    Event,
    Row,
    Value,
    entry_row,
    program_row,
    read_entry,
    read_event,
    read_program,
    read_training,
    strict_json,
    training_row,
)
from alphaloss.database.schema import OUTCOMES, PROGRAMS, TRAININGS, Table
from alphaloss.errors import InfrastructureError, UsageError
from alphaloss.records import Code, Evaluation, Phase, Program, Training

VALIDATION = "validation"  # the measure of a training whose test data stayed closed


class Database:
    """One run's database, made by `create`, `open` or `read`; a context manager that closes it.

    Raises (from any method):
        InfrastructureError: the disk is full, the file is damaged, or a recording contradicts an earlier one.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: RunLock | None) -> None:
        """Wraps an open connection; use `create`, `open` or `read`."""
        self.path = path
        self._db = connection
        self._lock = lock

    @classmethod
    def create(cls, path: Path) -> Self:
        """Makes the database of a new run, with its folder, and opens it for writing.

        Raises:
            UsageError: the file exists, or another process is writing to the run.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls._open_locked(path, make=True)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Opens the database of a run for writing; one of an earlier version becomes one of the present.

        Raises:
            UsageError: the file is missing, damaged, foreign or of another version, or another process is writing
                to the run.
        """
        file.check(path)
        return cls._open_locked(path, make=False)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Opens the database of a run, also of an earlier version, for reading only; a controller may write meanwhile.

        Raises:
            UsageError: the file is missing, damaged, foreign or of another version.
        """
        file.check(path)
        connection = file.connect_reader(path)
        migration.complete(connection)
        return cls(path, connection, lock=None)

    @classmethod
    def _open_locked(cls, path: Path, *, make: bool) -> Self:
        with ExitStack() as on_error:
            lock = RunLock(path.with_suffix(".lock"))
            on_error.callback(lock.release)
            if make:
                file.make(path)
            connection = file.connect_writer(path)
            on_error.callback(connection.close)
            database = cls(path, connection, lock)
            with database._transaction():
                migration.migrate(connection)
            on_error.pop_all()
        return database

    def close(self) -> None:
        """Closes the file and lets the next writer in."""
        self._db.close()
        if self._lock:
            self._lock.release()

    def __enter__(self) -> Self:
        """The database itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the database."""
        self.close()

    # Recording

    def event(self, kind: str, payload: Mapping[str, JsonValue]) -> None:
        """Appends something that happened to the run as a whole, with the wall-clock time.

        Raises:
            ValueError: `payload` holds a number that JSON does not have (NaN, infinity).
        """
        values = (kind, strict_json(payload), time.time())
        with self._transaction():
            self._db.execute("INSERT INTO events (kind, payload, time) VALUES (?, ?, ?)", values)

    def record_program(self, program: Program, name: str | None = None) -> None:
        """Stores a program that no variation made (of the zoo, a reference); `name` is what tables call it.

        Of a key that is stored already the first admission is kept, and gets the name if it has none.
        """
        with self._transaction():
            self._insert_program(program, name)

    def record_entry(self, entry: Entry) -> None:
        """Stores the outcome of a variation, and the program if it is one.

        The program that a `Duplicate` repeats is stored before.
        """
        with self._transaction():
            if isinstance(entry.outcome, Program):
                self._insert_program(entry.outcome, None)
            self._insert(OUTCOMES, entry_row(entry))

    def record_training(
        self, training: Training, *, task: str, phase: Phase, place: int, measure: str = VALIDATION
    ) -> None:
        """Stores a training of a stored program; `place` is that of its seed among those of phase and rung.

        Raises:
            ValueError: a score is NaN or infinite.
        """
        row = training_row(training, task=task, phase=phase, place=place, measure=measure)
        with self._transaction():
            self._insert(TRAININGS, row)

    def exchange_log(self) -> ExchangeLog:
        """Where exchanges with language models are recorded, from a thread of their own; to be closed before this."""
        return ExchangeLog(self.path)

    # Reading

    def exchanges(self) -> Iterator[Asked]:
        """All exchanges with language models, in the order in which they were begun."""
        return map(read_asked, self._rows("SELECT * FROM exchanges ORDER BY number"))

    def events(self, kind: str) -> list[Event]:
        """The events of a kind, in the order in which they happened."""
        return [read_event(row) for row in self._rows("SELECT * FROM events WHERE kind = ? ORDER BY number", kind)]

    def count_events(self, kind: str) -> int:
        """How often something happened."""
        return len(self.events(kind))

    def entries(self) -> Iterator[Entry]:
        """All outcomes, by wave, position and attempt."""
        sql = (
            "SELECT outcomes.*, canonical_source, graph, gradient_field, gradient_scale, shape_card "
            "FROM outcomes LEFT JOIN programs ON programs.key = outcomes.key ORDER BY wave, position, attempt"
        )
        return map(read_entry, self._rows(sql))

    def programs(self) -> Iterator[Program]:
        """All programs, in the order of admission."""
        return map(read_program, self._rows("SELECT * FROM programs ORDER BY admitted"))

    def named_programs(self) -> dict[str, Program]:
        """The programs of the zoo and the references by name, in the order of admission."""
        rows = self._rows("SELECT * FROM programs WHERE name IS NOT NULL ORDER BY admitted")
        return {row["name"]: read_program(row) for row in rows}

    def holds(self, key: str) -> bool:
        """Whether a program was recorded."""
        return self._db.execute("SELECT 1 FROM programs WHERE key = ?", (key,)).fetchone() is not None

    def find_program(self, prefix: str) -> Program:
        """The program whose key begins with `prefix`: the ID of `RUN:ID`.

        Raises:
            UsageError: no program, or more than one, begins so.
        """
        start = prefix.lower()
        end = start + "g"  # keys are hexadecimal, so this comes after all that begin with the prefix
        rows = list(self._rows("SELECT * FROM programs WHERE key >= ? AND key < ? LIMIT 2", start, end))
        run = self.path.parent
        if not rows:
            raise UsageError(f"`{run}` has no program `{prefix}`; expected an ID that `alphaloss show {run}` lists.")
        if len(rows) > 1:
            examples = " and ".join(f"`{row['key'][:10]}`" for row in rows)
            raise UsageError(
                f"`{prefix}` is ambiguous in `{run}`; expected the beginning of one ID, received that of {examples}. "
                "Write more characters."
            )
        return read_program(rows[0])

    def evaluations(
        self, task: str, phase: Phase, rung: str, *, measure: str = VALIDATION, key: str | None = None
    ) -> list[Evaluation]:
        """What was trained, of all programs or of `key`: one evaluation a program and learning rate scale.

        In the order of admission; the trainings of an evaluation are in the order of the phase's seeds.
        """
        sql = (
            "SELECT trainings.* FROM trainings JOIN programs USING (key) "
            "WHERE task = ? AND phase = ? AND rung = ? AND measure = ? AND key = COALESCE(?, key) "
            "ORDER BY admitted, learning_rate_scale, place"
        )
        trainings = map(read_training, self._rows(sql, task, phase, rung, measure, key))
        groups = groupby(trainings, lambda training: (training.key, training.learning_rate_scale))
        return [Evaluation(key=key, phase=phase, rung=rung, trainings=tuple(group)) for (key, _), group in groups]

    def best(
        self, task: str, phase: Phase, rung: str, *, maximize: bool, count: int, measure: str = VALIDATION
    ) -> list[tuple[Program, float]]:
        """The `count` programs of the best mean score, and that score: the best first, of equals the first admitted.

        At learning rate scale 1. A program with a training that has no score does not take part.
        """
        sql = (
            "SELECT programs.*, mean FROM programs JOIN (SELECT key, AVG(score) AS mean FROM trainings "
            "WHERE task = ? AND phase = ? AND rung = ? AND measure = ? AND learning_rate_scale = 1 "
            "GROUP BY key HAVING COUNT(score) = COUNT(*)) USING (key) "
            "ORDER BY CASE WHEN ? THEN -mean ELSE mean END, admitted LIMIT ?"
        )
        rows = self._rows(sql, task, phase, rung, measure, maximize, count)
        return [(read_program(row), row["mean"]) for row in rows]

    def outcome_counts(self) -> dict[str, int]:
        """How many outcomes are a `program`, a `rejection`, a `duplicate`, or `failed`."""
        return self._counts("SELECT kind, COUNT(*) FROM outcomes GROUP BY kind")

    def rejection_counts(self) -> dict[Code, int]:
        """How many rejections there are for each reason, the most frequent first."""
        sql = "SELECT code, COUNT(*) FROM outcomes WHERE code IS NOT NULL GROUP BY code ORDER BY 2 DESC, 1"
        return {Code(code): count for code, count in self._counts(sql).items()}

    def fault_counts(self) -> dict[str, int]:
        """How many answers of language models held no program, for each reason."""
        sql = (
            "SELECT json_extract(details, '$.fault') AS fault, COUNT(DISTINCT json_extract(details, '$.exchange')) "
            "FROM outcomes WHERE kind = 'failed' AND fault IS NOT NULL GROUP BY fault ORDER BY 2 DESC, 1"
        )
        return self._counts(sql)

    def training_counts(self) -> dict[Phase, int]:
        """How many trainings there are in each phase."""
        counts = self._counts("SELECT phase, COUNT(*) FROM trainings GROUP BY phase")
        return {Phase(phase): count for phase, count in counts.items()}

    def content_hash(self) -> str:
        """sha256 of all outcomes, programs and trainings: equal for runs that found the same.

        Events, times, and the order in which things were recorded do not enter.
        """
        digest = hashlib.sha256()
        for table in (OUTCOMES, PROGRAMS, TRAININGS):
            for row in self._rows(table.what_counts):
                values = [value.hex() if isinstance(value, bytes) else value for value in row]
                digest.update(f"{table.name} {strict_json(values)}\n".encode())
        return digest.hexdigest()

    def integrity(self) -> list[str]:
        """What SQLite finds wrong with the file; empty if it is sound."""
        try:
            found = [row[0] for row in self._db.execute("PRAGMA integrity_check") if row[0] != "ok"]
            missing = self._db.execute("PRAGMA foreign_key_check").fetchall()
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return found + [f"row {row[1]} of {row[0]} refers to a program that is not there" for row in missing]

    def _insert(self, table: Table, row: Row) -> None:
        """Adds a row, or sees that the same one is there."""
        if self._db.execute(table.insert, row).rowcount == 0 and not self._db.execute(table.find, row).fetchone():
            identity = ", ".join(f"{column}={row[column]!r}" for column in table.identity)
            raise InfrastructureError(
                f"`{self.path}` holds other values in {table.name} for {identity}; expected the same ones again. "
                "This machine or its library versions differ from those that began the run: start a new one."
            )

    def _insert_program(self, program: Program, name: str | None) -> None:
        row = program_row(program, name)
        if self._db.execute(PROGRAMS.insert, row).rowcount == 0:
            self._db.execute("UPDATE programs SET name = COALESCE(name, :name) WHERE key = :key", row)

    def _rows(self, sql: str, *values: Value) -> Iterator[sqlite3.Row]:
        with file.explained(self.path):
            cursor = self._db.execute(sql, values)
            while row := cursor.fetchone():
                yield row

    def _counts(self, sql: str) -> dict[str, int]:
        return {row[0]: row[1] for row in self._rows(sql)}

    def _transaction(self) -> AbstractContextManager[None]:
        return file.transaction(self._db, self.path)
