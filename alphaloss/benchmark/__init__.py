"""Comparing algorithms and proposers under the same budget.

folder.py     where searches are kept, and which are finished
searches.py   what is trained: references, and one search of an arm
running.py    all that is missing of a comparison
reading.py    from databases to records
summary.py    from records to the table
results.py    the records
"""

from alphaloss.benchmark.results import BenchmarkResult
from alphaloss.benchmark.running import run_missing
from alphaloss.benchmark.summary import summarise

__all__ = ["BenchmarkResult", "run_missing", "summarise"]
