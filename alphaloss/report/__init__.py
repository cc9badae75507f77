"""What people see of a run: tables, and what is read back from a run folder."""
