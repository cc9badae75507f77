"""Databases of earlier versions: a writer migrates them, a reader sees them as if they had been.

    version 1   has no shape cards: a card follows from the loss graph and the task's class count, which it stores
    version 2   has trainings with a score and nothing else measured: the other metrics and the loss stay unknown
    version 3   asked no language model: there are no exchanges

The content hash sees none of this, so it is the same before and after.
"""

from __future__ import annotations

import sqlite3

from alphaloss.database.schema import MAKE_EXCHANGES, VERSION
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.shape_card import shape_card

# The task is recorded before any program, so where there is a program there is a class count.
_CARD = "card(graph, (SELECT json_extract(payload, '$.classes') FROM events WHERE kind = 'task' LIMIT 1))"


def migrate(connection: sqlite3.Connection) -> None:
    """Makes the present version of an earlier one; inside a transaction of the only writer."""
    version = _version(connection)
    if version < 2:
        connection.create_function("card", 2, _card, deterministic=True)
        connection.execute("ALTER TABLE programs ADD COLUMN shape_card TEXT NOT NULL DEFAULT ''")
        connection.execute(f"UPDATE programs SET shape_card = {_CARD}")  # noqa: S608
    if version < 3:
        connection.execute("ALTER TABLE trainings ADD COLUMN metrics TEXT NOT NULL DEFAULT '{}'")
        connection.execute("ALTER TABLE trainings ADD COLUMN loss REAL")
    if version < 4:
        connection.execute(MAKE_EXCHANGES)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def complete(connection: sqlite3.Connection) -> None:
    """Gives a reader of an earlier version all columns and tables; the file stays as it is.

    Views and tables are temporary; a view hides the table of its name.
    """
    version = _version(connection)
    if version < 2:
        connection.create_function("card", 2, _card, deterministic=True)
        connection.execute(f"CREATE TEMP VIEW programs AS SELECT *, {_CARD} AS shape_card FROM main.programs")  # noqa: S608
    if version < 3:
        columns = "*, '{}' AS metrics, NULL AS loss"
        connection.execute(f"CREATE TEMP VIEW trainings AS SELECT {columns} FROM main.trainings")  # noqa: S608
    if version < 4:
        connection.execute(MAKE_EXCHANGES.replace("CREATE TABLE", "CREATE TEMP TABLE"))


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _card(graph: str, classes: int) -> str:
    return shape_card(LossGraph.from_json(graph), classes).model_dump_json()
