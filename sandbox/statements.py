"""Rewrites of statements that MicroPython does not have, and what is refused with a hint."""

import ast
import builtins
from collections.abc import Callable

from .splices import RewriteError, Rewriting
from .syntax import last_name

MODULES = {"math": "mathematics", "collections": "containers", "os": "surroundings"}  # for MicroPython's own
ABSENT = {"random": "random numbers", "secrets": "random numbers", "time": "clock", "datetime": "clock"}
OPERATIONS_NAMED_AS_BUILTINS = {"abs", "all", "any", "max", "min", "round", "sum"}
ENUMERATIONS = {"Enum", "IntEnum", "StrEnum"}
NAMES_OF_FUNCTIONS = {"__name__", "__qualname__", "__doc__", "__module__"}


def refuse(message: str) -> Callable[[Rewriting, ast.stmt], None]:
    """What refuses a statement."""

    def refusal(work: Rewriting, node: ast.stmt) -> None:
        raise RewriteError(message, node.lineno)

    return refusal


def imported(work: Rewriting, node: ast.Import) -> None:
    """The modules that the guest has under another name."""
    for alias in node.names:
        _module(work, alias.name, node.lineno)


def imported_from(work: Rewriting, node: ast.ImportFrom) -> None:
    """As above; `from keras.ops import *` becomes an import of the names that are used."""
    _module(work, node.module or "", node.lineno)
    if node.names[0].name != "*":
        return
    if node.module != "keras.ops":
        raise RewriteError(f"import the names from `{node.module}` that you use, not *", node.lineno)
    if "*" not in work.bound:
        raise RewriteError("import everything from keras.ops once", node.lineno)
    work.bound.remove("*")
    read = {n.id for n in ast.walk(work.tree) if isinstance(n, ast.Name)}
    used = read - work.bound - (set(dir(builtins)) - OPERATIONS_NAMED_AS_BUILTINS)
    work.bound.update(used)
    position = work.start(node.names[0])
    work.replace(position, position + 1, ", ".join(sorted(used)) or "shape")


def class_definition(work: Rewriting, node: ast.ClassDef) -> None:
    """A dataclass is told the order of its fields, an enumeration the names of its members."""
    for keyword in node.keywords:
        if last_name(keyword.value) != "ABCMeta":
            raise RewriteError("a class of a candidate has no metaclass: write a plain class", node.lineno)
        work.replace(work.start(keyword), work.end(keyword), "object")
    if any(last_name(base) in ENUMERATIONS for base in node.bases):
        _enumeration(work, node)
    fields = [s.target.id for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
    given = "_fields=(" + "".join(f'"{field}",' for field in fields) + ")"
    for decorator in node.decorator_list:
        if last_name(decorator) != "dataclass":
            continue
        if isinstance(decorator, ast.Call):
            opening = work.token("(", work.end(decorator.func), work.end(decorator))
            work.insert(opening + 1, given + ",")
        else:
            work.insert(work.end(decorator), f"({given})")


def assignment(work: Rewriting, node: ast.Assign) -> None:
    """`loss.__name__ = "focal"` is left out: functions have no attributes, and nobody needs the name."""
    target = node.targets[0]
    if isinstance(target, ast.Attribute) and target.attr in NAMES_OF_FUNCTIONS:
        work.replace(work.start(node), work.end(node), "pass")


def iteration(work: Rewriting, node: ast.For | ast.comprehension) -> None:
    """What has no order is refused."""
    iterated = node.iter
    called = iterated.func if isinstance(iterated, ast.Call) else iterated
    of = called.value if isinstance(called, ast.Attribute) else called
    name = of.id if isinstance(of, ast.Name) else ""
    if isinstance(iterated, ast.Set | ast.SetComp) or name in {"set", "frozenset"}:
        raise RewriteError("the order of a set is not fixed: iterate over a list or a tuple", iterated.lineno)
    if name in work.keyword_dicts:
        raise RewriteError(f"the order of **{name} is not kept here: name the parameters", iterated.lineno)


def _module(work: Rewriting, name: str, line: int) -> None:
    first, _, rest = name.partition(".")
    if first in ABSENT:
        raise RewriteError(f"a loss has no {ABSENT[first]}: write it without `{first}`", line)
    if first in MODULES:
        work.modules.add((first, MODULES[first]))
    if first == "tensorflow" and rest.startswith("keras"):
        parts = rest.split(".")
        paths = [".".join(parts[: i + 1]) for i in range(len(parts))]
        work.modules |= {(f"tensorflow.{path}", path) for path in paths}


def _enumeration(work: Rewriting, node: ast.ClassDef) -> None:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            helper = work.helper("enum", "__member__")
            work.insert(work.start(statement.value), f'{helper}("{statement.targets[0].id}",')
            work.insert(work.end(statement.value), ")")
