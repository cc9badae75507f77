"""Exchanges with language models as rows; recorded through a connection of their own, as soon as a call has ended."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from alphaloss.database import file
from alphaloss.database.rows import Row, strict_json
from alphaloss.database.schema import EXCHANGES
from alphaloss.exchanges import Exchange, Place, Usage
from alphaloss.records import Record


class Asked(Record):
    """An exchange, and what asked for it."""

    place: Place
    exchange: Exchange


class ExchangeLog:
    """Records exchanges of a run while its `Database` records the rest. Used by one thread at a time.

    Raises (from any method):
        InfrastructureError: the disk is full, or the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file of a run whose lock this process holds."""
        self._path = path
        self._db = file.connect_writer(path)

    def record(self, place: Place, exchange: Exchange) -> None:
        """Stores an exchange; the one that a place has already is kept."""
        with file.transaction(self._db, self._path):
            self._db.execute(EXCHANGES.insert, _row(place, exchange))

    def close(self) -> None:
        """Closes the connection."""
        self._db.close()


def _row(place: Place, exchange: Exchange) -> Row:
    values = exchange.model_dump(mode="json", exclude={"messages", "usage"})
    messages = strict_json([message.model_dump() for message in exchange.messages])
    # SQLite stores no half of a surrogate pair; answers come without, prompts are made of harmless text.
    return {**place.model_dump(), **values, **exchange.usage.model_dump(), "messages": messages}


def read_asked(row: sqlite3.Row) -> Asked:
    """The exchange of a row."""
    values = dict(row)
    place = {name: values.pop(name) for name in Place.model_fields}
    usage = {name: values.pop(name) for name in Usage.model_fields}
    values |= {"messages": json.loads(values["messages"]), "usage": usage}
    return Asked(place=Place.model_validate(place), exchange=Exchange.model_validate(values))
