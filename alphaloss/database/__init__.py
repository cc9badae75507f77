"""The programs database: everything that a run did, in one SQLite file that survives its writer."""

from alphaloss.database.database import VALIDATION, Database
from alphaloss.database.rows import Entry, Event

__all__ = ["VALIDATION", "Database", "Entry", "Event"]
