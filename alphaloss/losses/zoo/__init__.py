"""The zoo: hand-designed losses, each a candidate file of its own with its formula, source and year.

They are references that a search is compared with; no proposer sees them.
"""

from __future__ import annotations

import difflib
from importlib import resources

from alphaloss.errors import UsageError

REFERENCE = "cross-entropy"
"""The loss that every other is compared with."""


def zoo_names() -> list[str]:
    """The names of all losses in the zoo, as the command line takes them; the reference comes first."""
    files = resources.files(__name__).iterdir()
    names = sorted(f.name.removesuffix(".py").replace("_", "-") for f in files if f.name.endswith(".py"))
    return [REFERENCE, *(n for n in names if n not in (REFERENCE, "--init--"))]


def zoo_source(name: str) -> str:
    """The candidate file of a loss in the zoo.

    Raises:
        UsageError: there is no loss of that name; the message has the nearest ones.
    """
    names = zoo_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise UsageError(
            f"There is no loss `{name}` in the zoo.{hint} The zoo has: {', '.join(names)}. "
            "A loss is a name from the zoo, a Python file, RUN or RUN:ID."
        )
    return (resources.files(__name__) / f"{name.replace('-', '_')}.py").read_text(encoding="utf-8")


def zoo_title(name: str) -> str:
    """The first line of a loss's docstring: its name and formula."""
    return zoo_source(name).removeprefix('"""').partition("\n")[0]
