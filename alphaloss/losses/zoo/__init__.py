"""The zoo: hand-designed losses, each a candidate file of its own with its formula, source and year.

They are references that a search is compared with; no proposer sees them. Losses of classes lie here, those of
regressions in `values/`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from alphaloss.errors import UsageError
from alphaloss.losses.types import Target

REFERENCE = "cross-entropy"
"""The loss of classes that every other is compared with."""

REFERENCES: Mapping[Target, str] = {"classes": REFERENCE, "values": "squared"}
"""For each kind of task the loss that every other is compared with."""

_PACKAGES: Mapping[Target, str] = {"classes": __name__, "values": f"{__name__}.values"}


def zoo_names(target: Target = "classes") -> list[str]:
    """The names of all losses for a kind of task, as the command line takes them; the reference comes first."""
    names = [name for name, of in _targets().items() if of == target]
    return sorted(names, key=lambda name: (name != REFERENCES[target], name))


def zoo_source(name: str) -> str:
    """The candidate file of a loss in the zoo.

    Raises:
        UsageError: there is no loss of that name; the message has the nearest ones.
    """
    package = resources.files(_PACKAGES[zoo_target(name)])
    return (package / f"{name.replace('-', '_')}.py").read_text(encoding="utf-8")


def zoo_target(name: str) -> Target:
    """The kind of task that a loss in the zoo is for.

    Raises:
        UsageError: there is no loss of that name; the message has the nearest ones.
    """
    targets = _targets()
    if name not in targets:
        near = difflib.get_close_matches(name, targets, n=1, cutoff=0.4)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        known = "; ".join(f"for {target}: {', '.join(zoo_names(target))}" for target in _PACKAGES)
        raise UsageError(
            f"There is no loss `{name}` in the zoo.{hint} The zoo has, {known}. "
            "A loss is a name from the zoo, a Python file, RUN or RUN:ID."
        )
    return targets[name]


def zoo_title(name: str) -> str:
    """The first line of a loss's docstring: its name and formula."""
    return zoo_source(name).removeprefix('"""').partition("\n")[0]


@cache
def _targets() -> dict[str, Target]:
    """Every name in the zoo with its kind of task."""
    return {
        file.name.removesuffix(".py").replace("_", "-"): target
        for target, package in _PACKAGES.items()
        for file in resources.files(package).iterdir()
        if file.name.endswith(".py") and file.name != "__init__.py"
    }
