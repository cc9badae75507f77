"""Evaluators: one file a task, to be named on the command line or copied. See README.md."""
