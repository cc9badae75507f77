"""The programs database: everything that a run did, in one SQLite file that survives its writer."""

from alphaloss.database.database import VALIDATION, Database
from alphaloss.database.exchange_log import Asked, ExchangeLog
from alphaloss.database.rows import Entry, Event

__all__ = ["VALIDATION", "Asked", "Database", "Entry", "Event", "ExchangeLog"]
