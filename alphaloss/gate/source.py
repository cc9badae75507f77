"""Check 1, `SOURCE`: a friendly look at the text before it is traced. It is lint, never the boundary."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from alphaloss.losses.graph import RESERVED
from alphaloss.sandbox.syntax import UnreadableError, last_name, normalised, parse

STATIC = frozenset({"axis", "num_classes", "n_classes", "classes"})
"""Parameters whose default is never tuned: a loss with another one would be another function."""
LARGEST = 1e300
"""Larger defaults stay in the source."""
_HARMLESS = frozenset({"function", "register_keras_serializable", "cache", "lru_cache"})
"""Decorators that keep the parameters."""


@dataclass(frozen=True)
class Signature:
    """What a loss asks for beside its two tensors, and what it is called in the file.

    `entry` names a function or a callable, a loss object of Keras, or a subclass of `keras.losses.Loss`; the constants
    of a class are those of its constructor.
    """

    inputs: tuple[str, ...] = ("y_true", "y_pred")
    constants: dict[str, float] = field(default_factory=dict)
    entry: str = "loss"


class SourceError(Exception):
    """The text cannot be a candidate file; carries the line where that shows."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_signature(source: str, most_bytes: int) -> Signature:
    """Finds the loss in a candidate file and reads its parameters.

    The loss is `loss`, whether defined or assigned; else the one subclass of `Loss` with a method `call`; else the one
    function that takes (y_true, y_pred) first.

    Args:
        source: the author's text.
        most_bytes: size cap, checked before anything is parsed.

    Returns:
        The inputs, and the numbers among the defaults, which become named constants. Other defaults stay in the source.

    Raises:
        SourceError: too large, not Python, no loss or more than one, or parameters that a loss cannot have.
    """
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > most_bytes:
        raise SourceError(f"the file has {size} bytes; a candidate has at most {most_bytes}.")
    module = _parse(source)
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    bound = [node for node in module.body if _binds_loss(node)]
    if bound:
        return _named_loss(bound[-1], functions)
    classes = _loss_classes(module)
    if len(classes) == 1:
        return _of_class(classes[0], module)
    takers = [f for f in functions.values() if [a.arg for a in _positional(f.args)][:2] == ["y_true", "y_pred"]]
    if len(takers) == 1 and not classes:
        return _of_function(takers[0], takers[0].args, takers[0].name)
    raise SourceError(_what_was_found(module, [c.name for c in classes] or [f.name for f in takers]))


def _named_loss(node: ast.stmt, functions: dict[str, ast.FunctionDef]) -> Signature:
    """The signature where the file binds the name `loss`."""
    if isinstance(node, ast.FunctionDef):
        return _of_function(node, node.args, "loss")
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if isinstance(value, ast.Lambda):
        return _of_function(value, value.args, "loss")
    if isinstance(value, ast.Name) and value.id in functions:
        return _of_function(functions[value.id], functions[value.id].args, "loss")
    return Signature()


def _of_function(node: ast.FunctionDef | ast.Lambda, parameters: ast.arguments, entry: str) -> Signature:
    """The signature of a function."""
    line = node.lineno
    if parameters.vararg or parameters.kwarg:
        raise SourceError(f"`{entry}` must name its parameters: *args and **kwargs are not allowed.", line)
    names = [a.arg for a in _positional(parameters)]
    if names[:2] != ["y_true", "y_pred"]:
        raise SourceError(f"`{entry}` must take (y_true, y_pred) first; it takes ({', '.join(names)}).", line)
    inputs = ["y_true", "y_pred"]
    constants: dict[str, float] = {}
    for name, default in _defaults(parameters, 2).items():
        if name == "class_prior":
            inputs.append(name)
        elif name == "progress":
            raise SourceError("`progress` is reserved for losses that change over training; remove it.", line)
        elif default is None:
            raise SourceError(
                f"parameter `{name}` has no value: give it a default (`{name}=1.0`). "
                "Keras calls a loss with y_true and y_pred only.",
                line,
            )
        else:
            constants |= _constant(name, default, line)
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    kept = all(last_name(d) in _HARMLESS for d in decorators)
    return Signature(tuple(inputs), constants if kept else {}, entry)


