"""The tables of a run's database, version 4, and the statements that follow from their columns."""

from __future__ import annotations

from dataclasses import dataclass

APPLICATION_ID = 0x414C4F53  # "ALOS", in the header of the file
VERSION = 4
READABLE = (1, 2, 3, VERSION)
"""What `alphaloss.database.migration` makes look like the present version."""

MAKE_EXCHANGES = """
CREATE TABLE exchanges (
    wave              INTEGER NOT NULL,
    position          INTEGER NOT NULL,      -- -1: for the wave as a whole
    attempt           INTEGER NOT NULL,
    number            INTEGER NOT NULL,      -- of the call in its run
    purpose           TEXT NOT NULL,
    template_hash     TEXT NOT NULL,
    model             TEXT NOT NULL,
    base_url          TEXT NOT NULL,
    temperature       REAL,
    messages          TEXT NOT NULL,         -- JSON list
    answer            TEXT,
    reply             TEXT NOT NULL,
    reason            TEXT NOT NULL,
    prompt_tokens     INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    estimated         INTEGER NOT NULL,      -- 0 or 1
    usd               REAL,
    seconds           REAL NOT NULL,
    attempts          INTEGER NOT NULL,      -- requests sent
    PRIMARY KEY (wave, position, attempt)
)
"""

SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
CREATE TABLE events (
    number  INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    payload TEXT NOT NULL,                   -- JSON
    time    REAL NOT NULL                    -- wall clock, seconds since 1970; for display
);
CREATE TABLE programs (
    admitted         INTEGER PRIMARY KEY,    -- the order of admission
    key              TEXT NOT NULL UNIQUE,   -- sha256 of the canonical graph
    name             TEXT,                   -- of a zoo loss or a reference
    author_source    TEXT NOT NULL,
    operator         TEXT NOT NULL,
    parents          TEXT NOT NULL,          -- JSON list of keys
    details          TEXT NOT NULL,          -- JSON object: what else the proposer wants kept
    canonical_source TEXT NOT NULL,
    graph            TEXT NOT NULL,          -- JSON, format `alphaloss.graph`
    gradient_field   BLOB NOT NULL,          -- little-endian float64
    gradient_scale   REAL NOT NULL,
    shape_card       TEXT NOT NULL           -- JSON; follows from the graph and the task's class count
);
CREATE TABLE outcomes (
    wave          INTEGER NOT NULL,
    position      INTEGER NOT NULL,
    attempt       INTEGER NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('program', 'rejection', 'duplicate', 'failed')),
    operator      TEXT NOT NULL,
    parents       TEXT NOT NULL,             -- JSON list of keys
    details       TEXT NOT NULL,             -- JSON object: what else the proposer wants kept
    author_source TEXT,                      -- NULL if there was no candidate
    code          TEXT,
    message       TEXT,
    line          INTEGER,
    key           TEXT REFERENCES programs (key),  -- of the program, or of the one that is repeated
    propose_ms    REAL NOT NULL,
    gate_ms       REAL NOT NULL,
    PRIMARY KEY (wave, position, attempt)
);
CREATE TABLE trainings (
    key                 TEXT NOT NULL REFERENCES programs (key),
    task                TEXT NOT NULL,
    rung                TEXT NOT NULL,
    seed                INTEGER NOT NULL,
    learning_rate_scale REAL NOT NULL,
    measure             TEXT NOT NULL,
    phase               TEXT NOT NULL,
    place               INTEGER NOT NULL,    -- of the seed among those of the phase and rung
    status              TEXT NOT NULL,
    score               REAL CHECK (score IS NULL OR status = 'ok'),
    curve               TEXT NOT NULL,       -- JSON list, null where not finite
    message             TEXT NOT NULL,
    test                TEXT,                -- JSON, where the test data was opened
    metrics             TEXT NOT NULL,       -- JSON object: all metrics by name, on validation data
    loss                REAL,                -- mean of the loss itself on validation data
    steps               INTEGER NOT NULL,
    seconds             REAL NOT NULL,
    PRIMARY KEY (key, task, rung, seed, learning_rate_scale, measure)
);
CREATE INDEX trainings_by_phase ON trainings (task, phase, rung, measure);
{MAKE_EXCHANGES};
"""


@dataclass(frozen=True)
class Table:
    """The columns of a table, in three sorts.

    The identity says which row it is. The content must be equal if the row is recorded again. Aside stands what a
    stopwatch or a proposer noted, what follows from the content, or what is measured beside a score: no comparison and
    no hash sees it.
    """

    name: str
    identity: tuple[str, ...]
    content: tuple[str, ...]
    aside: tuple[str, ...] = ()

    @property
    def insert(self) -> str:
        """Adds a row; does nothing if its identity is taken. Any other broken constraint is an error."""
        columns = (*self.identity, *self.content, *self.aside)
        return (
            f"INSERT INTO {self.name} ({', '.join(columns)}) VALUES (:{', :'.join(columns)}) "  # noqa: S608
            f"ON CONFLICT ({', '.join(self.identity)}) DO NOTHING"
        )

    @property
    def find(self) -> str:
        """Finds the row of equal identity and content."""
        equal = " AND ".join(f"{column} IS :{column}" for column in (*self.identity, *self.content))
        return f"SELECT 1 FROM {self.name} WHERE {equal}"  # noqa: S608

    @property
    def what_counts(self) -> str:
        """All rows in the order of their identity, without row numbers and what stands aside."""
        columns = ", ".join((*self.identity, *self.content))
        return f"SELECT {columns} FROM {self.name} ORDER BY {', '.join(self.identity)}"  # noqa: S608


PROGRAMS = Table(
    "programs",
    identity=("key",),
    content=(
        *("name", "author_source", "operator", "parents"),
        *("canonical_source", "graph", "gradient_field", "gradient_scale"),
    ),
    aside=("details", "shape_card"),
)
OUTCOMES = Table(
    "outcomes",
    identity=("wave", "position", "attempt"),
    content=("kind", "operator", "parents", "author_source", "code", "message", "line", "key"),
    aside=("details", "propose_ms", "gate_ms"),
)
TRAININGS = Table(
    "trainings",
    identity=("key", "task", "rung", "seed", "learning_rate_scale", "measure"),
    content=("phase", "place", "status", "score", "curve", "message", "test", "steps"),
    aside=("metrics", "loss", "seconds"),
)
EXCHANGES = Table(
    "exchanges",
    identity=("wave", "position", "attempt"),
    content=("purpose", "template_hash", "model", "base_url", "temperature", "messages", "answer", "reply", "reason"),
    aside=("number", "prompt_tokens", "completion_tokens", "estimated", "usd", "seconds", "attempts"),
)
"""Not part of the content hash: what was found stands in the outcomes, whoever was asked for it, and how."""
