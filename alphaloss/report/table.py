"""A table of texts, for terminals, markdown and JSON."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table as RichTable

from alphaloss.records import Record


class Table(Record):
    """Rows below a heading.

    Attributes:
        title: one line.
        columns: names; the first column is of text, the others of numbers.
        rows: shape (rows, columns).
        notes: sentences below the table.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def rich(self) -> RichTable:
        """For a terminal; the notes are its caption."""
        caption = escape(" ".join(self.notes)) or None
        table = RichTable(title=escape(self.title), title_justify="left", caption=caption, caption_justify="left")
        for place, column in enumerate(self.columns):
            table.add_column(escape(column), justify="right" if place else "left", no_wrap=not place, overflow="fold")
        for row in self.rows:
            table.add_row(*map(escape, row))
        return table

    def markdown(self) -> str:
        """Title, table and notes."""
        rule = ("---", *["--:"] * (len(self.columns) - 1))
        lines = [f"| {' | '.join(cells)} |" for cells in (self.columns, rule, *self.rows)]
        return "\n".join([f"**{self.title}**", "", *lines, "", *self.notes]).rstrip() + "\n"