def _of_class(node: ast.ClassDef, module: ast.Module) -> Signature:
    """The signature of a subclass of `Loss`: what its constructor takes."""
    constructor = next((f for c in _ancestry(node, module) for f in _methods(c) if f.name == "__init__"), None)
    inputs = ["y_true", "y_pred"]
    constants: dict[str, float] = {}
    if constructor is not None:
        for name, default in _defaults(constructor.args, 1).items():
            if name == "class_prior":
                inputs.append(name)
            elif default is None:
                raise SourceError(
                    f"`{node.name}` has no value for `{name}`: give it a default (`{name}=1.0`).", constructor.lineno
                )
            else:
                constants |= _constant(name, default, constructor.lineno)
    return Signature(tuple(inputs), constants, node.name)


def _positional(parameters: ast.arguments) -> list[ast.arg]:
    return [*parameters.posonlyargs, *parameters.args]


def _defaults(parameters: ast.arguments, skipped: int) -> dict[str, ast.expr | None]:
    """The default of each parameter after the first ones; None where there is none."""
    names = [a.arg for a in _positional(parameters)][skipped:]
    defaults: dict[str, ast.expr | None] = dict.fromkeys(names)
    defaults.update(zip(reversed(names), reversed(parameters.defaults), strict=False))
    defaults.update(zip((a.arg for a in parameters.kwonlyargs), parameters.kw_defaults, strict=True))
    return defaults


def _constant(name: str, default: ast.expr, line: int) -> dict[str, float]:
    """The named constant that a default makes, if it makes one."""
    value = _number(default)
    if value is None or name in STATIC:
        return {}
    if name in RESERVED:
        raise SourceError(f"`{name}` cannot be the name of a constant; rename it.", line)
    if not name.isascii():
        raise SourceError(f"`{name}` cannot be the name of a constant; use the letters a to z.", line)
    return {name: value}


def _parse(source: str) -> ast.Module:
    try:
        return parse(normalised(source))
    except UnreadableError as error:
        raise SourceError(f"not valid Python: {error}.", error.line) from None


def _binds_loss(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name == "loss"
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == "loss" for target in targets)


def _loss_classes(module: ast.Module) -> list[ast.ClassDef]:
    """The classes of a file that are losses and on which no other one builds."""
    classes = [node for node in module.body if isinstance(node, ast.ClassDef) and node.bases]
    losses = [c for c in classes if any(_calls(f) for a in _ancestry(c, module) for f in _methods(a))]
    bases = {last_name(base) for c in losses for base in c.bases}
    return [c for c in losses if c.name not in bases]


def _ancestry(node: ast.ClassDef, module: ast.Module) -> list[ast.ClassDef]:
    """A class and those of the same file that it builds on, nearest first."""
    line, names = [node], {last_name(base) for base in node.bases}
    for other in reversed(module.body[: module.body.index(node)]):
        if isinstance(other, ast.ClassDef) and other.name in names:
            line.append(other)
            names |= {last_name(base) for base in other.bases}
    return line


def _methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [child for child in node.body if isinstance(child, ast.FunctionDef)]


def _calls(function: ast.FunctionDef) -> bool:
    return function.name == "call" and [a.arg for a in _positional(function.args)][1:3] == ["y_true", "y_pred"]


def _what_was_found(module: ast.Module, candidates: list[str]) -> str:
    """The sentence for a file without a loss, or with several."""
    functions = [node.name for node in module.body if isinstance(node, ast.FunctionDef)]
    nested = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    if len(candidates) > 1:
        found = ", ".join(f"`{name}`" for name in candidates)
        hint = f"found several that could be it: {found}. Call the one that is the loss `loss`"
    elif functions:
        found = ", ".join(f"`{name}`" for name in functions)
        hint = f"found: {found}. Rename the one that is the loss"
    elif any(isinstance(node, ast.AsyncFunctionDef) for node in nested):
        hint = "found a coroutine. Remove `async` and `await`"
    elif any(node.name == "loss" for node in nested):
        hint = "found it inside of something else. Define it without indentation"
    elif any(isinstance(node, ast.ClassDef) for node in module.body):
        hint = "found a class without `call(self, y_true, y_pred)`. Write `def loss(y_true, y_pred):`"
    else:
        hint = "found none. Write `def loss(y_true, y_pred):`"
    return f"no function `loss(y_true, y_pred)` at the top level of the file; {hint}."


def _number(default: ast.expr) -> float | None:
    """The number that a default is; True, False and what no float holds are none."""
    sign = 1
    if isinstance(default, ast.UnaryOp) and isinstance(default.op, ast.USub):
        sign, default = -1, default.operand
    value = default.value if isinstance(default, ast.Constant) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        return None
    return sign * value
