"""Databases of version 1, which have no shape cards: a writer migrates them, a reader computes the cards that it reads.

A card follows from the loss graph and the task's class count, and version 1 stores both. The content hash does not see
cards, so it is the same before and after.
"""

from __future__ import annotations

import sqlite3

from alphaloss.database.schema import VERSION
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.shape_card import shape_card

# The task is recorded before any program, so where there is a program there is a class count.
_CARD = "card(graph, (SELECT json_extract(payload, '$.classes') FROM events WHERE kind = 'task' LIMIT 1))"


def migrate(connection: sqlite3.Connection) -> None:
    """Makes version 2 of version 1 and leaves version 2 alone; inside a transaction of the only writer."""
    if _version(connection) == 1:
        connection.create_function("card", 2, _card, deterministic=True)
        connection.execute("ALTER TABLE programs ADD COLUMN shape_card TEXT NOT NULL DEFAULT ''")
        connection.execute(f"UPDATE programs SET shape_card = {_CARD}")  # noqa: S608
        connection.execute(f"PRAGMA user_version = {VERSION}")


def complete(connection: sqlite3.Connection) -> None:
    """Gives a reader of version 1 a view with cards in the place of `programs`; the file stays as it is."""
    if _version(connection) == 1:
        connection.create_function("card", 2, _card, deterministic=True)
        connection.execute(f"CREATE TEMP VIEW programs AS SELECT *, {_CARD} AS shape_card FROM main.programs")  # noqa: S608


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _card(graph: str, classes: int) -> str:
    return shape_card(LossGraph.from_json(graph), classes).model_dump_json()
